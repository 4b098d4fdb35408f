//! What signpost publishes and versions, as plain data. Never knows who writes or reads it.
//!
//! A subject has a [`Role`]; in it, it is given an [`Assignment`] and gives back a [`Report`]. Each role has a module of
//! its own with what it is told and what it may say, so that a key which a role does not have can be neither written nor
//! read. What a run came to is a sequence of result [`Line`]s, each a JSON object.

mod adapter_check;
mod assignment;
mod listed_case;
mod misreport;
mod profile;
pub mod relay;
mod report;
pub mod resolve;
mod result;
mod role;
pub mod set_up;
mod verdict;
mod why;

pub use adapter_check::{ADAPTER_CHECK_VERSION, AdapterCheck, Grade, Remark};
pub use assignment::{ADAPTER_VERSION, Assignment, Dns};
pub use listed_case::ListedCase;
pub use misreport::Misreport;
pub use profile::{Profile, UnknownProfile};
pub use report::Report;
pub use result::{
    Because, CaseResult, Finding, Incomplete, KnownDeviation, Line, RESULTS_VERSION, RunHeader, Severity,
    Summary, Wrong,
};
pub use role::{Role, Task, UnknownRole};
pub use signpost_protocol::{Label, Service};
pub use verdict::{UnknownVerdict, Verdict};

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
