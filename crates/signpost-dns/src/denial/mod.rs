//! Denial of existence: which NSEC or NSEC3 records prove what (RFC 4035 section 3.1.3, RFC 5155 section 7.2).

mod nsec;
mod nsec3;

pub(crate) use nsec3::{hash, hash_of_owner, hashed_owner};

use hickory_proto::rr::{Name, RecordType};

use crate::order::OrderKey;
use crate::rrset::Rrset;
use crate::signed_zone::{Node, SignedZone, Standing};
use crate::zone::Denial;

/// How a zone denies.
#[derive(Debug)]
pub(crate) enum Chain {
    /// It does not: the zone is unsigned.
    None,
    /// By the NSEC RRsets of its nodes.
    Nsec(nsec::NsecChain),
    /// By NSEC3 RRsets beside its nodes.
    Nsec3(nsec3::Nsec3Chain),
}

impl Chain {
    /// Builds the chain of a zone that is otherwise complete.
    pub(crate) fn install(zone: &mut SignedZone, denial: Denial) {
        zone.chain = match denial {
            Denial::Nsec => Self::Nsec(nsec::NsecChain::install(zone)),
            Denial::Nsec3 { iterations, salt, opt_out } => {
                let salt = salt.map_or_else(Vec::new, |salt| salt.to_vec());
                Self::Nsec3(nsec3::Nsec3Chain::install(zone, iterations, salt, opt_out))
            }
        };
    }

    /// Makes one share of the signatures that belong to no node.
    pub(crate) fn sign(&self, zone: &SignedZone, share: usize, shares: usize) {
        if let Self::Nsec3(chain) = self {
            chain.sign(zone, share, shares);
        }
    }
}

/// Which owners have the records that say each part of a proof of non-existence.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Roles {
    /// Matches the closest encloser (NSEC3).
    pub(crate) encloser: Option<Name>,
    /// Covers the name, or the next closer name.
    pub(crate) next_closer: Option<Name>,
    /// Covers or matches the wildcard.
    pub(crate) wildcard: Option<Name>,
}

/// A name that is denied, with the closest encloser: its longest ancestor that exists (RFC 4592 section 3.3.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Denied<'a> {
    pub(crate) name: &'a Name,
    pub(crate) key: &'a OrderKey,
    pub(crate) encloser: &'a Name,
}

/// Proofs of what a zone does not have: RRsets for the authority section, without repetition.
impl SignedZone {
    /// The RRsets of the chain that belong to no node.
    pub(crate) fn chain_rrsets(&self) -> Vec<Rrset> {
        match &self.chain {
            Chain::None | Chain::Nsec(_) => Vec::new(),
            Chain::Nsec3(chain) => chain.rrsets(self).collect(),
        }
    }

    /// Who says what in the proof that a name does not exist.
    pub(crate) fn roles(&self, denied: Denied<'_>) -> Roles {
        match &self.chain {
            Chain::None => Roles::default(),
            Chain::Nsec(chain) => {
                let wildcard = OrderKey::new(denied.encloser).wildcard();
                Roles {
                    encloser: None,
                    next_closer: Some(chain.at_or_before(self, denied.key).owner),
                    wildcard: Some(chain.at_or_before(self, &wildcard).owner),
                }
            }
            Chain::Nsec3(chain) => chain.roles(self, denied.name, denied.encloser),
        }
    }

    /// The hash of a name in the zone's NSEC3 chain.
    pub(crate) fn nsec3_hash(&self, name: &Name) -> Option<Vec<u8>> {
        match &self.chain {
            Chain::Nsec3(chain) => Some(chain.hash(name).to_vec()),
            Chain::None | Chain::Nsec(_) => None,
        }
    }

    /// That `name`, which exists without records of its own, lacks every type.
    ///
    /// An NSEC record whose span covers the name and ends below it is proof enough. The denial of the wildcard beside
    /// the name comes with it, because ldns (drill 1.8.3) asks for it where no NSEC record matches the name.
    pub(crate) fn prove_no_data_at_empty(&self, name: &Name, key: &OrderKey) -> Vec<Rrset> {
        let mut proof = self.prove_no_data(name, key);
        if let (Chain::Nsec(chain), Some(parent)) = (&self.chain, key.parent()) {
            proof.push(chain.at_or_before(self, &parent.wildcard()));
        }
        distinct(proof)
    }

    /// That `name`, which exists, lacks the asked type.
    pub(crate) fn prove_no_data(&self, name: &Name, key: &OrderKey) -> Vec<Rrset> {
        match &self.chain {
            Chain::None => Vec::new(),
            Chain::Nsec(chain) => vec![chain.at_or_before(self, key)],
            Chain::Nsec3(chain) => chain.prove_no_data(self, name),
        }
    }

    /// That the name does not exist and no wildcard could stand for it.
    pub(crate) fn prove_no_name(&self, denied: Denied<'_>) -> Vec<Rrset> {
        match &self.chain {
            Chain::None => Vec::new(),
            Chain::Nsec(chain) => {
                let wildcard = OrderKey::new(denied.encloser).wildcard();
                distinct([chain.at_or_before(self, denied.key), chain.at_or_before(self, &wildcard)])
            }
            Chain::Nsec3(chain) => chain.prove_no_name(self, denied.name),
        }
    }

    /// That the name itself does not exist, so that the wildcard below the closest encloser rightly stands for it.
    pub(crate) fn prove_no_closer_match(&self, denied: Denied<'_>) -> Vec<Rrset> {
        match &self.chain {
            Chain::None => Vec::new(),
            Chain::Nsec(chain) => vec![chain.at_or_before(self, denied.key)],
            Chain::Nsec3(chain) => vec![chain.covering_next_closer(self, denied.name, denied.encloser)],
        }
    }

    /// That the name does not exist and the wildcard that stands for it lacks the asked type.
    pub(crate) fn prove_wildcard_no_data(&self, denied: Denied<'_>) -> Vec<Rrset> {
        match &self.chain {
            Chain::None => Vec::new(),
            Chain::Nsec(chain) => {
                let wildcard = OrderKey::new(denied.encloser).wildcard();
                distinct([chain.at_or_before(self, &wildcard), chain.at_or_before(self, denied.key)])
            }
            Chain::Nsec3(chain) => chain.prove_wildcard_no_data(self, denied.name, denied.encloser),
        }
    }
}

/// The RRsets with each owner once, in the order of their first appearance.
fn distinct(sets: impl IntoIterator<Item = Rrset>) -> Vec<Rrset> {
    let mut kept: Vec<Rrset> = Vec::new();
    for set in sets {
        if !kept.iter().any(|other| other.owner == set.owner) {
            kept.push(set);
        }
    }
    kept
}

/// The types at a name that its NSEC or NSEC3 record lists: at a cut only NS and DS, because the rest is glue.
fn listed_types(node: &Node) -> impl Iterator<Item = u16> + '_ {
    node.sets
        .iter()
        .map(|set| set.record_type)
        .filter(|listed| {
            node.standing == Standing::Authoritative || matches!(listed, RecordType::NS | RecordType::DS)
        })
        .map(u16::from)
}
