//! How a dialogue ends before its time: what a server says that does not serve the client, or no longer, and the one thing
//! that may be said to it then.

/// What a line of a server is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ServerLine {
    /// The first on a connection.
    Greeting,
    /// Any other.
    Reply,
}

/// How the two of a protocol take leave of each other.
pub(crate) struct Leave {
    /// Whether a line of the server dismisses the client.
    pub(crate) dismisses: fn(&[u8], ServerLine) -> bool,
    /// Whether a line of the client is its farewell.
    pub(crate) is_farewell: fn(&[u8]) -> bool,
}

/// 421 may be the reply to anything (RFC 5321 section 3.8); a greeting other than 220 is no welcome (section 3.1).
pub(crate) const SMTP: Leave = Leave {
    dismisses: |line, place| {
        has_code(line, b"421") || (place == ServerLine::Greeting && !has_code(line, b"220"))
    },
    is_farewell: is_quit,
};

/// A greeting other than `+OK` is no welcome (RFC 1939 section 4).
pub(crate) const POP3: Leave = Leave {
    dismisses: |line, place| place == ServerLine::Greeting && words(line).next() != Some(b"+OK"),
    is_farewell: is_quit,
};

/// `BYE` may come at any time (RFC 9051 section 7.1.5); a greeting that is neither `OK` nor `PREAUTH` is no welcome.
pub(crate) const IMAP: Leave = Leave {
    dismisses: |line, place| {
        let mut words = words(line);
        let said = words.next().filter(|sign| *sign == b"*").and_then(|_| words.next()).unwrap_or_default();
        let is = |word: &[u8]| said.eq_ignore_ascii_case(word);
        is(b"BYE") || (place == ServerLine::Greeting && !is(b"OK") && !is(b"PREAUTH"))
    },
    is_farewell: |line| words(line).nth(1).is_some_and(|command| command.eq_ignore_ascii_case(b"LOGOUT")),
};

/// Whether a reply of SMTP, or a line of one, has this code (RFC 5321 section 4.2).
fn has_code(line: &[u8], code: &[u8]) -> bool {
    let rest = line.strip_prefix(code);
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b' ' | b'-' | b'\r' | b'\n')))
}

fn is_quit(line: &[u8]) -> bool {
    words(line).next().is_some_and(|command| command.eq_ignore_ascii_case(b"QUIT"))
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::ServerLine::{Greeting, Reply};
    use crate::Service::{Imap, Pop3, Submission};

    #[test]
    fn a_greeting_must_welcome_and_a_reply_must_not_dismiss() {
        for (service, place, line, expected) in [
            (Submission, Greeting, &b"220-mail.example.com\r\n"[..], false),
            (Submission, Greeting, b"554 no service\r\n", true),
            (Submission, Greeting, b"+OK\r\n", true),
            (Submission, Greeting, b"2200 ready\r\n", true),
            (Submission, Reply, b"554 no\r\n", false),
            (Submission, Reply, b"421-4.3.2 closing\r\n", true),
            (Pop3, Greeting, b"+OK ready\r\n", false),
            (Pop3, Greeting, b"+OKAY\r\n", true),
            (Pop3, Reply, b"-ERR no\r\n", false),
            (Imap, Greeting, b"* PREAUTH in\r\n", false),
            (Imap, Greeting, b"OK\r\n", true),
            (Imap, Reply, b"a1 BYE\r\n", false),
            (Imap, Reply, b"* bye [UNAVAILABLE] later\r\n", true),
        ] {
            assert_eq!(service.dismisses(line, place), expected, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn a_farewell_is_the_command_of_the_protocol() {
        assert!(Submission.is_farewell(b"quit\r\n"));
        assert!(!Submission.is_farewell(b"a1 LOGOUT\r\n"));
        assert!(Imap.is_farewell(b"a1 logout\r\n"));
        assert!(!Imap.is_farewell(b"LOGOUT\r\n"));
    }
}
