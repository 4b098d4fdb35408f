//! The one table of mail protocols. Knows labels, ports, how TLS begins, usual hosts, how an overheard line reads and how
//! a server dismisses a client; never knows I/O, servers or clients.
//!
//! A [`Service`] is what a user wants set up, or mail between servers. Each has [`Label`]s, under which its servers are published
//! (RFC 6186, RFC 8314): one for each way in which TLS may begin there. [`overhear`] says what a line gives away to whoever listens.
//!
//! A new protocol is a variant of [`Service`] with its row in `service.rs`, its labels in `label.rs`, a reader of its lines
//! in `overheard.rs`, and how its two sides take leave in `dismissal.rs`. Neither type is `non_exhaustive`: the compiler shows
//! who has to learn of the new one.

#![no_std]

mod dismissal;
mod label;
mod overheard;
mod service;

pub use dismissal::ServerLine;
pub use label::{Label, TlsStart, UnknownLabel};
pub use overheard::{Overheard, overhear};
pub use service::{Service, UnknownService};

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
