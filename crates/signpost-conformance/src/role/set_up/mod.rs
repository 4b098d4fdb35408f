//! The role *set up*: what a client's scenario expects, and what its word is worth.

mod expectation;
mod table;

pub(in crate::role) use expectation::Ended;
pub use expectation::{Expectation, Outcome, UnknownOutcome};
pub use table::{ExpectTable, PartExpectTable, StepTable, Table};
