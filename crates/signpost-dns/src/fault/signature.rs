//! Faults of signatures.

use std::sync::Arc;

use hickory_proto::rr::{Name, RecordType};

use super::SignatureFault;
use super::scene::{Scene, told};
use crate::answer::Answer;
use crate::rrset::{Rrset, Rrsig, Validity};

/// How long honest signatures hold.
const TWO_WEEKS: u32 = 14 * 86_400;

/// How many broken signatures stand before the good one in a flood.
const FLOOD: usize = 9;

impl SignatureFault {
    pub(super) fn apply(self, scene: Scene<'_>, answer: &mut Answer) -> Option<String> {
        let selected = match self {
            Self::ZoneMissing | Self::ZoneExpired { .. } => of_zone(scene, answer),
            _ => scene.selected(answer),
        };
        let mut count = 0;
        for set in selected {
            if !set.signatures.is_empty() && self.spoil(scene, set).is_some() {
                count += 1;
            }
        }
        told(count, self.name())
    }

    /// `None` where the fault cannot be made of this RRset.
    fn spoil(self, scene: Scene<'_>, set: &mut Rrset) -> Option<()> {
        let seconds = self.seconds();
        let key = scene.key(set)?;
        let now = scene.tree.now;
        let expired = Validity {
            inception: now.wrapping_sub(seconds).wrapping_sub(TWO_WEEKS),
            expiration: now.wrapping_sub(seconds),
        };
        let from =
            |inception: u32, length: u32| Validity { inception, expiration: inception.wrapping_add(length) };
        let hour_ago = now.wrapping_sub(3600);
        match self {
            Self::Broken => alter(set, break_signature),
            Self::Missing | Self::ZoneMissing => set.signatures = Arc::default(),
            Self::Expired { .. } | Self::ZoneExpired { .. } => {
                scene.sign_again_with(set, key, |rrsig| rrsig.validity = expired)
            }
            Self::NotYetValid { .. } => {
                let validity = from(now.wrapping_add(seconds), TWO_WEEKS);
                scene.sign_again_with(set, key, |rrsig| rrsig.validity = validity);
            }
            Self::ExpiresBeforeInception => {
                let validity = Validity { inception: now.wrapping_add(3600), expiration: hour_ago };
                scene.sign_again_with(set, key, |rrsig| rrsig.validity = validity);
            }
            Self::InceptionNow => {
                scene.sign_again_with(set, key, |rrsig| rrsig.validity = from(now, TWO_WEEKS))
            }
            // The farthest that serial number arithmetic still calls later.
            Self::Longest => {
                scene.sign_again_with(set, key, |rrsig| {
                    rrsig.validity = from(hour_ago, i32::MAX.unsigned_abs())
                });
            }
            Self::TooLong => {
                // Past half of the circle, and far enough that the end lies behind an hour ago and behind now too.
                let length = i32::MIN.unsigned_abs() + 7200;
                scene.sign_again_with(set, key, |rrsig| rrsig.validity = from(hour_ago, length));
            }
            Self::KeyTagWrong => {
                let tag = unused_tag(scene);
                scene.sign_again_with(set, key, |rrsig| rrsig.key_tag = tag);
            }
            Self::KeyUnknown => {
                let stranger = &scene.tree.strangers.zone_signing;
                scene.sign_again_with(set, stranger, |rrsig| {
                    rrsig.key_tag = stranger.tag;
                    rrsig.algorithm = stranger.algorithm();
                });
            }
            Self::AlgorithmWrong => scene.sign_again_with(set, key, |rrsig| rrsig.algorithm = 8),
            Self::AlgorithmUnknown => scene.sign_again_with(set, key, |rrsig| rrsig.algorithm = 100),
            Self::LabelsTooMany => scene.sign_again_with(set, key, |rrsig| rrsig.labels += 1),
            Self::LabelsTooFew => {
                if set.signatures.iter().any(|rrsig| rrsig.labels == 0) {
                    return None;
                }
                scene.sign_again_with(set, key, |rrsig| rrsig.labels -= 1);
            }
            Self::SignerUnrelated => {
                let elsewhere = Name::from_labels(["elsewhere", "test"]).ok()?;
                scene.sign_again_with(set, key, |rrsig| rrsig.signer = elsewhere.clone());
            }
            Self::SignerParent => {
                let parent = scene.parent(set)?;
                let key = &parent.keys.as_ref()?.zone_signing;
                scene.sign_again_with(set, key, |rrsig| {
                    rrsig.signer = parent.origin.clone();
                    rrsig.key_tag = key.tag;
                    rrsig.algorithm = key.algorithm();
                });
            }
            Self::TypeCoveredWrong => {
                let other =
                    if set.record_type == RecordType::AAAA { RecordType::A } else { RecordType::AAAA };
                scene.sign_again_with(set, key, |rrsig| rrsig.type_covered = other);
            }
            Self::OriginalTtlAltered => alter(set, |rrsig| rrsig.original_ttl += 1),
            Self::LengthWrong => alter(set, |rrsig| rrsig.signature.truncate(rrsig.signature.len() / 2)),
            Self::Flood => add_before(set, |good| {
                (0..FLOOD)
                    .map(|place| {
                        let mut broken = good.clone();
                        let octet = place % broken.signature.len();
                        broken.signature[octet] ^= 0xff;
                        broken
                    })
                    .collect()
            }),
            Self::Extra => {
                let (owner, record_type, rdata) =
                    (set.owner.clone(), set.record_type, Arc::clone(&set.rdata));
                add_before(set, |good| {
                    let late = Rrsig { validity: expired, ..good.clone() };
                    let unknown = Rrsig { algorithm: 100, ..good.clone() };
                    vec![late.sign(&owner, record_type, &rdata, key), unknown]
                });
            }
        }
        Some(())
    }
}

/// Every RRset that the zone of the target's owner has signed.
fn of_zone<'a>(scene: Scene<'_>, answer: &'a mut Answer) -> Vec<&'a mut Rrset> {
    let place = scene.target.owner.as_ref().and_then(|origin| scene.tree.zone(origin)).map(|zone| zone.place);
    let sets = answer.answer.iter_mut().chain(&mut answer.authority).chain(&mut answer.additional);
    sets.filter(|set| place.is_none_or(|place| place == set.zone)).collect()
}

pub(super) fn alter(set: &mut Rrset, alter: impl Fn(&mut Rrsig)) {
    Arc::make_mut(&mut set.signatures).iter_mut().for_each(alter);
}

pub(super) fn break_signature(rrsig: &mut Rrsig) {
    if let Some(octet) = rrsig.signature.last_mut() {
        *octet ^= 1;
    }
}

fn add_before(set: &mut Rrset, make: impl Fn(&Rrsig) -> Vec<Rrsig>) {
    let Some(good) = set.signatures.first() else { return };
    let mut signatures = make(good);
    signatures.extend(set.signatures.iter().cloned());
    set.signatures = Arc::new(signatures);
}

/// A tag that no key of the hierarchy has.
fn unused_tag(scene: Scene<'_>) -> u16 {
    let keys = scene.tree.zones.iter().filter_map(|zone| zone.keys.as_ref());
    let used: Vec<u16> = keys.flat_map(|keys| [keys.key_signing.tag, keys.zone_signing.tag]).collect();
    (0..=u16::MAX).find(|tag| !used.contains(tag)).unwrap_or_default()
}
