//! What is wrong with a world.

use signpost_source::Problems;

/// A world that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// Mistakes in its file.
    #[error("{0}")]
    Problems(Problems),
    /// A file that is not there or cannot be read.
    #[error("{0}")]
    Unreadable(String),
}
