//! A submission session (RFC 5321, 3207, 4954, 6409).

use std::collections::VecDeque;

use crate::line::{LineBuffer, REPLY_LINE_LIMIT, quote};
use crate::outcome::Reason;
use crate::sasl::{Exchange, Mechanism};
use crate::session::{Ending, Failure, Step, Success, Terms};

/// The most lines of one reply.
const LINES_LIMIT: usize = 100;

/// RFC 4954 §4: the longest AUTH command, without CRLF.
const AUTH_LIMIT: usize = 12_286;

#[derive(Debug)]
pub(crate) struct Smtp {
    terms: Terms,
    protected: bool,
    lines: LineBuffer,
    /// The lines of the reply that is coming in.
    reply: Vec<String>,
    reply_code: u16,
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
    Content,
    Data,
    Ended,
    Greeting,
    /// Waiting for the end of the handshake.
    Handshake,
    Hello,
    /// Waiting for the answer to HELO, which only a defect says.
    HelloWithoutExtensions,
    Recipient,
    Sender,
    Starttls,
}

/// What the server offers in its answer to EHLO.
#[derive(Debug, Default)]
struct Offers {
    starttls: bool,
    authentication: bool,
    mechanisms: Vec<Mechanism>,
}

impl Offers {
    fn add(&mut self, more: Self) {
        self.starttls |= more.starttls;
        self.authentication |= more.authentication;
        self.mechanisms.extend(more.mechanisms);
    }
}

struct Reply {
    code: u16,
    lines: Vec<String>,
}

impl Reply {
    fn describe(&self) -> String {
        let text = self.lines.last().map_or("", String::as_str);
        format!("{} {}", self.code, quote(text.as_bytes()))
    }
}

impl Smtp {
    pub(crate) fn new(terms: Terms, protected: bool) -> Self {
        let users = VecDeque::from(terms.users());
        Self {
            terms,
            protected,
            lines: LineBuffer::default(),
            reply: Vec::new(),
            reply_code: 0,
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
            State::Handshake if self.terms.rules.refuses_buffered_plaintext() => {
                self.plaintext_after_starttls()
            }
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
        self.hello();
        self.read();
    }

    pub(crate) fn silent(&mut self, how: &str) {
        let (reason, step) = match self.state {
            State::Ended => return,
            State::Greeting => (Reason::Unreachable, "greeting"),
            State::Hello if !self.protected => (Reason::Unreachable, "reply to EHLO"),
            State::Starttls => (Reason::StarttlsProtocolError, "reply to STARTTLS"),
            State::Handshake => (Reason::TlsFailed, "handshake"),
            // A server may well close after a login name that it rejects.
            State::Authenticating(_) if self.users.is_empty() => return self.rejected(),
            State::Authenticating(_) => (Reason::ProtocolError, "reply to AUTH"),
            State::Content => (Reason::ProtocolError, "reply to the message"),
            State::Data | State::Hello | State::HelloWithoutExtensions | State::Recipient | State::Sender => {
                (Reason::ProtocolError, "reply")
            }
        };
        let mut failure = Failure::new(reason, format!("{how} instead of a {step}"));
        failure.is_final = matches!(self.state, State::Content);
        self.end(Ending::Failed(failure));
    }

    fn read(&mut self) {
        while !matches!(self.state, State::Ended | State::Handshake) {
            match self.next_reply() {
                Ok(Some(reply)) => self.on_reply(reply),
                Ok(None) => break,
                Err(problem) => {
                    let reason = match self.state {
                        State::Starttls => Reason::StarttlsProtocolError,
                        _ => Reason::ProtocolError,
                    };
                    self.fail(reason, problem);
                }
            }
        }
    }

    /// Joins the lines of one reply (RFC 5321 §4.2.1).
    fn next_reply(&mut self) -> Result<Option<Reply>, String> {
        while let Some(line) =
            self.lines.next_line(REPLY_LINE_LIMIT).map_err(|_| "a reply line is too long".to_owned())?
        {
            let (code, is_last, text) =
                split_line(&line).ok_or_else(|| format!("{:?} is no reply line", quote(&line)))?;
            if !self.reply.is_empty() && code != self.reply_code {
                return Err("a reply's lines have different codes".to_owned());
            }
            self.reply_code = code;
            self.reply.push(String::from_utf8_lossy(text).into_owned());
            if self.reply.len() > LINES_LIMIT {
                return Err("a reply has too many lines".to_owned());
            }
            if is_last {
                return Ok(Some(Reply { code, lines: std::mem::take(&mut self.reply) }));
            }
        }
        Ok(None)
    }

    fn on_reply(&mut self, reply: Reply) {
        match &self.state {
            State::Authenticating(_) => self.on_authentication(&reply),
            State::Content => match reply.code {
                250 => self.succeed(),
                _ => self.unexpected("the message", &reply),
            },
            State::Data => match reply.code {
                354 => self.send_content(),
                _ => self.unexpected("DATA", &reply),
            },
            State::Ended | State::Handshake => {}
            State::Greeting => match reply.code {
                220 => self.hello(),
                400..=499 | 554 => {
                    self.fail(Reason::Unreachable, format!("greeted with {}", reply.describe()))
                }
                _ => self.unexpected("the connection", &reply),
            },
            State::Hello => self.on_hello(&reply),
            State::HelloWithoutExtensions => match reply.code {
                250 => self.authenticate(),
                _ => self.unexpected("HELO", &reply),
            },
            State::Recipient => match reply.code {
                250 | 251 => self.command("DATA", State::Data),
                _ => self.unexpected("RCPT", &reply),
            },
            State::Sender => match reply.code {
                250 => {
                    let recipient = format!("RCPT TO:<{}>", self.terms.request.address);
                    self.command(&recipient, State::Recipient);
                }
                // RFC 4954 §6: authentication required.
                530 if !self.terms.rules.authenticates_first() && self.user.is_empty() => self.log_in(),
                _ => self.unexpected("MAIL", &reply),
            },
            State::Starttls => self.on_starttls(&reply),
        }
    }

    fn on_hello(&mut self, reply: &Reply) {
        match reply.code {
            // RFC 3207 §4.2: what was heard before TLS is forgotten.
            250 if self.terms.rules.forgets_capabilities() => self.offers = offers(reply),
            250 => self.offers.add(offers(reply)),
            421 => return self.fail(Reason::Unreachable, reply.describe()),
            _ if !self.terms.rules.requires_ehlo() && !self.protected => {
                return self.command("HELO [127.0.0.1]", State::HelloWithoutExtensions);
            }
            // HELO has no extensions, so it is no way on.
            _ if self.terms.upgrade && !self.protected => {
                return self.fail(Reason::StarttlsNotOffered, format!("EHLO rejected: {}", reply.describe()));
            }
            _ => return self.unexpected("EHLO", reply),
        }
        if self.terms.upgrade && !self.protected {
            if self.offers.starttls {
                self.command("STARTTLS", State::Starttls);
            } else if self.terms.rules.requires_offered_starttls() {
                self.quit();
                self.fail(Reason::StarttlsNotOffered, "the server does not offer STARTTLS");
            } else {
                self.authenticate();
            }
        } else {
            self.authenticate();
        }
    }

    fn on_starttls(&mut self, reply: &Reply) {
        match reply.code {
            220 if !self.lines.is_empty() && self.terms.rules.refuses_buffered_plaintext() => {
                self.plaintext_after_starttls();
            }
            220 => {
                self.state = State::Handshake;
                self.steps.push_back(Step::StartTls);
            }
            _ if !self.terms.rules.requires_accepted_starttls() => self.authenticate(),
            400..=599 => {
                self.quit();
                self.fail(Reason::StarttlsRefused, format!("STARTTLS answered with {}", reply.describe()));
            }
            _ => self
                .fail(Reason::StarttlsProtocolError, format!("STARTTLS answered with {}", reply.describe())),
        }
    }

    fn authenticate(&mut self) {
        if self.terms.rules.authenticates_first() { self.log_in() } else { self.send_message() }
    }

    fn log_in(&mut self) {
        let mechanism = match self.terms.choose(&self.offered_mechanisms()) {
            Some(mechanism) => mechanism,
            None if !self.offers.mechanisms.is_empty() => {
                return self.fail(
                    Reason::MechanismNotAllowed,
                    "the server offers no mechanism that the policy allows",
                );
            }
            None if self.offers.authentication || self.terms.rules.requires_offered_authentication() => {
                let why = if self.terms.authentication_required { ", which the policy requires" } else { "" };
                return self.fail(Reason::AuthNotOffered, format!("no usable AUTH is offered{why}"));
            }
            None => return self.send_message(),
        };
        match self.users.pop_front() {
            Some(user) => {
                let password = self.terms.request.password.reveal();
                let exchange = Exchange::new(mechanism, &user, password, AUTH_LIMIT);
                self.user = user;
                let command = exchange.command.clone();
                self.command(&command, State::Authenticating(exchange));
            }
            None => self.rejected(),
        }
    }

    fn rejected(&mut self) {
        self.end(Ending::Rejected("the server rejects both login names".to_owned()));
    }

    /// What the server offers, inside TLS. In clear, where only a defect leads, servers rightly offer nothing;
    /// the careless client then sends what it has.
    fn offered_mechanisms(&self) -> Vec<Mechanism> {
        if self.protected { self.offers.mechanisms.clone() } else { Mechanism::BY_PREFERENCE.to_vec() }
    }

    fn on_authentication(&mut self, reply: &Reply) {
        let State::Authenticating(exchange) = &mut self.state else { return };
        match reply.code {
            235 if self.terms.exchanges() => self.send_message(),
            235 => self.succeed(),
            334 => match exchange.respond() {
                Some(response) => self.line(&response),
                None => self.unexpected("AUTH", reply),
            },
            400..=499 => self.fail(Reason::Unreachable, format!("AUTH answered with {}", reply.describe())),
            500..=599 => self.log_in(),
            _ => self.unexpected("AUTH", reply),
        }
    }

    fn send_message(&mut self) {
        let sender = format!("MAIL FROM:<{}>", self.terms.request.address);
        self.command(&sender, State::Sender);
    }

    fn send_content(&mut self) {
        if !self.lines.is_empty() {
            return self.spoke_too_early();
        }
        self.state = State::Content;
        self.steps.push_back(Step::Send(transparent(&self.terms.request.message)));
    }

    /// Speaks first.
    pub(crate) fn begin(&mut self) {
        self.hello();
    }

    fn hello(&mut self) {
        // The client's own name is nobody's business before TLS, and of no use after it.
        self.command("EHLO [127.0.0.1]", State::Hello);
    }

    fn succeed(&mut self) {
        self.quit();
        let user = std::mem::take(&mut self.user);
        self.end(Ending::Succeeded(Success { user, retrieved: None, note: None }));
    }

    /// Sends a command whose reply is handled in `next`. The server must have nothing to say before it.
    fn command(&mut self, command: &str, next: State) {
        let after_handshake = matches!(self.state, State::Handshake);
        if !self.lines.is_empty() && !after_handshake {
            return self.spoke_too_early();
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

    fn unexpected(&mut self, to: &str, reply: &Reply) {
        self.fail(Reason::ProtocolError, format!("{to} answered with {}", reply.describe()));
    }

    fn spoke_too_early(&mut self) {
        self.fail(Reason::ProtocolError, "the server answers what was not asked");
    }

    fn plaintext_after_starttls(&mut self) {
        self.fail(Reason::PlaintextAfterStarttls, "plain text follows the answer to STARTTLS");
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

/// Code, whether it is the reply's last line, and text (RFC 5321 §4.2).
fn split_line(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (digits, rest) = line.split_at_checked(3)?;
    let &[first @ b'2'..=b'5', second @ b'0'..=b'5', third @ b'0'..=b'9'] = digits else { return None };
    let code = [first, second, third].iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match rest.split_first() {
        None => Some((code, true, rest)),
        Some((b' ', text)) => Some((code, true, text)),
        Some((b'-', text)) => Some((code, false, text)),
        Some(_) => None,
    }
}

fn offers(reply: &Reply) -> Offers {
    let mut offers = Offers::default();
    // The first line is the greeting, whatever it looks like (RFC 5321 §4.1.1.1).
    for line in reply.lines.iter().skip(1) {
        let (keyword, parameters) = line.split_once(' ').unwrap_or((line, ""));
        if keyword.eq_ignore_ascii_case("STARTTLS") {
            offers.starttls = true;
        } else if keyword.eq_ignore_ascii_case("AUTH") {
            offers.authentication = true;
            offers.mechanisms.extend(Mechanism::known(parameters));
        }
    }
    offers
}

/// A message as DATA carries it: CRLF line ends, dots doubled, and the end mark (RFC 5321 §4.5.2).
fn transparent(message: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(message.len() + 16);
    let text = message.strip_suffix(b"\n").unwrap_or(message);
    for line in text.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.starts_with(b".") {
            content.push(b'.');
        }
        // A lone CR would be an end of line to some servers and not to others.
        content.extend(line.iter().filter(|&&byte| byte != b'\r'));
        content.extend_from_slice(b"\r\n");
    }
    content.extend_from_slice(b".\r\n");
    content
}
