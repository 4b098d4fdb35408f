//! Questions as files write them.

use hickory_proto::rr::{Name, RecordType};
use signpost_format::resolve::Question;

/// Reads `NAME/TYPE`.
///
/// # Errors
///
/// A name that is no domain name, or a type that is none.
pub fn read_question(text: &str) -> Result<Question, UnreadableQuestion> {
    let read = || {
        let (name, record_type) = text.split_once('/')?;
        let name = name.parse::<Name>().ok()?.to_lowercase().to_ascii();
        let name = if name == "." { name } else { name.trim_end_matches('.').to_owned() };
        let record_type = match read_record_type(record_type)? {
            RecordType::Unknown(code) => format!("TYPE{code}"),
            known => known.to_string(),
        };
        Some(Question { name, record_type })
    };
    read().ok_or(UnreadableQuestion)
}

/// Reads a record type: its mnemonic, or `TYPE` and its number (RFC 3597 section 5).
#[must_use]
pub fn read_record_type(text: &str) -> Option<RecordType> {
    match text.strip_prefix("TYPE").and_then(|number| number.parse::<u16>().ok()) {
        Some(number) => Some(number.into()),
        None => text.parse().ok(),
    }
}

/// A text that is no question.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not a question; expected `NAME/TYPE`, such as `submit1.example.com/A`")]
pub struct UnreadableQuestion;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_without_mnemonic_is_written_as_a_number() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(read_question(text).ok().map(|question| question.record_type).as_deref(), expected);
        };
        check("submit1.example.com/TYPE65400", Some("TYPE65400"));
        check("submit1.example.com/TYPE1", Some("A"));
        check("submit1.example.com/ANY", Some("ANY"));
        check("submit1.example.com/TYPE65536", None);
        check("submit1.example.com/NOTHING", None);
    }
}
