//! Faults of the answered DS RRset.

use std::sync::Arc;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, RecordType};

use super::DsFault;
use super::scene::Scene;
use crate::answer::{Answer, Step};
use crate::key::{DigestType, ZoneKey};
use crate::rrset::Rrset;
use crate::signed_zone::SignedZone;
use crate::wire;

/// How many wrong DS records stand beside the right one.
const MANY: u8 = 16;

impl DsFault {
    pub(super) fn apply(self, scene: Scene<'_>, answer: &mut Answer) -> Option<String> {
        let told = Some(self.name().to_owned());
        if self == Self::Stripped {
            return strip(scene, answer).and(told);
        }
        let set = scene.selected(answer).into_iter().find(|set| set.record_type == RecordType::DS)?;
        let child = scene.tree.zone(&set.owner)?;
        let key = &child.keys.as_ref()?.key_signing;
        if let Some(rdata) = self.rdata(&set.owner, key) {
            set.rdata = Arc::new(rdata);
            scene.sign_again(set);
            return told;
        }
        if !scene.is_asked() {
            return None;
        }
        let (parent, owner) = (scene.zone(set), set.owner.clone());
        self.answer_otherwise(scene, parent, child, &owner, answer)?;
        told
    }

    /// The RRset that the parent publishes instead; `None` for the faults that leave no RRset.
    fn rdata(self, owner: &Name, key: &ZoneKey) -> Option<Vec<Vec<u8>>> {
        let right = key.ds(owner, DigestType::Sha256);
        let changed = |place: usize, value: u8| {
            let mut rdata = right.clone();
            rdata[place] = value;
            rdata
        };
        let wrong = changed(right.len() - 1, !right[right.len() - 1]);
        let mut rdata = match self {
            Self::Wrong => vec![wrong],
            Self::KeyTagWrong => vec![changed(1, !right[1])],
            Self::AlgorithmWrong => vec![changed(2, 8)],
            Self::AlgorithmUnknown => vec![changed(2, 250)],
            Self::AlgorithmDsa => vec![changed(2, 3)],
            Self::AlgorithmRsaMd5 => vec![changed(2, 1)],
            Self::AlgorithmGost => vec![changed(2, 12)],
            Self::DigestTypeUnknown => vec![changed(3, 250)],
            Self::Sha1Only => vec![key.ds(owner, DigestType::Sha1)],
            Self::Sha384Only => vec![key.ds(owner, DigestType::Sha384)],
            Self::Sha1GoodSha256Bad => vec![key.ds(owner, DigestType::Sha1), wrong],
            Self::GoodAndBad => vec![right, wrong],
            Self::GoodAndUnknown => {
                let unknown = changed(3, 250);
                vec![right, unknown]
            }
            Self::Many => {
                (0..MANY).map(|place| changed(4, right[4] ^ (place + 1))).chain([right.clone()]).collect()
            }
            Self::Stripped | Self::DeniedUnsigned | Self::AnsweredByChild | Self::Referral | Self::Alias => {
                return None;
            }
        };
        rdata.sort_unstable();
        Some(rdata)
    }

    fn answer_otherwise(
        self,
        scene: Scene<'_>,
        parent: &SignedZone,
        child: &SignedZone,
        owner: &Name,
        answer: &mut Answer,
    ) -> Option<()> {
        let mut otherwise = Answer::empty(ResponseCode::NoError);
        match self {
            Self::DeniedUnsigned => {
                let mut rdata =
                    wire::lowercase_name(&owner.prepend_label("\\000").unwrap_or_else(|_| owner.clone()));
                rdata.extend(wire::type_bit_maps(&[
                    RecordType::NS.into(),
                    RecordType::RRSIG.into(),
                    RecordType::NSEC.into(),
                ]));
                otherwise.authority.extend(parent.negative_soa());
                otherwise.authority.push(Rrset {
                    owner: owner.clone(),
                    record_type: RecordType::NSEC,
                    ttl: parent.negative_ttl,
                    rdata: Arc::new(vec![rdata]),
                    signatures: Arc::default(),
                    zone: parent.place,
                });
            }
            Self::AnsweredByChild => {
                let step = child.look_up(owner, RecordType::DS, &mut otherwise);
                debug_assert_eq!(step, Step::Complete, "the apex of a zone is no cut in it");
            }
            Self::Referral => {
                parent.look_up(owner, RecordType::NS, &mut otherwise);
                otherwise.authority.retain(|set| set.record_type == RecordType::NS);
            }
            Self::Alias => {
                let target = wire::lowercase_name(&child.origin.prepend_label("alias").ok()?);
                let mut alias =
                    scene.signed_by(parent, owner, RecordType::CNAME, parent.negative_ttl, vec![target]);
                alias.signatures = Arc::default();
                otherwise.answer.push(alias);
            }
            _ => return None,
        }
        *answer = otherwise;
        Some(())
    }
}

/// Takes DS and every denial out of an answer to the question or out of a referral.
fn strip(scene: Scene<'_>, answer: &mut Answer) -> Option<()> {
    let is_proof = |set: &Rrset| matches!(set.record_type, RecordType::NSEC | RecordType::NSEC3);
    if scene.is_asked() && scene.question.record_type == RecordType::DS {
        let parent = answer.answer.iter().chain(&answer.authority).next().map(|set| scene.zone(set))?;
        answer.answer.clear();
        answer.authority = parent.negative_soa().into_iter().collect();
        return Some(());
    }
    let is_referral = answer
        .authority
        .iter()
        .any(|set| set.record_type == RecordType::NS && scene.target.matches(&set.owner, RecordType::DS));
    if !is_referral || !answer.answer.is_empty() {
        return None;
    }
    answer.authority.retain(|set| !is_proof(set) && set.record_type != RecordType::DS);
    Some(())
}
