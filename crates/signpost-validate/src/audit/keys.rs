//! Which keys of a zone may be used, and which of them its parent vouches for.

use bytes::Bytes;
use domain::base::iana::{DigestAlgorithm, SecurityAlgorithm};
use domain::base::{Message, Name, Record};
use domain::dnssec::validator::base::{DnskeyExt as _, supported_digest};
use domain::rdata::{AllRecordData, Dnskey, Ds};

use super::data::ParsedData;

/// The DNSKEY records at `zone` in the answer of `message`.
pub(super) fn published(message: &Message<Bytes>, zone: &Name<Bytes>) -> Vec<Dnskey<Bytes>> {
    answer_data(message, zone, |data| match data {
        AllRecordData::Dnskey(key) => Some(key),
        _ => None,
    })
}

/// The DS records at `zone` in the answer of `message`.
pub(super) fn delegated(message: &Message<Bytes>, zone: &Name<Bytes>) -> Vec<Ds<Bytes>> {
    answer_data(message, zone, |data| match data {
        AllRecordData::Ds(ds) => Some(ds),
        _ => None,
    })
}

fn answer_data<T>(
    message: &Message<Bytes>,
    owner: &Name<Bytes>,
    pick: impl Fn(ParsedData) -> Option<T>,
) -> Vec<T> {
    let Ok(answer) = message.answer() else { return Vec::new() };
    answer
        .flatten()
        .filter(|record| record.owner() == *owner)
        .filter_map(|record| {
            let record: Record<_, AllRecordData<_, _>> = record.to_any_record().ok()?;
            pick(record.into_data())
        })
        .collect()
}

/// Whether signatures of this key count.
///
/// RFC 4034 §2.1.1 (zone key), §2.1.2 (protocol 3), RFC 5011 §2.1 (a revoked key signs nothing but its own
/// revocation).
pub(super) fn is_usable(key: &Dnskey<Bytes>) -> bool {
    key.is_zone_key() && key.protocol() == 3 && !key.is_revoked()
}

/// The keys of one zone whose signatures count.
pub(super) struct ZoneKeys {
    zone: Name<Bytes>,
    usable: Vec<(u16, SecurityAlgorithm)>,
}

impl ZoneKeys {
    /// The usable ones among all that the zone publishes.
    pub(super) fn new(zone: Name<Bytes>, published: &[Dnskey<Bytes>]) -> Self {
        let usable = published.iter().filter(|key| is_usable(key));
        Self { zone, usable: usable.map(|key| (key.key_tag(), key.algorithm())).collect() }
    }

    pub(super) fn zone(&self) -> &Name<Bytes> {
        &self.zone
    }

    /// Whether the key that a signature names is among them.
    pub(super) fn contain(&self, key_tag: u16, algorithm: SecurityAlgorithm) -> bool {
        self.usable.contains(&(key_tag, algorithm))
    }
}

/// What the DS RRset of a zone leads to.
pub(super) enum Entry {
    /// None of the DS records can be followed: the zone counts as unsigned (RFC 6840 §5.2).
    Unsupported,
    /// These DS records must be followed.
    Through(Vec<Ds<Bytes>>),
}

/// The DS records that count.
///
/// RFC 4509 §3: SHA-1 digests are ignored when there are better ones, or whoever can find a second preimage of
/// SHA-1 enters beside the SHA-256 digest.
pub(super) fn entry(delegated: Vec<Ds<Bytes>>) -> Entry {
    let mut usable: Vec<_> = delegated
        .into_iter()
        .filter(|ds| supported_digest(&ds.digest_type()) && supported_algorithm(ds.algorithm()))
        .collect();
    if usable.iter().any(|ds| ds.digest_type() != DigestAlgorithm::SHA1) {
        usable.retain(|ds| ds.digest_type() != DigestAlgorithm::SHA1);
    }
    if usable.is_empty() { Entry::Unsupported } else { Entry::Through(usable) }
}

/// The algorithms that `domain` verifies with ring. Its own list for DS records leaves out 14 and 15, so that
/// zones signed with P-384 or Ed25519 would count as unsigned.
fn supported_algorithm(algorithm: SecurityAlgorithm) -> bool {
    matches!(
        algorithm,
        SecurityAlgorithm::RSASHA1
            | SecurityAlgorithm::RSASHA1_NSEC3_SHA1
            | SecurityAlgorithm::RSASHA256
            | SecurityAlgorithm::RSASHA512
            | SecurityAlgorithm::ECDSAP256SHA256
            | SecurityAlgorithm::ECDSAP384SHA384
            | SecurityAlgorithm::ED25519
    )
}

/// The usable keys that one of the DS records names.
pub(super) fn vouched<'a>(
    zone: &Name<Bytes>,
    keys: &'a [Dnskey<Bytes>],
    entry: &[Ds<Bytes>],
) -> Vec<&'a Dnskey<Bytes>> {
    keys.iter().filter(|key| is_usable(key) && entry.iter().any(|ds| names(ds, zone, key))).collect()
}

fn names(ds: &Ds<Bytes>, zone: &Name<Bytes>, key: &Dnskey<Bytes>) -> bool {
    ds.key_tag() == key.key_tag()
        && ds.algorithm() == key.algorithm()
        && key.digest(zone, ds.digest_type()).is_ok_and(|digest| digest.as_ref() == ds.digest().as_ref())
}
