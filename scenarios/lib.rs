//! The suite as data: requirements, worlds and scenarios. Never knows what a file means.

use include_dir::{Dir, include_dir};

/// Every file of this folder, this one too: whoever reads a suite looks for what belongs to one.
pub static SUITE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR");

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("README.md")]
struct Readme;
