//! The recipes that are part of the program.

use include_dir::{Dir, include_dir};

/// The one place that says where they come from.
pub(super) static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../fixtures/subjects");
