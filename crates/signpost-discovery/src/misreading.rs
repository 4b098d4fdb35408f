//! Records as they are taken by who misreads their grammar.
//!
//! A misreading turns the text of a record into the one that the flawed client takes it for. What comes of it is read by
//! the same grammar as every other, so that the client is wrong in this one way. The honest client takes every text as
//! it is.

mod element;
mod key;
mod policy;
mod record;

use crate::defect::Defect;
use crate::rules::Rules;

/// A text as it is taken: none if it is taken for a record of another kind, an error if for a malformed one.
pub(crate) type Taken = Result<Option<Vec<u8>>, &'static str>;

/// What a flawed client takes a text for, in which it looks for `v=` with the given value.
type Misreading = fn(text: &[u8], version: &str) -> Taken;

/// The text of a TXT record at a label of this name.
pub(crate) fn take_policy(text: Vec<u8>, label: &str, rules: Rules) -> Taken {
    take(text, label, rules, &[record::MISREADINGS, policy::MISREADINGS])
}

/// The text of a TXT record at an owner of key records.
pub(crate) fn take_key_record(text: Vec<u8>, rules: Rules) -> Taken {
    take(text, "keyrecord", rules, &[record::MISREADINGS, key::MISREADINGS])
}

fn take(text: Vec<u8>, version: &str, rules: Rules, tables: &[&[(Defect, Misreading)]]) -> Taken {
    if rules.is_honest() {
        return Ok(Some(text));
    }
    let mut misreadings =
        tables.iter().flat_map(|table| table.iter()).filter(|(defect, _)| rules.has(*defect));
    misreadings.try_fold(Some(text), |text, (_, misread)| match text {
        Some(text) => misread(&text, version),
        None => Ok(None),
    })
}
