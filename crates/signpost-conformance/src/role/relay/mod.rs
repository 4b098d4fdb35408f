//! The role *relay*: from an envelope and a message to an exchange of the recipient's domain that takes it.

mod expectation;
mod table;

pub(in crate::role) use expectation::Ended;
pub use expectation::{Expectation, Outcome, UnknownOutcome};
pub use table::{ExpectTable, PartExpectTable, StepTable, Table};
