//! What keeps a lab from starting.

use std::io;

use signpost_machine::explain;

use crate::placeholder::PlaceholderError;

/// A lab that could not be made. Never the subject's doing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// No free address or port, or none that may be bound.
    #[error("the lab cannot listen: {}", explain(.0))]
    Bind(#[source] io::Error),
    /// A certificate or its fault.
    #[error(transparent)]
    Certificate(#[from] signpost_pki::PkiError),
    /// A fault that does not fit the world.
    #[error("fault {kind} at {at}: {reason}")]
    Fault {
        /// The fault's `at`.
        at: String,
        /// Its kind.
        kind: String,
        /// What does not fit.
        reason: String,
    },
    /// The zones do not fit together.
    #[error(transparent)]
    Hierarchy(#[from] signpost_dns::BuildError),
    /// No signing key could be made.
    #[error("no signing keys: {0}")]
    Key(String),
    /// A certificate that rustls does not take.
    #[error("server {server}: {reason}")]
    Tls {
        /// The server.
        server: String,
        /// What rustls says.
        reason: String,
    },
    /// A zone that does not parse, once its placeholders are filled in.
    #[error("{path}: {mistake}")]
    Zone {
        /// The file.
        path: String,
        /// What is wrong, with its place.
        mistake: ZoneMistake,
    },
}

/// What is wrong with a world's master file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZoneMistake {
    /// The world gives it an origin that is none.
    #[error("{0}")]
    Origin(#[source] hickory_proto::ProtoError),
    /// A placeholder that stands for nothing.
    #[error(transparent)]
    Placeholder(#[from] PlaceholderError),
    /// What stands there is no zone. Filling in a placeholder moves no line.
    #[error(transparent)]
    Zone(#[from] signpost_dns::ZoneError),
}
