//! Faults of the DNS: what is broken, and where.

use hickory_proto::rr::{Name, RecordType};

/// One thing broken in the answers of a hierarchy.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Where, as the scenario writes it; the transcript repeats it.
    pub at: String,
    /// Which answers.
    pub target: Target,
    /// What is done to them.
    pub kind: FaultKind,
}

/// Which answers a fault is about. `None` is any.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Target {
    /// The name asked for, or the owner of RRsets in other answers.
    pub owner: Option<Name>,
    /// The type asked for, or that of RRsets in other answers.
    pub record_type: Option<RecordType>,
}

/// What is broken.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FaultKind {
    /// One bit of every signature is flipped.
    SignatureBroken,
}
