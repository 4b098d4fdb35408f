//! What is wrong with a text that should be a zone.

/// Why a text is no zone.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}{kind}", line.map(|line| format!("line {line}: ")).unwrap_or_default())]
pub struct ZoneError {
    /// The line of the text, from 1, where the mistake belongs to one.
    pub line: Option<usize>,
    /// What is wrong.
    pub kind: ZoneErrorKind,
}

/// What is wrong with a zone.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ZoneErrorKind {
    /// A CNAME and something else have one owner.
    #[error("{owner} has a CNAME and other records (RFC 1034 section 3.6.2 allows only the CNAME)")]
    AliasBesideOthers {
        /// The owner.
        owner: String,
    },
    /// `$INCLUDE` or another class than IN.
    #[error("{what} is not supported in a zone of the lab")]
    Unsupported {
        /// What was met.
        what: String,
    },
    /// A record that only signing may make.
    #[error("{record_type} records are made when the zone is signed; remove this one")]
    MadeBySigning {
        /// The type.
        record_type: String,
    },
    /// The apex has no name server.
    #[error("no NS record at the apex {origin}")]
    NoNs {
        /// The apex.
        origin: String,
    },
    /// There is no SOA.
    #[error("no SOA record at the apex {origin}")]
    NoSoa {
        /// The apex.
        origin: String,
    },
    /// The owner is not in the zone.
    #[error("{owner} is not in the zone {origin}")]
    OutOfZone {
        /// The owner.
        owner: String,
        /// The apex.
        origin: String,
    },
    /// There are two SOA records.
    #[error("a second SOA record")]
    SecondSoa,
    /// The SOA does not stand at the apex.
    #[error("the SOA record stands at {owner}, which is not the apex")]
    SoaBelowApex {
        /// Where it stands.
        owner: String,
    },
    /// The text is no master file.
    #[error("{message}")]
    Syntax {
        /// What the parser said.
        message: String,
    },
}
