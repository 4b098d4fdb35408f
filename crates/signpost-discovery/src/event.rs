//! What a client is told by whoever drives it.

use hickory_proto::rr::{Name, RecordType};
use signpost_validate::Lookup;

use crate::untrusted::Untrusted;

/// What happened. That nothing did is no event: see [`Client::next_timeout`](crate::Client::next_timeout).
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A question was answered.
    Answer {
        /// The owner that was asked for.
        name: Name,
        /// The type that was asked for.
        record_type: RecordType,
        /// The answer.
        lookup: Lookup,
    },
    /// The server closed the connection.
    Closed,
    /// The connection cannot be opened, for this reason.
    ConnectFailed(String),
    /// The connection is open.
    Connected,
    /// The server sent bytes.
    Received(Vec<u8>),
    /// The handshake is complete and its peer verified.
    TlsEstablished,
    /// The handshake failed.
    TlsFailed(Untrusted),
}
