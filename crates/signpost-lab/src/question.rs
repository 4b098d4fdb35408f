//! Questions as files write them.

use hickory_proto::rr::{Name, RecordType};
use signpost_format::resolve::Question;

/// Reads `NAME/TYPE`.
///
/// # Errors
///
/// A name that is no domain name, or a type that has no mnemonic.
pub fn read_question(text: &str) -> Result<Question, UnreadableQuestion> {
    let read = || {
        let (name, record_type) = text.split_once('/')?;
        let name = name.parse::<Name>().ok()?.to_lowercase().to_ascii();
        let name = if name == "." { name } else { name.trim_end_matches('.').to_owned() };
        Some(Question { name, record_type: record_type.parse::<RecordType>().ok()?.to_string() })
    };
    read().ok_or(UnreadableQuestion)
}

/// A text that is no question.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not a question; expected `NAME/TYPE`, such as `submit1.example.com/A`")]
pub struct UnreadableQuestion;
