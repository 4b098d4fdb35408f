//! Denial of existence: which NSEC or NSEC3 records prove what (RFC 4035 section 3.1.3, RFC 5155 section 7.2).

mod nsec;
mod nsec3;
mod proof;

pub(crate) use nsec3::{Parameters, hash, hash_of_owner, hashed_owner};
pub(crate) use proof::{Denied, Roles};

use hickory_proto::rr::Name;

use self::proof::distinct;
use crate::indexed_zone::IndexedZone;
use crate::order::OrderKey;
use crate::rrset::Rrset;
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

/// What it proves are RRsets for the authority section, each once.
impl Chain {
    /// Builds the chain of a zone that is otherwise complete.
    pub(crate) fn install(zone: &mut IndexedZone, denial: Denial, published: Parameters) -> Self {
        match denial {
            Denial::Nsec => Self::Nsec(nsec::NsecChain::install(zone)),
            Denial::Nsec3 { iterations, salt, opt_out } => {
                let salt = salt.map_or_else(Vec::new, |salt| salt.to_vec());
                Self::Nsec3(nsec3::Nsec3Chain::install(zone, iterations, salt, opt_out, published))
            }
        }
    }

    /// Makes one share of the signatures that belong to no node.
    pub(crate) fn sign(&self, zone: &IndexedZone, share: usize, shares: usize) {
        if let Self::Nsec3(chain) = self {
            chain.sign(zone, share, shares);
        }
    }

    /// The RRsets of the chain that belong to no node.
    pub(crate) fn rrsets(&self, zone: &IndexedZone) -> Vec<Rrset> {
        match self {
            Self::None | Self::Nsec(_) => Vec::new(),
            Self::Nsec3(chain) => chain.rrsets(zone).collect(),
        }
    }

    /// Who says what in the proof that a name does not exist.
    pub(crate) fn roles(&self, zone: &IndexedZone, denied: Denied<'_>) -> Roles {
        match self {
            Self::None => Roles::default(),
            Self::Nsec(chain) => {
                let wildcard = OrderKey::new(denied.encloser).wildcard();
                Roles {
                    encloser: None,
                    next_closer: Some(chain.at_or_before(zone, denied.key).owner),
                    wildcard: Some(chain.at_or_before(zone, &wildcard).owner),
                }
            }
            Self::Nsec3(chain) => chain.roles(zone, denied.name, denied.encloser),
        }
    }

    /// The hash of a name in the zone's NSEC3 chain.
    pub(crate) fn nsec3_hash(&self, name: &Name) -> Option<Vec<u8>> {
        match self {
            Self::Nsec3(chain) => Some(chain.hash(name).to_vec()),
            Self::None | Self::Nsec(_) => None,
        }
    }

    /// That `name`, which exists without records of its own, lacks every type.
    ///
    /// An NSEC record whose span covers the name and ends below it is proof enough. The denial of the wildcard beside
    /// the name comes with it, because ldns (drill 1.8.3) asks for it where no NSEC record matches the name.
    pub(crate) fn prove_no_data_at_empty(
        &self,
        zone: &IndexedZone,
        name: &Name,
        key: &OrderKey,
    ) -> Vec<Rrset> {
        let mut proof = self.prove_no_data(zone, name, key);
        if let (Self::Nsec(chain), Some(parent)) = (self, key.parent()) {
            proof.push(chain.at_or_before(zone, &parent.wildcard()));
        }
        distinct(proof)
    }

    /// That `name`, which exists, lacks the asked type.
    pub(crate) fn prove_no_data(&self, zone: &IndexedZone, name: &Name, key: &OrderKey) -> Vec<Rrset> {
        match self {
            Self::None => Vec::new(),
            Self::Nsec(chain) => vec![chain.at_or_before(zone, key)],
            Self::Nsec3(chain) => chain.prove_no_data(zone, name),
        }
    }

    /// That the name does not exist and no wildcard could stand for it.
    pub(crate) fn prove_no_name(&self, zone: &IndexedZone, denied: Denied<'_>) -> Vec<Rrset> {
        match self {
            Self::None => Vec::new(),
            Self::Nsec(chain) => {
                // No wildcard but this one could stand for the name (RFC 4592 section 3.3.1). The validator finds the
                // closest encloser in the first record: it is what the name has in common with either end of the
                // span.
                let wildcard = OrderKey::new(denied.encloser).wildcard();
                distinct([chain.at_or_before(zone, denied.key), chain.at_or_before(zone, &wildcard)])
            }
            Self::Nsec3(chain) => chain.prove_no_name(zone, denied.name),
        }
    }

    /// What seems to say that the name does not exist to who takes the parameters of the first record for those of all:
    /// records under another salt, whose spans hold hashes under the salt of the first. No such thing without NSEC3.
    pub(crate) fn prove_under_two_salts(&self, zone: &IndexedZone, name: &Name) -> Option<Vec<Rrset>> {
        match self {
            Self::None | Self::Nsec(_) => None,
            Self::Nsec3(chain) => Some(chain.prove_under_two_salts(zone, name)),
        }
    }

    /// What seems to say that a name does not exist to who counts the next hash to the span of a record. No such thing without
    /// NSEC3.
    pub(crate) fn prove_by_the_one_before(&self, zone: &IndexedZone, name: &Name) -> Option<Vec<Rrset>> {
        match self {
            Self::None | Self::Nsec(_) => None,
            Self::Nsec3(chain) => chain.prove_by_the_one_before(zone, name),
        }
    }

    /// What seems to say that the name does not exist to who takes the last span of the chain for one that holds every hash.
    /// No such thing without NSEC3.
    pub(crate) fn prove_by_the_last(&self, zone: &IndexedZone, name: &Name) -> Option<Vec<Rrset>> {
        match self {
            Self::None | Self::Nsec(_) => None,
            Self::Nsec3(chain) => chain.prove_by_the_last(zone, name),
        }
    }

    /// That the name itself does not exist, so that the wildcard below the closest encloser rightly stands for it.
    pub(crate) fn prove_no_closer_match(&self, zone: &IndexedZone, denied: Denied<'_>) -> Vec<Rrset> {
        match self {
            Self::None => Vec::new(),
            Self::Nsec(chain) => vec![chain.at_or_before(zone, denied.key)],
            Self::Nsec3(chain) => vec![chain.covering_next_closer(zone, denied.name, denied.encloser)],
        }
    }

    /// That the name does not exist and the wildcard that stands for it lacks the asked type.
    pub(crate) fn prove_wildcard_no_data(&self, zone: &IndexedZone, denied: Denied<'_>) -> Vec<Rrset> {
        match self {
            Self::None => Vec::new(),
            Self::Nsec(chain) => {
                let wildcard = OrderKey::new(denied.encloser).wildcard();
                distinct([chain.at_or_before(zone, &wildcard), chain.at_or_before(zone, denied.key)])
            }
            Self::Nsec3(chain) => chain.prove_wildcard_no_data(zone, denied.name, denied.encloser),
        }
    }
}
