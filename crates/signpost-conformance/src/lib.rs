//! Scenario format, requirements, subjects, judge, runner and results. Never knows a terminal.

pub mod agreement;
pub mod case;
mod check;
pub mod expectation_file;
pub mod judge;
mod partition;
pub mod profile;
pub mod requirement;
pub mod result;
pub mod runner;
pub mod scenario;
pub mod schema;
pub mod selection;
mod stable_hash;
pub mod subject;
pub mod suite;
mod tombstone;
pub mod verdict;
