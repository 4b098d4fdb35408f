//! Scenario format, requirements, subjects, judge, runner and results. Never knows a terminal.

pub mod case;
pub mod judge;
pub mod profile;
pub mod requirement;
pub mod result;
pub mod runner;
pub mod scenario;
pub mod selection;
pub mod subject;
pub mod suite;
pub mod verdict;
