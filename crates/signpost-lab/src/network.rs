//! Where a lab listens: a loopback block of its own, and ports that stand for the standard ones.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use rand::RngExt;
use tokio::net::{TcpListener, TcpSocket, UdpSocket};

use crate::LabError;

/// Where a lab's servers listen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Network {
    /// On this machine's loopback, on free ports: every port of the world has one that stands for it.
    Loopback,
    /// In a private network namespace, on the world's own ports.
    Private,
}

/// Where the validating resolver of a lab in a private network listens, on port 53.
pub const PRIVATE_RESOLVER: Ipv4Addr = Ipv4Addr::new(127, PRIVATE_BLOCK[0], PRIVATE_BLOCK[1], RESOLVER_HOST);

/// Nobody else is in a private network, so its block need not be searched for.
const PRIVATE_BLOCK: [u8; 2] = [0, 1];
/// The block of documentation addresses that worlds use.
const DOCUMENTATION: [u8; 3] = [192, 0, 2];
/// How many blocks or ports are tried before the machine counts as full.
const ATTEMPTS: u32 = 64;
/// Host numbers of the lab's own DNS servers within the block.
const AUTHORITY_HOST: u8 = 53;
const RESOLVER_HOST: u8 = 54;
/// Unprivileged ports outside the range from which the kernel takes those of outgoing connections, so that another
/// process does not take one between the choice and the bind.
const FREE_PORTS: std::ops::Range<u16> = 10_000..32_000;

/// A loopback block and the ports of one lab.
#[derive(Debug)]
pub(crate) struct Place {
    block: [u8; 2],
    ports: BTreeMap<u16, u16>,
}

/// Sockets of one lab, all bound.
#[derive(Debug)]
pub(crate) struct Sockets {
    pub(crate) authority: DnsSockets,
    pub(crate) resolver: DnsSockets,
    /// What the lab's own resolver asks, so that its questions do not stand among the subject's.
    pub(crate) inner: DnsSockets,
    pub(crate) mail: BTreeMap<(Ipv4Addr, u16), TcpListener>,
}

/// UDP and TCP on one address and port.
#[derive(Debug)]
pub(crate) struct DnsSockets {
    pub(crate) udp: UdpSocket,
    pub(crate) tcp: TcpListener,
    pub(crate) address: SocketAddr,
}

impl Place {
    /// Finds a block and ports for mail listeners at documentation addresses and world ports, and binds all.
    pub(crate) fn bind(
        network: Network,
        listeners: &BTreeSet<(Ipv4Addr, u16)>,
        ports: &BTreeSet<u16>,
    ) -> Result<(Self, Sockets), LabError> {
        let mut last = None;
        for _ in 0..ATTEMPTS {
            match Self::try_bind(network, listeners, ports) {
                Ok(bound) => return Ok(bound),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = Some(error),
                Err(error) => return Err(LabError::Bind(error)),
            }
        }
        Err(LabError::Bind(last.unwrap_or_else(|| io::ErrorKind::AddrInUse.into())))
    }

    fn try_bind(
        network: Network,
        listeners: &BTreeSet<(Ipv4Addr, u16)>,
        ports: &BTreeSet<u16>,
    ) -> io::Result<(Self, Sockets)> {
        #[expect(
            clippy::disallowed_methods,
            reason = "where a lab listens is no part of what a seed repeats"
        )]
        let mut random = rand::rng();
        let block = match network {
            Network::Loopback => [random.random_range(1..=254), random.random_range(0..=255)],
            Network::Private => PRIVATE_BLOCK,
        };
        let mut place = Self { block, ports: BTreeMap::new() };
        for &port in ports {
            let stand_in = match network {
                Network::Private => port,
                Network::Loopback => loop {
                    let candidate = random.random_range(FREE_PORTS);
                    if !place.ports.values().any(|&taken| taken == candidate) {
                        break candidate;
                    }
                },
            };
            place.ports.insert(port, stand_in);
        }
        let mail = listeners
            .iter()
            .map(|&(address, port)| {
                let socket = SocketAddrV4::new(place.address(address), place.port(port));
                Ok(((address, port), listen(socket.into())?))
            })
            .collect::<io::Result<_>>()?;
        let dns_port = match network {
            Network::Private => 53,
            Network::Loopback => 0,
        };
        let sockets = Sockets {
            authority: dns(place.host(AUTHORITY_HOST), dns_port)?,
            resolver: dns(place.host(RESOLVER_HOST), dns_port)?,
            inner: dns(place.host(AUTHORITY_HOST), 0)?,
            mail,
        };
        Ok((place, sockets))
    }

    /// The loopback address that stands for a documentation address; others stay as they are.
    pub(crate) fn address(&self, address: Ipv4Addr) -> Ipv4Addr {
        match address.octets() {
            [first, second, third, host] if [first, second, third] == DOCUMENTATION => self.host(host),
            _ => address,
        }
    }

    /// The port that stands for a port of the world; others stay as they are.
    pub(crate) fn port(&self, port: u16) -> u16 {
        self.ports.get(&port).copied().unwrap_or(port)
    }

    /// Listens for a mail server that was not there from the start, at a documentation address and a world port.
    pub(crate) fn listen(&self, address: Ipv4Addr, port: u16) -> io::Result<TcpListener> {
        listen(SocketAddrV4::new(self.address(address), self.port(port)).into())
    }

    fn host(&self, host: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, self.block[0], self.block[1], host)
    }
}

fn dns(address: Ipv4Addr, port: u16) -> io::Result<DnsSockets> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..ATTEMPTS {
        let tcp = listen(SocketAddrV4::new(address, port).into())?;
        let address = tcp.local_addr()?;
        match bind_udp(address) {
            Ok(udp) => return Ok(DnsSockets { udp, tcp, address }),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn bind_udp(address: SocketAddr) -> io::Result<UdpSocket> {
    #[expect(clippy::disallowed_methods, reason = "the lab is what binds")]
    let socket = std::net::UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(64)
}
