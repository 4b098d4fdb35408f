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

    pub(crate) fn value_error(&self, kind: ErrorKind) -> RecordError {
        RecordError { kind, span: self.value_span() }
    }
}

/// The elements of a record, in order; the iteration ends behind the first mistake.
#[must_use]
pub fn elements(text: &[u8]) -> Elements<'_> {
    Elements { text, position: 0 }
}

/// See [`elements`].
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    text: &'a [u8],
    position: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, RecordError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let text = self.text;
        while text.get(self.position) == Some(&b' ') {
            self.position += 1;
        }
        let start = self.position;
        if start == text.len() {
            return None;
        }
        let mut equals = None;
        let mut end = start;
        for (index, &octet) in text.iter().enumerate().skip(start) {
            match octet {
                b' ' => break,
                b'=' if equals.is_none() => equals = Some(index),
                b'!'..=b'~' => {}
                _ => return Some(Err(self.stop(ErrorKind::NotVisible, index..index + 1))),
            }
            end = index + 1;
        }
        self.position = end;
        let Some(equals) = equals else {
            return Some(Err(self.stop(ErrorKind::NoEqualsSign, start..end)));
        };
        if equals == start {
            return Some(Err(self.stop(ErrorKind::NoName, start..end)));
        }
        // Every octet has just been seen to be ASCII.
        let (Ok(name), Ok(value)) =
            (str::from_utf8(&text[start..equals]), str::from_utf8(&text[equals + 1..end]))
        else {
            return Some(Err(self.stop(ErrorKind::NotVisible, start..end)));
        };
        Some(Ok(Element { name, value, span: start..end }))
    }
}

impl Elements<'_> {
    fn stop(&mut self, kind: ErrorKind, span: Range<usize>) -> RecordError {
        self.position = self.text.len();
        RecordError { kind, span }
    }
}

/// What a first element `v=` says, or nothing where there is none.
pub(crate) fn version(text: &[u8]) -> Option<Element<'_>> {
    elements(text).next()?.ok().filter(|element| element.name.eq_ignore_ascii_case("v"))
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
