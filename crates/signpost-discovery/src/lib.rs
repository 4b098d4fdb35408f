//! The reference client: a state machine without I/O and a thin tokio driver. Never knows the lab or scenarios.
//!
//! [`Client`] is the whole of the protocol: it is fed with validated answers and with what servers say, and
//! tells what to do next. [`drive`] does it. What the client trusts is in [`PinVerifier`]; how it can be made to
//! err on purpose, in [`Defect`] and [`Rules`].
//!
//! A discovery goes one way, and every step has a module:
//!
//! 1. `discovery`: SRV and TXT at each label of the service, all asked at once. A failure of any is never an
//!    absence. What they say makes a plan: published targets, or the usual host names if there are none.
//! 2. `policy`: the key records that the policies name, and so what each label demands of its targets.
//! 3. `target`, `attempt`: one candidate after the other, drawn by RFC 2782: its addresses, a connection, TLS.
//! 4. `session`, `smtp`, `pop3`: log in, and submit or retrieve a message.
//!
//! A target that fails gives way to the next; what their failures add up to is the outcome.

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
pub use pin::Pin;
pub use request::{
    Address, AddressError, Limits, Mode, Password, PasswordError, Protection, Request, Service,
    StandardPorts, TrustStore,
};
pub use rules::Rules;
pub use verifier::{PinVerifier, Untrusted, VerificationRule};
