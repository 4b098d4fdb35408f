//! Answers that somebody else wrote.

use std::collections::BTreeMap;
use std::sync::Arc;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Record, RecordType};

use super::ForgeFault;
use super::scene::Scene;
use crate::answer::Answer;
use crate::rrset::{Rrset, Rrsig};
use crate::wire;

impl ForgeFault {
    pub(super) fn apply(&self, scene: Scene<'_>, answer: &mut Answer) -> Option<String> {
        if !scene.is_asked() {
            return None;
        }
        let question = scene.question;
        let place = scene.tree.zone_for(&question.name, question.record_type)?.place;
        let told = match self {
            Self::Additional { records } => {
                answer.additional.extend(rrsets(records, place));
                return Some("records added to the additional section".to_owned());
            }
            Self::AuthenticData { .. } => "answer replaced, AD set",
            Self::KeepingSignature { .. } => "answer replaced under the old signature",
            Self::Signed { .. } => "answer replaced and signed by a stranger",
            Self::Unsigned { .. } => "answer replaced without signature",
        };
        self.replace(scene, place, answer)?;
        Some(told.to_owned())
    }

    /// Replaces the answer by those of the records that answer the question; the rest goes into the additional section.
    fn replace(&self, scene: Scene<'_>, place: usize, answer: &mut Answer) -> Option<()> {
        let question = scene.question;
        let (mut forged, others): (Vec<Rrset>, Vec<Rrset>) =
            rrsets(self.records(), place).into_iter().partition(|set| {
                set.owner == question.name
                    && (set.record_type == question.record_type || set.record_type == RecordType::CNAME)
            });
        if forged.is_empty() {
            return None;
        }
        for set in &mut forged {
            self.sign(scene, set, answer);
        }
        let mut otherwise = Answer::empty(ResponseCode::NoError);
        otherwise.authoritative = answer.authoritative;
        otherwise.authentic_data = matches!(self, Self::AuthenticData { .. });
        otherwise.answer = forged;
        otherwise.additional = others;
        *answer = otherwise;
        Some(())
    }

    fn sign(&self, scene: Scene<'_>, set: &mut Rrset, answer: &Answer) {
        match self {
            Self::Additional { .. } | Self::AuthenticData { .. } | Self::Unsigned { .. } => {}
            Self::KeepingSignature { .. } => {
                let replaced = answer.answer.iter().find(|replaced| replaced.record_type == set.record_type);
                set.signatures =
                    replaced.map(|replaced| Arc::clone(&replaced.signatures)).unwrap_or_default();
            }
            Self::Signed { .. } => {
                let zone = scene.zone(set);
                let Some(key) = scene.key(set) else { return };
                let fields =
                    Rrsig::unsigned(&set.owner, set.record_type, set.ttl, key, &zone.origin, zone.validity);
                let stranger = &scene.tree.strangers.zone_signing;
                set.signatures =
                    Arc::new(vec![fields.sign(&set.owner, set.record_type, &set.rdata, stranger)]);
            }
        }
    }
}

/// Records as RRsets without signatures.
fn rrsets(records: &[Record], zone: usize) -> Vec<Rrset> {
    let mut sets: BTreeMap<(String, u16), Rrset> = BTreeMap::new();
    for record in records {
        let Ok(rdata) = wire::canonical_rdata(&record.data) else { continue };
        let record_type = record.record_type();
        let set =
            sets.entry((record.name.to_lowercase().to_ascii(), record_type.into())).or_insert_with(|| {
                Rrset {
                    owner: record.name.clone(),
                    record_type,
                    ttl: record.ttl,
                    rdata: Arc::default(),
                    signatures: Arc::default(),
                    zone,
                }
            });
        Arc::make_mut(&mut set.rdata).push(rdata);
    }
    sets.into_values().collect()
}
