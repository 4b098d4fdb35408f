//! Replies of POP3: a line, and after some commands more of them up to a dot (RFC 1939 §3).

use crate::line::{LineBuffer, MESSAGE_LINE_LIMIT, REPLY_LINE_LIMIT, quote};

/// The most capabilities of one server.
const CAPABILITIES_LIMIT: usize = 100;

/// The longest message that is retrieved, in octets.
const MESSAGE_LIMIT: usize = 32 * 1024 * 1024;

/// A whole reply.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: Status,
    /// The first line.
    pub(crate) line: Vec<u8>,
    /// The other lines, each with its CRLF.
    pub(crate) body: Vec<u8>,
}

/// What the first line says (RFC 1939 §3, RFC 5034 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Challenge,
    Error,
    Ok,
}

/// What the other lines of a reply are, if there are others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Capabilities,
    Message,
}

impl Reply {
    /// RFC 1939 §3: status indicators are upper case.
    fn begin(line: Vec<u8>) -> Result<Self, Vec<u8>> {
        let status = match line.split(|&byte| byte == b' ').next() {
            Some(b"+") => Status::Challenge,
            Some(b"+OK") => Status::Ok,
            Some(b"-ERR") => Status::Error,
            _ => return Err(line),
        };
        Ok(Self { status, line, body: Vec::new() })
    }

    /// What the first line says behind its status.
    pub(crate) fn text(&self) -> &[u8] {
        let space = self.line.iter().position(|&byte| byte == b' ');
        space.map_or(&[], |space| &self.line[space + 1..])
    }
}

/// A reply whose first line has come, and how many of the others.
#[derive(Debug, Default)]
pub(super) struct PartialReply {
    reply: Option<Reply>,
    count: usize,
}

impl PartialReply {
    /// Whether more lines are still to come.
    pub(super) fn has_begun(&self) -> bool {
        self.reply.is_some()
    }

    /// Reads a reply that has `body` if it says yes.
    pub(super) fn read(
        &mut self,
        lines: &mut LineBuffer,
        body: Option<Body>,
    ) -> Result<Option<Reply>, String> {
        if self.reply.is_none() {
            let Some(line) = next_line(lines, REPLY_LINE_LIMIT)? else { return Ok(None) };
            let reply = Reply::begin(line).map_err(|line| format!("the server sent {:?}", quote(&line)))?;
            if reply.status != Status::Ok || body.is_none() {
                return Ok(Some(reply));
            }
            *self = Self { reply: Some(reply), count: 0 };
        }
        let limit = match body {
            Some(Body::Message) => MESSAGE_LINE_LIMIT,
            Some(Body::Capabilities) | None => REPLY_LINE_LIMIT,
        };
        while let Some(line) = next_line(lines, limit)? {
            if line == b"." {
                return Ok(self.reply.take());
            }
            let Some(reply) = &mut self.reply else { break };
            self.count += 1;
            let line = match body {
                Some(Body::Message) => line.strip_prefix(b".").unwrap_or(&line),
                Some(Body::Capabilities) | None => &line,
            };
            reply.body.extend_from_slice(line);
            reply.body.extend_from_slice(b"\r\n");
            match body {
                Some(Body::Message) if reply.body.len() > MESSAGE_LIMIT => {
                    return Err("the server sent a message that is too long".to_owned());
                }
                Some(Body::Capabilities) if self.count > CAPABILITIES_LIMIT => {
                    return Err("the server sent too many capabilities".to_owned());
                }
                _ => {}
            }
        }
        Ok(None)
    }
}

fn next_line(lines: &mut LineBuffer, limit: usize) -> Result<Option<Vec<u8>>, String> {
    lines.next_line(limit).map_err(|_| "the server sent a line that is too long".to_owned())
}
