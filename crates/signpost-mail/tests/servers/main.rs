//! The servers on real sockets, met by a client that is scripted line by line.

#![expect(clippy::disallowed_methods, reason = "tests read the clock and make sockets for themselves")]

mod changes;
mod faults;
mod handshakes;
mod honest;
mod imap;
mod lab;
mod limits;
mod programs;
