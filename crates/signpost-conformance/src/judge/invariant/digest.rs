//! What is made of a password so that it need not be sent, and is as good as the password to who has time to try some.

use std::collections::{BTreeSet, HashMap};

use signpost_sasl::scram::{Keys, ServerFirst, is_client_final};
use signpost_sasl::{cram_md5, digest as digests, oauthbearer};
use signpost_transcript::{ConnectionId, Event, Observation, Party};

use super::encoding::from_base64;

/// Whoever asks for more than this gets no answer from an honest client, and the judge does not wait for it either.
const MOST_ITERATIONS: u32 = 100_000;

/// A shorter word behind `Bearer` lets nobody in.
const SHORTEST_TOKEN: usize = 8;

/// The octets that a client can have made of the password: its digests, and its answers to what servers said, or what those are
/// made with.
pub(super) fn derived<'t>(
    observations: impl Iterator<Item = &'t Observation>,
    password: &str,
) -> Vec<Vec<u8>> {
    let octets = password.as_bytes();
    let mut made = vec![digests::md5(octets).to_vec(), digests::sha1(octets), digests::sha256(octets)];
    let mut seen = BTreeSet::new();
    for Observation { event, .. } in observations {
        let Event::Bytes { by: Party::Server, bytes, .. } = event else { continue };
        if let Some(timestamp) = timestamp(bytes) {
            made.push(digests::apop(timestamp, password).to_vec());
        }
        for challenge in words(bytes).filter_map(from_base64) {
            if let Ok(first) = ServerFirst::read(&challenge) {
                let (salt, iterations) = (first.salt().to_vec(), first.iterations());
                if iterations.get() <= MOST_ITERATIONS && seen.insert((salt, iterations)) {
                    let keys = Keys::derive(password, first.salt(), iterations);
                    made.extend(
                        [keys.salted_password(), keys.client_key(), keys.stored_key()]
                            .map(|key| key.to_vec()),
                    );
                }
            } else if challenge.starts_with(b"<") {
                made.push(cram_md5::keyed(password, &challenge).to_vec());
            }
        }
    }
    made
}

/// Listens for answers to challenges, by whatever password, on connections in clear. A line is read when it is whole.
#[derive(Default)]
pub(super) struct AnswerEar {
    begun: HashMap<ConnectionId, Vec<u8>>,
}

/// More of a line than this answers nothing.
const LONGEST_LINE: usize = 16 * 1024;

impl AnswerEar {
    /// Whether a line that ends here answers a challenge.
    pub(super) fn hears(&mut self, connection: ConnectionId, bytes: &[u8]) -> bool {
        let line = self.begun.entry(connection).or_default();
        let mut hears = false;
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            line.extend_from_slice(part);
            if part.ends_with(b"\n") || line.len() > LONGEST_LINE {
                hears |= is_answer(line);
                line.clear();
            }
        }
        hears
    }
}

/// Whether a client answers a challenge here.
fn is_answer(line: &[u8]) -> bool {
    words(line).filter_map(from_base64).any(|answer| {
        is_client_final(&answer)
            || cram_md5::read(&answer).is_some()
            || is_digest_md5(&answer)
            || oauthbearer::read(&answer).is_some_and(|(_, token)| token.len() >= SHORTEST_TOKEN)
    })
}

/// The answer of DIGEST-MD5 (RFC 2831 §2.1.2).
fn is_digest_md5(answer: &[u8]) -> bool {
    let mut fields = answer.split(|octet| *octet == b',');
    fields.any(|field| field.trim_ascii().strip_prefix(b"response=").is_some_and(|digits| digits.len() >= 32))
}

/// What stands in angle brackets in a greeting of POP3, the brackets included.
fn timestamp(line: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(line).ok().filter(|text| text.starts_with("+OK"))?;
    let (begin, end) = (text.find('<')?, text.find('>')?);
    text.get(begin..=end)
}

/// Shorter words answer nothing.
fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| word.len() >= 16)
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::*;

    #[test]
    fn answers_are_told_from_names_and_passwords() {
        for (message, is_answer_of) in [
            ("tim b913a602c7eda7a495b4e6e7334d3890", true),
            ("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYD,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", true),
            ("username=\"chris\",nonce=\"x\",response=d388dad90d4bbd760a152321f2143af7,qop=auth", true),
            ("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", false),
            ("alice@example.com", false),
        ] {
            let line = format!("{}\r\n", BASE64.encode(message.as_bytes()));
            assert_eq!(is_answer(line.as_bytes()), is_answer_of, "{message}");
        }
        assert!(!is_answer(b"EHLO [127.0.0.1]\r\n"));
    }

    #[test]
    fn what_servers_say_is_answered_as_a_client_would() {
        let said = |text: &str| Observation {
            sequence: 1,
            step: 1,
            at: std::time::Duration::ZERO,
            event: Event::Bytes {
                connection: ConnectionId(1),
                by: Party::Server,
                channel: signpost_transcript::Channel::Clear,
                bytes: text.as_bytes().to_vec(),
            },
        };
        let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
        // RFC 1939 §7, RFC 2195 §2.
        let greeting = said("+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n");
        let made = derived([&greeting].into_iter(), "tanstaaf");
        assert!(made.contains(&hex("c4c9334bac560ecc979e58001b3e22fb")));
        let challenge = BASE64.encode(b"<1896.697170952@postoffice.reston.mci.net>");
        let challenge = said(&format!("+ {challenge}\r\n"));
        let made = derived([&challenge].into_iter(), "tanstaaftanstaaf");
        assert!(made.contains(&hex("b913a602c7eda7a495b4e6e7334d3890")));
    }
}
