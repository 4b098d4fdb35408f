//! TXT records as texts.

use hickory_proto::rr::{RData, Record};

use crate::rules::Rules;

/// The TXT records among `records`, each with its character-strings joined without a separator.
pub(crate) fn texts(records: &[Record], rules: Rules) -> Vec<Vec<u8>> {
    let most = if rules.joins_strings() { usize::MAX } else { 1 };
    let mut texts: Vec<Vec<u8>> = records
        .iter()
        .filter_map(|record| match &record.data {
            RData::TXT(text) => {
                let strings: Vec<&[u8]> = text.txt_data.iter().take(most).map(AsRef::as_ref).collect();
                Some(join(&strings, rules))
            }
            _ => None,
        })
        .collect();
    if !rules.looks_behind_first_text() {
        texts.truncate(1);
    }
    if !rules.looks_before_last_text() {
        texts = texts.pop().into_iter().collect();
    }
    texts
}

fn join(strings: &[&[u8]], rules: Rules) -> Vec<u8> {
    if rules.joins_without_separator() {
        signpost_record::join(strings).into_owned()
    } else {
        strings.join(&b' ')
    }
}
