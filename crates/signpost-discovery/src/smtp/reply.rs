//! Replies of SMTP, of one line or several (RFC 5321 §4.2).

use crate::line::{LineBuffer, REPLY_LINE_LIMIT, quote};

/// The most lines of one reply.
const LINES_LIMIT: usize = 100;

/// A whole reply.
pub(crate) struct Reply {
    pub(crate) code: u16,
    /// The text of each line.
    pub(crate) lines: Vec<String>,
}

impl Reply {
    /// Code and last line, for people.
    pub(super) fn describe(&self) -> String {
        let text = self.lines.last().map_or("", String::as_str);
        format!("{} {}", self.code, quote(text.as_bytes()))
    }
}

/// The lines of the reply that is coming in.
#[derive(Debug, Default)]
pub(super) struct PartialReply {
    code: u16,
    lines: Vec<String>,
}

impl PartialReply {
    /// Joins the lines of one reply (RFC 5321 §4.2.1).
    pub(super) fn read(&mut self, lines: &mut LineBuffer) -> Result<Option<Reply>, String> {
        while let Some(line) =
            lines.next_line(REPLY_LINE_LIMIT).map_err(|_| "a reply line is too long".to_owned())?
        {
            let (code, is_last, text) =
                split_line(&line).ok_or_else(|| format!("{:?} is no reply line", quote(&line)))?;
            if !self.lines.is_empty() && code != self.code {
                return Err("a reply's lines have different codes".to_owned());
            }
            self.code = code;
            self.lines.push(String::from_utf8_lossy(text).into_owned());
            if self.lines.len() > LINES_LIMIT {
                return Err("a reply has too many lines".to_owned());
            }
            if is_last {
                return Ok(Some(Reply { code, lines: std::mem::take(&mut self.lines) }));
            }
        }
        Ok(None)
    }
}

/// Code, whether it is the reply's last line, and text (RFC 5321 §4.2).
fn split_line(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (digits, rest) = line.split_at_checked(3)?;
    let &[first @ b'2'..=b'5', second @ b'0'..=b'5', third @ b'0'..=b'9'] = digits else { return None };
    let code = [first, second, third].iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match rest.split_first() {
        None => Some((code, true, rest)),
        Some((b' ', text)) => Some((code, true, text)),
        Some((b'-', text)) => Some((code, false, text)),
        Some(_) => None,
    }
}
