//! The SASL mechanisms that this client knows, which are only ever spoken inside TLS.

mod scram;

use std::collections::VecDeque;

use data_encoding::BASE64;
use signpost_sasl::cram_md5;

use crate::password::Password;
use crate::rules::Rules;
use scram::Scram;

/// A mechanism that this client knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// RFC 2195.
    CramMd5,
    /// draft-murchison-sasl-login.
    Login,
    /// RFC 4616.
    Plain,
    /// RFC 7677.
    ScramSha256,
}

impl Mechanism {
    /// First those that do not show the server the password, and before them the one that makes the server prove itself.
    pub(crate) const BY_PREFERENCE: [Self; 4] = [Self::ScramSha256, Self::CramMd5, Self::Plain, Self::Login];
    /// Those that send the password.
    pub(crate) const OF_PASSWORDS: [Self; 2] = [Self::Plain, Self::Login];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::CramMd5 => "CRAM-MD5",
            Self::Login => "LOGIN",
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
        }
    }

    /// The mechanisms known here among those that a server lists.
    pub(crate) fn known(listed: &str, rules: Rules) -> impl Iterator<Item = Self> + '_ {
        listed.split_ascii_whitespace().filter_map(move |word| {
            Self::BY_PREFERENCE.into_iter().find(|known| {
                known.name() == word
                    || (rules.folds_offered_mechanisms() && known.name().eq_ignore_ascii_case(word))
            })
        })
    }
}

/// Who logs in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Login<'a> {
    pub(crate) user: &'a str,
    pub(crate) password: &'a Password,
    /// What no other exchange has in it; who cannot foresee it cannot replay an exchange.
    pub(crate) nonce: &'a str,
    pub(crate) rules: Rules,
}

/// One attempt to log in: the command and the answers to the server's challenges.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) command: String,
    steps: Steps,
}

#[derive(Debug)]
enum Steps {
    /// The digest of a challenge.
    CramMd5 {
        user: String,
        password: Password,
    },
    /// Nothing is left to be said.
    Over,
    /// What is said is known beforehand, whatever the challenges are.
    Responses(VecDeque<String>),
    Scram(Scram),
}

/// The answer to a challenge.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Response {
    /// The server breaks the exchange, so that it is left.
    Broken(&'static str),
    /// There should not have been another challenge.
    None,
    Some(String),
}

impl Exchange {
    /// `verb` is the command that names the mechanism. `initial_limit` is the longest command, without CRLF, that may carry the initial response (RFC 4954 §4,
    /// RFC 5034 §4); a longer one waits for the server's challenge.
    pub(crate) fn new(verb: &str, mechanism: Mechanism, login: Login<'_>, initial_limit: usize) -> Self {
        let bare = format!("{verb} {}", mechanism.name());
        let with_initial = |response: &str| {
            let command = format!("{bare} {response}");
            (command.len() <= initial_limit).then_some(command)
        };
        let Login { user, password, .. } = login;
        match mechanism {
            Mechanism::CramMd5 => {
                let steps = Steps::CramMd5 { user: user.to_owned(), password: password.clone() };
                Self { command: bare, steps }
            }
            Mechanism::Login => {
                let responses = VecDeque::from([encode(user), encode(password.reveal())]);
                Self { command: bare, steps: Steps::Responses(responses) }
            }
            Mechanism::Plain => {
                let response = encode(&format!("\0{user}\0{}", password.reveal()));
                match with_initial(&response) {
                    Some(command) => Self { command, steps: Steps::Over },
                    None => Self { command: bare, steps: Steps::Responses(VecDeque::from([response])) },
                }
            }
            Mechanism::ScramSha256 => {
                let mut scram = Scram::new(login);
                let command = with_initial(&encode(&scram.message()));
                if command.is_some() {
                    scram.has_begun();
                }
                Self { command: command.unwrap_or(bare), steps: Steps::Scram(scram) }
            }
        }
    }

    /// The answer to the next challenge, which is base64 as the protocol delivers it.
    pub(crate) fn respond(&mut self, challenge: &[u8]) -> Response {
        match &mut self.steps {
            Steps::Over => Response::None,
            Steps::Responses(responses) => responses.pop_front().map_or(Response::None, Response::Some),
            Steps::CramMd5 { user, password } => {
                let Ok(challenge) = BASE64.decode(challenge.trim_ascii()) else {
                    return Response::Broken("the challenge is not base64");
                };
                let response = encode(&cram_md5::response(user, password.reveal(), &challenge));
                self.steps = Steps::Over;
                Response::Some(response)
            }
            Steps::Scram(scram) => scram.respond(challenge.trim_ascii()),
        }
    }

    /// Whether a yes of the server may be believed now, or why not.
    pub(crate) fn accept(&self) -> Result<(), &'static str> {
        match &self.steps {
            Steps::Scram(scram) => scram.accept(),
            Steps::CramMd5 { .. } | Steps::Over | Steps::Responses(_) => Ok(()),
        }
    }
}

fn encode(text: &str) -> String {
    BASE64.encode(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        text.parse().unwrap()
    }

    fn login(password: &Password) -> Login<'_> {
        Login { user: "tim", password, nonce: "nonce", rules: Rules::default() }
    }

    #[test]
    fn plain_sends_both_names_in_one() {
        let exchange = Exchange::new("AUTH", Mechanism::Plain, login(&password("tanstaaftanstaaf")), 255);
        // RFC 4616 §4, the first example.
        assert_eq!(exchange.command, "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
    }

    #[test]
    fn a_long_response_waits_for_the_challenge() {
        let password = password(&"x".repeat(255));
        let mut exchange = Exchange::new("AUTH", Mechanism::Plain, login(&password), 255);
        assert_eq!(exchange.command, "AUTH PLAIN");
        assert!(matches!(exchange.respond(b""), Response::Some(_)));
        assert_eq!(exchange.respond(b""), Response::None);
    }

    #[test]
    fn cram_md5_answers_one_challenge() {
        let mut exchange =
            Exchange::new("AUTH", Mechanism::CramMd5, login(&password("tanstaaftanstaaf")), 255);
        assert_eq!(exchange.command, "AUTH CRAM-MD5");
        // RFC 2195 §2.
        let challenge = BASE64.encode(b"<1896.697170952@postoffice.reston.mci.net>");
        let response = "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw";
        assert_eq!(exchange.respond(challenge.as_bytes()), Response::Some(response.to_owned()));
        assert_eq!(exchange.respond(challenge.as_bytes()), Response::None);
    }

    #[test]
    fn unknown_mechanisms_are_skipped() {
        let known: Vec<_> = Mechanism::known("GSSAPI plain  XOAUTH2 LOGIN", Rules::default()).collect();
        assert_eq!(known, [Mechanism::Plain, Mechanism::Login]);
    }
}
