//! The reference client, decision by decision.

#![expect(clippy::disallowed_methods, reason = "tests read the clock and make sockets for themselves")]

mod defects;
mod driver;
mod lookups;
mod never_panics;
mod pop3;
mod simulation;
mod smtp;
mod targets;
mod verifier;
