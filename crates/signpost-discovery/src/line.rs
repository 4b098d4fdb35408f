//! Lines out of a stream of bytes, bounded.

/// The longest line of a reply, CRLF included. RFC 5321 §4.5.3.1.5 and RFC 1939 §3 stop at 512 octets; servers
/// that list many mechanisms do not.
pub(crate) const REPLY_LINE_LIMIT: usize = 2048;

/// The longest line of a message, CRLF included. RFC 5322 §2.1.1 stops at 1000 octets; messages do not.
pub(crate) const MESSAGE_LINE_LIMIT: usize = 64 * 1024;

/// Bytes that came and were not yet read as lines.
#[derive(Debug, Default)]
pub(crate) struct LineBuffer {
    bytes: Vec<u8>,
    /// Where the next line starts in `bytes`.
    start: usize,
    /// How far from `start` no CRLF was found, so that a slow line is searched once.
    searched: usize,
}

impl LineBuffer {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether everything that came was read.
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    /// What came and was not read, for whoever does not read by lines.
    pub(crate) fn waiting(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// So much of it was read.
    pub(crate) fn take(&mut self, octets: usize) {
        self.start = (self.start + octets).min(self.bytes.len());
        self.searched = 0;
    }

    /// Whether a whole line came that was not read.
    pub(crate) fn has_line(&self) -> bool {
        self.bytes[self.start..].windows(2).any(|pair| pair == b"\r\n")
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The next line without its CRLF; none if it is not complete yet.
    ///
    /// Only CRLF ends a line: what takes a bare LF for an end can be made to see another reply than was sent.
    pub(crate) fn next_line(&mut self, limit: usize) -> Result<Option<Vec<u8>>, LineTooLong> {
        let rest = &self.bytes[self.start..];
        let from = self.searched.min(rest.len());
        match rest[from..].windows(2).position(|pair| pair == b"\r\n") {
            Some(at) if from + at + 2 <= limit => {
                let length = from + at;
                let line = rest[..length].to_vec();
                self.start += length + 2;
                self.searched = 0;
                Ok(Some(line))
            }
            Some(_) => Err(LineTooLong),
            None if rest.len() > limit => Err(LineTooLong),
            None => {
                self.searched = rest.len().saturating_sub(1);
                Ok(None)
            }
        }
    }
}

/// A line is longer than its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LineTooLong;

/// What a server said, fit for a message: no control characters, no more than a line of a terminal.
pub(crate) fn quote(bytes: &[u8]) -> String {
    const LIMIT: usize = 120;
    let text = String::from_utf8_lossy(bytes);
    let mut quoted: String = text.chars().flat_map(char::escape_debug).take(LIMIT).collect();
    if text.chars().count() > LIMIT {
        quoted.push('…');
    }
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(chunks: &[&[u8]]) -> Result<Vec<Vec<u8>>, LineTooLong> {
        let (mut buffer, mut lines) = (LineBuffer::default(), Vec::new());
        for chunk in chunks {
            buffer.push(chunk);
            while let Some(line) = buffer.next_line(16)? {
                lines.push(line);
            }
        }
        Ok(lines)
    }

    #[test]
    fn only_crlf_ends_a_line() {
        assert_eq!(
            lines(&[b"a\r\nb", b"\r", b"\nc\nd\r\ne"]),
            Ok(vec![b"a".to_vec(), b"b".to_vec(), b"c\nd".to_vec()])
        );
    }

    #[test]
    fn a_line_is_bounded_whether_it_ends_or_not() {
        assert_eq!(lines(&[b"0123456789abcd\r\n"]), Ok(vec![b"0123456789abcd".to_vec()]));
        assert_eq!(lines(&[b"0123456789abcde\r\n"]), Err(LineTooLong));
        assert_eq!(lines(&[b"0123456789abcdefg"]), Err(LineTooLong));
    }

    #[test]
    fn terminal_escapes_do_not_reach_a_terminal() {
        assert_eq!(quote(b"\x1b[2J hello"), "\\u{1b}[2J hello");
    }

    proptest! {
        #[test]
        fn chunks_do_not_change_lines(bytes in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'a')], 0..14), cut in 0usize..14) {
            let cut = cut.min(bytes.len());
            prop_assert_eq!(lines(&[&bytes]), lines(&[&bytes[..cut], &bytes[cut..]]));
        }
    }
}
