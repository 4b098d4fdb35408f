//! What an operator's zone says of its mail services, the rules that judge it, and what is generated for it. Never knows the lab
//! or the suite.
//!
//! [`ZoneFile::read`] takes a master file as name servers do, and [`lint::lint`] holds one or several against [`lint::RULES`].

pub mod generate;
pub mod lint;
mod namespace;
mod zone_file;

pub use zone_file::ZoneFile;

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
