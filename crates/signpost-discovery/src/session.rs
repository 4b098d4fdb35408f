//! A session with a mail server: what is the same in every protocol.
//!
//! The order never changes. The server greets; the client asks what it offers, begins TLS if it has not begun, and asks
//! again; it logs in, exchanges one message if it is to, and says farewell. What a protocol says at each of these stands
//! in its own file.

mod login;
mod upgrade;

use std::collections::VecDeque;

use crate::conversation::{Conversation, Demand, Ending, Success};
use crate::failure::Failure;
use crate::line::LineBuffer;
use crate::outcome::{Note, Reason};
use crate::protocol::{Awaited, Meaning, Move, Offers, Protocol, Silence};
use crate::sasl::Exchange;
use crate::terms::Terms;

/// A session in one protocol.
#[derive(Debug)]
pub(crate) struct Session<P: Protocol> {
    protocol: P,
    terms: Terms,
    protected: bool,
    lines: LineBuffer,
    offers: Offers,
    /// Login names not yet tried.
    users: VecDeque<String>,
    /// The login name that is being tried or was taken.
    user: String,
    /// The login by a digest that the greeting invited to, if a defect is to use it.
    digest_login: Option<String>,
    /// SASL exchanges so far.
    exchanges: u32,
    /// Whether the message goes a second time, as only a defect lets it.
    makes_sure: bool,
    state: State<P::Step>,
    demands: VecDeque<Demand>,
}

/// What is waited for.
#[derive(Debug)]
enum State<S> {
    /// The answer to the end of a SASL exchange that the server broke, as this says.
    Abandoning(&'static str),
    /// The answer to a SASL mechanism, and what there is to say to a challenge.
    Authenticating(Exchange),
    Capabilities,
    /// The answer to what only a defect says before it gives up, and why it does.
    Declining(Reason, String),
    Ended,
    Greeting,
    /// The end of the handshake.
    Handshake,
    /// The answer to the farewell, which only a defect waits for.
    Leaving(Success),
    /// The answer to a command of the protocol's own login, and the commands after it.
    LoggingIn(VecDeque<String>),
    Step(S),
    Upgrade,
}

impl<P: Protocol> Session<P> {
    /// A session that begins with the server's greeting, in clear if `terms` say that it is to be upgraded.
    pub(crate) fn new(terms: Terms, protected: bool) -> Self {
        let users = VecDeque::from(terms.users());
        Self {
            protocol: P::default(),
            terms,
            protected,
            lines: LineBuffer::default(),
            offers: Offers::default(),
            users,
            user: String::new(),
            digest_login: None,
            exchanges: 0,
            makes_sure: false,
            state: State::Greeting,
            demands: VecDeque::new(),
        }
    }
}

impl<P: Protocol> Conversation for Session<P> {
    fn begin(&mut self) {
        self.command(P::WORDS.capabilities, State::Capabilities);
    }

    fn received(&mut self, bytes: &[u8]) {
        match self.state {
            State::Ended => {}
            State::Handshake if self.terms.rules.refuses_buffered_plaintext() => {
                self.plaintext_after_upgrade()
            }
            // The handshake has not begun: it is asked for again.
            State::Handshake => {
                if !self.terms.rules.reads_nothing_from_before_tls() {
                    self.lines.push(bytes);
                }
                self.demands.push_back(Demand::StartTls);
            }
            _ if !self.terms.rules.waits_for_the_rest() && !bytes.ends_with(b"\r\n") => {
                self.fail(Reason::ProtocolError, "half a line came");
            }
            _ => {
                self.lines.push(bytes);
                self.read();
            }
        }
    }

    fn secured(&mut self) {
        if !self.awaits_handshake() {
            return;
        }
        self.protected = true;
        self.protocol.wait_no_longer();
        let has_heard = self.offers_login();
        if self.terms.rules.asks_again_inside_tls() || !has_heard {
            self.begin();
        } else {
            self.authenticate();
        }
        self.read();
    }

    fn silent(&mut self, how: &str) {
        let words = P::WORDS;
        let (reason, awaited, is_final) = match &self.state {
            State::Ended => return,
            State::Abandoning(why) => (Reason::MechanismFailed, (*why).to_owned(), false),
            State::Declining(reason, detail) => (*reason, detail.clone(), false),
            State::Greeting => (Reason::Unreachable, "greeting".to_owned(), false),
            State::Capabilities if !self.protected => {
                let command = words.capabilities.split(' ').next().unwrap_or_default();
                (Reason::Unreachable, format!("reply to {command}"), false)
            }
            State::Capabilities => (Reason::ProtocolError, "reply".to_owned(), false),
            State::Upgrade if !self.terms.rules.waits_for_the_go_ahead() => {
                self.protocol = P::default();
                self.lines.clear();
                return self.start_tls();
            }
            State::Upgrade => (Reason::StarttlsProtocolError, format!("reply to {}", words.upgrade), false),
            State::Handshake => (Reason::TlsFailed, "handshake".to_owned(), false),
            State::Leaving(_) => (Reason::ProtocolError, "farewell".to_owned(), false),
            State::Authenticating(_) | State::LoggingIn(_) if !self.terms.rules.waits_for_a_yes() => {
                return self.succeed(None, None);
            }
            // A server may well close after a login name that it rejects.
            State::Authenticating(_) | State::LoggingIn(_) if self.users.is_empty() => {
                return self.rejected();
            }
            State::Authenticating(_) | State::LoggingIn(_) => {
                (Reason::ProtocolError, format!("reply to {}", words.login), false)
            }
            State::Step(step)
                if !self.terms.rules.wants_messages_whole()
                    && self.protocol.holds_part_of_a_message(step, &self.lines) =>
            {
                return self.succeed(None, None);
            }
            State::Step(step) => {
                let Silence { awaited, is_final } = self.protocol.silence(step);
                let is_final = is_final && self.terms.rules.submits_once_if_not_answered();
                (Reason::ProtocolError, awaited.to_owned(), is_final)
            }
        };
        let failure = Failure::new(reason, format!("{how} instead of a {awaited}"));
        self.end(Ending::Failed(Failure { is_final, ..failure }));
    }

    fn awaits_handshake(&self) -> bool {
        matches!(self.state, State::Handshake)
    }

    fn next_demand(&mut self) -> Option<Demand> {
        self.demands.pop_front()
    }
}

impl<P: Protocol> Session<P> {
    fn read(&mut self) {
        while !matches!(self.state, State::Ended | State::Handshake) {
            let awaited = match &self.state {
                State::Capabilities => Awaited::Capabilities,
                State::Step(step) => Awaited::Step(step),
                _ => Awaited::Other,
            };
            match self.protocol.read(&mut self.lines, awaited) {
                Ok(Some(reply)) => self.on_reply(reply),
                Ok(None) => break,
                Err(_)
                    if matches!(self.state, State::Upgrade)
                        && !self.terms.rules.heeds_the_answer_to_starttls() =>
                {
                    self.lines.clear();
                    self.start_tls();
                }
                Err(_) if matches!(self.state, State::Greeting) && !self.terms.rules.heeds_the_greeting() => {
                    self.lines.clear();
                    self.begin();
                }
                Err(problem) => {
                    let reason = match self.state {
                        State::Upgrade => Reason::StarttlsProtocolError,
                        _ => Reason::ProtocolError,
                    };
                    self.fail(reason, problem);
                }
            }
        }
    }

    fn on_reply(&mut self, reply: P::Reply) {
        match &self.state {
            State::Abandoning(why) => self.on_abandoned(why),
            State::Authenticating(_) | State::LoggingIn(_) => self.on_login(&reply),
            State::Capabilities => match P::capabilities(&reply, &self.terms, self.protected) {
                Ok(Offers { listed: false, .. }) | Err(_) if self.goes_by_what_it_heard_before() => {
                    self.authenticate();
                }
                Ok(offers) => self.on_capabilities(offers),
                Err(Move::Fail(reason @ Reason::StarttlsNotOffered, detail)) => self.decline(reason, detail),
                Err(Move::Fail(reason @ Reason::Unreachable, detail))
                    if !self.terms.rules.leaves_behind_a_farewell() =>
                {
                    self.command(P::WORDS.capabilities, State::Declining(reason, detail));
                }
                Err(instead) => self.take(instead),
            },
            State::Declining(reason, detail) => {
                let (reason, detail) = (*reason, detail.clone());
                self.quit();
                self.fail(reason, detail);
            }
            State::Ended | State::Handshake => {}
            State::Greeting
                if P::has_several_lines(&reply) && !self.terms.rules.reads_greetings_to_their_end() =>
            {
                self.odd("the connection", &reply);
            }
            State::Greeting => match P::greeting(&reply) {
                Meaning::Yes => {
                    self.digest_login = P::digest_login(&reply, &self.terms.request.address.to_string());
                    self.begin();
                }
                Meaning::LoggedIn => self.on_logged_in_already(),
                _ if !self.terms.rules.heeds_the_greeting() => self.begin(),
                Meaning::Later | Meaning::No => {
                    self.fail(Reason::Unreachable, format!("greeted with {}", P::describe(&reply)));
                }
                Meaning::Challenge | Meaning::Odd => self.odd("the connection", &reply),
            },
            State::Leaving(success) => {
                let success = success.clone();
                self.end(Ending::Succeeded(success));
            }
            State::Step(step) => {
                let is_put_off = P::login(&reply, self.terms.rules) == Meaning::Later;
                let next = P::proceed(step, reply, &self.terms, !self.user.is_empty());
                if is_put_off
                    && !self.terms.rules.submits_once_if_put_off()
                    && let Move::Fail(reason, detail) = next
                {
                    return self.end(Ending::Failed(Failure::new(reason, detail)));
                }
                self.take(next);
            }
            State::Upgrade
                if P::has_several_lines(&reply) && !self.terms.rules.reads_the_go_ahead_to_its_end() =>
            {
                self.odd(P::WORDS.upgrade, &reply);
            }
            State::Upgrade => self.on_upgrade(&reply),
        }
    }

    fn take(&mut self, next: Move<P::Step>) {
        match next {
            Move::Command(command, step) => self.command(&command, State::Step(step)),
            Move::Content(content, step) => self.say(content, State::Step(step)),
            Move::Fail(reason, detail) => self.fail(reason, detail),
            Move::LogIn => self.log_in(),
            Move::Succeed { .. } if self.submits_again() => self.take(P::exchange(&self.terms)),
            Move::Succeed { retrieved, note } => self.succeed(retrieved, note),
        }
    }

    /// Whether a flawed client makes sure of what was taken.
    fn submits_again(&mut self) -> bool {
        P::WORDS.goes_without_login
            && !self.terms.rules.is_content_with_a_yes()
            && !std::mem::replace(&mut self.makes_sure, true)
    }

    fn succeed(&mut self, retrieved: Option<Vec<u8>>, note: Option<Note>) {
        self.quit();
        let user = std::mem::take(&mut self.user);
        let success = Success { user, retrieved, note, protected: self.protected };
        if self.terms.rules.leaves_without_an_answer() {
            self.end(Ending::Succeeded(success));
        } else {
            self.state = State::Leaving(success);
        }
    }

    fn command(&mut self, command: &str, next: State<P::Step>) {
        let command = self.protocol.tagged(command);
        self.say(format!("{command}\r\n").into_bytes(), next);
    }

    /// Says something whose reply is waited for in `next`. The server must have nothing to say before it: a reply that
    /// comes before its question would be taken for the answer to it.
    fn say(&mut self, bytes: Vec<u8>, next: State<P::Step>) {
        if !self.awaits_handshake() && self.protocol.holds_an_answer(&mut self.lines) {
            return self.fail(Reason::ProtocolError, "the server answers what was not asked");
        }
        self.state = next;
        self.demands.push_back(Demand::Send(bytes));
    }

    fn line(&mut self, text: &str) {
        self.demands.push_back(Demand::Send(format!("{text}\r\n").into_bytes()));
    }

    fn quit(&mut self) {
        let quit = self.protocol.tagged(P::WORDS.quit);
        self.line(&quit);
    }

    fn odd(&mut self, question: &str, reply: &P::Reply) {
        self.fail(Reason::ProtocolError, P::describe_odd(question, reply));
    }

    fn fail(&mut self, reason: Reason, detail: impl Into<String>) {
        // Whatever came in the place of the right reply, the message may have been taken.
        let mut failure = Failure::new(reason, detail);
        match &self.state {
            State::Greeting => {
                failure.gives_way = true;
                failure.is_final = !self.terms.rules.goes_on_where_unwelcome();
            }
            State::Step(step) => failure.is_final |= self.protocol.silence(step).is_final,
            _ => {}
        }
        self.end(Ending::Failed(failure));
    }

    fn end(&mut self, ending: Ending) {
        self.state = State::Ended;
        self.lines.clear();
        self.demands.push_back(Demand::End(ending));
    }
}
