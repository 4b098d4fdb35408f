//! What a denial of existence must be, beyond what `domain` asks of it.

use bytes::Bytes;
use domain::base::{CanonicalOrd as _, Name, ToName as _};
use domain::dnssec::common::nsec3_hash;
use domain::rdata::nsec3::OwnerHash;
use domain::rdata::{AllRecordData, Nsec3};

use super::data::ParsedData;

/// Whether a record can be part of the chain of `zone`, if it is an NSEC record.
///
/// RFC 4034 §4.1.1: the next name is in the zone and comes after the owner, but for the last one's, which is the
/// apex. `domain` lets a record that points anywhere backwards cover all that follows.
pub(super) fn is_in_chain(owner: &Name<Bytes>, data: &ParsedData, zone: &Name<Bytes>) -> bool {
    let AllRecordData::Nsec(nsec) = data else { return true };
    let next: Name<Bytes> = nsec.next_name().to_name();
    next == *zone || (next.ends_with(zone) && owner.canonical_lt(&next))
}

/// Why a denial of `name` that `domain` calls Secure is none, if it is none. `denials` are its NSEC and NSEC3 records.
pub(super) fn objection(
    denials: Vec<(Name<Bytes>, ParsedData)>,
    name: &Name<Bytes>,
    zone: &Name<Bytes>,
) -> Option<&'static str> {
    let mut hashed = Vec::new();
    let mut plain = false;
    for (owner, data) in denials {
        match data {
            AllRecordData::Nsec3(nsec3) => hashed.push((owner, nsec3)),
            _ => plain = true,
        }
    }
    if hashed.is_empty() {
        return None;
    }
    // RFC 5155 §10.4: a zone has one chain or the other.
    if plain {
        return Some("NSEC and NSEC3 in one denial");
    }
    // RFC 5155 §8.3: unless a record matches the name itself, one must match its closest encloser. Hashes hide which
    // names are above which, so without that record whoever replays a denial chooses the encloser, and with it the
    // wildcard that is denied: a name below an existing wildcard could be made to vanish. `domain` takes the apex for
    // granted. The next closer name and the wildcard, it does check.
    let mut existing = name.iter_suffixes().take_while(|suffix| suffix.ends_with(zone));
    let proven = existing.any(|suffix| hashed.iter().any(|(owner, nsec3)| is_hash_of(owner, nsec3, &suffix)));
    (!proven).then_some("no NSEC3 record matches the closest encloser")
}

/// Whether `owner`, that of `nsec3`, is the hash of `name`.
pub(super) fn is_hash_of(owner: &Name<Bytes>, nsec3: &Nsec3<Bytes>, name: &Name<Bytes>) -> bool {
    let hash: Result<OwnerHash<Vec<u8>>, _> =
        nsec3_hash(name, nsec3.hash_algorithm(), nsec3.iterations(), nsec3.salt());
    hash.is_ok_and(|hash| owner.first().as_ref().eq_ignore_ascii_case(hash.to_string().as_bytes()))
}
