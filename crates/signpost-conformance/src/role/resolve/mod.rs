//! The role *resolve*: what a resolver's scenario asks and expects, and what its word is worth.

mod expectation;
mod table;

pub(in crate::role) use expectation::Ended;
pub use expectation::{Expectation, Outcome, UnknownOutcome};
pub use table::{ExpectTable, StepExpectTable, StepTable, Table};
