//! The NSEC chain (RFC 4034 section 4, RFC 4035 section 2.3).

use hickory_proto::rr::RecordType;

use crate::indexed_zone::{IndexedZone, Node, Standing};
use crate::order::OrderKey;
use crate::rrset::{Rrset, StoredRrset};
use crate::wire;

/// Places of the nodes that own an NSEC RRset, in canonical order. The apex is always the first.
#[derive(Debug)]
pub(crate) struct NsecChain(Vec<usize>);

impl NsecChain {
    /// Gives every authoritative name and every delegation its NSEC RRset.
    pub(super) fn install(zone: &mut IndexedZone) -> Self {
        let places: Vec<usize> =
            (0..zone.nodes.len()).filter(|place| zone.nodes[*place].standing != Standing::Occluded).collect();
        let mut rdata = Vec::with_capacity(places.len());
        for (position, place) in places.iter().enumerate() {
            let next = places.get(position + 1).unwrap_or(&places[0]);
            let mut bytes = wire::lowercase_name(&zone.nodes[*next].owner);
            bytes.extend(wire::type_bit_maps(&types(&zone.nodes[*place])));
            rdata.push(bytes);
        }
        for (place, rdata) in places.iter().zip(rdata) {
            let set = StoredRrset::new(RecordType::NSEC, zone.negative_ttl, vec![rdata]);
            zone.nodes[*place].sets.push(set);
        }
        Self(places)
    }

    /// The NSEC RRset of the name, or else the one whose span covers it.
    pub(super) fn at_or_before(&self, zone: &IndexedZone, key: &OrderKey) -> Rrset {
        // Names are in canonical order, so that the last one that is not behind the name matches it or begins the
        // span that it lies in. The apex is first, hence before every name of the zone, and no span has to wrap
        // around.
        let after = self.0.partition_point(|place| zone.nodes[*place].key <= *key);
        let node = &zone.nodes[self.0[after.saturating_sub(1)]];
        let set = node.set(RecordType::NSEC).expect("every node of the chain was given an NSEC RRset");
        zone.rrset(node, set)
    }
}

/// The types that a name's NSEC record lists: at a cut only what the parent has there.
fn types(node: &Node) -> Vec<u16> {
    let mut types = vec![RecordType::RRSIG.into(), RecordType::NSEC.into()];
    types.extend(node.listed_types());
    types
}
