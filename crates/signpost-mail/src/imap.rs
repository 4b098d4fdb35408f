//! IMAP (RFC 9051, RFC 3501) with STARTTLS, LOGIN, AUTHENTICATE and initial responses (RFC 4959).
//!
//! What comes is read by `imap-codec`, which knows the whole grammar; what is said is written here, because it is what a
//! fault may want to be wrong.

mod mailbox;

use std::sync::Arc;

use data_encoding::BASE64;
use imap_codec::decode::{CommandDecodeError, Decoder as _};
use imap_codec::imap_types::auth::AuthMechanism;
use imap_codec::imap_types::command::{Command, CommandBody};
use imap_codec::imap_types::core::{AString, LiteralMode};
use imap_codec::{CommandCodec, imap_types::IntoStatic as _};

use crate::dialogue::{Dialogue, Line};
use crate::fault::ServerFaultName;
use crate::login::Answer;
use crate::maildrop::Maildrop;
use crate::sasl::{Attempt, Exchange, Next, Proof};
use crate::turn::Turn;
use crate::{ServerFaultKind, Step};
use mailbox::Mailbox;

/// The server's state.
#[derive(Debug)]
pub(crate) struct Imap {
    maildrop: Arc<Maildrop>,
    /// The lines of a command whose end has not come: it holds a literal.
    coming: Vec<u8>,
    state: State,
    errors: usize,
    failed: bool,
}

#[derive(Debug)]
enum State {
    /// The tag of the AUTHENTICATE that waits for a response.
    Authenticating(String, Exchange),
    Authenticated,
    /// The mailbox as it was when it was selected.
    Selected(Mailbox),
    Stranger,
}

/// After this many errors the client is a stranger to the protocol and is sent away.
const MOST_ERRORS: usize = 20;
/// The longest literal that is taken: user names and passwords are short, and nothing is stored here.
const LONGEST_LITERAL: u32 = 4096;

impl Dialogue for Imap {
    fn greet(&mut self, turn: &mut Turn<'_>) {
        let host = &turn.spec.hostname;
        if turn.apply(ServerFaultName::Preauth, "the greeting says that the client is logged in").is_some() {
            self.state = State::Authenticated;
            turn.reply(Step::Greeting, format!("* PREAUTH {host} ready, welcome back\r\n"));
        } else {
            turn.reply(Step::Greeting, format!("* OK {host} ready\r\n"));
        }
    }

    fn line(&mut self, line: Line<'_>, turn: &mut Turn<'_>) {
        if turn.secure() && !self.failed {
            self.failed = true;
            if let Some(fault) = turn.apply(ServerFaultName::FailureAfterTls, "the first command failed") {
                let tag = first_word(line.content);
                turn.reply(Step::Other, no(&tag, fault, "[UNAVAILABLE] out of order"));
                turn.close();
                return;
            }
        }
        match std::mem::replace(&mut self.state, State::Stranger) {
            State::Authenticating(tag, exchange) => {
                let response = String::from_utf8_lossy(line.content);
                let answer = turn.respond(exchange, response.trim_end());
                self.proceed(tag, answer, turn);
            }
            state => {
                self.state = state;
                self.gather(line, turn);
            }
        }
    }

    fn overflow(&mut self, turn: &mut Turn<'_>) {
        turn.reply(Step::Other, "* BYE line or session too long\r\n");
    }

    fn tls_unavailable(&self) -> &'static str {
        "* BYE [UNAVAILABLE] TLS is not available\r\n"
    }

    fn forget(&mut self) {
        *self = Self::new(Arc::clone(&self.maildrop));
    }

    fn end(&mut self, _: &mut Turn<'_>) {}
}

impl Imap {
    pub(crate) fn new(maildrop: Arc<Maildrop>) -> Self {
        Self { maildrop, coming: Vec::new(), state: State::Stranger, errors: 0, failed: false }
    }

    /// Takes a line, and answers once the command is whole.
    fn gather(&mut self, line: Line<'_>, turn: &mut Turn<'_>) {
        self.coming.extend_from_slice(line.content);
        self.coming.extend_from_slice(b"\r\n");
        let come = std::mem::take(&mut self.coming);
        match CommandCodec::default().decode(&come) {
            Ok((_, command)) => self.command(command.into_static(), turn),
            // Of a literal that goes over several lines more is to come.
            Err(CommandDecodeError::Incomplete) => self.coming = come,
            Err(CommandDecodeError::LiteralFound { tag, length, mode }) => {
                if length > LONGEST_LITERAL {
                    let refusal = format!("{} NO [TOOBIG] the literal is too long\r\n", tag.inner());
                    return self.error(Step::Other, &refusal, turn);
                }
                if mode == LiteralMode::Sync {
                    turn.reply(Step::Auth, "+ go on\r\n");
                }
                self.coming = come;
            }
            Err(CommandDecodeError::Failed) => {
                let tag = first_word(line.content);
                let refusal = format!("{tag} BAD not a command, or with wrong arguments\r\n");
                self.error(Step::Other, &refusal, turn);
            }
        }
    }

    fn command(&mut self, command: Command<'static>, turn: &mut Turn<'_>) {
        let tag = command.tag.inner().to_owned();
        turn.script.tag(tag.as_bytes());
        match command.body {
            CommandBody::Capability => self.capability(&tag, turn),
            CommandBody::Noop => turn.reply(Step::Noop, format!("{tag} OK done\r\n")),
            CommandBody::Logout => {
                turn.reply(Step::Quit, format!("* BYE bye\r\n{tag} OK done\r\n"));
                turn.close();
            }
            CommandBody::StartTLS => self.starttls(&tag, turn),
            CommandBody::Authenticate { mechanism, initial_response } => {
                let initial = initial_response.map(|response| BASE64.encode(response.declassify()));
                self.authenticate(tag, &mechanism, initial.as_deref(), turn);
            }
            CommandBody::Login { username, password } => {
                self.login(&tag, &text(&username), text(password.declassify()), turn);
            }
            CommandBody::Id { .. } => turn.reply(Step::Other, format!("* ID NIL\r\n{tag} OK done\r\n")),
            body => self.mail(&tag, body, turn),
        }
    }

    fn capability(&mut self, tag: &str, turn: &mut Turn<'_>) {
        if let Some(fault) = turn.reject_capabilities("CAPABILITY was rejected") {
            let refusal = format!("{tag} BAD {}\r\n", fault.line().unwrap_or("unknown command"));
            return self.error(Step::Capabilities, &refusal, turn);
        }
        let mut listed = "* CAPABILITY IMAP4rev1 IMAP4rev2 SASL-IR ID NAMESPACE UNSELECT".to_owned();
        let is_stranger = matches!(self.state, State::Stranger);
        if is_stranger && turn.offers_starttls() {
            listed.push_str(" STARTTLS");
        }
        let mechanisms = turn.mechanisms();
        if is_stranger {
            for mechanism in &mechanisms {
                listed.push_str(&format!(" AUTH={mechanism}"));
            }
            if mechanisms.is_empty() || turn.has(ServerFaultName::WeakMechanisms) {
                listed.push_str(" LOGINDISABLED");
            }
        }
        turn.reply(Step::Capabilities, format!("{listed}\r\n{tag} OK done\r\n"));
    }

    fn starttls(&mut self, tag: &str, turn: &mut Turn<'_>) {
        if turn.secure() || turn.exposed || !matches!(self.state, State::Stranger) {
            let refusal = format!("{tag} BAD TLS began before, or it is too late for it\r\n");
            return self.error(Step::Starttls, &refusal, turn);
        }
        if turn.apply(ServerFaultName::StripStarttls, "STARTTLS was answered as unknown").is_some() {
            return self.error(Step::Starttls, &format!("{tag} BAD unknown command\r\n"), turn);
        }
        if let Some(fault) = turn.apply(ServerFaultName::RefuseStarttls, "STARTTLS was refused") {
            turn.reply(Step::Starttls, no(tag, fault, "[UNAVAILABLE] TLS is not available"));
            return;
        }
        if let Some(fault) = turn.apply(ServerFaultName::OddStarttls, "STARTTLS was answered oddly") {
            turn.reply(Step::Starttls, format!("{}\r\n", fault.line().unwrap_or("+ go on")));
            return;
        }
        let yes = format!("{tag} OK go on");
        let mut reply = format!("{yes}\r\n");
        let injected = "* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN\r\n";
        if let Some(fault) =
            turn.apply(ServerFaultName::PlaintextAfterStarttls, "plaintext followed the reply")
        {
            reply.push_str(fault.octets().unwrap_or(injected));
        }
        turn.reply(Step::Starttls, reply);
        if turn.script.said(&yes) {
            turn.start_tls(self.tls_unavailable());
        }
    }

    fn authenticate(
        &mut self,
        tag: String,
        mechanism: &AuthMechanism<'_>,
        initial: Option<&str>,
        turn: &mut Turn<'_>,
    ) {
        let name = mechanism.as_ref();
        let is_stranger = matches!(self.state, State::Stranger);
        let offered = turn.mechanisms().iter().any(|offered| offered.eq_ignore_ascii_case(name));
        if is_stranger && turn.auth_allowed() && offered && turn.refuse_mechanism(name).is_none() {
            let answer = turn.begin(name, initial);
            return self.proceed(tag, answer, turn);
        }
        turn.overhear(name, initial);
        let answer = if !is_stranger {
            format!("{tag} BAD you are logged in\r\n")
        } else if let Some(fault) = turn.refuse_mechanism(name) {
            no(&tag, fault, "[CANNOT] no such mechanism after all")
        } else if turn.auth_allowed() {
            format!("{tag} NO unknown mechanism\r\n")
        } else {
            format!("{tag} {}\r\n", refusal(turn))
        };
        self.error(Step::Auth, &answer, turn);
    }

    fn login(&mut self, tag: &str, user: &str, password: String, turn: &mut Turn<'_>) {
        let proof = Proof::Password(password);
        let attempt = Attempt { mechanism: "IMAP-LOGIN".to_owned(), user: user.to_owned(), proof };
        let is_stranger = matches!(self.state, State::Stranger);
        if is_stranger && turn.auth_allowed() {
            let answer = turn.answer(Next::Done(attempt));
            return self.proceed(tag.to_owned(), answer, turn);
        }
        turn.log_in(&attempt, false);
        let why = if is_stranger { refusal(turn) } else { "BAD you are logged in" };
        self.error(Step::Auth, &format!("{tag} {why}\r\n"), turn);
    }

    fn proceed(&mut self, tag: String, answer: Answer, turn: &mut Turn<'_>) {
        match answer {
            Answer::Cancelled => turn.reply(Step::Auth, format!("{tag} BAD cancelled\r\n")),
            Answer::Malformed => self.error(Step::Auth, &format!("{tag} BAD malformed response\r\n"), turn),
            Answer::Challenge(challenge, exchange) => {
                turn.reply(Step::Auth, format!("+ {}\r\n", BASE64.encode(&challenge)));
                self.state = State::Authenticating(tag, exchange);
            }
            Answer::No => {
                let fault = turn.fault(ServerFaultName::RejectCredentials);
                let refusal = no(&tag, fault, "[AUTHENTICATIONFAILED] the credentials are wrong");
                self.error(Step::Auth, &refusal, turn);
            }
            Answer::Yes => {
                turn.reply(Step::Auth, format!("{tag} OK welcome\r\n"));
                self.state = State::Authenticated;
            }
        }
    }

    /// What only those may ask for who are logged in.
    fn mail(&mut self, tag: &str, body: CommandBody<'static>, turn: &mut Turn<'_>) {
        match std::mem::replace(&mut self.state, State::Stranger) {
            State::Stranger | State::Authenticating(..) => {
                self.error(Step::Other, &format!("{tag} BAD log in first\r\n"), turn);
            }
            State::Authenticated => {
                let selected = mailbox::without_mailbox(tag, &body, &self.maildrop, turn);
                self.settle(selected, State::Authenticated, tag, turn);
            }
            State::Selected(mut mailbox) => {
                let selected = match mailbox.command(tag, &body, &self.maildrop, turn) {
                    mailbox::Answer::Unknown => mailbox::without_mailbox(tag, &body, &self.maildrop, turn),
                    answer => answer,
                };
                self.settle(selected, State::Selected(mailbox), tag, turn);
            }
        }
    }

    fn settle(&mut self, answer: mailbox::Answer, state: State, tag: &str, turn: &mut Turn<'_>) {
        self.state = match answer {
            mailbox::Answer::Said => state,
            mailbox::Answer::Selected(mailbox) => State::Selected(mailbox),
            mailbox::Answer::Left => State::Authenticated,
            mailbox::Answer::Unknown => {
                self.error(Step::Other, &format!("{tag} NO not here\r\n"), turn);
                state
            }
        };
    }

    fn error(&mut self, step: Step, reply: &str, turn: &mut Turn<'_>) {
        self.errors += 1;
        turn.reply(step, reply);
        if self.errors > MOST_ERRORS {
            turn.reply(Step::Other, "* BYE too many errors\r\n");
            turn.close();
        }
    }
}

fn refusal(turn: &Turn<'_>) -> &'static str {
    if turn.secure() { "BAD unknown command" } else { "NO [PRIVACYREQUIRED] STARTTLS first" }
}

/// The reply that a fault wants, or its default.
fn no<'a>(tag: &str, fault: impl Into<Option<&'a ServerFaultKind>>, text: &str) -> String {
    format!("{tag} NO {}\r\n", fault.into().and_then(ServerFaultKind::line).unwrap_or(text))
}

fn text(string: &AString<'_>) -> String {
    String::from_utf8_lossy(string.as_ref()).into_owned()
}

/// What stands for a tag in a line that is no command: visible ASCII, so that it can be repeated, or `*`, since an answer is
/// owed all the same.
fn first_word(line: &[u8]) -> String {
    let word = line.split(|octet| *octet == b' ').next().unwrap_or_default();
    let is_plain = !word.is_empty() && word.iter().all(|octet| octet.is_ascii_alphanumeric());
    if is_plain { String::from_utf8_lossy(word).into_owned() } else { "*".to_owned() }
}
