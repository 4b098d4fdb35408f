//! What a client asks of whoever drives it.

use std::net::SocketAddr;

use hickory_proto::rr::{Name, RecordType};
use rustls_pki_types::ServerName;

use crate::outcome::Outcome;
use crate::verifier::VerificationRule;

/// What the driver is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Close the connection.
    Close,
    /// Open a TCP connection; the event is [`Event::Connected`](crate::Event::Connected) or
    /// [`Event::ConnectFailed`](crate::Event::ConnectFailed).
    Connect(SocketAddr),
    /// Nothing more: this is the end.
    Done(Outcome),
    /// Ask this question; the event is [`Event::Answer`](crate::Event::Answer). Other questions may be asked
    /// meanwhile.
    Query {
        /// The owner.
        name: Name,
        /// The type.
        record_type: RecordType,
    },
    /// Send bytes.
    Send(Vec<u8>),
    /// Begin the TLS handshake; the event is [`Event::TlsEstablished`](crate::Event::TlsEstablished) or
    /// [`Event::TlsFailed`](crate::Event::TlsFailed). Bytes that had already come must be handed over as
    /// [`Event::Received`](crate::Event::Received) instead of being given to TLS.
    StartTls {
        /// The reference identifier.
        server_name: ServerName<'static>,
        /// Names that will do as well. An honest client has none.
        aliases: Vec<ServerName<'static>>,
        /// What is named by SNI: the reference identifier, if the client is honest.
        sni: Option<ServerName<'static>>,
        /// How to verify.
        rule: VerificationRule,
    },
}

impl Action {
    /// Whether it is done to the connection, so that the time of a step runs while it is done. Questions have
    /// limits of their own, which whoever answers them keeps.
    pub(crate) const fn concerns_connection(&self) -> bool {
        matches!(self, Self::Close | Self::Connect(_) | Self::Send(_) | Self::StartTls { .. })
    }
}
