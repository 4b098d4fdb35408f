//! Validated DNS answers: one trait, two validators and an audit behind it. Never knows the lab or mail.
//!
//! [`HickoryValidator`] and [`DomainValidator`] are two independent validators as their libraries ship them,
//! false answers included. [`AuditedValidator`] is what the reference client uses: the second one, with every
//! Secure answer examined again against the rules that the library is known not to apply. [`flawed`] holds
//! resolvers that are wrong on purpose.

mod audit;
mod audited;
mod belief;
mod domain_validator;
mod exchange;
pub mod flawed;
mod follow;
mod guard;
mod hickory_validator;
mod lookup;
mod reading;
mod resolver;
mod stub;
mod system;
mod trust_anchor;

pub use audited::AuditedValidator;
pub use domain_validator::DomainValidator;
pub use hickory_validator::HickoryValidator;
pub use lookup::{Answer, Failure, Lookup, SecurityStatus};
pub use resolver::{Resolver, Upstream};
pub use stub::{Response, Stub};
pub use system::SystemError;
pub use trust_anchor::{TrustAnchor, TrustAnchorError, TrustAnchorErrorKind};
