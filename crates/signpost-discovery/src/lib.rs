//! The reference client: a state machine without I/O and a thin tokio driver. Never knows the lab or scenarios.
//!
//! [`Client`] is the whole of the protocol: it is fed with validated answers and with what servers say, and
//! tells what to do next. [`drive`] does it. What the client trusts is in [`PinVerifier`]; how it can be made to
//! err on purpose, in [`Defect`] and [`Rules`].

mod attempt;
mod client;
mod defect;
mod discovery;
mod driver;
mod issuer;
mod line;
mod outcome;
mod pin;
mod policy;
mod pop3;
mod request;
mod rules;
mod sasl;
mod session;
mod smtp;
mod target;
mod verifier;

pub use client::{Action, Client, Event};
pub use defect::{Defect, UnknownDefect};
pub use driver::drive;
pub use outcome::{Configured, Endpoint, Note, Outcome, Reason};
pub use pin::{Pin, PinAlgorithm};
pub use request::{
    Address, AddressError, Limits, Mode, Password, PasswordError, Protection, Request, Service,
    StandardPorts, TrustStore,
};
pub use rules::Rules;
pub use verifier::{PinVerifier, Untrusted, VerificationRule};
