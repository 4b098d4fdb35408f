//! What is said to a question, before it becomes a message: RRsets by section, signatures always with them.

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::Name;

use crate::rrset::Rrset;

/// What is said to a question, with all that DNSSEC has to say about it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) rcode: ResponseCode,
    /// The AA bit.
    pub(crate) authoritative: bool,
    /// The AD bit; only a fault sets it, because no responder of the lab validates.
    pub(crate) authentic_data: bool,
    pub(crate) answer: Vec<Rrset>,
    pub(crate) authority: Vec<Rrset>,
    pub(crate) additional: Vec<Rrset>,
}

impl Answer {
    /// The same without what chance puts into signatures.
    pub(crate) fn without_chance(&self) -> Self {
        let sets = |sets: &[Rrset]| sets.iter().map(Rrset::without_chance).collect();
        Self {
            answer: sets(&self.answer),
            authority: sets(&self.authority),
            additional: sets(&self.additional),
            ..*self
        }
    }

    /// An answer without records.
    pub(crate) fn empty(rcode: ResponseCode) -> Self {
        Self {
            rcode,
            authoritative: false,
            authentic_data: false,
            answer: Vec::new(),
            authority: Vec::new(),
            additional: Vec::new(),
        }
    }
}

/// How far one zone brought an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    /// The answer goes on at this name.
    Alias(Name),
    /// The answer is complete.
    Complete,
    /// The zone is cut above the name; the authority section says who goes on.
    Referral,
}
