//! The NSEC3 chain (RFC 5155), with opt-out.

use std::collections::BTreeMap;
use std::sync::Arc;

use data_encoding::BASE32_DNSSEC;
use hickory_proto::rr::{Name, RecordType};
use ring::digest;

use super::proof::{Roles, distinct};
use crate::indexed_zone::{IndexedZone, Node, Standing};
use crate::order::OrderKey;
use crate::rrset::{Rrset, StoredRrset};
use crate::wire;

type Hash = [u8; 20];

/// What a zone says of its chain in NSEC3PARAM.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Parameters {
    /// Nothing.
    Missing,
    /// Another salt than that of the chain.
    OtherSalt,
    /// What is so.
    #[default]
    Right,
}

/// A salt that no zone of a suite has.
const OTHER_SALT: [u8; 2] = [0xba, 0xd5];

/// NSEC3 RRsets in the order of their hashes.
#[derive(Debug)]
pub(crate) struct Nsec3Chain {
    iterations: u16,
    salt: Vec<u8>,
    links: Vec<Link>,
}

#[derive(Debug)]
struct Link {
    hash: Hash,
    owner: Name,
    set: StoredRrset,
}

impl Nsec3Chain {
    /// Hashes every authoritative name, every delegation (with opt-out only the signed ones) and every empty
    /// non-terminal. Also publishes NSEC3PARAM.
    ///
    /// RFC 5155 section 7.1 lets empty non-terminals above opted-out delegations be left out. They are not: beside
    /// such a name a wildcard further up would seem to stand for names that it does not stand for.
    pub(super) fn install(
        zone: &mut IndexedZone,
        iterations: u16,
        salt: Vec<u8>,
        opt_out: bool,
        published: Parameters,
    ) -> Self {
        // NSEC3PARAM has the same fields but the flags, which are zero (RFC 5155 section 4.1.2).
        let published = match published {
            Parameters::Missing => None,
            Parameters::OtherSalt => Some(parameters(0, iterations, &OTHER_SALT)),
            Parameters::Right => Some(parameters(0, iterations, &salt)),
        };
        let published = published.map(|rdata| StoredRrset::new(RecordType::NSEC3PARAM, 0, vec![rdata]));
        zone.nodes[0].sets.extend(published);
        Self::new(zone, iterations, salt, opt_out)
    }

    /// The chain over all that stands in the zone.
    fn new(zone: &IndexedZone, iterations: u16, salt: Vec<u8>, opt_out: bool) -> Self {
        // The chain is in the order of the hashes, in which neighbours have nothing to do with each other, so that
        // nothing can be linked before every name is hashed.
        let mut hashed: BTreeMap<Hash, Vec<u8>> = BTreeMap::new();
        let mut empty: BTreeMap<OrderKey, Name> = BTreeMap::new();
        for node in zone.nodes.iter().filter(|node| node.standing != Standing::Occluded) {
            if has_link(node, opt_out) {
                hashed.insert(hash(&node.owner, iterations, &salt), wire::type_bit_maps(&types(node)));
            }
            let mut ancestor = (node.key.parent(), node.owner.base_name());
            while let (Some(key), name) = ancestor {
                // Where one ancestor is known, all above it are.
                if !key.is_below(&zone.apex) || empty.contains_key(&key) {
                    break;
                }
                ancestor = (key.parent(), name.base_name());
                if zone.node(&key).is_none() {
                    empty.insert(key, name);
                }
            }
        }
        for name in empty.values() {
            hashed.insert(hash(name, iterations, &salt), Vec::new());
        }

        // Every record has the flag, because any span of hashes may hold a delegation that was left out.
        let mut fields = parameters(u8::from(opt_out), iterations, &salt);
        fields.push(20);
        let hashes: Vec<Hash> = hashed.keys().copied().collect();
        let links = hashed
            .into_iter()
            .enumerate()
            .map(|(position, (hash, types))| {
                let mut rdata = fields.clone();
                rdata.extend_from_slice(hashes.get(position + 1).unwrap_or(&hashes[0]));
                rdata.extend(types);
                let set = StoredRrset::new(RecordType::NSEC3, zone.negative_ttl, vec![rdata]);
                Link { hash, owner: hashed_owner(&hash, &zone.origin), set }
            })
            .collect();
        Self { iterations, salt, links }
    }

    /// The NSEC3 RRset that matches the name; for a delegation that opt-out left out, the proof that it may be
    /// an unsigned one (RFC 5155 sections 7.2.3 and 7.2.4).
    pub(super) fn prove_no_data(&self, zone: &IndexedZone, name: &Name) -> Vec<Rrset> {
        if let Some(matching) = self.matching(zone, name) {
            return vec![matching];
        }
        let (encloser, closest) = self.closest_provable_encloser(zone, name);
        distinct([closest, self.covering_next_closer(zone, name, &encloser)])
    }

    /// RFC 5155 section 7.2.2.
    pub(super) fn prove_no_name(&self, zone: &IndexedZone, name: &Name) -> Vec<Rrset> {
        let (encloser, closest) = self.closest_provable_encloser(zone, name);
        let next_closer = self.covering_next_closer(zone, name, &encloser);
        distinct([closest, next_closer, self.covering(zone, &wildcard(&encloser))])
    }

    /// The closest encloser by this chain, the next closer name and the wildcard by one under another salt, as if its
    /// spans were of hashes under this one.
    pub(super) fn prove_under_two_salts(&self, zone: &IndexedZone, name: &Name) -> Vec<Rrset> {
        let other = Self::new(zone, self.iterations, OTHER_SALT.to_vec(), false);
        let (encloser, closest) = self.closest_provable_encloser(zone, &name.base_name());
        let by_other = |name: &Name| other.covering_hash(zone, &self.hash(name));
        distinct([closest, by_other(&next_closer(name, &encloser)), by_other(&wildcard(&encloser))])
    }

    /// The closest encloser above the name, the link before the next closer name, which exists, and what covers the wildcard.
    pub(super) fn prove_by_the_one_before(&self, zone: &IndexedZone, name: &Name) -> Option<Vec<Rrset>> {
        let (encloser, closest) = self.closest_provable_encloser(zone, &name.base_name());
        let hash = self.hash(&next_closer(name, &encloser));
        let place = self.links.binary_search_by(|link| link.hash.cmp(&hash)).ok()?;
        // The chain is a ring.
        let before = &self.links[place.checked_sub(1).unwrap_or(self.links.len() - 1)];
        Some(distinct([closest, before.rrset(zone), self.covering(zone, &wildcard(&encloser))]))
    }

    /// The closest encloser above the name, and the last link, which leads back to the first.
    pub(super) fn prove_by_the_last(&self, zone: &IndexedZone, name: &Name) -> Option<Vec<Rrset>> {
        let (_, closest) = self.closest_provable_encloser(zone, &name.base_name());
        Some(distinct([closest, self.links.last()?.rrset(zone)]))
    }

    /// RFC 5155 section 7.2.5.
    pub(super) fn prove_wildcard_no_data(
        &self,
        zone: &IndexedZone,
        name: &Name,
        encloser: &Name,
    ) -> Vec<Rrset> {
        let (_, closest) = self.closest_provable_encloser(zone, encloser);
        let next_closer = self.covering_next_closer(zone, name, encloser);
        let wildcard = wildcard(encloser);
        let matching = self.matching(zone, &wildcard).unwrap_or_else(|| self.covering(zone, &wildcard));
        distinct([closest, next_closer, matching])
    }

    /// The RRset that covers the name one label longer than the closest encloser.
    ///
    /// Hashes do not show which names lie below which, so that the hash of the whole name says nothing of names in
    /// between. If the next closer name does not exist, nothing below it does, and the closest encloser is really the
    /// closest.
    pub(super) fn covering_next_closer(&self, zone: &IndexedZone, name: &Name, encloser: &Name) -> Rrset {
        self.covering(zone, &next_closer(name, encloser))
    }

    pub(super) fn roles(&self, zone: &IndexedZone, name: &Name, encloser: &Name) -> Roles {
        let wildcard = wildcard(encloser);
        let about_wildcard = self.matching(zone, &wildcard).unwrap_or_else(|| self.covering(zone, &wildcard));
        Roles {
            encloser: self.matching(zone, encloser).map(|set| set.owner),
            next_closer: Some(self.covering_next_closer(zone, name, encloser).owner),
            wildcard: Some(about_wildcard.owner),
        }
    }

    pub(super) fn hash(&self, name: &Name) -> Hash {
        hash(name, self.iterations, &self.salt)
    }

    pub(super) fn sign(&self, zone: &IndexedZone, share: usize, shares: usize) {
        let links = self.links.chunks(self.links.len().div_ceil(shares)).nth(share);
        for link in links.unwrap_or_default() {
            zone.signatures(&link.owner, Standing::Authoritative, &link.set);
        }
    }

    /// Every NSEC3 RRset, in the order of the hashes.
    pub(super) fn rrsets(&self, zone: &IndexedZone) -> impl Iterator<Item = Rrset> {
        self.links.iter().map(|link| link.rrset(zone))
    }

    /// The longest ancestor, or the name itself, that has a link of its own, and that link.
    ///
    /// Opt-out leaves existing delegations without one, so that this may lie above the closest encloser: it is the
    /// closest *provable* one, from which RFC 5155 section 7.2.1 starts every proof.
    fn closest_provable_encloser(&self, zone: &IndexedZone, name: &Name) -> (Name, Rrset) {
        let mut encloser = name.clone();
        loop {
            if let Some(matching) = self.matching(zone, &encloser) {
                return (encloser, matching);
            }
            if encloser.iter().len() <= zone.origin.iter().len() {
                // The apex has a link, so this is reached by no name of the zone.
                return (zone.origin.clone(), self.links[0].rrset(zone));
            }
            encloser = encloser.base_name();
        }
    }

    fn matching(&self, zone: &IndexedZone, name: &Name) -> Option<Rrset> {
        let hash = hash(name, self.iterations, &self.salt);
        let place = self.links.binary_search_by(|link| link.hash.cmp(&hash)).ok()?;
        Some(self.links[place].rrset(zone))
    }

    fn covering(&self, zone: &IndexedZone, name: &Name) -> Rrset {
        self.covering_hash(zone, &self.hash(name))
    }

    fn covering_hash(&self, zone: &IndexedZone, hash: &Hash) -> Rrset {
        let after = self.links.partition_point(|link| link.hash <= *hash);
        // Before the first hash lies the span of the last link, which wraps around.
        let place = after.checked_sub(1).unwrap_or(self.links.len() - 1);
        self.links[place].rrset(zone)
    }
}

impl Link {
    fn rrset(&self, zone: &IndexedZone) -> Rrset {
        Rrset {
            owner: self.owner.clone(),
            record_type: RecordType::NSEC3,
            ttl: self.set.ttl,
            rdata: Arc::clone(&self.set.rdata),
            signatures: zone.signatures(&self.owner, Standing::Authoritative, &self.set),
            zone: zone.place,
        }
    }
}

/// Opt-out leaves out unsigned delegations only (RFC 5155 section 6). A signed one that lay in a span with the flag could
/// be robbed of its DS: the record that covers it would prove that it may be unsigned.
fn has_link(node: &Node, opt_out: bool) -> bool {
    match node.standing {
        Standing::Authoritative => true,
        Standing::Cut => !opt_out || node.set(RecordType::DS).is_some(),
        Standing::Occluded => false,
    }
}

/// RRSIG is listed only where something is signed: not at an unsigned delegation.
fn types(node: &Node) -> Vec<u16> {
    let mut types: Vec<u16> = node.listed_types().collect();
    if node.standing == Standing::Authoritative || node.set(RecordType::DS).is_some() {
        types.push(RecordType::RRSIG.into());
    }
    types
}

/// Hash algorithm (SHA-1), flags, iterations and salt, as NSEC3 and NSEC3PARAM begin.
fn parameters(flags: u8, iterations: u16, salt: &[u8]) -> Vec<u8> {
    let mut fields = vec![1, flags];
    fields.extend(iterations.to_be_bytes());
    // The salt of a zone has four octets or none.
    fields.push(salt.len() as u8);
    fields.extend_from_slice(salt);
    fields
}

/// RFC 5155 section 5: over the name in canonical form, or else two spellings of one name would have two hashes.
pub(crate) fn hash(name: &Name, iterations: u16, salt: &[u8]) -> Hash {
    let mut data = wire::lowercase_name(name);
    let mut hash = Hash::default();
    // The iterations are additional ones, so that none still hashes once, and the salt comes anew in each.
    for _ in 0..=iterations {
        data.extend_from_slice(salt);
        hash.copy_from_slice(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &data).as_ref());
        data.clear();
        data.extend_from_slice(&hash);
    }
    hash
}

/// The hash that the first label of an NSEC3 record's owner spells.
pub(crate) fn hash_of_owner(owner: &Name) -> Option<Vec<u8>> {
    let label = owner.iter().next()?.to_ascii_lowercase();
    BASE32_DNSSEC.decode(&label).ok().filter(|hash| !hash.is_empty())
}

/// The owner of the NSEC3 record for a hash (RFC 5155 section 3).
pub(crate) fn hashed_owner(hash: &[u8], origin: &Name) -> Name {
    // A label of 32 octets may make the longest origins too long; such a zone cannot exist with NSEC3.
    origin.prepend_label(BASE32_DNSSEC.encode(hash).as_str()).unwrap_or_else(|_| origin.clone())
}

/// The ancestor of a name, or the name itself, that is one label longer than the closest encloser.
fn next_closer(name: &Name, encloser: &Name) -> Name {
    let mut next_closer = name.clone();
    while next_closer.iter().len() > encloser.iter().len() + 1 {
        next_closer = next_closer.base_name();
    }
    next_closer
}

fn wildcard(encloser: &Name) -> Name {
    encloser.prepend_label("*").unwrap_or_else(|_| encloser.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_rfc_5155_appendix_a() {
        let name = Name::from_ascii("example.").unwrap();
        let hash = hash(&name, 12, &[0xaa, 0xbb, 0xcc, 0xdd]);
        assert_eq!(BASE32_DNSSEC.encode(&hash), "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom");
    }
}
