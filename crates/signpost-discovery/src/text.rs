//! TXT records as texts.

use hickory_proto::rr::{RData, Record};

use crate::rules::Rules;

/// The TXT records among `records`, each with its character-strings joined without a separator.
pub(crate) fn texts(records: &[Record], rules: Rules) -> impl Iterator<Item = Vec<u8>> + '_ {
    let most = if rules.joins_strings() { usize::MAX } else { 1 };
    records.iter().filter_map(move |record| match &record.data {
        RData::TXT(text) => {
            let strings: Vec<&[u8]> = text.txt_data.iter().take(most).map(AsRef::as_ref).collect();
            Some(signpost_record::join(&strings).into_owned())
        }
        _ => None,
    })
}
