//! Faults of denial of existence.

use std::sync::Arc;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, RecordType};

use super::scene::{Scene, told};
use super::signature::{alter, break_signature};
use super::{DenialFault, OutOfValidity, SignatureFault};
use crate::answer::Answer;
use crate::denial::{Denied, Roles};
use crate::indexed_zone::Standing;
use crate::order::OrderKey;
use crate::rrset::{Rrset, Rrsig};
use crate::signed_zone::SignedZone;
use crate::wire;

impl DenialFault {
    pub(super) fn apply(self, scene: Scene<'_>, answer: &mut Answer) -> Option<String> {
        if !scene.is_asked() {
            return None;
        }
        let question = scene.question;
        let zone = scene.tree.zone_for(&question.name, question.record_type)?;
        match self {
            Self::ForgedNoData => *answer = deny(zone, ResponseCode::NoError, Vec::new()),
            Self::ForgedNoName => *answer = deny(zone, ResponseCode::NXDomain, Vec::new()),
            Self::PiggyBacked => {
                let unrelated = unrelated_proof(zone, &question.name)?;
                *answer = deny(zone, ResponseCode::NoError, vec![unrelated]);
            }
            Self::EndsAtName => *answer = denied_by_the_one_before(zone, &question.name)?,
            Self::FromParent => *answer = denied_by(scene.tree.parent(zone.place)?, scene)?,
            Self::FromGrandparent => {
                let top = scene.tree.zones.first().filter(|top| top.place != zone.place)?;
                *answer = denied_by(top, scene)?;
            }
            Self::WildcardReplayed => answer.answer = vec![replayed_wildcard(scene, zone)?],
            Self::LastCoversAll => *answer = denied_by_the_last(zone, &question.name)?,
            Self::WildcardOverCloser => wildcard_over_closer_encloser(scene, zone, answer)?,
            Self::WildcardTypeDenied => *answer = denied_by_listing_wildcard(scene, zone)?,
            Self::WildcardFromParent => wildcard_of_parent(scene, zone, answer)?,
            Self::FromWildcard => {
                *answer = deny(zone, ResponseCode::NoError, vec![expanded_nsec(scene, zone)?])
            }
            Self::BelowDname => *answer = denied_below_dname(zone, &question.name)?,
            Self::ParametersMixed => *answer = denied_under_two_salts(zone, &question.name)?,
            Self::RcodeWrong => {
                let denies = answer.answer.is_empty() && answer.authority.iter().any(is_proof);
                denies.then_some(())?;
                answer.rcode = match answer.rcode {
                    ResponseCode::NXDomain => ResponseCode::NoError,
                    _ => ResponseCode::NXDomain,
                };
            }
            Self::EmptyNonTerminal => {
                let key = OrderKey::new(&question.name);
                if zone.node(&key).is_some() || !zone.exists(&key) {
                    return None;
                }
                answer.rcode = ResponseCode::NXDomain;
            }
            Self::OptOutForged => {
                let ds = answer.answer.iter().position(|set| set.record_type == RecordType::DS)?;
                let owner = answer.answer.remove(ds).owner;
                let mut proof = zone.chain.prove_no_data(zone, &owner, &OrderKey::new(&owner));
                proof
                    .iter_mut()
                    .filter(|set| set.record_type == RecordType::NSEC3)
                    .for_each(|set| edit(set, 1, 1));
                *answer = deny(zone, ResponseCode::NoError, proof);
            }
            Self::Stripped
            | Self::EncloserAbsent
            | Self::NextCloserAbsent
            | Self::WildcardAbsent
            | Self::WildcardProofStripped => return self.leave_out(zone, scene, answer),
            _ => return self.spoil_records(scene, answer),
        }
        Some(self.name().to_owned())
    }

    /// Faults that leave out some of the proof.
    fn leave_out(self, zone: &SignedZone, scene: Scene<'_>, answer: &mut Answer) -> Option<String> {
        let is_expanded = !answer.answer.is_empty();
        let roles = self.roles(zone, &scene.question.name);
        let before = answer.authority.len();
        answer.authority.retain(|set| {
            let left_out = match self {
                Self::WildcardProofStripped => is_expanded,
                Self::Stripped => true,
                _ => roles.contains(&set.owner),
            };
            !(is_proof(set) && left_out)
        });
        told(before - answer.authority.len(), self.name())
    }

    /// The owners of the records that say what this fault leaves out.
    fn roles(self, zone: &SignedZone, name: &Name) -> Vec<Name> {
        let key = OrderKey::new(name);
        if zone.exists(&key) {
            return Vec::new();
        }
        let encloser = zone.closest_encloser(name);
        let Roles { encloser, next_closer, wildcard } =
            zone.chain.roles(zone, Denied { name, key: &key, encloser: &encloser });
        match self {
            Self::EncloserAbsent => encloser,
            Self::NextCloserAbsent => next_closer,
            Self::WildcardAbsent => wildcard,
            _ => None,
        }
        .into_iter()
        .collect()
    }

    /// Faults in the records that are there.
    fn spoil_records(self, scene: Scene<'_>, answer: &mut Answer) -> Option<String> {
        if self == Self::Mixed {
            let set = answer.authority.iter_mut().find(|set| set.record_type == RecordType::NSEC)?;
            *set = as_nsec3(scene, set)?;
            return Some(self.name().to_owned());
        }
        let proofs = answer.authority.iter_mut().filter(|set| is_proof(set));
        let count = proofs.filter_map(|set| self.spoil(scene, set)).count();
        told(count, self.name())
    }

    fn spoil(self, scene: Scene<'_>, set: &mut Rrset) -> Option<()> {
        let zone = scene.zone(set);
        let is_nsec3 = set.record_type == RecordType::NSEC3;
        match self {
            Self::SignatureMissing => set.signatures = Arc::default(),
            Self::SignatureBroken => alter(set, break_signature),
            Self::SignatureExpired => {
                let mut broken = Answer::empty(ResponseCode::NoError);
                broken.authority.push(set.clone());
                SignatureFault::Expired { seconds: OutOfValidity::default() }.apply(scene, &mut broken)?;
                *set = broken.authority.pop()?;
            }
            Self::TypeBitSet => set_type(scene, set, scene.question.record_type)?,
            Self::CnameBitSet => set_type(scene, set, RecordType::CNAME)?,
            Self::FromAnotherZone => {
                let other = scene.tree.zones.iter().find(|other| {
                    other.place != set.zone && other.keys.is_some() && !other.origin.zone_of(&zone.origin)
                });
                let other = other.or_else(|| scene.tree.parent(set.zone))?;
                let key = &other.keys.as_ref()?.zone_signing;
                scene.sign_again_with(set, key, |rrsig| {
                    rrsig.signer = other.origin.clone();
                    rrsig.key_tag = key.tag;
                });
            }
            Self::SelfLoop if !is_nsec3 && set.owner != zone.origin => {
                let owner = set.owner.clone();
                set_next(scene, set, &owner)?;
            }
            Self::Overreach if !is_nsec3 => {
                let mut outside = Name::from_labels(["zzz", "test"]).ok()?;
                outside.set_fqdn(true);
                set_next(scene, set, &outside)?;
            }
            Self::OwnerHashWrong if is_nsec3 => {
                set.owner = other_hash(&set.owner, &zone.origin)?;
                scene.sign_again(set);
            }
            Self::OwnerOutsideZone if is_nsec3 => {
                let label = set.owner.iter().next()?.to_vec();
                let parent = zone.origin.base_name();
                let labels = std::iter::once(label.as_slice()).chain(parent.iter());
                set.owner = Name::from_labels(labels.collect::<Vec<_>>()).ok()?;
                set.owner.set_fqdn(true);
                scene.sign_again_with(set, scene.key(set)?, |rrsig| rrsig.labels -= 1);
            }
            Self::NextHashWrong if is_nsec3 => {
                let hash = crate::denial::hash_of_owner(&set.owner)?;
                let place = next_hash_place(set)?;
                let rdata = Arc::make_mut(&mut set.rdata).first_mut()?;
                rdata.get_mut(place..place + hash.len())?.copy_from_slice(&hash);
                *rdata.get_mut(place + hash.len() - 1)? = hash.last()?.wrapping_add(1);
                scene.sign_again(set);
            }
            Self::HashAlgorithmUnknown if is_nsec3 => {
                edit(set, 0, 3);
                scene.sign_again(set);
            }
            Self::IterationsAltered if is_nsec3 => {
                let rdata = Arc::make_mut(&mut set.rdata).first_mut()?;
                rdata.get_mut(2..4)?.copy_from_slice(&ITERATIONS.to_be_bytes());
            }
            Self::FlagsUnknown if is_nsec3 => {
                edit(set, 1, 0x80);
                scene.sign_again(set);
            }
            Self::HashLengthWrong if is_nsec3 => {
                let place = next_hash_place(set)?;
                let rdata = Arc::make_mut(&mut set.rdata).first_mut()?;
                rdata[place - 1] -= 1;
                rdata.remove(place);
                scene.sign_again(set);
            }
            _ => return None,
        }
        Some(())
    }
}

/// More iterations than any validator has to compute (RFC 9276 section 3.2).
const ITERATIONS: u16 = 2500;

fn is_proof(set: &Rrset) -> bool {
    matches!(set.record_type, RecordType::NSEC | RecordType::NSEC3)
}

/// A negative answer of a zone with a proof that may be none.
fn deny(zone: &SignedZone, rcode: ResponseCode, proof: Vec<Rrset>) -> Answer {
    let mut answer = Answer::empty(rcode);
    answer.authority.extend(zone.negative_soa());
    answer.authority.extend(proof);
    answer
}

/// The signed proof that something else of the zone lacks a type: a record that says nothing of the name.
fn unrelated_proof(zone: &SignedZone, name: &Name) -> Option<Rrset> {
    let node = zone
        .nodes
        .iter()
        .rev()
        .find(|node| node.standing == Standing::Authoritative && node.owner != *name)?;
    zone.chain.prove_no_data(zone, &node.owner, &node.key).into_iter().next()
}

/// That what exists does not, by the record before it, whose span ends there: as an empty non-terminal by NSEC, and as a name
/// by NSEC3.
fn denied_by_the_one_before(zone: &SignedZone, name: &Name) -> Option<Answer> {
    if let Some(proof) = zone.chain.prove_by_the_one_before(zone, name) {
        return Some(deny(zone, ResponseCode::NXDomain, proof));
    }
    let key = OrderKey::new(name);
    zone.node(&key)?.set(RecordType::NSEC)?;
    let before = zone.nodes.iter().rev().skip_while(|node| node.key >= key);
    let mut links = before.filter_map(|node| Some(zone.rrset(node, node.set(RecordType::NSEC)?)));
    Some(deny(zone, ResponseCode::NoError, vec![links.next()?]))
}

/// What a zone above the name's own says if it answers in its stead: its record at the cut, which covers all below it.
fn denied_by(zone: &SignedZone, scene: Scene<'_>) -> Option<Answer> {
    let name = &scene.question.name;
    let key = OrderKey::new(name);
    zone.keys.as_ref()?;
    let proof = zone.chain.prove_no_name(zone, Denied { name, key: &key, encloser: &zone.origin });
    Some(deny(zone, ResponseCode::NXDomain, proof))
}

/// The RRset of the nearest wildcard above the name, with the name as its owner and the wildcard's signature.
fn replayed_wildcard(scene: Scene<'_>, zone: &SignedZone) -> Option<Rrset> {
    let question = scene.question;
    let mut encloser = question.name.base_name();
    while zone.origin.zone_of(&encloser) {
        let wildcard = OrderKey::new(&encloser).wildcard();
        if let Some((node, set)) =
            zone.node(&wildcard).and_then(|node| Some((node, node.set(question.record_type)?)))
        {
            let mut replayed = zone.rrset(node, set);
            replayed.owner = question.name.clone();
            return Some(replayed);
        }
        if encloser == zone.origin {
            return None;
        }
        encloser = encloser.base_name();
    }
    None
}

/// The nearest wildcard's NSEC RRset, with the name as its owner.
fn expanded_nsec(scene: Scene<'_>, zone: &SignedZone) -> Option<Rrset> {
    let name = &scene.question.name;
    let mut encloser = name.base_name();
    while zone.origin.zone_of(&encloser) {
        if let Some(node) = zone.node(&OrderKey::new(&encloser).wildcard()) {
            let mut expanded = zone.rrset(node, node.set(RecordType::NSEC)?);
            expanded.owner = name.clone();
            return Some(expanded);
        }
        if encloser == zone.origin {
            break;
        }
        encloser = encloser.base_name();
    }
    None
}

/// That a name below a DNAME does not exist, as if the DNAME were another record.
fn denied_below_dname(zone: &SignedZone, name: &Name) -> Option<Answer> {
    let mut encloser = name.base_name();
    // Above the apex, where a question for the apex itself begins, there is nothing of this zone.
    while zone.origin.zone_of(&encloser) {
        let node = zone.node(&OrderKey::new(&encloser));
        if node.is_some_and(|node| node.set(RecordType::DNAME).is_some()) {
            let denied = Denied { name, key: &OrderKey::new(name), encloser: &encloser };
            return Some(deny(zone, ResponseCode::NXDomain, zone.chain.prove_no_name(zone, denied)));
        }
        if encloser == zone.origin {
            return None;
        }
        encloser = encloser.base_name();
    }
    None
}

/// That a name does not exist: its closest encloser by the zone's chain, and the rest by what the zone would have signed
/// under another salt, as while a salt is changed.
fn denied_under_two_salts(zone: &SignedZone, name: &Name) -> Option<Answer> {
    let proof = zone.chain.prove_under_two_salts(zone, name)?;
    Some(deny(zone, ResponseCode::NXDomain, proof))
}

/// That a name that exists does not, as if the last span of the chain held every hash.
fn denied_by_the_last(zone: &SignedZone, name: &Name) -> Option<Answer> {
    let proof = zone.chain.prove_by_the_last(zone, name)?;
    Some(deny(zone, ResponseCode::NXDomain, proof))
}

/// The records of a wildcard further up, which the closest encloser keeps from standing for the name, and what covers it.
fn wildcard_over_closer_encloser(scene: Scene<'_>, zone: &SignedZone, answer: &mut Answer) -> Option<()> {
    let name = &scene.question.name;
    let key = &OrderKey::new(name);
    let encloser = &zone.closest_encloser(name);
    if zone.exists(key) || zone.node(&OrderKey::new(encloser).wildcard()).is_some() {
        return None;
    }
    let replayed = replayed_wildcard(scene, zone)?;
    let mut expanded = Answer::empty(ResponseCode::NoError);
    expanded.answer.push(replayed);
    expanded.authority = zone.chain.prove_no_closer_match(zone, Denied { name, key, encloser });
    *answer = expanded;
    Some(())
}

/// That the wildcard which stands for the name lacks the type, by its own record, which lists it.
fn denied_by_listing_wildcard(scene: Scene<'_>, zone: &SignedZone) -> Option<Answer> {
    let name = &scene.question.name;
    let key = &OrderKey::new(name);
    let encloser = &zone.closest_encloser(name);
    let wildcard = zone.node(&OrderKey::new(encloser).wildcard())?;
    if zone.exists(key) || wildcard.set(scene.question.record_type).is_none() {
        return None;
    }
    let proof = zone.chain.prove_wildcard_no_data(zone, Denied { name, key, encloser });
    Some(deny(zone, ResponseCode::NoError, proof))
}

/// The answer as a wildcard of the parent would give it, with the parent's signature and its denial of the name.
fn wildcard_of_parent(scene: Scene<'_>, zone: &SignedZone, answer: &mut Answer) -> Option<()> {
    let parent = scene.tree.parent(zone.place)?;
    let key = &parent.keys.as_ref()?.zone_signing;
    let set = answer.answer.first_mut()?;
    let wildcard = parent.origin.prepend_label("*").ok()?;
    let fields = Rrsig::unsigned(&wildcard, set.record_type, set.ttl, key, &parent.origin, parent.validity);
    set.signatures = Arc::new(vec![fields.sign(&set.owner, set.record_type, &set.rdata, key)]);
    let name = &scene.question.name;
    let denied = Denied { name, key: &OrderKey::new(name), encloser: &parent.origin };
    answer.authority = parent.chain.prove_no_closer_match(parent, denied);
    Some(())
}

fn edit(set: &mut Rrset, place: usize, bits: u8) {
    if let Some(octet) = Arc::make_mut(&mut set.rdata).first_mut().and_then(|rdata| rdata.get_mut(place)) {
        *octet ^= bits;
    }
}

/// Where the next hash starts: after four fixed octets, the salt and the lengths of both.
fn next_hash_place(set: &Rrset) -> Option<usize> {
    Some(6 + usize::from(*set.rdata.first()?.get(4)?))
}

/// Where the type bit maps start.
fn types_place(set: &Rrset) -> Option<usize> {
    let rdata = set.rdata.first()?;
    if set.record_type == RecordType::NSEC {
        return Some(wire::lowercase_name(&wire::read_name(rdata)?).len());
    }
    let hash = next_hash_place(set)?;
    Some(hash + usize::from(*rdata.get(hash - 1)?))
}

/// Lists one more type and signs again, if the record is one that lists types of an existing name.
fn set_type(scene: Scene<'_>, set: &mut Rrset, record_type: RecordType) -> Option<()> {
    let is_of_name = match set.record_type {
        RecordType::NSEC => set.owner == scene.question.name,
        _ => {
            crate::denial::hash_of_owner(&set.owner)?
                == scene.zone(set).chain.nsec3_hash(&scene.question.name)?
        }
    };
    if !is_of_name {
        return None;
    }
    let place = types_place(set)?;
    let rdata = Arc::make_mut(&mut set.rdata).first_mut()?;
    let mut types = wire::listed_types(&rdata[place..]);
    types.push(record_type.into());
    rdata.truncate(place);
    rdata.extend(wire::type_bit_maps(&types));
    scene.sign_again(set);
    Some(())
}

fn set_next(scene: Scene<'_>, set: &mut Rrset, next: &Name) -> Option<()> {
    let place = types_place(set)?;
    let rdata = Arc::make_mut(&mut set.rdata).first_mut()?;
    let mut changed = wire::lowercase_name(next);
    changed.extend_from_slice(&rdata[place..]);
    *rdata = changed;
    scene.sign_again(set);
    Some(())
}

fn other_hash(owner: &Name, origin: &Name) -> Option<Name> {
    let mut hash = crate::denial::hash_of_owner(owner)?;
    hash[0] ^= 0x80;
    Some(crate::denial::hashed_owner(&hash, origin))
}

/// The same span as an NSEC3 record, signed by the zone.
fn as_nsec3(scene: Scene<'_>, set: &Rrset) -> Option<Rrset> {
    let zone = scene.zone(set);
    let next = wire::read_name(set.rdata.first()?)?;
    let (owner_hash, next_hash) =
        (crate::denial::hash(&set.owner, 0, &[]), crate::denial::hash(&next, 0, &[]));
    let mut rdata = vec![1, 0, 0, 0, 0, 20];
    rdata.extend(next_hash);
    rdata.extend_from_slice(set.rdata.first()?.get(types_place(set)?..)?);
    let owner = crate::denial::hashed_owner(&owner_hash, &zone.origin);
    Some(scene.signed_by(zone, &owner, RecordType::NSEC3, set.ttl, vec![rdata]))
}
