//! The loopback interface of a new network namespace, which starts out down, and the address that programs in it have.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;

use nix::libc::{
    AF_INET, IFF_UP, NLM_F_ACK, NLM_F_REPLACE, NLM_F_REQUEST, NLMSG_ERROR, RT_SCOPE_HOST, RT_TABLE_LOCAL,
    RTA_DST, RTA_OIF, RTA_PREFSRC, RTM_NEWLINK, RTM_NEWROUTE, RTN_LOCAL, RTPROT_KERNEL,
};
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket};

/// In every network namespace loopback is the first interface.
const LOOPBACK_INDEX: i32 = 1;
/// Octets of `nlmsghdr`, of `ifinfomsg`, of `rtmsg` and of an attribute with four octets of data, rtnetlink(7).
const HEADER: usize = 16;
const LENGTH: usize = HEADER + 16;
const ROUTE: usize = 12;
const ATTRIBUTE: usize = 8;

/// Brings loopback up in this thread's network namespace. The kernel then gives it 127.0.0.0/8 and ::1.
///
/// By a netlink message, because the older way, an ioctl, has no safe wrapper. The messages here are of fixed
/// form, for which a netlink library would be more code than it saves.
pub(super) fn bring_up() -> io::Result<()> {
    request(&new_link_message())
}

/// Gives sockets that are bound to no address this one when they talk to loopback.
///
/// The kernel takes it from the preferred source of the route that covers 127.0.0.0/8, which this replaces.
pub(super) fn prefer_source(source: Ipv4Addr) -> io::Result<()> {
    request(&new_route_message(source))
}

fn request(message: &[u8]) -> io::Result<()> {
    let route =
        socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkRoute)?;
    send(route.as_raw_fd(), message, MsgFlags::empty())?;
    let mut reply = [0; 256];
    let length = recv(route.as_raw_fd(), &mut reply, MsgFlags::empty())?;
    acknowledged(&reply[..length])
}

fn new_link_message() -> [u8; LENGTH] {
    let up = (IFF_UP as u32).to_ne_bytes();
    let mut message = [0; LENGTH];
    message[0..4].copy_from_slice(&(LENGTH as u32).to_ne_bytes());
    message[4..6].copy_from_slice(&RTM_NEWLINK.to_ne_bytes());
    message[6..8].copy_from_slice(&((NLM_F_REQUEST | NLM_F_ACK) as u16).to_ne_bytes());
    message[HEADER + 4..HEADER + 8].copy_from_slice(&LOOPBACK_INDEX.to_ne_bytes());
    message[HEADER + 8..HEADER + 12].copy_from_slice(&up); // flags
    message[HEADER + 12..HEADER + 16].copy_from_slice(&up); // which of them to change
    message
}

fn new_route_message(source: Ipv4Addr) -> [u8; HEADER + ROUTE + 3 * ATTRIBUTE] {
    let mut message = [0; HEADER + ROUTE + 3 * ATTRIBUTE];
    let length = message.len() as u32;
    message[0..4].copy_from_slice(&length.to_ne_bytes());
    message[4..6].copy_from_slice(&RTM_NEWROUTE.to_ne_bytes());
    message[6..8].copy_from_slice(&((NLM_F_REQUEST | NLM_F_ACK | NLM_F_REPLACE) as u16).to_ne_bytes());
    message[HEADER] = AF_INET as u8;
    message[HEADER + 1] = 8; // bits of the destination
    message[HEADER + 4] = RT_TABLE_LOCAL;
    message[HEADER + 5] = RTPROT_KERNEL;
    message[HEADER + 6] = RT_SCOPE_HOST;
    message[HEADER + 7] = RTN_LOCAL;
    let attributes =
        [(RTA_DST, [127, 0, 0, 0]), (RTA_OIF, LOOPBACK_INDEX.to_ne_bytes()), (RTA_PREFSRC, source.octets())];
    for ((kind, data), field) in
        attributes.into_iter().zip(message[HEADER + ROUTE..].chunks_exact_mut(ATTRIBUTE))
    {
        field[0..2].copy_from_slice(&(ATTRIBUTE as u16).to_ne_bytes());
        field[2..4].copy_from_slice(&kind.to_ne_bytes());
        field[4..8].copy_from_slice(&data);
    }
    message
}

/// Reads the `nlmsgerr` that answers a request: its error is 0 or a negated errno.
fn acknowledged(reply: &[u8]) -> io::Result<()> {
    let kind = reply.get(4..6).map(|field| u16::from_ne_bytes([field[0], field[1]]));
    let error = reply
        .get(HEADER..HEADER + 4)
        .map(|field| i32::from_ne_bytes([field[0], field[1], field[2], field[3]]));
    match (kind, error) {
        (Some(kind), Some(0)) if i32::from(kind) == NLMSG_ERROR => Ok(()),
        (Some(kind), Some(error)) if i32::from(kind) == NLMSG_ERROR => {
            Err(io::Error::from_raw_os_error(-error))
        }
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "not an acknowledgement of the message")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_from_an_acknowledgement() {
        let mut reply = [0; 36];
        assert_eq!(acknowledged(&reply).unwrap_err().kind(), io::ErrorKind::InvalidData);
        reply[4..6].copy_from_slice(&(NLMSG_ERROR as u16).to_ne_bytes());
        assert!(acknowledged(&reply).is_ok());
        reply[HEADER..HEADER + 4].copy_from_slice(&(-nix::libc::EPERM).to_ne_bytes());
        assert_eq!(acknowledged(&reply).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(acknowledged(&reply[..10]).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
