//! What a proof of non-existence is about, and who says which part of it.

use hickory_proto::rr::Name;

use crate::order::OrderKey;
use crate::rrset::Rrset;

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

/// The RRsets with each owner once, in the order of their first appearance.
pub(super) fn distinct(sets: impl IntoIterator<Item = Rrset>) -> Vec<Rrset> {
    let mut kept: Vec<Rrset> = Vec::new();
    for set in sets {
        if !kept.iter().any(|other| other.owner == set.owner) {
            kept.push(set);
        }
    }
    kept
}
