//! The reference client, decision by decision.

mod defects;
mod driver;
mod lookups;
mod never_panics;
mod pop3;
mod simulation;
mod smtp;
mod targets;
mod verifier;
