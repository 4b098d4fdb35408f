//! What a client's line gives away to whoever listens, whatever the server made of it.

use crate::Service;

/// What a line gives away.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Overheard {
    /// The client asks for TLS.
    AsksForTls,
    /// It names the sender of a message.
    Envelope,
    /// It carries a password, or a digest of one.
    Password,
}

/// What a line gives away in any protocol of the table: who listens does not care which port it was said to.
#[must_use]
pub fn overhear(line: &[u8]) -> Option<Overheard> {
    Service::ALL.iter().find_map(|service| service.overhear(line))
}

/// A line of SMTP. White space within the command is looked over, because servers look over it too.
pub(crate) fn smtp(line: &[u8]) -> Option<Overheard> {
    if line.trim_ascii().eq_ignore_ascii_case(b"STARTTLS") {
        return Some(Overheard::AsksForTls);
    }
    let mut said = line.iter().filter(|byte| !byte.is_ascii_whitespace());
    b"MAILFROM:"
        .iter()
        .all(|wanted| said.next().is_some_and(|byte| byte.eq_ignore_ascii_case(wanted)))
        .then_some(Overheard::Envelope)
}

/// A line of IMAP, whose commands stand behind a tag. `LOGIN` with one argument is the same with a literal to follow: the
/// password comes next, and nothing has been given away yet but the user's name. `AUTHENTICATE` carries a password where an
/// initial response (RFC 4959) stands behind the mechanism.
pub(crate) fn imap(line: &[u8]) -> Option<Overheard> {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let (_tag, command) = (words.next()?, words.next()?);
    let arguments = words.count();
    let is = |name: &[u8]| command.eq_ignore_ascii_case(name);
    if is(b"STARTTLS") && arguments == 0 {
        Some(Overheard::AsksForTls)
    } else if (is(b"LOGIN") || is(b"AUTHENTICATE")) && arguments > 1 {
        Some(Overheard::Password)
    } else {
        None
    }
}

/// A line of POP3. `PASS` without a password and `APOP` without a digest give nothing away.
pub(crate) fn pop3(line: &[u8]) -> Option<Overheard> {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let command = words.next()?;
    let arguments = words.count();
    let is = |name: &[u8]| command.eq_ignore_ascii_case(name);
    if is(b"STLS") && arguments == 0 {
        Some(Overheard::AsksForTls)
    } else if (is(b"PASS") && arguments > 0) || (is(b"APOP") && arguments > 1) {
        Some(Overheard::Password)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_whatever_their_case_and_spaces() {
        for (line, expected) in [
            (&b"STARTTLS\r\n"[..], Some(Overheard::AsksForTls)),
            (b" stls ", Some(Overheard::AsksForTls)),
            (b"STLS now", None),
            (b"mail  FROM : <alice@example.com>", Some(Overheard::Envelope)),
            (b"MAIL", None),
            (b"PASS secret", Some(Overheard::Password)),
            (b"pass", None),
            (b"APOP alice c4c9334bac560ecc979e58001b3e22fb", Some(Overheard::Password)),
            (b"APOP alice", None),
            (b"USER alice", None),
            (b"a1 STARTTLS\r\n", Some(Overheard::AsksForTls)),
            (b"a1 starttls now", None),
            (b"a2 login alice secret", Some(Overheard::Password)),
            (b"a2 LOGIN alice", None),
            (b"a3 AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==", Some(Overheard::Password)),
            (b"a3 AUTHENTICATE PLAIN", None),
            (b"a4 CAPABILITY", None),
            (b"", None),
        ] {
            assert_eq!(overhear(line), expected, "{}", line.escape_ascii());
        }
    }
}
