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
    /// The login by a digest that the greeting invited to, if a defect is to use it.
    digest_login: Option<String>,
    state: State<P::Step>,
    demands: VecDeque<Demand>,
}

/// What is waited for.
#[derive(Debug)]
enum State<S> {
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
            // A server may well close after a login name that it rejects.
            State::Authenticating(_) | State::LoggingIn(_) if self.users.is_empty() => {
                return self.rejected();
            }
            State::Authenticating(_) | State::LoggingIn(_) => {
                (Reason::ProtocolError, format!("reply to {}", words.login), false)
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
                Err(Move::Fail(reason @ Reason::StarttlsNotOffered, detail)) => self.decline(reason, detail),
                Err(instead) => self.take(instead),
            },
            State::Declining(reason, detail) => {
                let (reason, detail) = (*reason, detail.clone());
                self.quit();
                self.fail(reason, detail);
            }
            State::Ended | State::Handshake => {}
            State::Greeting => match P::greeting(&reply) {
                Meaning::Yes => {
                    self.digest_login = P::digest_login(&reply, &self.terms.request.address.to_string());
                    self.begin();
                }
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
                let is_put_off = P::login(&reply) == Meaning::Later;
                let next = P::proceed(step, reply, &self.terms, !self.user.is_empty());
                if is_put_off
                    && !self.terms.rules.submits_once_if_put_off()
                    && let Move::Fail(reason, detail) = next
                {
                    return self.end(Ending::Failed(Failure::new(reason, detail)));
                }
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
        let rules = self.terms.rules;
        let is_hidden = !self.offers.listed && rules.tries_tls_where_nothing_is_listed();
        if self.protected || !self.terms.upgrade || (self.offers_login() && !rules.logs_in_inside_tls_only())
        {
            self.authenticate();
        } else if self.offers.upgrade || is_hidden {
            self.ask_for_tls();
        } else if self.offers.listed && rules.requires_offered_starttls() {
            self.decline(
                Reason::StarttlsNotOffered,
                format!("the server does not offer {}", P::WORDS.upgrade),
            );
        } else {
            self.authenticate();
        }
    }

    /// Whether the server offers some way to log in.
    fn offers_login(&self) -> bool {
        self.offers.authentication || self.offers.own_login || !self.offers.mechanisms.is_empty()
    }

    fn ask_for_tls(&mut self) {
        let words = P::WORDS;
        if self.terms.rules.says_nothing_behind_starttls() {
            self.command(words.upgrade, State::Upgrade);
        } else {
            self.command(&format!("{}\r\n{}", words.upgrade, words.capabilities), State::Upgrade);
        }
    }

    fn start_tls(&mut self) {
        self.state = State::Handshake;
        self.demands.push_back(Demand::StartTls);
    }

    /// Gives up on a server with which TLS is not to be had.
    fn decline(&mut self, reason: Reason, detail: String) {
        let rules = self.terms.rules;
        let careless = match self.digest_login.take() {
            Some(login) if !rules.avoids_apop_in_clear() => Some(login),
            _ if !rules.introduces_nobody_in_clear() && !self.offers.listed => P::introduce(&self.terms),
            _ => (!rules.names_nobody_in_clear()).then(|| P::ask_for_user(&self.terms)),
        };
        match careless {
            Some(command) => self.command(&command, State::Declining(reason, detail)),
            None => {
                self.quit();
                self.fail(reason, detail);
            }
        }
    }

    fn on_upgrade(&mut self, reply: &P::Reply) {
        let question = P::WORDS.upgrade;
        let rules = self.terms.rules;
        match P::upgrade(reply) {
            // Whoever sits between could put text behind the answer, which would then be taken for text that the
            // server sent under TLS.
            Meaning::Yes
                if !self.lines.is_empty()
                    && rules.refuses_buffered_plaintext()
                    && (rules.sees_half_a_line() || self.lines.has_line()) =>
            {
                self.plaintext_after_upgrade();
            }
            Meaning::Yes => {
                if rules.reads_nothing_from_before_tls() {
                    self.lines.clear();
                }
                self.start_tls();
            }
            _ if !rules.heeds_the_answer_to_starttls() => self.start_tls(),
            _ if !rules.reads_the_answer_to_starttls() && P::looks_like_success(reply) => self.start_tls(),
            _ if !rules.requires_accepted_starttls() => self.authenticate(),
            Meaning::Later | Meaning::No => {
                let detail = format!("{question} answered with {}", P::describe(reply));
                self.decline(Reason::StarttlsRefused, detail);
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
            let rules = self.terms.rules;
            let insists = if self.offers.authentication {
                rules.insists_on_a_known_mechanism()
            } else {
                rules.requires_offered_authentication()
            };
            if words.goes_without_login && !insists {
                let next = P::exchange(&self.terms);
                return self.take(next);
            }
            let why = if self.terms.authentication_required { ", which the policy requires" } else { "" };
            return self.fail(Reason::AuthNotOffered, format!("{}{why}", words.nothing_offered));
        }
        if let Some(login) = self.digest_login.take().filter(|_| !self.terms.rules.avoids_apop()) {
            self.user = self.terms.request.address.to_string();
            return self.command(&login, State::LoggingIn(VecDeque::new()));
        }
        let Some(user) = self.users.pop_front() else {
            if words.goes_without_login && !self.terms.rules.ends_with_a_rejection() {
                let next = P::exchange(&self.terms);
                return self.take(next);
            }
            return self.rejected();
        };
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
            (Meaning::Later, _) if !self.terms.rules.tells_later_from_no() => self.log_in(),
            (Meaning::No, _) if !self.terms.rules.keeps_what_was_rejected() => {
                self.fail(Reason::CredentialsRejected, P::describe(reply));
            }
            (Meaning::No, _) if P::is_usual_rejection(reply) || self.terms.rules.knows_every_rejection() => {
                self.log_in();
            }
            (Meaning::Later | Meaning::No, _) => {
                let detail = format!("{} answered with {}", P::WORDS.login, P::describe(reply));
                self.fail(Reason::Unreachable, detail);
            }
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
        let success = Success { user, retrieved, note };
        if self.terms.rules.leaves_without_an_answer() {
            self.end(Ending::Succeeded(success));
        } else {
            self.state = State::Leaving(success);
        }
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
        // Whatever came in the place of the right reply, the message may have been taken.
        let is_final = matches!(&self.state, State::Step(step) if self.protocol.silence(step).is_final);
        self.end(Ending::Failed(Failure { is_final, ..Failure::new(reason, detail) }));
    }

    fn end(&mut self, ending: Ending) {
        self.state = State::Ended;
        self.lines.clear();
        self.demands.push_back(Demand::End(ending));
    }
}
