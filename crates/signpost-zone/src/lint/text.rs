//! Texts of TXT records as a rule shows them.

use std::ops::Range;

/// The whole element around these octets, to be found again in the file.
pub(crate) fn shown(text: &[u8], span: &Range<usize>) -> String {
    let is_space = |octet: &u8| *octet == b' ';
    let start = text[..span.start.min(text.len())].iter().rposition(is_space).map_or(0, |space| space + 1);
    let end =
        text[span.end.min(text.len())..].iter().position(is_space).map_or(text.len(), |at| span.end + at);
    String::from_utf8_lossy(text.get(start..end).unwrap_or_default()).into_owned()
}

/// A text as a part of one line, however long it is.
pub(crate) fn quoted(text: &[u8]) -> String {
    let mut shown: String =
        text.iter().take(60).flat_map(|octet| octet.escape_ascii()).map(char::from).collect();
    if text.len() > 60 {
        shown.push('…');
    }
    shown
}
