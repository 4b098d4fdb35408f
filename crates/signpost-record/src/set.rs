//! Records as they come: several TXT records at one owner.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::{Digest, KeyRecord, RecordError};

/// Joins the character-strings of one TXT record without a separator. One string is borrowed as it is.
#[must_use]
pub fn join<'a>(strings: &[&'a [u8]]) -> Cow<'a, [u8]> {
    match strings {
        [] => Cow::Borrowed(&[]),
        [string] => Cow::Borrowed(string),
        strings => Cow::Owned(strings.concat()),
    }
}

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
