//! The command line and the reports.

fn main() {}
