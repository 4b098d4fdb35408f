//! SMTP, POP3 and IMAP servers that can say any bytes at any step. Never knows DNS or how certificates are made.
//!
//! [`serve`] runs one server on one listener; sockets and TLS are the work of `signpost-serve`. Each connection is a
//! `MailSession`, a state machine without I/O: the client's bytes go in, replies and observations come out. A dialogue (one
//! file per protocol) is honest and knows only the faults that change its meaning, such as a missing capability; replies on
//! their way out pass a script (`tampering.rs`), which replaces, delays, splits, joins or cuts them.
//!
//! A new protocol is a `Dialogue` in a file of its own, named in `session.rs`, and a row in `signpost-protocol`.

mod dialogue;
mod fault;
mod imap;
mod leak;
mod login;
mod maildrop;
mod pop3;
mod sasl;
mod server;
mod session;
mod smtp;
mod spec;
mod starttls;
mod step;
mod tampering;
mod turn;

pub use fault::{
    BrokenHandshake, BrokenScram, FaultParameterError, Mechanisms, ReplyCode, ReplyLine, ServerFault,
    ServerFaultKind,
};
pub use server::{serve, serve_behind};
pub use session::session;
pub use signpost_serve::Presented;
pub use spec::{Account, Limits, ServerSpec};
pub use step::Step;

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
