//! SMTP and POP3 servers that can say any bytes at any step. Never knows DNS or how certificates are made.
//!
//! [`serve`] runs one server on one listener. Each connection is a `Session`, a state machine without I/O: the
//! client's bytes go in, replies and observations come out. A dialogue (one file per protocol) is honest and knows
//! only the faults that change its meaning, such as a missing capability; replies on their way out pass the script,
//! which replaces, delays, splits, joins or cuts them. TLS is driven over the raw socket, so that what a client says
//! in clear after a failed handshake is seen too.

mod connection;
mod dialogue;
mod fault;
mod handshake;
mod leak;
mod maildrop;
mod pop3;
mod records;
mod sasl;
mod script;
mod server;
mod session;
mod smtp;
mod spec;
mod step;

pub use fault::{BrokenHandshake, Fault, FaultError, FaultKind, FaultParams};
pub use server::serve;
pub use spec::{Account, Limits, ServerSpec};
pub use step::Step;
