//! The socket at the other end, as the kernel's `sock_diag` tells of it.

use std::cell::OnceCell;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd as _, OwnedFd};

use netlink_packet_core::{NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::inet::{ExtensionFlags, InetRequest, SocketId, StateFlags};
use netlink_packet_sock_diag::{AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP, SockDiagMessage};
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket};

use crate::Transport;

/// What the kernel says of a peer's socket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    /// There is none any more, or none that a process has.
    Nobody,
    /// It does not tell.
    Nothing,
    Owner(Owner),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Owner {
    pub(crate) inode: u32,
    pub(crate) uid: u32,
}

thread_local! {
    /// A netlink socket tells of the network in which it was made, and a thread stays in one as long as it serves.
    static NETLINK: OnceCell<Option<OwnedFd>> = const { OnceCell::new() };
}

/// Asks for the one socket that has these two ends.
pub(crate) fn owner(transport: Transport, peer: SocketAddr, here: SocketAddr) -> Answer {
    NETLINK.with(|netlink| {
        let netlink = netlink.get_or_init(|| {
            let (kind, flags) = (SockType::Datagram, SockFlag::SOCK_CLOEXEC);
            socket(AddressFamily::Netlink, kind, flags, SockProtocol::NetlinkSockDiag).ok()
        });
        netlink.as_ref().and_then(|netlink| ask(netlink, transport, peer, here)).unwrap_or(Answer::Nothing)
    })
}

fn ask(netlink: &OwnedFd, transport: Transport, peer: SocketAddr, here: SocketAddr) -> Option<Answer> {
    let request = encode(transport, peer, here);
    send(netlink.as_raw_fd(), &request, MsgFlags::empty()).ok()?;
    let mut buffer = [0; 4096];
    // The kernel has answered when it has taken the question.
    let length = recv(netlink.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT).ok()?;
    let message = NetlinkMessage::<SockDiagMessage>::deserialize(&buffer[..length]).ok()?;
    match message.payload {
        NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(response)) => {
            let header = response.header;
            // Where the connection is gone, a listener at its port may be what is found.
            let is_it = header.socket_id.source_port == peer.port() && header.inode != 0;
            let is_connection = transport == Transport::Udp || header.state != LISTENS;
            Some(match is_it && is_connection {
                true => Answer::Owner(Owner { inode: header.inode, uid: header.uid }),
                false => Answer::Nobody,
            })
        }
        NetlinkPayload::Error(error) if error.raw_code() == -(Errno::ENOENT as i32) => Some(Answer::Nobody),
        _ => None,
    }
}

/// `TCP_LISTEN` of the kernel's `tcp_states.h`.
const LISTENS: u8 = 10;

fn encode(transport: Transport, peer: SocketAddr, here: SocketAddr) -> Vec<u8> {
    // A single UDP socket is asked for by the way of its datagrams, to it, and a TCP socket by its own end first.
    let (protocol, source, destination) = match transport {
        Transport::Tcp => (IPPROTO_TCP, peer, here),
        Transport::Udp => (IPPROTO_UDP, here, peer),
    };
    let request = InetRequest {
        family: if peer.is_ipv4() { AF_INET } else { AF_INET6 },
        protocol,
        extensions: ExtensionFlags::empty(),
        states: StateFlags::all(),
        socket_id: SocketId {
            source_port: source.port(),
            destination_port: destination.port(),
            source_address: source.ip(),
            destination_address: destination.ip(),
            interface_id: 0,
            // Any (`INET_DIAG_NOCOOKIE`).
            cookie: [0xff; 8],
        },
    };
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST;
    let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(request).into());
    message.finalize();
    let mut octets = vec![0; message.buffer_len()];
    message.serialize(&mut octets);
    octets
}
