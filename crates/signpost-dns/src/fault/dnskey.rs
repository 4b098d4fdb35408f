//! Faults of the answered DNSKEY RRset.

use std::sync::Arc;

use hickory_proto::rr::RecordType;

use super::DnskeyFault;
use super::scene::Scene;
use crate::answer::Answer;
use crate::key::ZoneKey;
use crate::rrset::Rrset;

impl DnskeyFault {
    pub(super) fn apply(self, scene: Scene<'_>, answer: &mut Answer) -> Option<String> {
        let keys = scene.selected(answer).into_iter().find(|set| set.record_type == RecordType::DNSKEY)?;
        if self != Self::Empty {
            self.spoil(scene, keys)?;
            return Some(self.name().to_owned());
        }
        let zone = scene.zone(keys);
        answer.answer.clear();
        answer.authority.extend(zone.negative_soa());
        Some(self.name().to_owned())
    }

    fn spoil(self, scene: Scene<'_>, set: &mut Rrset) -> Option<()> {
        let keys = scene.zone(set).keys.as_ref()?;
        let strangers = &scene.tree.strangers;
        match self {
            Self::Empty => {}
            Self::ZskRemoved => {
                Arc::make_mut(&mut set.rdata).retain(|rdata| *rdata != keys.zone_signing.dnskey);
                scene.sign_again(set);
            }
            Self::KskRemoved => {
                Arc::make_mut(&mut set.rdata).retain(|rdata| *rdata != keys.key_signing.dnskey);
                sign_as(scene, set, &keys.zone_signing);
            }
            Self::Attacker => {
                let mut rdata =
                    vec![strangers.key_signing.dnskey.clone(), strangers.zone_signing.dnskey.clone()];
                rdata.sort_unstable();
                set.rdata = Arc::new(rdata);
                sign_as(scene, set, &strangers.key_signing);
            }
            Self::SignedByZsk => sign_as(scene, set, &keys.zone_signing),
        }
        Some(())
    }
}

fn sign_as(scene: Scene<'_>, set: &mut Rrset, key: &ZoneKey) {
    scene.sign_again_with(set, key, |rrsig| {
        rrsig.key_tag = key.tag;
        rrsig.algorithm = key.algorithm();
    });
}
