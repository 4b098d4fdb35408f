//! Scenario format, requirements, subjects, judge, runner and results. Never knows a terminal.
