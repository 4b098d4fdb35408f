//! The names of a zone in canonical order and the keys that sign it; denial of existence is built upon it.

use std::collections::BTreeMap;
use std::sync::Arc;

use hickory_proto::rr::{Name, Record, RecordType};

use crate::key::ZoneKey;
use crate::order::OrderKey;
use crate::rrset::{Rrset, Rrsig, StoredRrset, Validity};
use crate::wire;

/// TTL and RDATA of each RRset of an owner, by type.
type RdataByType = BTreeMap<u16, (u32, Vec<Vec<u8>>)>;

/// The keys that a zone signs with.
#[derive(Clone, Debug)]
pub(crate) struct ZoneKeys {
    /// Signs the DNSKEY RRset, and what speaks to the parent of it.
    pub(crate) key_signing: ZoneKey,
    /// Signs everything else.
    pub(crate) zone_signing: ZoneKey,
    /// RDATA of DNSKEY records that sign nothing here.
    pub(crate) also_published: Vec<Vec<u8>>,
}

impl ZoneKeys {
    /// The key that signs an RRset of this type. CDS and CDNSKEY must be signed by a key that stands in both the DNSKEY
    /// and the DS RRset (RFC 7344 section 4.1), which the zone signing key does not.
    pub(crate) fn signer(&self, record_type: RecordType) -> &ZoneKey {
        match record_type {
            RecordType::DNSKEY | RecordType::CDS | RecordType::CDNSKEY => &self.key_signing,
            _ => &self.zone_signing,
        }
    }
}

/// What a name is to the zone that it stands in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Standing {
    /// The zone answers for it.
    Authoritative,
    /// The zone is cut here: NS and glue belong to the child, DS and NSEC to this zone.
    Cut,
    /// Below a cut or a DNAME.
    Occluded,
}

/// An owner and its RRsets.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) key: OrderKey,
    pub(crate) owner: Name,
    /// Sorted by type.
    pub(crate) sets: Vec<StoredRrset>,
    pub(crate) standing: Standing,
}

impl Node {
    pub(crate) fn set(&self, record_type: RecordType) -> Option<&StoredRrset> {
        self.sets.iter().find(|set| set.record_type == record_type)
    }

    /// The types that its NSEC or NSEC3 record lists: at a cut only NS and DS, because the rest is glue.
    pub(crate) fn listed_types(&self) -> impl Iterator<Item = u16> + '_ {
        self.sets
            .iter()
            .map(|set| set.record_type)
            .filter(|listed| {
                self.standing == Standing::Authoritative || matches!(listed, RecordType::NS | RecordType::DS)
            })
            .map(u16::from)
    }
}

/// A zone without its denial of existence. Signatures are made when they are first asked for.
#[derive(Debug)]
pub(crate) struct IndexedZone {
    pub(crate) origin: Name,
    pub(crate) apex: OrderKey,
    /// Place in the hierarchy.
    pub(crate) place: usize,
    /// In canonical order; empty non-terminals have no node.
    pub(crate) nodes: Vec<Node>,
    pub(crate) keys: Option<ZoneKeys>,
    pub(crate) validity: Validity,
    /// TTL of negative answers and of NSEC and NSEC3 records (RFC 9077).
    pub(crate) negative_ttl: u32,
}

impl IndexedZone {
    /// Indexes the records of a zone, signed by these keys if there are any.
    ///
    /// The records must be inside the zone and have an SOA at the apex, as those of a [`Zone`](crate::Zone) have.
    pub(crate) fn new(
        origin: Name,
        place: usize,
        records: Vec<Record>,
        keys: Option<ZoneKeys>,
        now: u32,
    ) -> Result<Self, hickory_proto::ProtoError> {
        let mut owners: BTreeMap<OrderKey, (Name, RdataByType)> = BTreeMap::new();
        let mut last: Option<(Name, OrderKey)> = None;
        for record in &records {
            // Master files list an owner's records together, so that most keys need not be made again.
            let key = match &last {
                Some((name, key)) if *name == record.name => key.clone(),
                _ => OrderKey::new(&record.name),
            };
            let (_, sets) =
                owners.entry(key.clone()).or_insert_with(|| (record.name.clone(), BTreeMap::new()));
            // RFC 2181 section 5.2: one TTL per RRset; the lowest is the cautious choice.
            let set = sets.entry(record.record_type().into()).or_insert((record.ttl, Vec::new()));
            set.0 = set.0.min(record.ttl);
            set.1.push(wire::canonical_rdata(&record.data)?);
            last = Some((record.name.clone(), key));
        }
        let apex = OrderKey::new(&origin);
        let mut nodes: Vec<Node> = owners
            .into_iter()
            .map(|(key, (owner, sets))| {
                let sets = sets
                    .into_iter()
                    .map(|(code, (ttl, rdata))| StoredRrset::new(RecordType::from(code), ttl, rdata))
                    .collect();
                Node { key, owner, sets, standing: Standing::Authoritative }
            })
            .collect();
        settle_standing(&mut nodes, &apex);
        let negative_ttl = nodes.first().and_then(|node| node.set(RecordType::SOA)).map_or(0, negative_ttl);
        let validity = Validity::around(now);
        let mut zone = Self { origin, apex, place, nodes, keys: None, validity, negative_ttl };
        if let Some(keys) = keys {
            zone.publish_keys(&keys);
            zone.keys = Some(keys);
        }
        Ok(zone)
    }

    fn publish_keys(&mut self, keys: &ZoneKeys) {
        let apex = &mut self.nodes[0];
        let mut rdata = vec![keys.key_signing.dnskey.clone(), keys.zone_signing.dnskey.clone()];
        rdata.extend(keys.also_published.iter().cloned());
        let mut ttl = apex.set(RecordType::SOA).map_or(3600, |soa| soa.ttl);
        if let Some(place) = apex.sets.iter().position(|set| set.record_type == RecordType::DNSKEY) {
            // Keys that the publisher lists himself: stand-by keys, or those of another signer.
            let listed = apex.sets.remove(place);
            ttl = listed.ttl;
            rdata.extend(listed.rdata.iter().cloned());
        }
        apex.sets.push(StoredRrset::new(RecordType::DNSKEY, ttl, rdata));
    }

    /// The node of a name.
    pub(crate) fn node(&self, key: &OrderKey) -> Option<&Node> {
        self.search(key).ok().map(|place| &self.nodes[place])
    }

    /// Whether a name exists: it has records or something below it has (RFC 4592 section 2.2.2).
    pub(crate) fn exists(&self, key: &OrderKey) -> bool {
        match self.search(key) {
            Ok(_) => true,
            Err(place) => self.nodes.get(place).is_some_and(|next| next.key.is_below(key)),
        }
    }

    fn search(&self, key: &OrderKey) -> Result<usize, usize> {
        self.nodes.binary_search_by(|node| node.key.cmp(key))
    }

    /// An RRset of a node as it goes into an answer, signed where the zone signs it.
    pub(crate) fn rrset(&self, node: &Node, set: &StoredRrset) -> Rrset {
        Rrset {
            owner: node.owner.clone(),
            record_type: set.record_type,
            ttl: set.ttl,
            rdata: Arc::clone(&set.rdata),
            signatures: self.signatures(&node.owner, node.standing, set),
            zone: self.place,
        }
    }

    /// The signatures of an RRset: none for what the zone is not authoritative for (RFC 4035 section 2.2).
    pub(crate) fn signatures(&self, owner: &Name, standing: Standing, set: &StoredRrset) -> Arc<Vec<Rrsig>> {
        let Some(keys) = &self.keys else { return Arc::default() };
        let signed = match standing {
            Standing::Authoritative => true,
            Standing::Cut => matches!(set.record_type, RecordType::DS | RecordType::NSEC),
            Standing::Occluded => false,
        };
        if !signed {
            return Arc::default();
        }
        set.signatures(|| {
            let key = keys.signer(set.record_type);
            let fields = Rrsig::unsigned(owner, set.record_type, set.ttl, key, &self.origin, self.validity);
            vec![fields.sign(owner, set.record_type, &set.rdata, key)]
        })
    }

    /// The SOA for the authority section of a negative answer (RFC 2308 section 3).
    pub(crate) fn negative_soa(&self) -> Option<Rrset> {
        let apex = self.nodes.first()?;
        let mut soa = self.rrset(apex, apex.set(RecordType::SOA)?);
        soa.ttl = self.negative_ttl;
        Some(soa)
    }
}

/// The lower of the SOA's TTL and its minimum field (RFC 2308 section 5).
fn negative_ttl(soa: &StoredRrset) -> u32 {
    let minimum =
        soa.rdata.first().and_then(|rdata| rdata.last_chunk::<4>()).map(|octets| u32::from_be_bytes(*octets));
    minimum.unwrap_or(0).min(soa.ttl)
}

/// Marks cuts and what lies below cuts and DNAMEs. Nodes are in canonical order, so what lies below follows at once.
fn settle_standing(nodes: &mut [Node], apex: &OrderKey) {
    let mut roof: Option<OrderKey> = None;
    for node in nodes {
        if roof.as_ref().is_some_and(|roof| node.key.is_below(roof)) {
            node.standing = Standing::Occluded;
            continue;
        }
        roof = None;
        if node.key != *apex && node.set(RecordType::NS).is_some() {
            node.standing = Standing::Cut;
            roof = Some(node.key.clone());
        } else if node.set(RecordType::DNAME).is_some() {
            roof = Some(node.key.clone());
        }
    }
}
