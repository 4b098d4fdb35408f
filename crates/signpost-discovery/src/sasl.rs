//! The two SASL mechanisms that send a password: they are only ever spoken inside TLS.

use std::collections::VecDeque;

use data_encoding::BASE64;

use crate::rules::Rules;

/// A mechanism that this client knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// draft-murchison-sasl-login.
    Login,
    /// RFC 4616.
    Plain,
}

impl Mechanism {
    pub(crate) const BY_PREFERENCE: [Self; 2] = [Self::Plain, Self::Login];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Login => "LOGIN",
            Self::Plain => "PLAIN",
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

/// One attempt to log in: the command and the answers to the server's challenges.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) command: String,
    responses: VecDeque<String>,
}

impl Exchange {
    /// `verb` is the command that names the mechanism. `initial_limit` is the longest command, without CRLF, that may carry the initial response (RFC 4954 §4,
    /// RFC 5034 §4); a longer one waits for the server's challenge.
    pub(crate) fn new(
        verb: &str,
        mechanism: Mechanism,
        user: &str,
        password: &str,
        initial_limit: usize,
    ) -> Self {
        let encode = |text: &str| BASE64.encode(text.as_bytes());
        match mechanism {
            Mechanism::Login => Self {
                command: format!("{verb} LOGIN"),
                responses: VecDeque::from([encode(user), encode(password)]),
            },
            Mechanism::Plain => {
                let response = encode(&format!("\0{user}\0{password}"));
                let command = format!("{verb} PLAIN {response}");
                if command.len() <= initial_limit {
                    Self { command, responses: VecDeque::new() }
                } else {
                    Self { command: format!("{verb} PLAIN"), responses: VecDeque::from([response]) }
                }
            }
        }
    }

    /// The answer to the next challenge; none if there should not have been another.
    pub(crate) fn respond(&mut self) -> Option<String> {
        self.responses.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_sends_both_names_in_one() {
        let exchange = Exchange::new("AUTH", Mechanism::Plain, "tim", "tanstaaftanstaaf", 255);
        // RFC 4616 §4, the first example.
        assert_eq!(exchange.command, "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
    }

    #[test]
    fn a_long_response_waits_for_the_challenge() {
        let mut exchange = Exchange::new("AUTH", Mechanism::Plain, "tim", &"x".repeat(255), 255);
        assert_eq!(exchange.command, "AUTH PLAIN");
        assert!(exchange.respond().is_some());
        assert_eq!(exchange.respond(), None);
    }

    #[test]
    fn unknown_mechanisms_are_skipped() {
        let known: Vec<_> = Mechanism::known("GSSAPI plain  XOAUTH2 LOGIN", Rules::default()).collect();
        assert_eq!(known, [Mechanism::Plain, Mechanism::Login]);
    }
}
