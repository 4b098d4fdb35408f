//! Finding a password in what a client sent, however it is written there.

use std::collections::HashMap;

use data_encoding::BASE64_NOPAD;
use signpost_transcript::{Channel, ConnectionId};

use super::Ground;

/// The octets that give a password away, whatever state the server believes to be in.
pub(super) struct Secrets {
    password: Vec<u8>,
    encoded: Vec<Vec<u8>>,
}

/// Fewer base64 characters than this come about by chance.
const TELLING: usize = 8;

impl Secrets {
    pub(super) fn of(ground: Ground<'_>) -> Self {
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
        let url_safe = |part: &Vec<u8>| part.iter().map(|&character| url_safe(character)).collect();
        let others: Vec<Vec<u8>> =
            encoded.iter().map(url_safe).filter(|part| !encoded.contains(part)).collect();
        encoded.extend(others);
        Self { password: password.to_vec(), encoded }
    }

    /// Whether a name that was asked for holds the password. Case is lost in names.
    pub(super) fn are_in_name(&self, name: &str) -> bool {
        contains(&name.as_bytes().to_ascii_lowercase(), &self.password.to_ascii_lowercase())
    }

    fn longest(&self) -> usize {
        self.encoded.iter().map(Vec::len).fold(self.password.len(), usize::max)
    }
}

/// The characters that stand for `part` in the base64 of anything that has `before` octets, modulo 3, in front of it:
/// those that depend on nothing else.
fn inside_base64(part: &[u8], before: usize) -> Vec<u8> {
    let text = BASE64_NOPAD.encode(&[&vec![0; before][..], part].concat()).into_bytes();
    let first = (before * 8).div_ceil(6);
    let last = (before + part.len()) * 8 / 6;
    text.get(first..last).unwrap_or_default().to_vec()
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
    /// Without line ends and spaces, which base64 may be folded with.
    characters: Vec<u8>,
}

impl<'s> Ear<'s> {
    pub(super) fn new(secrets: &'s Secrets) -> Self {
        Self { secrets, heard: HashMap::new() }
    }

    /// Whether what was said up to now gives the password away, and did not before.
    pub(super) fn hears(&mut self, connection: ConnectionId, channel: Channel, bytes: &[u8]) -> bool {
        let Heard { octets, characters } = self.heard.entry((connection, channel)).or_default();
        octets.extend_from_slice(bytes);
        characters.extend(bytes.iter().filter(|byte| !byte.is_ascii_whitespace()));
        let given_away = contains(octets, &self.secrets.password)
            || self.secrets.encoded.iter().any(|part| contains(characters, part));
        for said in [octets, characters] {
            let kept = if given_away { 0 } else { self.secrets.longest() };
            said.drain(..said.len().saturating_sub(kept));
        }
        given_away
    }
}

fn contains(octets: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && octets.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::*;

    #[test]
    fn what_stands_for_a_part_does_not_depend_on_what_is_around_it() {
        let part = b"correct-horse-battery";
        for before in 0..9 {
            for behind in 0..4 {
                let message = [&vec![b'a'; before][..], part, &vec![b'z'; behind]].concat();
                let text = BASE64.encode(&message);
                let inside = inside_base64(part, before % 3);
                assert!(contains(text.as_bytes(), &inside), "{before} {behind}");
                let other = BASE64.encode(&[&vec![b'a'; before][..], b"correct-horse-buttery"].concat());
                assert!(!contains(other.as_bytes(), &inside), "{before}");
            }
        }
    }
}
