//! A retrieval session (RFC 1939, 2449, 2595, 5034).
//!
//! CAPA is optional. A server that hides it may still know STLS, so STLS is tried; the answer decides. APOP is
//! never used: before TLS nothing is said, and inside TLS it protects nothing.

use std::collections::VecDeque;

use crate::line::{LineBuffer, MESSAGE_LINE_LIMIT, REPLY_LINE_LIMIT, quote};
use crate::outcome::{Note, Reason};
use crate::sasl::{Exchange, Mechanism};
use crate::session::{Ending, Failure, Step, Success, Terms};

/// The most capabilities of one server.
const CAPABILITIES_LIMIT: usize = 100;

/// RFC 2449 §4: the longest command, without CRLF.
const COMMAND_LIMIT: usize = 253;

/// The longest message that is retrieved, in octets.
const MESSAGE_LIMIT: usize = 32 * 1024 * 1024;

#[derive(Debug)]
pub(crate) struct Pop3 {
    terms: Terms,
    protected: bool,
    lines: LineBuffer,
    offers: Offers,
    /// Login names not yet tried.
    users: VecDeque<String>,
    /// The login name that is being tried or was taken.
    user: String,
    state: State,
    steps: VecDeque<Step>,
}

#[derive(Debug)]
enum State {
    Authenticating(Exchange),
    /// Waiting for the first line of the answer to CAPA.
    Capabilities,
    /// Waiting for the other lines: what they offer, and how many there were.
    CapabilityLines(Offers, usize),
    /// Waiting for the other lines of a message: what came of it.
    Content(Vec<u8>),
    Ended,
    Greeting,
    /// Waiting for the end of the handshake.
    Handshake,
    Password,
    Retrieval,
    Statistics,
    Stls,
    User,
}

/// What the server offers in its answer to CAPA.
#[derive(Debug, Default)]
struct Offers {
    /// Whether the server answered CAPA at all.
    listed: bool,
    stls: bool,
    user: bool,
    mechanisms: Vec<Mechanism>,
}

impl Offers {
    fn add(&mut self, more: Self) {
        self.listed |= more.listed;
        self.stls |= more.stls;
        self.user |= more.user;
        self.mechanisms.extend(more.mechanisms);
    }
}

/// The first line of a reply (RFC 1939 §3, RFC 5034 §4).
enum Status<'a> {
    Challenge,
    Error(&'a [u8]),
    Ok(&'a [u8]),
}

impl Pop3 {
    pub(crate) fn new(terms: Terms, protected: bool) -> Self {
        let users = VecDeque::from(terms.users());
        Self {
            terms,
            protected,
            lines: LineBuffer::default(),
            offers: Offers::default(),
            users,
            user: String::new(),
            state: State::Greeting,
            steps: VecDeque::new(),
        }
    }

    pub(crate) fn next_step(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    pub(crate) fn received(&mut self, bytes: &[u8]) {
        match self.state {
            State::Ended => {}
            State::Handshake if self.terms.rules.refuses_buffered_plaintext() => self.plaintext_after_stls(),
            // The handshake has not begun: it is asked for again.
            State::Handshake => {
                self.lines.push(bytes);
                self.steps.push_back(Step::StartTls);
            }
            _ => {
                self.lines.push(bytes);
                self.read();
            }
        }
    }

    pub(crate) fn secured(&mut self) {
        if !matches!(self.state, State::Handshake) {
            return;
        }
        self.protected = true;
        self.begin();
        self.read();
    }

    pub(crate) fn silent(&mut self, how: &str) {
        let (reason, step) = match self.state {
            State::Ended => return,
            State::Greeting => (Reason::Unreachable, "greeting"),
            State::Capabilities | State::CapabilityLines(..) if !self.protected => {
                (Reason::Unreachable, "reply to CAPA")
            }
            State::Stls => (Reason::StarttlsProtocolError, "reply to STLS"),
            State::Handshake => (Reason::TlsFailed, "handshake"),
            // A server may well close after a login name that it rejects.
            State::Authenticating(_) | State::Password | State::User if self.users.is_empty() => {
                return self.rejected();
            }
            State::Authenticating(_) | State::Password | State::User => {
                (Reason::ProtocolError, "reply to the credentials")
            }
            State::Content(_) => (Reason::ProtocolError, "rest of the message"),
            State::Capabilities | State::CapabilityLines(..) | State::Retrieval | State::Statistics => {
                (Reason::ProtocolError, "reply")
            }
        };
        self.fail(reason, format!("{how} instead of a {step}"));
    }

    fn read(&mut self) {
        while !matches!(self.state, State::Ended | State::Handshake) {
            let limit = match self.state {
                State::Content(_) => MESSAGE_LINE_LIMIT,
                _ => REPLY_LINE_LIMIT,
            };
            match self.lines.next_line(limit) {
                Ok(Some(line)) => self.on_line(&line),
                Ok(None) => break,
                Err(_) => self.malformed("a line that is too long"),
            }
        }
    }

    fn on_line(&mut self, line: &[u8]) {
        match &mut self.state {
            State::CapabilityLines(..) => return self.on_capability(line),
            State::Content(_) => return self.on_content(line),
            _ => {}
        }
        let Some(status) = status(line) else {
            return self.malformed(&format!("{:?}", quote(line)));
        };
        match (&mut self.state, status) {
            (State::Greeting, Status::Ok(_)) => self.begin(),
            (State::Greeting, Status::Error(text)) => {
                self.fail(Reason::Unreachable, format!("greeted with -ERR {}", quote(text)));
            }
            (State::Capabilities, Status::Ok(_)) => {
                self.state = State::CapabilityLines(Offers { listed: true, ..Offers::default() }, 0);
            }
            (State::Capabilities, Status::Error(_)) => self.on_capabilities(Offers::default()),
            (State::Stls, Status::Ok(_)) => self.on_stls_accepted(),
            (State::Stls, _) if !self.terms.rules.requires_accepted_starttls() => self.log_in(),
            (State::Stls, Status::Error(text)) => {
                self.quit();
                self.fail(Reason::StarttlsRefused, format!("STLS answered with -ERR {}", quote(text)));
            }
            (State::User, Status::Ok(_)) => {
                let password = format!("PASS {}", self.terms.request.password.reveal());
                self.command(&password, State::Password);
            }
            (State::Authenticating(_) | State::Password, Status::Ok(_)) => self.on_logged_in(),
            (State::Authenticating(_) | State::Password | State::User, Status::Error(text)) => {
                // RFC 2449 §8, RFC 3206: these say nothing about the credentials.
                let is_temporary = [&b"[SYS/TEMP]"[..], b"[IN-USE]", b"[LOGIN-DELAY]"]
                    .iter()
                    .any(|code| text.get(..code.len()).is_some_and(|start| start.eq_ignore_ascii_case(code)));
                if is_temporary {
                    self.fail(Reason::Unreachable, format!("login answered with -ERR {}", quote(text)));
                } else {
                    self.log_in();
                }
            }
            (State::Authenticating(exchange), Status::Challenge) => match exchange.respond() {
                Some(response) => self.line(&response),
                None => self.malformed("a challenge too many"),
            },
            (State::Statistics, Status::Ok(text)) => self.on_statistics(text),
            (State::Retrieval, Status::Ok(_)) => self.state = State::Content(Vec::new()),
            (_, _) => self.malformed(&format!("{:?}", quote(line))),
        }
    }

    fn on_capability(&mut self, line: &[u8]) {
        let State::CapabilityLines(offers, count) = &mut self.state else { return };
        if line == b"." {
            let offers = std::mem::take(offers);
            return self.on_capabilities(offers);
        }
        *count += 1;
        if *count > CAPABILITIES_LIMIT {
            return self.malformed("too many capabilities");
        }
        let text = String::from_utf8_lossy(line);
        let (keyword, parameters) = text.split_once(' ').unwrap_or((&text, ""));
        if keyword.eq_ignore_ascii_case("STLS") {
            offers.stls = true;
        } else if keyword.eq_ignore_ascii_case("USER") {
            offers.user = true;
        } else if keyword.eq_ignore_ascii_case("SASL") {
            offers.mechanisms.extend(Mechanism::known(parameters));
        }
    }

    fn on_capabilities(&mut self, offers: Offers) {
        // RFC 2595 §4: what was heard before TLS is forgotten.
        if self.terms.rules.forgets_capabilities() {
            self.offers = offers;
        } else {
            self.offers.add(offers);
        }
        if self.protected || !self.terms.upgrade {
            self.log_in();
        } else if self.offers.stls || !self.offers.listed {
            self.command("STLS", State::Stls);
        } else if self.terms.rules.requires_offered_starttls() {
            self.quit();
            self.fail(Reason::StarttlsNotOffered, "the server does not offer STLS");
        } else {
            self.log_in();
        }
    }

    fn on_stls_accepted(&mut self) {
        if !self.lines.is_empty() && self.terms.rules.refuses_buffered_plaintext() {
            return self.plaintext_after_stls();
        }
        self.state = State::Handshake;
        self.steps.push_back(Step::StartTls);
    }

    /// Asks what the server offers, before TLS and inside it.
    pub(crate) fn begin(&mut self) {
        self.command("CAPA", State::Capabilities);
    }

    fn log_in(&mut self) {
        let mechanism = self.terms.choose(&self.offers.mechanisms);
        // USER is no SASL mechanism: a policy that names the allowed ones does not allow it. It is part of the
        // base protocol, so a server that lists nothing has it; in clear, where only a defect leads, the
        // careless client does not ask.
        let offers_user = self.offers.user || !self.offers.listed || !self.protected;
        if mechanism.is_none() && !(offers_user && self.terms.allows("USER")) {
            return if offers_user || !self.offers.mechanisms.is_empty() {
                self.fail(
                    Reason::MechanismNotAllowed,
                    "the server offers no mechanism that the policy allows",
                );
            } else {
                self.fail(Reason::AuthNotOffered, "no usable way to log in is offered");
            };
        }
        let Some(user) = self.users.pop_front() else { return self.rejected() };
        match mechanism {
            Some(mechanism) => {
                let password = self.terms.request.password.reveal();
                let exchange = Exchange::new(mechanism, &user, password, COMMAND_LIMIT);
                let command = exchange.command.clone();
                self.command(&command, State::Authenticating(exchange));
            }
            None => self.command(&format!("USER {user}"), State::User),
        }
        self.user = user;
    }

    fn on_logged_in(&mut self) {
        if self.terms.exchanges() {
            self.command("STAT", State::Statistics);
        } else {
            self.succeed(None, None);
        }
    }

    fn on_statistics(&mut self, text: &[u8]) {
        let count = text.split(|&byte| byte == b' ').next().and_then(|word| std::str::from_utf8(word).ok());
        match count.and_then(|count| count.parse::<u32>().ok()) {
            Some(0) => self.succeed(None, Some(Note::EmptyMailbox)),
            Some(_) => self.command("RETR 1", State::Retrieval),
            None => self.malformed("an answer to STAT without a number"),
        }
    }

    fn on_content(&mut self, line: &[u8]) {
        let State::Content(message) = &mut self.state else { return };
        if line == b"." {
            let message = std::mem::take(message);
            return self.succeed(Some(message), None);
        }
        message.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
        message.extend_from_slice(b"\r\n");
        if message.len() > MESSAGE_LIMIT {
            self.malformed("a message that is too long");
        }
    }

    fn succeed(&mut self, retrieved: Option<Vec<u8>>, note: Option<Note>) {
        self.quit();
        let user = std::mem::take(&mut self.user);
        self.end(Ending::Succeeded(Success { user, retrieved, note }));
    }

    fn rejected(&mut self) {
        self.end(Ending::Rejected("the server rejects both login names".to_owned()));
    }

    /// Sends a command whose reply is handled in `next`. The server must have nothing to say before it.
    fn command(&mut self, command: &str, next: State) {
        let after_handshake = matches!(self.state, State::Handshake);
        if !self.lines.is_empty() && !after_handshake {
            return self.fail(Reason::ProtocolError, "the server answers what was not asked");
        }
        self.state = next;
        self.line(command);
    }

    fn line(&mut self, text: &str) {
        self.steps.push_back(Step::Send(format!("{text}\r\n").into_bytes()));
    }

    fn quit(&mut self) {
        self.line("QUIT");
    }

    fn malformed(&mut self, what: &str) {
        let reason = match self.state {
            State::Stls => Reason::StarttlsProtocolError,
            _ => Reason::ProtocolError,
        };
        self.fail(reason, format!("the server sent {what}"));
    }

    fn plaintext_after_stls(&mut self) {
        self.fail(Reason::PlaintextAfterStarttls, "plain text follows the answer to STLS");
    }

    fn fail(&mut self, reason: Reason, detail: impl Into<String>) {
        self.end(Ending::Failed(Failure::new(reason, detail)));
    }

    fn end(&mut self, ending: Ending) {
        self.state = State::Ended;
        self.lines.clear();
        self.steps.push_back(Step::End(ending));
    }
}

/// RFC 1939 §3: status indicators are upper case.
fn status(line: &[u8]) -> Option<Status<'_>> {
    let (word, text) = match line.iter().position(|&byte| byte == b' ') {
        Some(at) => (&line[..at], &line[at + 1..]),
        None => (line, &line[line.len()..]),
    };
    match word {
        b"+" => Some(Status::Challenge),
        b"+OK" => Some(Status::Ok(text)),
        b"-ERR" => Some(Status::Error(text)),
        _ => None,
    }
}
