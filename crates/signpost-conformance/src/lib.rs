//! Scenario format, requirements, subjects, judge, runner and results. Never knows a terminal.

pub mod adapter_check;
pub mod agreement;
pub mod carriage;
pub mod case;
pub mod catalogue;
mod check;
pub mod coverage;
pub mod evidence;
pub mod expectation_file;
pub mod expectation_update;
pub mod explanation;
pub mod ground_rule;
mod idle;
pub mod judge;
mod partition;
pub mod proof;
pub mod requirement;
pub mod role;
pub mod runner;
pub mod scenario;
pub mod schema;
pub mod selection;
mod stable_hash;
pub mod subject;
pub mod suite;
mod tombstone;
mod vocabulary;
pub mod wrong;

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
