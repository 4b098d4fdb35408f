//! A session with a mail server: what is the same in every protocol.
//!
//! The order never changes. The server greets; the client asks what it offers, begins TLS if it has not begun, and asks
//! again; it logs in, exchanges one message if it is to, and says farewell. What a protocol says at each of these stands
//! in its own file.

use std::collections::VecDeque;

use crate::conversation::{Conversation, Demand, Ending, Success};
use crate::failure::Failure;
use crate::line::LineBuffer;
use crate::outcome::{Note, Reason};
use crate::protocol::{Awaited, Meaning, Move, Offers, Protocol, Silence};
use crate::sasl::{Exchange, Mechanism};
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
    state: State<P::Step>,
    demands: VecDeque<Demand>,
}

/// What is waited for.
#[derive(Debug)]
enum State<S> {
    /// The answer to a SASL mechanism, and what there is to say to a challenge.
    Authenticating(Exchange),
    Capabilities,
    Ended,
    Greeting,
    /// The end of the handshake.
    Handshake,
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
                self.lines.push(bytes);
                self.demands.push_back(Demand::StartTls);
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
        self.begin();
        self.read();
    }

    fn silent(&mut self, how: &str) {
        let words = P::WORDS;
        let (reason, awaited, is_final) = match &self.state {
            State::Ended => return,
            State::Greeting => (Reason::Unreachable, "greeting".to_owned(), false),
            State::Capabilities if !self.protected => {
                let command = words.capabilities.split(' ').next().unwrap_or_default();
                (Reason::Unreachable, format!("reply to {command}"), false)
            }
            State::Capabilities => (Reason::ProtocolError, "reply".to_owned(), false),
            State::Upgrade => (Reason::StarttlsProtocolError, format!("reply to {}", words.upgrade), false),
            State::Handshake => (Reason::TlsFailed, "handshake".to_owned(), false),
            // A server may well close after a login name that it rejects.
            State::Authenticating(_) | State::LoggingIn(_) if self.users.is_empty() => {
                return self.rejected();
            }
            State::Authenticating(_) | State::LoggingIn(_) => {
                (Reason::ProtocolError, format!("reply to {}", words.login), false)
            }
            State::Step(step) => {
                let Silence { awaited, is_final } = self.protocol.silence(step);
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
            State::Authenticating(_) | State::LoggingIn(_) => self.on_login(&reply),
            State::Capabilities => match P::capabilities(&reply, &self.terms, self.protected) {
                Ok(offers) => self.on_capabilities(offers),
                Err(instead) => self.take(instead),
            },
            State::Ended | State::Handshake => {}
            State::Greeting => match P::greeting(&reply) {
                Meaning::Yes => self.begin(),
                Meaning::Later | Meaning::No => {
                    self.fail(Reason::Unreachable, format!("greeted with {}", P::describe(&reply)));
                }
                Meaning::Challenge | Meaning::Odd => self.odd("the connection", &reply),
            },
            State::Step(step) => {
                let next = P::proceed(step, reply, &self.terms, !self.user.is_empty());
                self.take(next);
            }
            State::Upgrade => self.on_upgrade(&reply),
        }
    }

    fn on_capabilities(&mut self, offers: Offers) {
        // RFC 3207 §4.2, RFC 2595 §4: what was heard before TLS is forgotten, because anybody on the way may have
        // said it.
        if self.terms.rules.forgets_capabilities() {
            self.offers = offers;
        } else {
            self.offers.add(offers);
        }
        if self.protected || !self.terms.upgrade {
            self.authenticate();
        } else if self.offers.upgrade || !self.offers.listed {
            self.command(P::WORDS.upgrade, State::Upgrade);
        } else if self.terms.rules.requires_offered_starttls() {
            self.quit();
            let detail = format!("the server does not offer {}", P::WORDS.upgrade);
            self.fail(Reason::StarttlsNotOffered, detail);
        } else {
            self.authenticate();
        }
    }

    fn on_upgrade(&mut self, reply: &P::Reply) {
        let question = P::WORDS.upgrade;
        match P::upgrade(reply) {
            // Whoever sits between could put text behind the answer, which would then be taken for text that the
            // server sent under TLS.
            Meaning::Yes if !self.lines.is_empty() && self.terms.rules.refuses_buffered_plaintext() => {
                self.plaintext_after_upgrade();
            }
            Meaning::Yes => {
                self.state = State::Handshake;
                self.demands.push_back(Demand::StartTls);
            }
            _ if !self.terms.rules.requires_accepted_starttls() => self.authenticate(),
            Meaning::Later | Meaning::No => {
                self.quit();
                let detail = format!("{question} answered with {}", P::describe(reply));
                self.fail(Reason::StarttlsRefused, detail);
            }
            Meaning::Challenge | Meaning::Odd => {
                self.fail(Reason::StarttlsProtocolError, P::describe_odd(question, reply));
            }
        }
    }

    fn authenticate(&mut self) {
        if P::WORDS.goes_without_login && !self.terms.rules.authenticates_first() {
            let next = P::exchange(&self.terms);
            return self.take(next);
        }
        self.log_in();
    }

    /// Offers the next login name in the best way that the server and the policy allow.
    fn log_in(&mut self) {
        let words = P::WORDS;
        // In clear, where only a defect leads, servers rightly offer nothing; the careless client does not ask.
        let offered = match words.own_login {
            None if !self.protected => Mechanism::BY_PREFERENCE.to_vec(),
            _ => self.offers.mechanisms.clone(),
        };
        let mechanism = self.terms.choose(&offered);
        // The protocol's own login is no SASL mechanism: a policy that names the allowed ones does not allow it. It is
        // part of the base protocol, so a server that lists nothing has it.
        let offers_own = self.offers.own_login || !self.offers.listed || !self.protected;
        let own = words.own_login.filter(|_| offers_own);
        if mechanism.is_none() && !own.is_some_and(|own| self.terms.allows_own(own)) {
            if own.is_some() || !self.offers.mechanisms.is_empty() {
                let detail = "the server offers no mechanism that the policy allows";
                return self.fail(Reason::MechanismNotAllowed, detail);
            }
            let insists = self.offers.authentication || self.terms.rules.requires_offered_authentication();
            if words.goes_without_login && !insists {
                let next = P::exchange(&self.terms);
                return self.take(next);
            }
            let why = if self.terms.authentication_required { ", which the policy requires" } else { "" };
            return self.fail(Reason::AuthNotOffered, format!("{}{why}", words.nothing_offered));
        }
        let Some(user) = self.users.pop_front() else { return self.rejected() };
        let password = self.terms.request.password.reveal();
        match mechanism {
            Some(mechanism) => {
                let exchange =
                    Exchange::new(words.authenticate, mechanism, &user, password, words.command_limit);
                let command = exchange.command.clone();
                self.command(&command, State::Authenticating(exchange));
            }
            None => {
                let commands = P::own_login(&user, password).into();
                self.next_login_command(commands);
            }
        }
        self.user = user;
    }

    fn on_login(&mut self, reply: &P::Reply) {
        match (P::login(reply), &mut self.state) {
            (Meaning::Yes, State::LoggingIn(commands)) => {
                let commands = std::mem::take(commands);
                self.next_login_command(commands);
            }
            (Meaning::Yes, _) => self.on_logged_in(),
            (Meaning::Challenge, State::Authenticating(exchange)) => match exchange.respond() {
                Some(response) => self.line(&response),
                None => self.odd(P::WORDS.login, reply),
            },
            (Meaning::Later, _) => {
                let detail = format!("{} answered with {}", P::WORDS.login, P::describe(reply));
                self.fail(Reason::Unreachable, detail);
            }
            (Meaning::No, _) => self.log_in(),
            (Meaning::Challenge | Meaning::Odd, _) => self.odd(P::WORDS.login, reply),
        }
    }

    /// Sends the next command of the protocol's own login; after the last one, the login is done.
    fn next_login_command(&mut self, mut commands: VecDeque<String>) {
        match commands.pop_front() {
            Some(command) => self.command(&command, State::LoggingIn(commands)),
            None => self.on_logged_in(),
        }
    }

    fn on_logged_in(&mut self) {
        if self.terms.exchanges() {
            let next = P::exchange(&self.terms);
            self.take(next);
        } else {
            self.succeed(None, None);
        }
    }

    fn take(&mut self, next: Move<P::Step>) {
        match next {
            Move::Command(command, step) => self.command(&command, State::Step(step)),
            Move::Content(content, step) => self.say(content, State::Step(step)),
            Move::Fail(reason, detail) => self.fail(reason, detail),
            Move::LogIn => self.log_in(),
            Move::Succeed { retrieved, note } => self.succeed(retrieved, note),
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

    fn command(&mut self, command: &str, next: State<P::Step>) {
        self.say(format!("{command}\r\n").into_bytes(), next);
    }

    /// Says something whose reply is waited for in `next`. The server must have nothing to say before it: a reply that
    /// comes before its question would be taken for the answer to it.
    fn say(&mut self, bytes: Vec<u8>, next: State<P::Step>) {
        if !self.lines.is_empty() && !self.awaits_handshake() {
            return self.fail(Reason::ProtocolError, "the server answers what was not asked");
        }
        self.state = next;
        self.demands.push_back(Demand::Send(bytes));
    }

    fn line(&mut self, text: &str) {
        self.demands.push_back(Demand::Send(format!("{text}\r\n").into_bytes()));
    }

    fn quit(&mut self) {
        self.line(P::WORDS.quit);
    }

    fn odd(&mut self, question: &str, reply: &P::Reply) {
        self.fail(Reason::ProtocolError, P::describe_odd(question, reply));
    }

    fn plaintext_after_upgrade(&mut self) {
        let detail = format!("plain text follows the answer to {}", P::WORDS.upgrade);
        self.fail(Reason::PlaintextAfterStarttls, detail);
    }

    fn fail(&mut self, reason: Reason, detail: impl Into<String>) {
        self.end(Ending::Failed(Failure::new(reason, detail)));
    }

    fn end(&mut self, ending: Ending) {
        self.state = State::Ended;
        self.lines.clear();
        self.demands.push_back(Demand::End(ending));
    }
}
