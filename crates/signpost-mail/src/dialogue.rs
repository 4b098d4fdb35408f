//! What every protocol's dialogue has in common.

use crate::turn::Turn;

/// One protocol, spoken by an honest server. To add a protocol is to implement this in a file of its own.
pub(crate) trait Dialogue: Send {
    /// The server speaks first.
    fn greet(&mut self, turn: &mut Turn<'_>);

    /// The client sent a line.
    fn line(&mut self, line: Line<'_>, turn: &mut Turn<'_>);

    /// The client sent more than the server takes; the connection is closed after what is said here.
    fn overflow(&mut self, turn: &mut Turn<'_>);

    /// How the server says that TLS is not to be had, where a fault has it say so in place of a ServerHello.
    fn tls_unavailable(&self) -> &'static str;

    /// TLS began: what was said before is forgotten (RFC 3207 §4.2, RFC 2595 §4).
    fn forget(&mut self);

    /// The connection ended in the middle of whatever it was.
    fn end(&mut self, turn: &mut Turn<'_>);
}

/// A line of the client without its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) content: &'a [u8],
    /// Whether it ended in CRLF and not in a bare LF.
    pub(crate) crlf: bool,
}

impl Line<'_> {
    /// The command word in upper case, and its arguments without outer spaces.
    pub(crate) fn command(&self) -> (String, String) {
        let text = String::from_utf8_lossy(self.content);
        let (word, rest) = text.split_once(' ').unwrap_or((&text, ""));
        (word.trim().to_ascii_uppercase(), rest.trim().to_owned())
    }
}
