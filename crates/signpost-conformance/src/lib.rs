//! Scenario format, requirements, subjects, judge, runner and results. Never knows a terminal.

pub mod profile;
pub mod result;
pub mod selection;
pub mod subject;
pub mod verdict;
