//! Finding a password in what a client sent, however it is written there.

use std::collections::HashMap;

use data_encoding::BASE64_NOPAD;
use signpost_transcript::{Channel, ConnectionId};

use super::Ground;
use super::encoding::{MARKS, hexadecimal, inside_base32, inside_base64, unescaped};
use crate::carriage::Carriage;

/// The octets that give a password away, whatever state the server believes to be in.
pub(super) struct Secrets {
    password: Vec<u8>,
    /// The same without white space, for where white space does not count.
    characters: Vec<u8>,
    encoded: Vec<Vec<u8>>,
    /// In lower case, as the case of the digits says nothing. None that could come about by chance.
    hexadecimal: Vec<Vec<u8>>,
    /// In lower case.
    base32: Vec<Vec<u8>>,
}

/// Fewer characters of base64 or hexadecimal than this come about by chance.
const TELLING: usize = 8;
/// Characters that stand for one octet in the longest of the forms.
const WIDEST: usize = 3;

impl Secrets {
    /// The password's, and those of what was made of it: `derived` are the octets.
    pub(super) fn of(ground: Ground<'_>, derived: &[Vec<u8>]) -> Self {
        let password = ground.password.as_bytes();
        let mut encoded: Vec<Vec<u8>> = (0..3).map(|before| inside_base64(password, before)).collect();
        encoded.retain(|part| part.len() >= TELLING);
        if encoded.is_empty() && !password.is_empty() {
            // Too short to be told from chance by itself: only the messages of PLAIN and LOGIN as a whole are.
            encoded.push(BASE64_NOPAD.encode(password).into_bytes());
            for user in ground.users {
                for identity in ["", user] {
                    let message = [identity.as_bytes(), b"\0", user.as_bytes(), b"\0", password].concat();
                    encoded.push(BASE64_NOPAD.encode(&message).into_bytes());
                }
            }
        }
        encoded.extend(derived.iter().flat_map(|part| (0..3).map(|before| inside_base64(part, before))));
        let url_safe = |part: &Vec<u8>| part.iter().map(|&character| url_safe(character)).collect();
        let others: Vec<Vec<u8>> =
            encoded.iter().map(url_safe).filter(|part| !encoded.contains(part)).collect();
        encoded.extend(others);
        let octets = || std::iter::once(password).chain(derived.iter().map(Vec::as_slice));
        let mut hexadecimal: Vec<Vec<u8>> = octets().map(hexadecimal).collect();
        hexadecimal.retain(|part| part.len() >= TELLING);
        let mut base32: Vec<Vec<u8>> = octets().flat_map(inside_base32).collect();
        base32.retain(|part| part.len() >= TELLING);
        let characters = password.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
        Self { password: password.to_vec(), characters, encoded, hexadecimal, base32 }
    }

    /// Whether a name that was asked for holds the password, in one label or spread over several. Case is lost in names.
    pub(super) fn are_in_name(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase().into_bytes();
        let joined: Vec<u8> = name.iter().copied().filter(|octet| *octet != b'.').collect();
        let holds = |part: &[u8]| {
            let part = part.to_ascii_lowercase();
            contains(&name, &part) || contains(&joined, &part)
        };
        holds(&self.password)
            || self.hexadecimal.iter().chain(&self.base32).any(|part| holds(part))
            || self.encoded.iter().filter(|part| part.len() >= TELLING).any(|part| holds(part))
            || MARKS
                .iter()
                .any(|mark| contains(&unescaped(&name, *mark), &self.password.to_ascii_lowercase()))
    }

    /// Whether the password is here, in whichever form, in octets as they were said.
    fn are_in(&self, octets: &[u8]) -> bool {
        contains(octets, &self.password)
            || MARKS
                .iter()
                .any(|mark| octets.contains(mark) && contains(&unescaped(octets, *mark), &self.password))
    }

    /// The same in octets without white space, which base64 and hexadecimal may be folded with.
    fn are_in_characters(&self, characters: &[u8]) -> bool {
        let lower = characters.to_ascii_lowercase();
        self.encoded.iter().any(|part| contains(characters, part))
            || self.hexadecimal.iter().chain(&self.base32).any(|part| contains(&lower, part))
            || contains(characters, &self.characters)
    }

    /// How much has to be kept of what was said so that no form of the password is missed.
    fn longest(&self) -> usize {
        let written = [&self.encoded, &self.hexadecimal, &self.base32].into_iter().flatten();
        written.map(Vec::len).fold(WIDEST * self.password.len() + MARKS.len(), usize::max)
    }
}

/// Whether a program that is given this password tells it, in whichever form, in what it writes to a log.
pub(crate) fn gives_away(password: &str, user: &str, log: &[u8]) -> bool {
    let (users, carriage) = ([user.to_owned()], Carriage::OfUser);
    let ground = Ground { attackers: &[], rejected: &[], users: &users, password, machine: "", carriage };
    let secrets = Secrets::of(ground, &[]);
    let characters: Vec<u8> = log.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
    secrets.are_in(log) || secrets.are_in_characters(&characters)
}

const fn url_safe(character: u8) -> u8 {
    match character {
        b'+' => b'-',
        b'/' => b'_',
        other => other,
    }
}

/// Listens to every connection for a password that may arrive in several segments.
pub(super) struct Ear<'s> {
    secrets: &'s Secrets,
    heard: HashMap<(ConnectionId, Channel), Heard>,
}

/// The end of what was said, long enough to hold all but the last octet of any secret.
#[derive(Default)]
struct Heard {
    octets: Vec<u8>,
    /// Without line ends and spaces.
    characters: Vec<u8>,
    arguments: Arguments,
}

/// What was said without line ends, spaces and the commands at the beginning of lines, so that what several commands carry
/// stands together.
#[derive(Default)]
struct Arguments {
    characters: Vec<u8>,
    /// The first word of the line, as long as nothing shows that it is a command.
    word: Vec<u8>,
    is_behind_command: bool,
}

impl<'s> Ear<'s> {
    pub(super) fn new(secrets: &'s Secrets) -> Self {
        Self { secrets, heard: HashMap::new() }
    }

    /// Whether what was said up to now gives the password away, and did not before.
    pub(super) fn hears(&mut self, connection: ConnectionId, channel: Channel, bytes: &[u8]) -> bool {
        let heard = self.heard.entry((connection, channel)).or_default();
        heard.octets.extend_from_slice(bytes);
        heard.characters.extend(bytes.iter().filter(|byte| !byte.is_ascii_whitespace()));
        heard.arguments.extend(bytes);
        let given_away = self.secrets.are_in(&heard.octets)
            || self.secrets.are_in_characters(&heard.characters)
            || self.secrets.are_in_characters(&heard.arguments.up_to_now());
        let kept = if given_away { 0 } else { self.secrets.longest() };
        let Heard { octets, characters, arguments: Arguments { characters: of_arguments, word, .. } } = heard;
        for said in [octets, characters, of_arguments, word] {
            said.drain(..said.len().saturating_sub(kept));
        }
        given_away
    }
}

impl Arguments {
    fn extend(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\n' {
                // A line of one word answers a challenge.
                self.characters.append(&mut self.word);
                self.is_behind_command = false;
            } else if byte.is_ascii_whitespace() {
                self.is_behind_command |= byte != b'\r' && !self.word.is_empty();
                if self.is_behind_command {
                    self.word.clear();
                }
            } else if self.is_behind_command {
                self.characters.push(byte);
            } else {
                self.word.push(byte);
            }
        }
    }

    fn up_to_now(&self) -> Vec<u8> {
        [&self.characters[..], &self.word].concat()
    }
}

fn contains(octets: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && octets.windows(part.len()).any(|window| window == part)
}
