//! Validated DNS answers: one trait, two validators and an audit behind it. Never knows the lab or mail.
//!
//! [`Resolver`] is the trait and [`Lookup`] what it answers, plain data both. All else stands on libraries and on a
//! runtime, and is left out without the feature `libraries`.
#![cfg_attr(
    feature = "libraries",
    doc = "
[`HickoryValidator`] and [`DomainValidator`] are two independent validators as their libraries ship them, false
answers included. [`AuditedValidator`] is what the reference client uses: the second one, with every Secure answer
examined again against the rules that the library is known not to apply. [`flawed`] holds resolvers that are wrong
on purpose."
)]

mod flaw;
mod lookup;
mod resolver;

#[cfg(feature = "libraries")]
mod audit;
#[cfg(feature = "libraries")]
mod audited;
#[cfg(feature = "libraries")]
mod belief;
#[cfg(feature = "libraries")]
mod domain_validator;
#[cfg(feature = "libraries")]
mod exchange;
#[cfg(feature = "libraries")]
pub mod flawed;
#[cfg(feature = "libraries")]
mod follow;
#[cfg(feature = "libraries")]
mod guard;
#[cfg(feature = "libraries")]
mod hickory_validator;
#[cfg(feature = "libraries")]
mod reading;
#[cfg(feature = "libraries")]
mod stub;
#[cfg(feature = "libraries")]
mod system;
#[cfg(feature = "libraries")]
mod trust_anchor;
#[cfg(feature = "libraries")]
mod upstream;

pub use flaw::Flaw;
pub use lookup::{Answer, Failure, Lookup, SecurityStatus};
pub use resolver::Resolver;

#[cfg(feature = "libraries")]
pub use {
    audited::AuditedValidator,
    domain_validator::DomainValidator,
    hickory_validator::HickoryValidator,
    stub::{Response, Stub},
    system::SystemError,
    trust_anchor::{TrustAnchor, TrustAnchorError, TrustAnchorErrorKind},
    upstream::{Shortage, Upstream},
};

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
