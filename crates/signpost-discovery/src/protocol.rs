//! What a mail protocol must say of itself so that a session can be held in it.
//!
//! A new one is a file beside `smtp.rs`, `pop3.rs` and `imap.rs`, and a line of `opening.rs`: its words, how its replies are read,
//! what they offer, and what is exchanged after the login. When TLS begins, which way to log in is taken, and what
//! silence means is the same in all of them and stands in `session.rs`.

use std::fmt;

use crate::line::LineBuffer;
use crate::outcome::{Note, Reason};
use crate::rules::Rules;
use crate::sasl::Mechanism;
use crate::terms::Terms;

/// A mail protocol: what differs between them, and the reply that is coming in.
pub(crate) trait Protocol: fmt::Debug + Default + Send {
    /// A whole reply.
    type Reply;
    /// What is waited for that other protocols do not have: mostly, what comes after the login.
    type Step: fmt::Debug + Send;

    /// The words that are the same in every session.
    const WORDS: Words;

    /// The command as it goes out, where each bears a mark that its answer repeats.
    fn tagged(&mut self, command: &str) -> String {
        command.to_owned()
    }

    /// Whether an answer to what was not asked yet has come. What a server may say at any time is taken out of `lines`.
    fn holds_an_answer(&mut self, lines: &mut LineBuffer) -> bool {
        !lines.is_empty()
    }

    /// What was asked before is not answered any more: TLS begins, or a flawed client waits for nothing.
    fn wait_no_longer(&mut self) {}

    /// Takes the next whole reply out of `lines`; none if it is not complete yet.
    ///
    /// # Errors
    ///
    /// It is none. The text says what the server did, for people.
    fn read(
        &mut self,
        lines: &mut LineBuffer,
        awaited: Awaited<'_, Self::Step>,
    ) -> Result<Option<Self::Reply>, String>;

    /// What a greeting means: yes, no, or odd.
    fn greeting(reply: &Self::Reply) -> Meaning;

    /// What the answer to the wish for TLS means: yes, no, or odd.
    fn upgrade(reply: &Self::Reply) -> Meaning;

    /// Whether an answer to the wish for TLS begins like a yes, which is enough for a defect only.
    fn looks_like_success(reply: &Self::Reply) -> bool;

    /// Whether a greeting is longer than a line, as SMTP's may be.
    fn has_several_lines(_: &Self::Reply) -> bool {
        false
    }

    /// Whether a login is rejected in the usual words. The others mean the same to all but a defect.
    fn is_usual_rejection(reply: &Self::Reply) -> bool;

    /// What an answer to the login means.
    fn login(reply: &Self::Reply, rules: Rules) -> Meaning;

    /// What the server says in the midst of a SASL exchange: base64, if it does right.
    fn challenge(reply: &Self::Reply) -> &[u8];

    /// What the server offers in its answer to the question for its capabilities, or what to do instead.
    fn capabilities(reply: &Self::Reply, terms: &Terms, protected: bool) -> Result<Offers, Move<Self::Step>>;

    /// The commands of the login that is the protocol's own, if it has one: each waits for a yes to the one before.
    fn own_login(_user: &str, _password: &str) -> Vec<String> {
        Vec::new()
    }

    /// The login by a digest of the password that a greeting invites to. Only a defect uses it, and nobody looks at the
    /// digest: that it is sent is what is wrong.
    fn digest_login(_greeting: &Self::Reply, _user: &str) -> Option<String> {
        None
    }

    /// How the server is asked whether it knows the user, which only a defect does without TLS.
    fn ask_for_user(terms: &Terms) -> String;

    /// A greeting by the user's address, which only a defect says.
    fn introduce(_terms: &Terms) -> Option<String> {
        None
    }

    /// How mail begins to be exchanged.
    fn exchange(terms: &Terms) -> Move<Self::Step>;

    /// What to do after the reply to a step of its own.
    fn proceed(step: &Self::Step, reply: Self::Reply, terms: &Terms, has_logged_in: bool)
    -> Move<Self::Step>;

    /// Whether a message has begun to come, of which `lines` holds what was not read yet: only a defect makes do with that.
    fn holds_part_of_a_message(&self, _step: &Self::Step, _lines: &LineBuffer) -> bool {
        false
    }

    /// Whether data that nobody asked for came with a reply, of which a defect thinks ill.
    fn brings_what_was_not_asked(_reply: &Self::Reply) -> bool {
        false
    }

    /// What the server says unasked, with its answer to the wish for TLS, that it offers. Only a defect listens.
    fn offers_unasked(_reply: &Self::Reply, _terms: &Terms) -> Option<Offers> {
        None
    }

    /// What silence means at a step of its own.
    fn silence(&self, step: &Self::Step) -> Silence;

    /// A reply that says no, for people.
    fn describe(reply: &Self::Reply) -> String;

    /// A reply to `question` that is neither yes nor no, for people.
    fn describe_odd(question: &str, reply: &Self::Reply) -> String;
}

/// The words of a protocol that are the same in every session.
pub(crate) struct Words {
    /// The question for capabilities. The client's own name in it is nobody's business before TLS, and of no use after.
    pub(crate) capabilities: &'static str,
    /// The wish for TLS.
    pub(crate) upgrade: &'static str,
    /// The command that names a SASL mechanism.
    pub(crate) authenticate: &'static str,
    /// The longest command, without CRLF, that may carry a SASL mechanism's initial response.
    pub(crate) command_limit: usize,
    /// What people call the login.
    pub(crate) login: &'static str,
    /// The login that is no SASL mechanism, as a policy's list of mechanisms would name it.
    pub(crate) own_login: Option<&'static str>,
    /// Whether mail can be exchanged without a login, which only a defect tries.
    pub(crate) goes_without_login: bool,
    /// The farewell.
    pub(crate) quit: &'static str,
    /// What is missing when no way to log in is offered, for people.
    pub(crate) nothing_offered: &'static str,
}

/// What is waited for, as far as the form of a reply depends on it.
#[derive(Debug)]
pub(crate) enum Awaited<'a, S> {
    Capabilities,
    Other,
    Step(&'a S),
}

/// What a reply means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The server wants more of a SASL exchange.
    Challenge,
    /// No, but it says nothing of what was asked.
    Later,
    /// The client counts as logged in already, whoever it is, so that it is too late for TLS.
    LoggedIn,
    No,
    /// Nothing that the protocol has for an answer.
    Odd,
    Yes,
}

/// What the server offers.
#[derive(Debug, Default)]
pub(crate) struct Offers {
    /// Whether it lists what it offers at all.
    pub(crate) listed: bool,
    pub(crate) upgrade: bool,
    /// Whether it offers SASL, of whatever mechanism.
    pub(crate) authentication: bool,
    /// Whether it offers the protocol's own login.
    pub(crate) own_login: bool,
    pub(crate) mechanisms: Vec<Mechanism>,
}

impl Offers {
    pub(crate) fn add(&mut self, more: Self) {
        self.listed |= more.listed;
        self.upgrade |= more.upgrade;
        self.authentication |= more.authentication;
        self.own_login |= more.own_login;
        self.mechanisms.extend(more.mechanisms);
    }
}

/// What a session does next.
#[derive(Debug)]
pub(crate) enum Move<S> {
    /// Sends a command, and waits for the reply at this step.
    Command(String, S),
    /// Sends bytes as they are, and waits for the reply at this step.
    Content(Vec<u8>, S),
    Fail(Reason, String),
    LogIn,
    Succeed {
        retrieved: Option<Vec<u8>>,
        note: Option<Note>,
    },
}

/// What silence means.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Silence {
    /// What should have come.
    pub(crate) awaited: &'static str,
    /// Whether no other target may be tried, because this one may have taken the message.
    pub(crate) is_final: bool,
}
