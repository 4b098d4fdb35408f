//! Serving: accept loops, TLS handshakes and records, scripts of raw bytes, timing, limits. Never knows what is served.
//!
//! [`serve`] runs one server on one listener. It asks for a [`Reception`] at every connection, so what a server is may
//! change while it listens. What is said there is a [`Session`]: a state machine without I/O into which the client's
//! bytes go and out of which [`Effect`]s come. A session that wants its replies tampered with passes them through a
//! [`Script`]. TLS is driven over the raw socket, so that what a client says in clear after a failed handshake is seen
//! too; every byte, handshake and end is recorded.
//!
//! A server that speaks over something else than a [`Session`] stands on the [`Acceptor`] alone.
//!
//! A new protocol needs nothing here: it implements [`Session`] in a crate of its own. A new way to tamper with replies is
//! a variant of [`Change`] (`script.rs`), a new way to answer a ClientHello one of [`Handshake`] (`handshake.rs`).

mod acceptor;
mod connection;
mod door;
mod handshake;
mod hello;
mod limits;
mod presented;
mod records;
mod script;
mod server;
mod session;
mod socket;

pub use acceptor::{Acceptor, tell_of};
pub use door::Door;
pub use limits::Limits;
pub use presented::Presented;
pub use records::{Parted, Records};
pub use script::{Change, Rule, Script};
pub use server::{Reception, serve, serve_behind};
pub use session::{Effect, Handshake, Session};
pub use signpost_kin::Household;

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
