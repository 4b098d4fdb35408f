//! What a fault has to work with: the question, its target, the zones and their keys.

use std::sync::Arc;

use hickory_proto::rr::{Name, RecordType};
use signpost_transcript::Transport;

use super::Target;
use crate::answer::Answer;
use crate::indexed_zone::Standing;
use crate::key::ZoneKey;
use crate::question::Question;
use crate::rrset::{Rrset, Rrsig, StoredRrset};
use crate::signed_zone::SignedZone;
use crate::tree::Tree;

/// What a fault may look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) question: &'a Question,
    pub(crate) transport: Transport,
    pub(crate) target: &'a Target,
}

impl<'a> Scene<'a> {
    /// Whether the question itself is the target.
    pub(crate) fn is_asked(&self) -> bool {
        self.target.matches(&self.question.name, self.question.record_type)
    }

    /// The RRsets that the fault is about: the targeted one wherever it is, and what stands at the name in the answer
    /// to the targeted question or, if there is no answer, all that denies it.
    pub(crate) fn selected<'b>(&self, answer: &'b mut Answer) -> Vec<&'b mut Rrset> {
        let (target, question, is_asked) = (self.target, self.question, self.is_asked());
        let is_denied = answer.answer.is_empty();
        let in_answer = answer.answer.iter_mut().filter(move |set| {
            target.matches(&set.owner, set.record_type) || (is_asked && set.owner == question.name)
        });
        let in_authority = answer
            .authority
            .iter_mut()
            .filter(move |set| target.matches(&set.owner, set.record_type) || (is_asked && is_denied));
        let in_additional =
            answer.additional.iter_mut().filter(move |set| target.matches(&set.owner, set.record_type));
        in_answer.chain(in_authority).chain(in_additional).collect()
    }

    pub(crate) fn zone(&self, set: &Rrset) -> &'a SignedZone {
        &self.tree.zones[set.zone]
    }

    /// The deepest zone above the one that the RRset is from.
    pub(crate) fn parent(&self, set: &Rrset) -> Option<&'a SignedZone> {
        self.tree.parent(set.zone)
    }

    /// The key that honestly signs such an RRset in its zone.
    pub(crate) fn key(&self, set: &Rrset) -> Option<&'a ZoneKey> {
        self.zone(set).keys.as_ref().map(|keys| keys.signer(set.record_type))
    }

    /// Signs an RRset again after its RDATA has changed, as its own zone would. One that was never signed stays so.
    pub(crate) fn sign_again(&self, set: &mut Rrset) {
        let Some(key) = self.key(set) else { return };
        self.sign_again_with(set, key, |_| ());
    }

    /// Signs an RRset again with a key, under the fields that it had, altered.
    pub(crate) fn sign_again_with(&self, set: &mut Rrset, key: &ZoneKey, alter: impl Fn(&mut Rrsig)) {
        let signatures = set.signatures.iter().map(|rrsig| {
            let mut fields = rrsig.clone();
            alter(&mut fields);
            fields.sign(&set.owner, set.record_type, &set.rdata, key)
        });
        set.signatures = Arc::new(signatures.collect());
    }

    /// An RRset of a zone, signed by it as if it stood there.
    pub(crate) fn signed_by(
        &self,
        zone: &SignedZone,
        owner: &Name,
        record_type: RecordType,
        ttl: u32,
        rdata: Vec<Vec<u8>>,
    ) -> Rrset {
        let stored = StoredRrset::new(record_type, ttl, rdata);
        let signatures = zone.signatures(owner, Standing::Authoritative, &stored);
        Rrset { owner: owner.clone(), record_type, ttl, rdata: stored.rdata, signatures, zone: zone.place }
    }
}

/// How an effect on `count` things is told.
pub(super) fn told(count: usize, what: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(what.to_owned()),
        _ => Some(format!("{what} ({count} times)")),
    }
}
