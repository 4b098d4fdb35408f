//! Records as they come: several TXT records at one owner.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use crate::{Digest, KeyRecord, PolicyRecord, RecordError};

/// Joins the character-strings of one TXT record without a separator. One string is borrowed as it is.
#[must_use]
pub fn join<'a>(strings: &[&'a [u8]]) -> Cow<'a, [u8]> {
    match strings {
        [] => Cow::Borrowed(&[]),
        [string] => Cow::Borrowed(string),
        strings => Cow::Owned(strings.concat()),
    }
}

/// The policy of a service among the TXT records at its label.
///
/// # Errors
///
/// A record of this service that is malformed, or two that are not.
pub fn policy_among<'a>(
    texts: impl IntoIterator<Item = &'a [u8]>,
    service: &str,
) -> Result<Option<PolicyRecord<'a>>, PolicySetError> {
    let mut found: Option<(usize, PolicyRecord<'a>)> = None;
    for (index, text) in texts.into_iter().enumerate() {
        let parsed = PolicyRecord::parse(text, service)
            .map_err(|error| PolicySetError::Malformed { record: index, error })?;
        match (parsed, &found) {
            (Some(_), Some((first, _))) => {
                return Err(PolicySetError::Ambiguous { first: *first, second: index });
            }
            (Some(policy), None) => found = Some((index, policy)),
            (None, _) => {}
        }
    }
    Ok(found.map(|(_, policy)| policy))
}

/// Why there is no telling what a service's policy is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PolicySetError {
    /// Two policy records, by their places among the TXT records.
    Ambiguous {
        /// The first.
        first: usize,
        /// The second.
        second: usize,
    },
    /// A policy record that is malformed.
    Malformed {
        /// Its place among the TXT records.
        record: usize,
        /// The mistake.
        error: RecordError,
    },
}

impl fmt::Display for PolicySetError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous { first, second } => {
                write!(formatter, "records {} and {} are both policies of the service", first + 1, second + 1)
            }
            Self::Malformed { record, error } => write!(formatter, "record {}: {error}", record + 1),
        }
    }
}

impl core::error::Error for PolicySetError {}

/// The pins of an owner: alternatives, any of which will do.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Keys {
    /// The strongest digest of each usable key record.
    pub digests: Vec<Digest>,
    /// Key records that were skipped, by their places among the TXT records, and why.
    pub skipped: Vec<(usize, RecordError)>,
}

/// The key records among the TXT records of an owner. Unusable ones are skipped; if none is left, the policy that named
/// the owner cannot be kept.
pub fn usable_keys<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> Keys {
    let mut keys = Keys::default();
    for (index, text) in texts.into_iter().enumerate() {
        match KeyRecord::parse(text) {
            Ok(record) => keys.digests.extend(record.and_then(|record| record.strongest())),
            Err(error) => keys.skipped.push((index, error)),
        }
    }
    keys
}
