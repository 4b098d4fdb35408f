//! What the publisher of a zone did: keys, parameters and records that everything else then follows honestly.

use std::sync::Arc;

use hickory_proto::rr::{Record, RecordType};

use super::scene::Scene;
use super::{AnswerFault, AnswerFaultKind, ClockShift, PublishFault};
use crate::answer::Answer;
use crate::indexed_zone::ZoneKeys;
use crate::key::{ZoneKey, key_tag};
use crate::rrset::raw_record;
use crate::zone::{Denial, Signing, Zone};

/// How many keys with one tag there are in the end, and how many keys a publisher of many adds.
const COLLISIONS: usize = 7;
const MANY: usize = 40;

/// What faults of publishers change about a hierarchy as a whole.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Published {
    /// By how many seconds the signers' clock is ahead.
    pub(crate) clock: i64,
    /// Whether the trust anchor is that of another key.
    pub(crate) is_anchor_wrong: bool,
}

/// Applies the faults that are about this zone before it is delegated and signed.
pub(crate) fn publish(
    zone: &mut Zone,
    keys: &mut ZoneKeys,
    strangers: &ZoneKeys,
    faults: &[AnswerFault],
) -> Published {
    let mut published = Published::default();
    for fault in faults {
        let AnswerFaultKind::Publish(kind) = &fault.kind else { continue };
        match kind {
            PublishFault::ClockShifted { seconds: ClockShift(seconds) } => published.clock = *seconds,
            PublishFault::AnchorWrong => published.is_anchor_wrong = true,
            _ if fault.target.owner.as_ref() == Some(&zone.origin) => kind.publish(zone, keys, strangers),
            _ => {}
        }
    }
    published
}

impl PublishFault {
    fn publish(self, zone: &mut Zone, keys: &mut ZoneKeys, strangers: &ZoneKeys) {
        let edit = |key: &mut ZoneKey, edit: &dyn Fn(&mut Vec<u8>)| {
            let mut rdata = key.dnskey.clone();
            edit(&mut rdata);
            *key = key.with_dnskey(rdata);
        };
        let clear_zone_bit = |rdata: &mut Vec<u8>| rdata[0] &= !1;
        match self {
            Self::ZoneBitClear => {
                edit(&mut keys.key_signing, &clear_zone_bit);
                edit(&mut keys.zone_signing, &clear_zone_bit);
            }
            Self::ZoneBitClearKsk => edit(&mut keys.key_signing, &clear_zone_bit),
            Self::ZoneBitClearZsk => edit(&mut keys.zone_signing, &clear_zone_bit),
            Self::Revoked => edit(&mut keys.key_signing, &|rdata| rdata[1] |= 0x80),
            Self::ProtocolWrong => {
                edit(&mut keys.key_signing, &|rdata| rdata[2] = 4);
                edit(&mut keys.zone_signing, &|rdata| rdata[2] = 4);
            }
            Self::ZskAlgorithmWrong => edit(&mut keys.zone_signing, &|rdata| rdata[3] = 8),
            Self::ZskAlgorithmUnassigned => edit(&mut keys.zone_signing, &|rdata| rdata[3] = 100),
            Self::ZskAlgorithmReserved => edit(&mut keys.zone_signing, &|rdata| rdata[3] = 200),
            Self::KskMaterialBroken => edit(&mut keys.key_signing, &|rdata| rdata[20] ^= 1),
            Self::ZskMaterialBroken => edit(&mut keys.zone_signing, &|rdata| rdata[20] ^= 1),
            Self::KeyTruncated => edit(&mut keys.zone_signing, &|rdata| rdata.truncate(rdata.len() - 8)),
            Self::StandbyKey => keys.also_published.push(strangers.key_signing.dnskey.clone()),
            Self::PrePublishedKey => keys.also_published.push(strangers.zone_signing.dnskey.clone()),
            Self::MultiSigner => {
                let first = std::mem::replace(&mut keys.zone_signing, strangers.zone_signing.clone());
                keys.also_published.extend([first.dnskey, strangers.key_signing.dnskey.clone()]);
            }
            Self::DsNamesZsk => keys.key_signing = keys.zone_signing.clone(),
            Self::TagCollisions => {
                keys.also_published.extend((0..COLLISIONS).map(|place| collide(&keys.zone_signing, place)))
            }
            Self::ManyKeys => keys.also_published.extend((0..MANY).map(|place| {
                let mut rdata = strangers.zone_signing.dnskey.clone();
                // The place is below 256, and another octet makes another key.
                rdata[10] = rdata[10].wrapping_add(place as u8);
                rdata
            })),
            Self::Unsigned => zone.signing = Signing::Unsigned,
            Self::IterationsHigh => set_iterations(zone, 200),
            Self::IterationsExcessive => set_iterations(zone, 3000),
            Self::CdsWrong => {
                let mut wrong = keys.key_signing.ds(&zone.origin, crate::key::DigestType::Sha256);
                *wrong.last_mut().expect("a DS record has a digest") ^= 1;
                add(zone, RecordType::CDS, wrong);
            }
            Self::CdsDelete => {
                // RFC 8078 section 4.
                add(zone, RecordType::CDS, vec![0, 0, 0, 0, 0]);
                add(zone, RecordType::CDNSKEY, vec![0, 0, 3, 0, 0]);
            }
            // What is answered for NSEC3PARAM is changed when it is asked for; the rest is not of one zone.
            Self::Nsec3ParamMissing
            | Self::Nsec3ParamSaltWrong
            | Self::ClockShifted { .. }
            | Self::AnchorWrong => {}
        }
    }

    /// Tells whether an answer shows what was published, and changes what only an answer can show.
    pub(super) fn show(self, scene: Scene<'_>, answer: &mut Answer) -> Option<String> {
        let is_everywhere = matches!(self, Self::ClockShifted { .. } | Self::AnchorWrong);
        let place = match &scene.target.owner {
            Some(origin) if !is_everywhere => Some(scene.tree.zone(origin)?.place),
            _ => None,
        };
        if matches!(self, Self::Nsec3ParamMissing | Self::Nsec3ParamSaltWrong) {
            self.show_parameters(scene, place?, answer);
        }
        let sets = answer.answer.iter().chain(&answer.authority);
        let is_shown = self == Self::Unsigned
            || sets
                .filter(|set| place.is_none_or(|place| place == set.zone))
                .any(|set| !set.signatures.is_empty());
        is_shown.then(|| self.name().to_owned())
    }

    fn show_parameters(self, scene: Scene<'_>, place: usize, answer: &mut Answer) {
        let is_parameter =
            |set: &crate::rrset::Rrset| set.record_type == RecordType::NSEC3PARAM && set.zone == place;
        if self == Self::Nsec3ParamMissing {
            answer.answer.retain(|set| !is_parameter(set));
            return;
        }
        for set in answer.answer.iter_mut().filter(|set| is_parameter(set)) {
            set.rdata = Arc::new(vec![vec![1, 0, 0, 0, 2, 0xba, 0xd5]]);
            scene.sign_again(set);
        }
    }
}

/// A made-up key with the same algorithm and tag: the sum that makes the tag does not see octets of one place moved.
fn collide(key: &ZoneKey, place: usize) -> Vec<u8> {
    let mut rdata = key.dnskey.clone();
    // Even places weigh alike, so what one gains another may lose.
    let (gains, loses) = (6 + 4 * place, 8 + 4 * place);
    let step = (255 - rdata[gains]).min(rdata[loses]).min(1 + place as u8);
    if step == 0 {
        rdata.swap(gains, loses);
    } else {
        rdata[gains] += step;
        rdata[loses] -= step;
    }
    debug_assert_eq!(key_tag(&rdata), key.tag);
    rdata
}

fn set_iterations(zone: &mut Zone, wanted: u16) {
    if let Signing::Signed { denial: Denial::Nsec3 { iterations, .. }, .. } = &mut zone.signing {
        *iterations = wanted;
    }
}

fn add(zone: &mut Zone, record_type: RecordType, rdata: Vec<u8>) {
    let record: Record = raw_record(zone.origin.clone(), 3600, record_type, rdata);
    zone.records.push(record);
}
