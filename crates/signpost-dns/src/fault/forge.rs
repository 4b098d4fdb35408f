//! Answers that somebody else wrote.

use std::collections::BTreeMap;
use std::sync::Arc;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Record, RecordType};

use super::ForgedSignature;
use super::scene::Scene;
use crate::answer::Answer;
use crate::rrset::{Rrset, Rrsig};
use crate::wire;

/// Replaces the answer by those of the records that answer the question; the rest goes into the additional section.
pub(super) fn replace(
    scene: Scene<'_>,
    records: &[Record],
    signature: ForgedSignature,
    answer: &mut Answer,
) -> Option<String> {
    if !scene.is_asked() {
        return None;
    }
    let question = scene.question;
    let place = scene.tree.zone_for(&question.name, question.record_type)?.place;
    let (mut forged, others): (Vec<Rrset>, Vec<Rrset>) =
        rrsets(records, place).into_iter().partition(|set| {
            set.owner == question.name
                && (set.record_type == question.record_type || set.record_type == RecordType::CNAME)
        });
    if forged.is_empty() {
        return None;
    }
    for set in &mut forged {
        sign(scene, set, signature, answer);
    }
    let mut otherwise = Answer::empty(ResponseCode::NoError);
    otherwise.authoritative = answer.authoritative;
    otherwise.authentic_data = signature == ForgedSignature::AuthenticData;
    otherwise.answer = forged;
    otherwise.additional = others;
    *answer = otherwise;
    Some(
        match signature {
            ForgedSignature::AuthenticData => "answer replaced, AD set",
            ForgedSignature::Kept => "answer replaced under the old signature",
            ForgedSignature::None => "answer replaced without signature",
            ForgedSignature::Stranger => "answer replaced and signed by a stranger",
        }
        .to_owned(),
    )
}

fn sign(scene: Scene<'_>, set: &mut Rrset, signature: ForgedSignature, answer: &Answer) {
    match signature {
        ForgedSignature::AuthenticData | ForgedSignature::None => {}
        ForgedSignature::Kept => {
            let replaced = answer.answer.iter().find(|replaced| replaced.record_type == set.record_type);
            set.signatures = replaced.map(|replaced| Arc::clone(&replaced.signatures)).unwrap_or_default();
        }
        ForgedSignature::Stranger => {
            let zone = scene.zone(set);
            let Some(key) = scene.key(set) else { return };
            let fields =
                Rrsig::unsigned(&set.owner, set.record_type, set.ttl, key, &zone.origin, zone.validity);
            let stranger = &scene.tree.strangers.zone_signing;
            set.signatures = Arc::new(vec![fields.sign(&set.owner, set.record_type, &set.rdata, stranger)]);
        }
    }
}

/// Adds records to the additional section.
pub(super) fn add(scene: Scene<'_>, records: &[Record], answer: &mut Answer) -> Option<String> {
    if !scene.is_asked() {
        return None;
    }
    let place = scene.tree.zone_for(&scene.question.name, scene.question.record_type)?.place;
    answer.additional.extend(rrsets(records, place));
    Some("records added to the additional section".to_owned())
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
