//! Faults of the DNS: what is broken, and where.

mod alias;
pub(crate) mod apply;
mod denial;
mod dnskey;
mod ds;
mod forge;
mod kind;
pub(crate) mod path;
pub(crate) mod publish;
mod read;
mod record;
mod scene;
mod signature;

use hickory_proto::rr::{Name, RecordType};

pub use kind::{
    AliasFault, AnswerFaultKind, ClockShift, DenialFault, DnskeyFault, DsFault, ForgeFault, OutOfValidity,
    PathFault, PublishFault, RcodeFault, RecordFault, SignatureFault,
};

/// One thing broken in the answers of a hierarchy.
#[derive(Clone, Debug)]
pub struct AnswerFault {
    /// Which of the scenario's faults it is, from 1; the transcript repeats it.
    pub number: u32,
    /// Where, as the scenario writes it; the transcript repeats it.
    pub at: String,
    /// Which answers.
    pub target: Target,
    /// What is done to them.
    pub kind: AnswerFaultKind,
}

/// Which answers a fault is about. `None` is any.
///
/// Faults of messages and denials are about what is answered to that question. Faults of RRsets and signatures are
/// also about that RRset wherever it appears, so that a DS record is broken in a referral as it is in an answer.
/// Faults of a publisher need the origin of a zone as the owner, and no type.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Target {
    /// The name asked for, or the owner of RRsets in other answers.
    pub owner: Option<Name>,
    /// The type asked for, or that of RRsets in other answers.
    pub record_type: Option<RecordType>,
}

impl Target {
    pub(crate) fn matches(&self, owner: &Name, record_type: RecordType) -> bool {
        self.owner.as_ref().is_none_or(|wanted| wanted == owner)
            && self.record_type.is_none_or(|wanted| wanted == record_type)
    }
}
