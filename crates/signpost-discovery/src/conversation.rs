//! What an attempt can do with a session, whatever its protocol is.

use crate::failure::Failure;
use crate::outcome::Note;

/// A session in some protocol.
pub(crate) trait Conversation: Send {
    /// Speaks first, where no greeting is to be waited for.
    fn begin(&mut self);

    /// Takes bytes of the server.
    fn received(&mut self, bytes: &[u8]);

    /// The handshake that [`Demand::StartTls`] asked for is complete.
    fn secured(&mut self);

    /// The server said nothing more: it closed the connection or took too long, as `how` says.
    fn silent(&mut self, how: &str);

    /// Whether the handshake has been asked for and is not complete.
    fn awaits_handshake(&self) -> bool;

    fn next_demand(&mut self) -> Option<Demand>;
}

/// What a session wants next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// The session is over; the connection is to be closed.
    End(Ending),
    Send(Vec<u8>),
    StartTls,
}

/// How a session ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Failed(Failure),
    /// The server takes neither login name. Nobody else may be offered them.
    Rejected(String),
    Succeeded(Success),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Success {
    pub(crate) user: String,
    pub(crate) retrieved: Option<Vec<u8>>,
    pub(crate) note: Option<Note>,
    /// Whether it happened inside TLS.
    pub(crate) protected: bool,
}
