//! The reference client, decision by decision.

#![cfg_attr(
    feature = "driver",
    expect(clippy::disallowed_methods, reason = "the driver's tests make sockets for themselves")
)]

mod defects;
#[cfg(feature = "driver")]
mod driver;
mod imap;
mod lookups;
mod misreadings;
mod never_panics;
mod pop3;
mod relay;
mod simulation;
mod smtp;
mod targets;
mod time;
mod verifier;
