//! The chain of trust, walked again by the rules that the validator of `domain` does not apply.
//!
//! The walk finds the zone of every name by asking for DS records label by label (RFC 4035 §5.2), enters a zone
//! only through a key that may be used, and then lets `domain` judge one RRset or one denial at a time, in
//! exactly the zone that it belongs to, with the signatures that RFC 4035 §5.3.1 admits and no others.

mod chain;
mod data;
mod denial;
mod excerpt;
mod keys;
mod zone;

pub(crate) use chain::{Chain, Enclosing};
pub(crate) use excerpt::Subject;
