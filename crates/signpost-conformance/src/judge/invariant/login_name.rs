//! Finding the user's name in what a client sent.

use std::collections::HashMap;

use signpost_transcript::{Channel, ConnectionId};

use super::Ground;
use super::encoding::{MARKS, from_base64, from_hexadecimal, unescaped};

/// What names the user: the address wherever it stands, and its local part where it is all of a command's argument or of a
/// part of one. Within a host's name a local part says nothing, since hosts are called `mail` and `info` too, unless it is what
/// the client calls itself: that is the machine's name, or was made of the account.
pub(super) struct LoginNames {
    names: Vec<Vec<u8>>,
    domain: Vec<u8>,
    /// The first label of the machine's own name.
    machine: Vec<u8>,
}

/// Shorter words of base64 and hexadecimal are words of a language as well.
const SHORTEST_WORD: usize = 6;

impl LoginNames {
    pub(super) fn of(ground: Ground<'_>) -> Self {
        let names: Vec<Vec<u8>> =
            ground.users.iter().map(|user| user.to_ascii_lowercase().into_bytes()).collect();
        let domain = names.iter().find_map(|name| Some(parted(name)?.1.to_vec()));
        let machine = first_label(ground.machine.to_ascii_lowercase().as_bytes()).to_vec();
        Self { names, domain: domain.unwrap_or_default(), machine }
    }

    /// Whether a name that was asked for holds the address. How resolvers write its `@` differs.
    pub(super) fn are_in_host(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase().replace("\\064", "@").replace('\\', "").into_bytes();
        let mut addresses = self.names.iter().filter(|name| parted(name).is_some());
        addresses.any(|address| name.windows(address.len()).any(|window| window == address))
    }

    /// Whether a line of the client names the user.
    fn are_in_line(&self, line: &[u8]) -> bool {
        let line = line.trim_ascii();
        let command = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
        let (command, argument) = line.split_at(command);
        if GREETINGS.iter().any(|greeting| command.eq_ignore_ascii_case(greeting)) {
            let itself = argument.trim_ascii().to_ascii_lowercase();
            if !self.machine.is_empty() && first_label(&itself) == self.machine {
                return false;
            }
            if self.are_part_of(&itself) {
                return true;
            }
        }
        self.are_in_argument(argument)
            || MARKS
                .iter()
                .any(|mark| line.contains(mark) && self.are_in_argument(&unescaped(argument, *mark)))
            || line
                .split(|octet| !is_of_word(*octet))
                .filter(|word| word.len() >= SHORTEST_WORD)
                .flat_map(|word| [from_base64(word), from_hexadecimal(word)])
                .flatten()
                .any(|octets| self.are_in_argument(&octets))
    }

    fn are_in_argument(&self, argument: &[u8]) -> bool {
        let argument = argument.to_ascii_lowercase();
        argument.split(|octet| is_between(*octet)).any(|token| self.are(token))
    }

    /// Whether a host's name has a name of the user among the words that its labels are made of.
    fn are_part_of(&self, host: &[u8]) -> bool {
        let words = host.split(|octet| matches!(octet, b'.' | b'-' | b'_'));
        let mut words = words.filter(|word| !word.is_empty());
        words.any(|word| self.names.iter().any(|name| name == word))
    }

    /// Whether this is a name of the user, or one that is made of the local part and a host of the domain.
    fn are(&self, token: &[u8]) -> bool {
        let token = token.strip_suffix(b".").unwrap_or(token);
        let is_name = |token: &[u8]| !token.is_empty() && self.names.iter().any(|name| name == token);
        is_name(token)
            || parted(token).is_some_and(|(local, host)| is_name(local) && host.ends_with(&self.domain))
    }
}

/// The commands by which a client of SMTP says who it is.
const GREETINGS: [&[u8]; 2] = [b"EHLO", b"HELO"];

fn first_label(host: &[u8]) -> &[u8] {
    host.split(|octet| *octet == b'.').next().unwrap_or_default()
}

/// What stands before and behind the `@`, or the `%` that some write in its place.
fn parted(address: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = address.iter().rposition(|octet| matches!(octet, b'@' | b'%'))?;
    Some((&address[..at], &address[at + 1..]))
}

const fn is_between(octet: u8) -> bool {
    octet.is_ascii_whitespace()
        || octet.is_ascii_control()
        || matches!(octet, b'<' | b'>' | b':' | b';' | b',' | b'=' | b'"' | b'\'' | b'(' | b')' | b'[' | b']')
}

const fn is_of_word(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'-' | b'_' | b'=')
}

/// Listens to every connection for lines that name the user. A line is read when it is whole: what is heard of it before may
/// be the beginning of a longer word.
pub(super) struct NameEar<'s> {
    names: &'s LoginNames,
    begun: HashMap<(ConnectionId, Channel), Line>,
}

/// A line that has not ended, and the observation in which it was last gone on with.
#[derive(Default)]
struct Line {
    sequence: u32,
    octets: Vec<u8>,
}

/// More of a line than this is no command.
const LONGEST_LINE: usize = 16 * 1024;

impl<'s> NameEar<'s> {
    pub(super) fn new(names: &'s LoginNames) -> Self {
        Self { names, begun: HashMap::new() }
    }

    /// Whether a line that ends in this observation names the user.
    pub(super) fn hears(
        &mut self,
        connection: ConnectionId,
        channel: Channel,
        sequence: u32,
        bytes: &[u8],
    ) -> bool {
        let line = self.begun.entry((connection, channel)).or_default();
        line.sequence = sequence;
        let mut is_named = false;
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            line.octets.extend_from_slice(part);
            if part.ends_with(b"\n") || line.octets.len() > LONGEST_LINE {
                is_named |= self.names.are_in_line(&line.octets);
                line.octets.clear();
            }
        }
        is_named
    }

    /// Where lines that never ended name the user.
    pub(super) fn rest(self) -> impl Iterator<Item = (ConnectionId, Channel, u32)> + use<'s> {
        let names = self.names;
        let named = self.begun.into_iter().filter(|(_, line)| names.are_in_line(&line.octets));
        named.map(|((connection, channel), line)| (connection, channel, line.sequence))
    }
}
