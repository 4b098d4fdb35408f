//! A tree of zones: delegated, signed and indexed.

use std::collections::HashMap;
use std::fmt;

use hickory_proto::ProtoError;
use hickory_proto::dnssec::DnsSecError;
use hickory_proto::rr::rdata::NULL;
use hickory_proto::rr::{Name, RData, Record, RecordType};

use crate::fault::publish::{Published, publish};
use crate::fault::{AnswerFault, AnswerFaultKind};
use crate::indexed_zone::ZoneKeys;
use crate::key::{Algorithm, DigestType, KSK_FLAGS, KeyPool, ZSK_FLAGS, ZoneKey};
use crate::master_file;
use crate::order::OrderKey;
use crate::rrset::raw_record;
use crate::signed_zone::{SignedZone, ZoneSigning};
use crate::tree::{Tree, nearest_ancestor};
use crate::zone::{Signing, Zone};

/// A tree of signed zones, indexed so that every answer costs a few binary searches.
#[derive(Debug)]
pub struct Hierarchy {
    tree: Tree,
    anchor: TrustAnchor,
    pub(crate) faults: Vec<AnswerFault>,
    /// By the place of the fault.
    without: Vec<Option<Tree>>,
}

/// Numbers of the pool's pairs that no zone uses: an attacker's.
const STRANGERS: usize = 2;

impl Hierarchy {
    /// Delegates, signs and indexes the zones.
    ///
    /// A zone below another one is delegated from it: its NS records and their addresses are copied into the parent
    /// unless the parent has them already, and the parent gets a DS record if both are signed. `now` is in seconds
    /// since 1970; honest signatures hold from an hour before to two weeks after. `faults` are applied to answers,
    /// in order.
    ///
    /// # Errors
    /// No zone at all, two zones with one origin, or a record that has no wire format.
    pub fn build(
        zones: Vec<Zone>,
        keys: &KeyPool,
        now: u32,
        faults: &[AnswerFault],
    ) -> Result<Self, BuildError> {
        let without = faults
            .iter()
            .enumerate()
            .map(|(place, fault)| match fault.kind {
                AnswerFaultKind::Publish(kind) if !kind.is_unsent() => {
                    let others = [&faults[..place], &faults[place + 1..]].concat();
                    plant(zones.clone(), keys, now, &others).map(|(tree, _)| Some(tree))
                }
                _ => Ok(None),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let (tree, anchor) = plant(zones, keys, now, faults)?;
        Ok(Self { tree, anchor, faults: faults.to_vec(), without })
    }

    /// What would be answered from if this fault of a publisher were not there, which tells where it shows. `None` for
    /// other faults: what they change is an answer and not what it is made from.
    pub(crate) fn without(&self, fault: usize) -> Option<&Tree> {
        self.without.get(fault)?.as_ref()
    }

    /// The trust anchor of the topmost zone. An unsigned one has an anchor too, that matches no key.
    #[must_use]
    pub fn trust_anchor(&self) -> TrustAnchor {
        self.anchor.clone()
    }

    /// The origins of the zones, parents first.
    pub fn origins(&self) -> impl Iterator<Item = &Name> {
        self.tree.zones.iter().map(|zone| &zone.origin)
    }

    /// Makes every signature now, on all processors. Without it each is made when it is first asked for.
    pub fn sign_all(&self) {
        for zone in &self.tree.zones {
            zone.sign_all();
        }
    }

    /// What stands under all answers.
    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }
}

/// Delegates, signs and indexes the zones under what these faults of publishers change.
fn plant(
    zones: Vec<Zone>,
    keys: &KeyPool,
    now: u32,
    faults: &[AnswerFault],
) -> Result<(Tree, TrustAnchor), BuildError> {
    let mut zones: Vec<(OrderKey, Zone)> =
        zones.into_iter().map(|zone| (OrderKey::new(&zone.origin), zone)).collect();
    zones.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut places = HashMap::new();
    for (place, (key, zone)) in zones.iter().enumerate() {
        if places.insert(key.clone(), place).is_some() {
            return Err(BuildError::SecondZone { origin: zone.origin.to_string() });
        }
    }
    let strangers = pooled_keys(keys, Algorithm::default(), 0)?;
    let mut zone_keys = Vec::with_capacity(zones.len());
    let mut published = Vec::with_capacity(zones.len());
    let are_signed: Vec<bool> = zones.iter().map(|(_, zone)| zone.signing != Signing::Unsigned).collect();
    for (place, (_, zone)) in zones.iter_mut().enumerate() {
        let algorithm = match zone.signing {
            Signing::Signed { algorithm, .. } => algorithm,
            Signing::Unsigned => Algorithm::default(),
        };
        let mut keys = pooled_keys(keys, algorithm, STRANGERS + 2 * place)?;
        published.push(publish(zone, &mut keys, &strangers, faults)?);
        zone_keys.push(keys);
    }
    // Every zone has the same clock and the same anchor above it.
    let of_all = published.first().copied().ok_or(BuildError::NoZone)?;
    // The clock that is wrong may be wrong beyond the 32 bits of a signature's times, which wrap (RFC 4034
    // section 3.1.5).
    let signed_at = u32::try_from((i64::from(now) + of_all.clock).rem_euclid(1 << 32)).unwrap_or(now);
    for child in 0..zones.len() {
        if let Some(parent) = nearest_ancestor(&places, &zones[child].0) {
            // A publisher who forgot to sign is still expected to have done so.
            let both_signed = are_signed[parent] && are_signed[child];
            delegate(&mut zones, parent, child, both_signed.then_some(&zone_keys[child]));
        }
    }
    let (_, top) = zones.first().ok_or(BuildError::NoZone)?;
    let anchor_keys = if of_all.is_anchor_wrong { &strangers } else { &zone_keys[0] };
    let anchor = TrustAnchor::new(top.origin.clone(), &anchor_keys.key_signing);
    let zones = zones
        .into_iter()
        .zip(zone_keys.into_iter().zip(published))
        .enumerate()
        .map(|(place, ((_, zone), (keys, Published { parameters, .. })))| {
            let signing = match zone.signing {
                Signing::Signed { denial, .. } => Some(ZoneSigning { keys, denial, parameters }),
                Signing::Unsigned => None,
            };
            let origin = zone.origin.to_string();
            SignedZone::new(zone.origin, place, zone.records, signing, signed_at)
                .map_err(|source| BuildError::Record { origin, source })
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok((Tree { zones, places, strangers, now }, anchor))
}

fn pooled_keys(pool: &KeyPool, algorithm: Algorithm, number: usize) -> Result<ZoneKeys, BuildError> {
    Ok(ZoneKeys {
        key_signing: ZoneKey::new(pool.pair(algorithm, number)?, KSK_FLAGS),
        zone_signing: ZoneKey::new(pool.pair(algorithm, number + 1)?, ZSK_FLAGS),
        also_published: Vec::new(),
    })
}

/// Puts into the parent what it lacks of the delegation, and a DS for the keys.
fn delegate(zones: &mut [(OrderKey, Zone)], parent: usize, child: usize, keys: Option<&ZoneKeys>) {
    let (before, from_child) = zones.split_at_mut(child);
    let (parent, child) = (&mut before[parent].1, &from_child[0].1);
    let origin = &child.origin;
    let is_delegated =
        parent.records.iter().any(|record| record.record_type() == RecordType::NS && record.name == *origin);
    if !is_delegated {
        let servers: Vec<Record> = child
            .records
            .iter()
            .filter(|record| record.record_type() == RecordType::NS && record.name == *origin)
            .cloned()
            .collect();
        let is_server =
            |name: &Name| servers.iter().any(|server| matches!(&server.data, RData::NS(ns) if ns.0 == *name));
        let glue = child.records.iter().filter(|record| {
            matches!(record.record_type(), RecordType::A | RecordType::AAAA) && is_server(&record.name)
        });
        parent.records.extend(glue.cloned());
        parent.records.extend(servers);
    }
    if let Some(keys) = keys {
        let ttl = child
            .records
            .iter()
            .find(|record| record.record_type() == RecordType::SOA)
            .map_or(3600, |soa| soa.ttl);
        let ds = keys.key_signing.ds(origin, DigestType::Sha256);
        parent.records.push(raw_record(origin.clone(), ttl, RecordType::DS, ds));
    }
}

/// What a validator of the lab starts from: the key signing key of the topmost zone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustAnchor {
    /// The zone's name; the root as a rule.
    pub owner: Name,
    /// The DNSKEY record.
    pub dnskey: Record,
    /// A DS record with SHA-256 for it.
    pub ds: Record,
}

impl TrustAnchor {
    fn new(owner: Name, key: &ZoneKey) -> Self {
        let ds = key.ds(&owner, DigestType::Sha256);
        Self {
            dnskey: typed_record(owner.clone(), RecordType::DNSKEY, key.dnskey.clone()),
            ds: typed_record(owner.clone(), RecordType::DS, ds),
            owner,
        }
    }

    /// The DNSKEY record as a master file line.
    #[must_use]
    pub fn dnskey_text(&self) -> String {
        master_file::line(&self.dnskey)
    }

    /// The DS record as a master file line.
    #[must_use]
    pub fn ds_text(&self) -> String {
        master_file::line(&self.ds)
    }
}

/// The DNSKEY record as a master file line.
impl fmt::Display for TrustAnchor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.dnskey_text())
    }
}

/// A record with RDATA of its type, for users who want to look into it; raw if it cannot be read as such.
fn typed_record(owner: Name, record_type: RecordType, rdata: Vec<u8>) -> Record {
    use hickory_proto::serialize::binary::{BinDecoder, Restrict};
    let length = Restrict::new(u16::try_from(rdata.len()).unwrap_or(u16::MAX));
    let data = RData::read(&mut BinDecoder::new(&rdata), record_type, length)
        .unwrap_or_else(|_| RData::Unknown { code: record_type, rdata: NULL::with(rdata.clone()) });
    Record::from_rdata(owner, 3600, data)
}

/// Why zones make no hierarchy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A key could not be made.
    #[error("no key could be made: {0}")]
    Key(#[from] DnsSecError),
    /// There is no zone.
    #[error("there is no zone")]
    NoZone,
    /// A record has no wire format.
    #[error("a record of the zone {origin} has no wire format: {source}")]
    Record {
        /// The zone.
        origin: String,
        /// What the encoder said.
        source: ProtoError,
    },
    /// Two zones have the same origin.
    #[error("there are two zones {origin}")]
    SecondZone {
        /// The origin.
        origin: String,
    },
}
