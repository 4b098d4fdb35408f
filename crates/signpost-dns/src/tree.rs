//! Signed zones, found by name: what answers are looked up in, and what faults look at.

use std::collections::HashMap;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, RecordType};

use crate::answer::{Answer, Step};
use crate::indexed_zone::ZoneKeys;
use crate::order::OrderKey;
use crate::signed_zone::SignedZone;

/// The zones of a hierarchy, with an attacker's keys and the time.
#[derive(Debug)]
pub(crate) struct Tree {
    /// In canonical order of their origins, so that a parent stands before its children.
    pub(crate) zones: Vec<SignedZone>,
    pub(crate) places: HashMap<OrderKey, usize>,
    /// Keys that no zone has.
    pub(crate) strangers: ZoneKeys,
    /// In seconds since 1970, modulo 2³².
    pub(crate) now: u32,
}

/// How many links of an alias chain are followed.
const LONGEST_CHAIN: usize = 16;

impl Tree {
    /// What a resolver that knows the whole tree says. With `chase`, aliases are followed from zone to zone.
    pub(crate) fn resolve(&self, name: &Name, record_type: RecordType, chase: bool) -> Answer {
        let mut answer = Answer::empty(ResponseCode::NoError);
        let mut name = name.clone();
        for _ in 0..LONGEST_CHAIN {
            let Some(zone) = self.zone_for(&name, record_type) else {
                if answer.answer.is_empty() {
                    answer.rcode = ResponseCode::Refused;
                }
                return answer;
            };
            match zone.look_up(&name, record_type, &mut answer) {
                Step::Alias(target) if chase => name = target,
                Step::Alias(_) | Step::Complete => return answer,
                // The zone below the cut is not part of the lab: a resolver would find its servers mute.
                Step::Referral => return Answer::empty(ResponseCode::ServFail),
            }
        }
        Answer::empty(ResponseCode::ServFail)
    }

    /// The zone with this origin.
    pub(crate) fn zone(&self, origin: &Name) -> Option<&SignedZone> {
        self.places.get(&OrderKey::new(origin)).map(|place| &self.zones[*place])
    }

    /// The deepest zone strictly above the one at this place.
    pub(crate) fn parent(&self, place: usize) -> Option<&SignedZone> {
        nearest_ancestor(&self.places, &self.zones[place].apex).map(|place| &self.zones[place])
    }

    /// The deepest zone that a name is in. DS belongs to the parent's side of a cut (RFC 4035 section 3.1.4.1).
    pub(crate) fn zone_for(&self, name: &Name, record_type: RecordType) -> Option<&SignedZone> {
        let key = OrderKey::new(name);
        let above = if record_type == RecordType::DS { nearest_ancestor(&self.places, &key) } else { None };
        let place = above
            .or_else(|| self.places.get(&key).copied())
            .or_else(|| nearest_ancestor(&self.places, &key))?;
        Some(&self.zones[place])
    }
}

/// The place of the deepest zone whose origin is strictly above the key.
pub(crate) fn nearest_ancestor(places: &HashMap<OrderKey, usize>, key: &OrderKey) -> Option<usize> {
    let mut ancestor = key.parent();
    while let Some(key) = ancestor {
        if let Some(place) = places.get(&key) {
            return Some(*place);
        }
        ancestor = key.parent();
    }
    None
}
