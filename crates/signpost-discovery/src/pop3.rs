//! Retrieval (RFC 1939, 2449, 2595, 5034).
//!
//! CAPA is optional. A server that hides it may still know STLS, so STLS is tried; the answer decides. APOP is
//! never used: before TLS nothing is said, and inside TLS it protects nothing.

mod reply;

use crate::line::{LineBuffer, quote};
use crate::outcome::{Note, Reason};
use crate::protocol::{Awaited, Meaning, Move, Offers, Protocol, Silence, Words};
use crate::rules::Rules;
use crate::sasl::Mechanism;
use crate::terms::Terms;
use reply::{Body, PartialReply, Reply, Status};

/// A session in POP3.
#[derive(Debug, Default)]
pub(crate) struct Pop3 {
    coming: PartialReply,
}

/// What is waited for in POP3 alone.
#[derive(Debug)]
pub(crate) enum Step {
    Retrieval,
    Statistics,
}

impl Protocol for Pop3 {
    type Reply = Reply;
    type Step = Step;

    const WORDS: Words = Words {
        capabilities: "CAPA",
        upgrade: "STLS",
        authenticate: "AUTH",
        // RFC 2449 §4.
        command_limit: 253,
        login: "the login",
        own_login: Some("USER"),
        goes_without_login: false,
        quit: "QUIT",
        nothing_offered: "no usable way to log in is offered",
    };

    fn read(&mut self, lines: &mut LineBuffer, awaited: Awaited<'_, Step>) -> Result<Option<Reply>, String> {
        let body = match awaited {
            Awaited::Capabilities => Some(Body::Capabilities),
            Awaited::Step(Step::Retrieval) => Some(Body::Message),
            Awaited::Other | Awaited::Step(Step::Statistics) => None,
        };
        self.coming.read(lines, body)
    }

    fn greeting(reply: &Reply) -> Meaning {
        meaning(reply)
    }

    fn upgrade(reply: &Reply) -> Meaning {
        meaning(reply)
    }

    fn looks_like_success(reply: &Reply) -> bool {
        reply.status != Status::Error
    }

    fn is_usual_rejection(reply: &Reply) -> bool {
        reply.text().starts_with(b"[AUTH]")
    }

    fn login(reply: &Reply, rules: Rules) -> Meaning {
        match reply.status {
            Status::Error if speaks_of_something_else(reply.text(), rules) => Meaning::Later,
            Status::Challenge => Meaning::Challenge,
            Status::Error | Status::Ok => meaning(reply),
        }
    }

    fn challenge(reply: &Reply) -> &[u8] {
        reply.text()
    }

    fn capabilities(reply: &Reply, terms: &Terms, _: bool) -> Result<Offers, Move<Step>> {
        match reply.status {
            Status::Ok => Ok(offers(reply, terms.rules)),
            Status::Error => Ok(Offers::default()),
            Status::Challenge => Err(odd(reply)),
        }
    }

    fn own_login(user: &str, password: &str) -> Vec<String> {
        vec![format!("USER {user}"), format!("PASS {password}")]
    }

    fn digest_login(greeting: &Reply, user: &str) -> Option<String> {
        greeting.text().contains(&b'<').then(|| format!("APOP {user} {:032x}", 0))
    }

    fn ask_for_user(terms: &Terms) -> String {
        format!("USER {}", terms.request.address)
    }

    fn exchange(_: &Terms) -> Move<Step> {
        Move::Command("STAT".to_owned(), Step::Statistics)
    }

    fn proceed(step: &Step, reply: Reply, _: &Terms, _: bool) -> Move<Step> {
        match (step, reply.status) {
            (Step::Retrieval, Status::Ok) => Move::Succeed { retrieved: Some(reply.body), note: None },
            (Step::Statistics, Status::Ok) => match count(reply.text()) {
                Some(0) => Move::Succeed { retrieved: None, note: Some(Note::EmptyMailbox) },
                Some(_) => Move::Command("RETR 1".to_owned(), Step::Retrieval),
                None => {
                    let detail = "the server sent an answer to STAT without a number";
                    Move::Fail(Reason::ProtocolError, detail.to_owned())
                }
            },
            (_, Status::Challenge | Status::Error) => odd(&reply),
        }
    }

    fn holds_part_of_a_message(&self, step: &Step, _: &LineBuffer) -> bool {
        matches!(step, Step::Retrieval) && self.coming.has_begun()
    }

    fn silence(&self, step: &Step) -> Silence {
        let awaited = match step {
            Step::Retrieval if self.coming.has_begun() => "rest of the message",
            Step::Retrieval | Step::Statistics => "reply",
        };
        Silence { awaited, is_final: false }
    }

    fn describe(reply: &Reply) -> String {
        format!("-ERR {}", quote(reply.text()))
    }

    fn describe_odd(_: &str, reply: &Reply) -> String {
        format!("the server sent {:?}", quote(&reply.line))
    }
}

/// Whether a response code says what is in the way of a login, and that it is not the credentials (RFC 2449 section 8.1, RFC
/// 3206 section 4). It counts whether or not the capabilities list that there are such codes: no text begins so by chance.
fn speaks_of_something_else(text: &[u8], rules: Rules) -> bool {
    let mailbox = [&b"[IN-USE]"[..], b"[LOGIN-DELAY]"];
    let system = [&b"[SYS/PERM]"[..], b"[SYS/TEMP]"];
    let system = system.into_iter().filter(|_| rules.reads_every_response_code());
    mailbox
        .into_iter()
        .chain(system)
        .any(|code| text.get(..code.len()).is_some_and(|start| start.eq_ignore_ascii_case(code)))
}

fn meaning(reply: &Reply) -> Meaning {
    match reply.status {
        Status::Challenge => Meaning::Odd,
        Status::Error => Meaning::No,
        Status::Ok => Meaning::Yes,
    }
}

fn odd(reply: &Reply) -> Move<Step> {
    Move::Fail(Reason::ProtocolError, Pop3::describe_odd("", reply))
}

/// The first number of the answer to STAT: how many messages there are.
fn count(text: &[u8]) -> Option<u32> {
    let word = text.split(|&byte| byte == b' ').next()?;
    std::str::from_utf8(word).ok()?.parse().ok()
}

fn offers(reply: &Reply, rules: Rules) -> Offers {
    let mut offers = Offers { listed: true, ..Offers::default() };
    let text = String::from_utf8_lossy(&reply.body);
    for line in text.split("\r\n") {
        let (keyword, parameters) = line.split_once(' ').unwrap_or((line, ""));
        if keyword.eq_ignore_ascii_case("STLS") {
            offers.upgrade = true;
        } else if keyword.eq_ignore_ascii_case("USER") {
            offers.own_login = true;
        } else if keyword.eq_ignore_ascii_case("SASL") {
            offers.mechanisms.extend(Mechanism::known(parameters, rules));
        }
    }
    offers
}
