//! What the publisher of a zone did: keys, parameters and records that everything else then follows honestly.

use hickory_proto::dnssec::DnsSecError;
use hickory_proto::rr::{Record, RecordType};

use super::{AnswerFault, AnswerFaultKind, ClockShift, PublishFault};
use crate::answer::Answer;
use crate::denial::Parameters;
use crate::indexed_zone::ZoneKeys;
use crate::key::{Algorithm, DigestType, KSK_FLAGS, KeyPool, ZSK_FLAGS, ZoneKey, colliding_keys, key_tag};
use crate::rrset::raw_record;
use crate::zone::{Denial, Signing, Zone};

/// How many keys that are none have the tag of the zone signing key, and how many keys a publisher of many adds.
const NO_POINTS: usize = 7;
const MANY: usize = 40;

/// What faults of publishers change besides a zone's records and keys.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Published {
    /// By how many seconds the clock of every signer is ahead.
    pub(crate) clock: i64,
    /// Whether the trust anchor is that of another key.
    pub(crate) is_anchor_wrong: bool,
    /// What the zone says of its NSEC3 chain.
    pub(crate) parameters: Parameters,
}

/// Applies the faults that are about this zone before it is delegated and signed.
pub(crate) fn publish(
    zone: &mut Zone,
    keys: &mut ZoneKeys,
    strangers: &ZoneKeys,
    faults: &[AnswerFault],
) -> Result<Published, DnsSecError> {
    let mut published = Published::default();
    for fault in faults {
        let AnswerFaultKind::Publish(kind) = &fault.kind else { continue };
        match kind {
            PublishFault::ClockShifted { seconds: ClockShift(seconds) } => published.clock = *seconds,
            PublishFault::AnchorWrong => published.is_anchor_wrong = true,
            _ if fault.target.owner.as_ref() != Some(&zone.origin) => {}
            PublishFault::Nsec3ParamMissing => published.parameters = Parameters::Missing,
            PublishFault::Nsec3ParamSaltWrong => published.parameters = Parameters::OtherSalt,
            _ => kind.publish(zone, keys, strangers)?,
        }
    }
    Ok(published)
}

impl PublishFault {
    fn publish(self, zone: &mut Zone, keys: &mut ZoneKeys, strangers: &ZoneKeys) -> Result<(), DnsSecError> {
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
            Self::StandbyAlgorithm => {
                // Another one than the zone's, and one that every validator must know or may take for unknown.
                let pair = KeyPool::of_bystanders().pair(Algorithm::EcdsaP384Sha384, 0)?;
                keys.also_published.push(ZoneKey::new(pair, KSK_FLAGS).dnskey);
            }
            Self::PrePublishedKey => keys.also_published.push(strangers.zone_signing.dnskey.clone()),
            Self::MultiSigner => {
                let first = std::mem::replace(&mut keys.zone_signing, strangers.zone_signing.clone());
                keys.also_published.extend([first.dnskey, strangers.key_signing.dnskey.clone()]);
            }
            Self::DsNamesZsk => keys.key_signing = keys.zone_signing.clone(),
            Self::TagCollisions => {
                let mut alike = colliding_keys()?;
                // The last in canonical order signs, so that whoever tries them in order tries all.
                if let Some(last) = alike.pop() {
                    keys.zone_signing = last;
                }
                keys.also_published.extend(alike.into_iter().map(|key| key.dnskey));
            }
            Self::TagShared => {
                let mut alike = colliding_keys()?;
                alike.truncate(3);
                keys.zone_signing = alike.remove(1);
                keys.also_published.extend(alike.into_iter().map(|key| key.dnskey));
            }
            Self::NoPoints => {
                keys.also_published.extend((0..NO_POINTS).map(|place| no_point(&keys.zone_signing, place)))
            }
            Self::ManyKeys => {
                let own = [keys.key_signing.tag, keys.zone_signing.tag];
                let mut number = 0;
                while keys.also_published.len() < MANY {
                    let pair = KeyPool::of_bystanders().pair(Algorithm::EcdsaP256Sha256, number)?;
                    let key = ZoneKey::new(pair, ZSK_FLAGS);
                    number += 1;
                    // A tag that is one of the zone's by chance would be another fault.
                    if !own.contains(&key.tag) {
                        keys.also_published.push(key.dnskey);
                    }
                }
            }
            Self::Unsigned => zone.signing = Signing::Unsigned,
            Self::IterationsHigh => set_iterations(zone, 200),
            Self::IterationsExcessive => set_iterations(zone, 3000),
            Self::CdsWrong => {
                let mut wrong = keys.key_signing.ds(&zone.origin, DigestType::Sha256);
                *wrong.last_mut().expect("a DS record has a digest") ^= 1;
                add(zone, RecordType::CDS, wrong);
            }
            Self::CdsDelete => {
                // RFC 8078 section 4.
                add(zone, RecordType::CDS, vec![0, 0, 0, 0, 0]);
                add(zone, RecordType::CDNSKEY, vec![0, 0, 3, 0, 0]);
            }
            // The first two are of the chain, the others of no one zone.
            Self::Nsec3ParamMissing
            | Self::Nsec3ParamSaltWrong
            | Self::ClockShifted { .. }
            | Self::AnchorWrong => {}
        }
        Ok(())
    }

    /// Whether no answer is another for it: what is wrong is handed out and not sent.
    pub(crate) fn is_unsent(self) -> bool {
        self == Self::AnchorWrong
    }

    /// What was published stands in the answer already. A wrong anchor shows in whatever has to validate from it.
    pub(super) fn show(self, answer: &Answer) -> Option<String> {
        let is_signed = answer.answer.iter().chain(&answer.authority).any(|set| !set.signatures.is_empty());
        (is_signed || !self.is_unsent()).then(|| self.name().to_owned())
    }
}

/// What has the form, the algorithm and the tag of a key and is no point of its curve (CVE-2025-8677): the sum that makes
/// the tag does not see octets of one place moved. Two points at most have the first coordinate of a key, and this one is
/// neither, because the second is all that is changed.
fn no_point(key: &ZoneKey, place: usize) -> Vec<u8> {
    const SECOND_COORDINATE: usize = 4 + 32;
    let mut rdata = key.dnskey.clone();
    // Even places weigh alike, so what one gains another may lose.
    let (gains, loses) = (SECOND_COORDINATE + 4 * place, SECOND_COORDINATE + 2 + 4 * place);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::is_point;

    #[test]
    fn what_is_no_point_has_the_tag_of_one() {
        let key = ZoneKey::new(KeyPool::global().pair(Algorithm::default(), 0).unwrap(), ZSK_FLAGS);
        assert!(is_point(&key.dnskey));
        for place in 0..NO_POINTS {
            let none = no_point(&key, place);
            assert!(none != key.dnskey && !is_point(&none) && key_tag(&none) == key.tag, "{place}");
        }
    }
}
