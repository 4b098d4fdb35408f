//! What is said on a connection: a state machine without I/O, and the effects that come of it.

use std::time::Duration;

use signpost_transcript::{Channel, Event};

/// One connection's conversation, from the server's side.
///
/// It reads no clock and does no I/O. Bytes that it receives and sends are recorded by the connection that drives it; it
/// adds what only it can know by [`Effect::Observe`].
pub trait Session: Send {
    /// The client connected. A server that speaks TLS from the first byte begins it here.
    fn open(&mut self) -> Vec<Effect>;

    /// The client said this, in clear or inside TLS. It may come in pieces of any size.
    fn receive(&mut self, bytes: &[u8], channel: Channel) -> Vec<Effect>;

    /// A TLS handshake was completed. What was heard in clear must be forgotten.
    fn secured(&mut self) -> Vec<Effect>;

    /// A TLS handshake failed, or TLS ended. A client that behaves is gone now; one that goes on is heard in clear.
    fn exposed(&mut self);

    /// The connection is over. What the session still has to say of it is recorded.
    fn end(&mut self) -> Vec<Event>;
}

/// What a connection has to do, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ends the connection properly.
    Close,
    /// Ends it without the TLS close_notify that tells an end from a truncation.
    Cut,
    /// Waits. A slow server is a fault.
    Delay(Duration),
    /// Records what the session saw.
    Observe(Event),
    /// One write, by which one segment goes out where the network allows.
    Send(Vec<u8>),
    /// Takes the next octets for a TLS handshake, and answers it so.
    StartTls(Handshake),
}

/// How a server answers a ClientHello.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Handshake {
    /// By a fatal alert, `handshake_failure`.
    Alert,
    /// By these octets, in clear.
    Clear(Vec<u8>),
    /// By the end of the connection.
    Cut,
    /// By octets that are no TLS record, and no line of a text protocol.
    Garbage,
    /// By a ServerHello.
    Honest,
    /// Not at all.
    Silent,
    /// By a fatal alert, `protocol_version`, as who speaks no version that was offered.
    VersionAlert,
}
