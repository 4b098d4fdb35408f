//! Elements: `name=value`, one after the other.

use core::ops::Range;
use core::str;

use crate::{ErrorKind, RecordError};

/// One `name=value` of a record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Element<'a> {
    /// What stands before the first equals sign; compares without case.
    pub name: &'a str,
    /// What stands behind it; may be empty.
    pub value: &'a str,
    /// Octets of the whole element.
    pub span: Range<usize>,
}

impl Element<'_> {
    /// Octets of the value.
    #[must_use]
    pub fn value_span(&self) -> Range<usize> {
        self.span.end - self.value.len()..self.span.end
    }

    /// Whether the name is this one, which is given in lower case and holds nothing but letters, digits and `-`.
    #[inline]
    pub(crate) fn is_named<const LENGTH: usize>(&self, name: &[u8; LENGTH]) -> bool {
        is(self.name, name)
    }

    pub(crate) fn value_error(&self, kind: ErrorKind) -> RecordError {
        RecordError { kind, span: self.value_span() }
    }
}

/// The elements of a record, in order; the iteration ends behind the first mistake.
#[must_use]
#[inline]
pub fn elements(text: &[u8]) -> Elements<'_> {
    // A look at all octets without a branch is cheaper than one at each in its turn; almost all records pass it.
    let is_visible = |octet: &u8| (b' '..=b'~').contains(octet);
    let visible = if text.iter().fold(true, |all, octet| all & is_visible(octet)) {
        text.len()
    } else {
        text.iter().take_while(|&octet| is_visible(octet)).count()
    };
    // Visible octets are ASCII, so there is always a text.
    let (text, is_cut) = (str::from_utf8(&text[..visible]).unwrap_or_default(), visible < text.len());
    Elements { text, is_cut, position: 0 }
}

/// See [`elements`].
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    /// The record up to the first octet that is not visible.
    text: &'a str,
    /// Whether there is such an octet.
    is_cut: bool,
    position: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, RecordError>;

    // An element handed over through memory costs as much as finding it.
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let octets = self.text.as_bytes();
        let mut start = self.position;
        while octets.get(start) == Some(&b' ') {
            start += 1;
        }
        if start == octets.len() && !self.is_cut {
            return None;
        }
        let equals = find(b'=', octets, start);
        let end = find(b' ', octets, start);
        if end == octets.len() && self.is_cut {
            return Some(Err(self.stop(ErrorKind::NotVisible, end..end + 1)));
        }
        if equals >= end {
            return Some(Err(self.stop(ErrorKind::NoEqualsSign, start..end)));
        }
        if equals == start {
            return Some(Err(self.stop(ErrorKind::NoName, start..end)));
        }
        self.position = end;
        Some(Ok(Element {
            name: &self.text[start..equals],
            value: &self.text[equals + 1..end],
            span: start..end,
        }))
    }
}

impl<'a> Elements<'a> {
    #[cold]
    fn stop(&mut self, kind: ErrorKind, span: Range<usize>) -> RecordError {
        *self = Self { text: "", is_cut: false, position: 0 };
        RecordError { kind, span }
    }

    /// The first element if it is `v=` with this service, whatever its case.
    ///
    /// # Errors
    ///
    /// The service is named, and something other than a space follows it. That it is another's record can then not be
    /// meant: `v=submission; STARTTLS=…` is written by somebody who is used to DMARC, and `v=submissionSTARTTLS=…` is
    /// what two character-strings come to between which the space was forgotten. To ignore these would turn off what
    /// they ask for. `v=submissions` is another service's all the same.
    #[inline]
    pub(crate) fn version(
        &mut self,
        service: &str,
        known: &[&str],
    ) -> Result<Option<Element<'a>>, RecordError> {
        let record = self.clone();
        match self.next() {
            Some(Ok(version)) if is(version.name, b"v") && version.value.eq_ignore_ascii_case(service) => {
                Ok(Some(version))
            }
            _ => record.check_separator(service, known).map(|()| None),
        }
    }

    /// Looks at what stands behind `v=` and the service, where this is not the whole first element.
    fn check_separator(&self, service: &str, known: &[&str]) -> Result<(), RecordError> {
        let element = self.text.trim_start_matches(' ');
        let Some(rest) = strip_prefix(element, "v=").and_then(|value| strip_prefix(value, service)) else {
            return Ok(());
        };
        let place = self.text.len() - rest.len();
        // RFC 6335 section 5.1: with one of these octets the name of the service goes on.
        let goes_on = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
        let name =
            known.iter().find(|name| strip_prefix(rest, name).is_some_and(|rest| rest.starts_with('=')));
        match (rest.bytes().next(), name) {
            (None, _) if self.is_cut => {
                Err(RecordError { kind: ErrorKind::NotVisible, span: place..place + 1 })
            }
            (_, Some(name)) => {
                Err(RecordError { kind: ErrorKind::Separator, span: place..place + name.len() })
            }
            (Some(octet), None) if octet != b' ' && !goes_on(octet) => {
                Err(RecordError { kind: ErrorKind::Separator, span: place..place + 1 })
            }
            _ => Ok(()),
        }
    }
}

/// What follows a beginning that compares without case.
fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Whether visible text is a word, which is given in lower case and holds nothing but letters, digits and `-`: of all
/// visible octets only a letter's two cases become that letter with this bit set, only a digit that digit.
#[inline]
pub(crate) fn is<const LENGTH: usize>(text: &str, word: &[u8; LENGTH]) -> bool {
    <&[u8; LENGTH]>::try_from(text.as_bytes()).is_ok_and(|text| text.map(|octet| octet | 0x20) == *word)
}

/// The first place of an octet in ASCII text, from some place on, or the text's end.
///
/// Elements are so short that to call a vectorised search costs more than it saves; eight octets at once do not.
#[inline]
fn find(octet: u8, text: &[u8], from: usize) -> usize {
    let pattern = u64::from_le_bytes([octet; 8]);
    let mut place = from;
    while let Some(octets) = text.get(place..).and_then(<[u8]>::first_chunk) {
        // What differs is 1 to 127 here, so that adding 127 sets its topmost bit and carries nothing over.
        let differing = (u64::from_le_bytes(*octets) ^ pattern) + u64::from_le_bytes([0x7f; 8]);
        let same = !differing & u64::from_le_bytes([0x80; 8]);
        if same != 0 {
            return place + same.trailing_zeros() as usize / 8;
        }
        place += 8;
    }
    let rest = text.get(place..).unwrap_or_default();
    place + rest.iter().position(|&other| other == octet).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_separate_and_nothing_else_does() {
        let found: Result<alloc::vec::Vec<_>, _> = elements(b"  a=1  b==2 ").collect();
        let found = found.unwrap();
        assert_eq!(
            found.iter().map(|element| (element.name, element.value)).collect::<alloc::vec::Vec<_>>(),
            [("a", "1"), ("b", "=2")]
        );
        assert_eq!(found[1].span, 7..11);
        assert_eq!(found[1].value_span(), 9..11);
    }

    #[test]
    fn the_iteration_ends_behind_a_mistake() {
        let mut found = elements(b"a=1 b c=3");
        assert!(found.next().unwrap().is_ok());
        let error = found.next().unwrap().unwrap_err();
        assert_eq!(error, RecordError { kind: ErrorKind::NoEqualsSign, span: 4..5 });
        assert!(found.next().is_none());
    }
}
