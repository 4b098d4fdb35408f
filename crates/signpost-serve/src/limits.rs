//! How long a server waits and how much it takes.

use std::time::Duration;

/// How long a server waits and how much it takes, so that no client can hold or fill it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Connections at one time.
    pub connections: usize,
    /// Wait for a whole TLS handshake.
    pub handshake: Duration,
    /// Wait for a client's next byte, and for it to take a reply.
    pub idle: Duration,
    /// How long a client is listened to after a failed handshake or after the server has ended the connection.
    pub linger: Duration,
    /// Octets that one client may say in one connection. TLS may add as many again.
    pub octets: usize,
}

impl Limits {
    /// Octets on the wire after which a connection is cut. A session has its say at [`Limits::octets`]; this is for what it
    /// never gets to see, such as a handshake without end.
    pub(crate) const fn raw_octets(&self) -> usize {
        self.octets.saturating_mul(2)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 64,
            handshake: Duration::from_secs(10),
            idle: Duration::from_secs(10),
            linger: Duration::from_secs(2),
            octets: 4 << 20,
        }
    }
}
