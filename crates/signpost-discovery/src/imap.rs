//! Access (RFC 9051, RFC 3501, RFC 2595).
//!
//! Commands bear tags, and what is said of a command bears its tag again; in between the server may say what it likes. The
//! grammar of all that is read by `imap-codec`. Initial responses (RFC 4959) are not used: not every server has them, and a
//! round trip more is cheap.

mod reply;

use std::collections::VecDeque;

use imap_codec::imap_types::auth::AuthMechanism;
use imap_codec::imap_types::response::{Capability, Code};

use crate::line::{LineBuffer, quote};
use crate::outcome::{Note, Reason};
use crate::protocol::{Awaited, Meaning, Move, Offers, Protocol, Silence, Words};
use crate::rules::Rules;
use crate::sasl::Mechanism;
use crate::terms::Terms;
use reply::{Data, Reply, Said};

/// A session in IMAP.
#[derive(Debug, Default)]
pub(crate) struct Imap {
    /// Commands so far.
    commands: u32,
    /// The tags that were not answered yet.
    unanswered: VecDeque<String>,
    /// What came for the next answer.
    data: Data,
}

/// What is waited for in IMAP alone.
#[derive(Debug)]
pub(crate) enum Step {
    Retrieval,
    Selection,
}

impl Protocol for Imap {
    type Reply = Reply;
    type Step = Step;

    const WORDS: Words = Words {
        capabilities: "CAPABILITY",
        upgrade: "STARTTLS",
        authenticate: "AUTHENTICATE",
        // No initial responses.
        command_limit: 0,
        login: "the login",
        // No list of mechanisms can name it: LOGIN stands there for the mechanism.
        own_login: Some("the command LOGIN"),
        goes_without_login: false,
        quit: "LOGOUT",
        nothing_offered: "no usable way to log in is offered",
    };

    fn tagged(&mut self, command: &str) -> String {
        self.commands += 1;
        let tag = format!("a{}", self.commands);
        let tagged = format!("{tag} {command}");
        self.unanswered.push_back(tag);
        tagged
    }

    fn holds_an_answer(&mut self, lines: &mut LineBuffer) -> bool {
        reply::take_untagged(lines, &mut self.data);
        // The beginning of another untagged response is no answer either.
        !lines.is_empty() && !lines.waiting().starts_with(b"*")
    }

    fn wait_no_longer(&mut self) {
        self.unanswered.clear();
        self.data = Data::default();
    }

    fn read(&mut self, lines: &mut LineBuffer, awaited: Awaited<'_, Step>) -> Result<Option<Reply>, String> {
        if self.commands == 0 {
            return reply::greeting(lines);
        }
        let limit = match awaited {
            Awaited::Step(Step::Retrieval) => reply::MESSAGE_LIMIT,
            Awaited::Capabilities | Awaited::Other | Awaited::Step(Step::Selection) => reply::REPLY_LIMIT,
        };
        reply::read(lines, limit, &mut self.unanswered, &mut self.data)
    }

    fn greeting(reply: &Reply) -> Meaning {
        match reply.said {
            Said::Ok => Meaning::Yes,
            Said::PreAuth => Meaning::LoggedIn,
            Said::Bad | Said::Bye | Said::Continue | Said::No => Meaning::No,
        }
    }

    fn upgrade(reply: &Reply) -> Meaning {
        match reply.said {
            Said::Ok => Meaning::Yes,
            Said::Bad | Said::Bye | Said::No => Meaning::No,
            Said::Continue | Said::PreAuth => Meaning::Odd,
        }
    }

    fn looks_like_success(reply: &Reply) -> bool {
        !matches!(reply.said, Said::Bad | Said::Bye | Said::No)
    }

    fn is_usual_rejection(reply: &Reply) -> bool {
        has_code(reply, b"AUTHENTICATIONFAILED")
    }

    fn login(reply: &Reply, _: Rules) -> Meaning {
        match reply.said {
            Said::Ok => Meaning::Yes,
            Said::Continue => Meaning::Challenge,
            Said::Bye => Meaning::Later,
            // RFC 5530: these say nothing about the credentials.
            Said::No
                if [&b"UNAVAILABLE"[..], b"INUSE", b"LIMIT"].iter().any(|code| has_code(reply, code)) =>
            {
                Meaning::Later
            }
            Said::Bad | Said::No => Meaning::No,
            Said::PreAuth => Meaning::Odd,
        }
    }

    fn challenge(reply: &Reply) -> &[u8] {
        reply.text.as_bytes()
    }

    fn capabilities(reply: &Reply, terms: &Terms, _: bool) -> Result<Offers, Move<Step>> {
        match reply.said {
            Said::Ok if reply.data.unasked && !terms.rules.bears_what_was_not_asked() => {
                Err(Move::Fail(Reason::ProtocolError, "the server sends what was not asked for".to_owned()))
            }
            Said::Ok => {
                let mut offers = offers(&reply.data.capabilities, terms.rules);
                offers.own_login |= !terms.rules.heeds_login_disabled();
                Ok(offers)
            }
            Said::Bad | Said::No => Ok(Offers::default()),
            Said::Bye => Err(Move::Fail(Reason::Unreachable, Self::describe(reply))),
            Said::Continue | Said::PreAuth => Err(odd("CAPABILITY", reply)),
        }
    }

    fn own_login(user: &str, password: &str) -> Vec<String> {
        vec![format!("LOGIN {} {}", quoted(user), quoted(password))]
    }

    fn ask_for_user(terms: &Terms) -> String {
        format!("LOGIN {}", terms.request.address)
    }

    fn exchange(_: &Terms) -> Move<Step> {
        Move::Command("SELECT INBOX".to_owned(), Step::Selection)
    }

    fn proceed(step: &Step, reply: Reply, _: &Terms, _: bool) -> Move<Step> {
        match (step, reply.said) {
            (Step::Selection, Said::Ok) => match reply.data.exists {
                Some(0) => Move::Succeed { retrieved: None, note: Some(Note::EmptyMailbox) },
                Some(_) => Move::Command("FETCH 1 BODY.PEEK[]".to_owned(), Step::Retrieval),
                None => missing("the number of messages"),
            },
            (Step::Retrieval, Said::Ok) => match reply.data.message {
                Some(message) => Move::Succeed { retrieved: Some(message), note: None },
                None => missing("the message"),
            },
            (Step::Selection, _) => odd("SELECT", &reply),
            (Step::Retrieval, _) => odd("FETCH", &reply),
        }
    }

    fn holds_part_of_a_message(&self, step: &Step, lines: &LineBuffer) -> bool {
        matches!(step, Step::Retrieval) && !lines.is_empty()
    }

    fn brings_what_was_not_asked(reply: &Reply) -> bool {
        reply.data.unasked
    }

    fn offers_unasked(reply: &Reply, terms: &Terms) -> Option<Offers> {
        let capabilities = &reply.data.capabilities;
        (!capabilities.is_empty()).then(|| offers(capabilities, terms.rules))
    }

    fn silence(&self, step: &Step) -> Silence {
        let awaited = match step {
            Step::Retrieval => "message",
            Step::Selection => "reply",
        };
        Silence { awaited, is_final: false }
    }

    fn describe(reply: &Reply) -> String {
        format!("{} {}", reply.said.name(), quote(reply.text.as_bytes()))
    }

    fn describe_odd(question: &str, reply: &Reply) -> String {
        format!("{question} answered with {}", Self::describe(reply))
    }
}

fn odd(question: &str, reply: &Reply) -> Move<Step> {
    Move::Fail(Reason::ProtocolError, Imap::describe_odd(question, reply))
}

fn missing(what: &str) -> Move<Step> {
    Move::Fail(Reason::ProtocolError, format!("the server says that all is done and did not send {what}"))
}

fn has_code(reply: &Reply, name: &[u8]) -> bool {
    matches!(&reply.code, Some(Code::Other(code)) if code.inner().eq_ignore_ascii_case(name))
}

/// A quoted string of the grammar. What it cannot hold is left out, which no server takes for the right name or password.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars().filter(|character| !matches!(character, '\0' | '\r' | '\n')) {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

fn offers(capabilities: &[Capability<'_>], rules: Rules) -> Offers {
    let mut offers = Offers { listed: !capabilities.is_empty(), ..Offers::default() };
    offers.own_login = offers.listed;
    for capability in capabilities {
        match capability {
            Capability::StartTls => offers.upgrade = true,
            Capability::LoginDisabled => offers.own_login = false,
            Capability::Auth(mechanism) => {
                offers.authentication = true;
                offers.mechanisms.extend(Mechanism::known(name(mechanism), rules));
            }
            _ => {}
        }
    }
    offers
}

fn name<'a>(mechanism: &'a AuthMechanism<'_>) -> &'a str {
    mechanism.as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_quoted_string_is_escaped_or_left_out() {
        assert_eq!(quoted("a\"b\\c\r\na3 LOGOUT"), "\"a\\\"b\\\\ca3 LOGOUT\"");
    }

    #[test]
    fn a_server_that_lists_nothing_hides_and_one_that_lists_has_the_base_command() {
        let offered = offers(&[Capability::Imap4Rev1], Rules::default());
        assert!(offered.listed && offered.own_login && !offered.authentication);
        assert!(!offers(&[Capability::Imap4Rev1, Capability::LoginDisabled], Rules::default()).own_login);
        assert!(!offers(&[], Rules::default()).listed);
    }
}
