//! The reference client: a state machine without I/O, clock and chance, and a thin tokio driver behind a feature. Never
//! knows the lab or scenarios.
//!
//! [`Client`] is the whole of the protocol: it is fed with validated answers, with what servers say and with the time,
//! and tells what to do next and when it wants to be called again. What it trusts is in [`PinVerifier`]; how it can be
//! made to err on purpose, in [`Defect`] and [`Rules`]. With the feature `driver`, `drive` does what it asks for.
//!
//! A discovery goes one way, and every step has a module:
//!
//! 1. `asked`, `publication`, `policy`: SRV and TXT at each label of the service. A failure of any is never
//!    an absence. What they say makes a `plan`: published targets, or the usual host names if there are none.
//! 2. `key_records`, `binding`: the key records that the policies name, and so what each label demands of its targets.
//! 3. `attempts`, `attempt`: one `candidate` after the other, in the `order` of RFC 2782: its addresses, a connection,
//!    TLS.
//! 4. `session`: log in, and submit or retrieve a message. What differs between `smtp`, `pop3` and `imap` is what `protocol`
//!    asks of them.
//!
//! A message that is brought to another domain goes the same way ([`Request::relay`]): MX records stand for SRV records, nobody
//! logs in, and what would be refused is delayed.
//!
//! A target that fails gives way to the next; what their `failures` add up to is the outcome.

mod action;
mod address;
mod addresses;
mod answer;
mod asked;
mod attempt;
mod attempts;
mod binding;
mod candidate;
mod client;
mod conversation;
mod defect;
#[cfg(feature = "driver")]
mod driver;
mod event;
mod failure;
mod failures;
mod handshake;
mod imap;
mod issuer;
mod key_records;
mod line;
mod manner;
mod misreading;
mod naming;
mod older_tls;
mod opening;
mod order;
mod outcome;
mod password;
mod pin;
mod plan;
mod policy;
mod pop3;
mod protocol;
mod publication;
mod request;
mod rules;
mod sasl;
mod session;
mod smtp;
mod terms;
mod text;
mod timer;
mod untrusted;
mod verifier;

pub use action::Action;
pub use address::{Address, AddressError};
pub use client::Client;
pub use defect::{Defect, UnknownDefect};
#[cfg(feature = "driver")]
pub use driver::{Exhausted, drive};
pub use event::Event;
pub use manner::{Asking, Manner};
pub use outcome::{Configured, Endpoint, Note, Outcome, Reason, Relayed};
pub use password::{Password, PasswordError};
pub use pin::Pin;
pub use request::{Limits, Mode, Ports, Request, TrustStore};
pub use rules::Rules;
pub use untrusted::Untrusted;
pub use verifier::{PinVerifier, VerificationRule};

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
