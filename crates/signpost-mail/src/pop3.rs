//! POP3 (RFC 1939) with APOP, CAPA (RFC 2449), STLS (RFC 2595) and AUTH (RFC 5034).

use std::sync::Arc;

use data_encoding::{BASE64, HEXLOWER};
use signpost_sasl::digest::apop;
use signpost_transcript::Transfer;

use crate::dialogue::{Dialogue, Line};
use crate::fault::ServerFaultName;
use crate::login::{APOP, Answer};
use crate::maildrop::{Maildrop, Message};
use crate::sasl::{Attempt, Exchange, Next, Proof};
use crate::turn::Turn;
use crate::{ServerFaultKind, Step};

/// The server's state.
#[derive(Debug)]
pub(crate) struct Pop3 {
    maildrop: Arc<Maildrop>,
    state: State,
    errors: usize,
    failed: bool,
}

#[derive(Debug)]
enum State {
    Auth(Exchange),
    Authorization {
        user: Option<String>,
    },
    /// The messages as they were at the login, and which of them are marked as deleted.
    Transaction {
        messages: Vec<Message>,
        deleted: Vec<bool>,
    },
}

/// After this many errors the client is a stranger to the protocol and is sent away.
const MOST_ERRORS: usize = 20;

impl Dialogue for Pop3 {
    fn greet(&mut self, turn: &mut Turn<'_>) {
        let host = &turn.spec.hostname;
        let greeting = match timestamp(turn) {
            Some(timestamp) => format!("+OK {host} ready {timestamp}\r\n"),
            None => format!("+OK {host} ready\r\n"),
        };
        turn.reply(Step::Greeting, greeting);
    }

    fn line(&mut self, line: Line<'_>, turn: &mut Turn<'_>) {
        if turn.secure() && !self.failed {
            self.failed = true;
            if let Some(fault) = turn.apply(ServerFaultName::FailureAfterTls, "the first command failed") {
                turn.reply(Step::Other, negative(fault, "[SYS/TEMP] out of order"));
                turn.close();
                return;
            }
        }
        match std::mem::replace(&mut self.state, State::Authorization { user: None }) {
            State::Auth(exchange) => {
                let response = String::from_utf8_lossy(line.content);
                let answer = turn.respond(exchange, response.trim_end());
                self.proceed(answer, turn);
            }
            State::Authorization { user } => self.authorization(line, user, turn),
            State::Transaction { messages, mut deleted } => {
                if self.transaction(line, &messages, &mut deleted, turn) {
                    self.state = State::Transaction { messages, deleted };
                }
            }
        }
    }

    fn overflow(&mut self, turn: &mut Turn<'_>) {
        turn.reply(Step::Other, "-ERR line or session too long\r\n");
    }

    fn tls_unavailable(&self) -> &'static str {
        "-ERR [SYS/TEMP] TLS is not available\r\n"
    }

    fn forget(&mut self) {
        *self = Self::new(Arc::clone(&self.maildrop));
    }

    fn end(&mut self, _: &mut Turn<'_>) {}
}

impl Pop3 {
    pub(crate) fn new(maildrop: Arc<Maildrop>) -> Self {
        Self { maildrop, state: State::Authorization { user: None }, errors: 0, failed: false }
    }

    fn authorization(&mut self, line: Line<'_>, user: Option<String>, turn: &mut Turn<'_>) {
        let (word, arguments) = line.command();
        match word.as_str() {
            "CAPA" => self.capa(turn),
            "STLS" => self.stls(turn),
            "AUTH" => self.auth(&arguments, turn),
            "USER" if turn.auth_allowed() => {
                self.state = State::Authorization { user: Some(arguments) };
                turn.reply(Step::Auth, "+OK and the password?\r\n");
            }
            "USER" => {
                // The name is kept for the observation of a PASS that comes all the same.
                self.state = State::Authorization { user: Some(arguments) };
                let refusal = refusal(turn);
                self.error(Step::Auth, refusal, turn);
            }
            "PASS" => {
                // A password may hold spaces, also at its ends: it is all that follows the first space.
                let text = String::from_utf8_lossy(line.content);
                let password = text.split_once(' ').map_or("", |(_, password)| password).to_owned();
                let allowed = user.is_some() && turn.auth_allowed();
                let user = user.unwrap_or_default();
                let proof = Proof::Password(password);
                let attempt = Attempt { mechanism: "USER".to_owned(), user, proof };
                let refusal = if turn.auth_allowed() { "-ERR USER first\r\n" } else { refusal(turn) };
                if allowed {
                    let answer = turn.answer(Next::Done(attempt));
                    self.proceed(answer, turn);
                } else {
                    turn.log_in(&attempt, false);
                    self.error(Step::Auth, refusal, turn);
                }
            }
            "APOP" => self.apop(&arguments, turn),
            "QUIT" => {
                turn.reply(Step::Quit, "+OK bye\r\n");
                turn.close();
            }
            _ => self.error(Step::Other, "-ERR unknown command, or not logged in\r\n", turn),
        }
    }

    fn apop(&mut self, arguments: &str, turn: &mut Turn<'_>) {
        let (user, digest) = arguments.split_once(' ').unwrap_or((arguments, ""));
        let timestamp = timestamp(turn).filter(|_| turn.auth_allowed());
        let right = timestamp.as_ref().map(|timestamp| apop(timestamp, &turn.spec.account.password));
        let is_right = right.is_some_and(|right| digest == HEXLOWER.encode(&right));
        let proof = if is_right { Proof::Right(None) } else { Proof::Wrong };
        let attempt = Attempt { mechanism: "APOP".to_owned(), user: user.to_owned(), proof };
        if timestamp.is_some() {
            let answer = turn.answer(Next::Done(attempt));
            self.proceed(answer, turn);
        } else {
            turn.log_in(&attempt, false);
            self.error(Step::Auth, "-ERR [AUTH] no APOP here\r\n", turn);
        }
    }

    fn capa(&mut self, turn: &mut Turn<'_>) {
        if let Some(fault) = turn.reject_capabilities("CAPA was rejected") {
            return self.error(Step::Capabilities, &negative(fault, "unknown command"), turn);
        }
        let mut reply = "+OK\r\nTOP\r\nUIDL\r\nPIPELINING\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n".to_owned();
        if turn.offers_starttls() {
            reply.push_str("STLS\r\n");
        }
        let mechanisms = turn.mechanisms();
        if !mechanisms.is_empty() {
            if !turn.has(ServerFaultName::WeakMechanisms) {
                reply.push_str("USER\r\n");
            }
            reply.push_str(&format!("SASL {}\r\n", mechanisms.join(" ")));
        }
        reply.push_str(".\r\n");
        turn.reply(Step::Capabilities, reply);
    }

    fn stls(&mut self, turn: &mut Turn<'_>) {
        if turn.secure() || turn.exposed {
            return self.error(Step::Starttls, "-ERR TLS began before\r\n", turn);
        }
        if turn.apply(ServerFaultName::StripStarttls, "STLS was answered as unknown").is_some() {
            return self.error(Step::Starttls, "-ERR unknown command\r\n", turn);
        }
        if let Some(fault) = turn.apply(ServerFaultName::RefuseStarttls, "STLS was refused") {
            turn.reply(Step::Starttls, negative(fault, "[SYS/TEMP] TLS is not available"));
            return;
        }
        if let Some(fault) = turn.apply(ServerFaultName::OddStarttls, "STLS was answered oddly") {
            turn.reply(Step::Starttls, format!("{}\r\n", fault.line().unwrap_or("+ go on")));
            return;
        }
        let mut reply = "+OK go on\r\n".to_owned();
        let injected = "+OK\r\nUSER\r\nSASL PLAIN LOGIN\r\n.\r\n";
        if let Some(fault) =
            turn.apply(ServerFaultName::PlaintextAfterStarttls, "plaintext followed the reply")
        {
            reply.push_str(fault.octets().unwrap_or(injected));
        }
        turn.reply(Step::Starttls, reply);
        if turn.script.said("+OK") {
            turn.start_tls(self.tls_unavailable());
        }
    }

    fn auth(&mut self, arguments: &str, turn: &mut Turn<'_>) {
        let (mechanism, initial) = match arguments.split_once(' ') {
            Some((mechanism, initial)) => (mechanism, Some(initial.trim())),
            None => (arguments, None),
        };
        let mechanisms = turn.mechanisms();
        if mechanism.is_empty() && turn.auth_allowed() {
            turn.reply(Step::Auth, format!("+OK\r\n{}\r\n.\r\n", mechanisms.join("\r\n")));
            return;
        }
        let is_offered = mechanisms.iter().any(|offered| offered.eq_ignore_ascii_case(mechanism));
        if turn.auth_allowed() && is_offered && turn.refuse_mechanism(mechanism).is_none() {
            let answer = turn.begin(mechanism, initial);
            return self.proceed(answer, turn);
        }
        turn.overhear(mechanism, initial);
        let refusal = match turn.refuse_mechanism(mechanism) {
            Some(fault) => &negative(fault, "no such mechanism after all"),
            None if turn.auth_allowed() => "-ERR unknown mechanism\r\n",
            None => refusal(turn),
        };
        self.error(Step::Auth, refusal, turn);
    }

    fn proceed(&mut self, answer: Answer, turn: &mut Turn<'_>) {
        match answer {
            Answer::Cancelled => turn.reply(Step::Auth, "-ERR cancelled\r\n"),
            Answer::Malformed => self.error(Step::Auth, "-ERR malformed response\r\n", turn),
            Answer::Challenge(challenge, exchange) => {
                turn.reply(Step::Auth, format!("+ {}\r\n", BASE64.encode(&challenge)));
                self.state = State::Auth(exchange);
            }
            Answer::No => {
                let fault = turn.fault(ServerFaultName::RejectCredentials);
                self.error(Step::Auth, &negative(fault, "[AUTH] the credentials are wrong"), turn);
            }
            Answer::Yes => {
                let messages = self.maildrop.messages();
                let deleted = vec![false; messages.len()];
                turn.reply(Step::Auth, format!("+OK {} messages\r\n", messages.len()));
                self.state = State::Transaction { messages, deleted };
            }
        }
    }

    /// Returns whether the transaction goes on.
    fn transaction(
        &mut self,
        line: Line<'_>,
        messages: &[Message],
        deleted: &mut [bool],
        turn: &mut Turn<'_>,
    ) -> bool {
        let (word, arguments) = line.command();
        let mut arguments = arguments.split_whitespace();
        let present = |deleted: &[bool], number: Option<&str>| -> Option<usize> {
            let index = number?.parse::<usize>().ok()?.checked_sub(1)?;
            (deleted.get(index) == Some(&false)).then_some(index)
        };
        let listing = |word: &str, index: usize| match word {
            "UIDL" => format!("{} {}", index + 1, messages[index].unique_id),
            _ => format!("{} {}", index + 1, messages[index].content.len()),
        };
        const NO_SUCH_MESSAGE: &str = "-ERR no such message\r\n";
        match word.as_str() {
            "CAPA" => self.capa(turn),
            "NOOP" => turn.reply(Step::Noop, "+OK\r\n"),
            "RSET" => {
                deleted.fill(false);
                turn.reply(Step::Rset, "+OK\r\n");
            }
            "STAT" => {
                let left = messages.iter().zip(deleted.iter()).filter(|(_, deleted)| !**deleted);
                let (count, octets) = left.fold((0, 0), |(count, octets), (message, _)| {
                    (count + 1, octets + message.content.len())
                });
                turn.reply(Step::Stat, format!("+OK {count} {octets}\r\n"));
            }
            "LIST" | "UIDL" => {
                let step = if word == "LIST" { Step::List } else { Step::Uidl };
                match arguments.next() {
                    None => {
                        let lines = (0..messages.len()).filter(|index| !deleted[*index]);
                        let lines: String = lines.map(|index| listing(&word, index) + "\r\n").collect();
                        turn.reply(step, format!("+OK\r\n{lines}.\r\n"));
                    }
                    number => match present(deleted, number) {
                        Some(index) => turn.reply(step, format!("+OK {}\r\n", listing(&word, index))),
                        None => self.error(step, NO_SUCH_MESSAGE, turn),
                    },
                }
            }
            "RETR" | "TOP" => {
                let index = present(deleted, arguments.next());
                let lines = arguments.next().and_then(|lines| lines.parse::<usize>().ok());
                match (index, word == "TOP", lines) {
                    (Some(index), false, _) => hand_out(&messages[index].content, turn),
                    (Some(index), true, Some(lines)) => hand_out(top(&messages[index].content, lines), turn),
                    (Some(_), true, None) => {
                        self.error(Step::Retr, "-ERR TOP needs a number of lines\r\n", turn);
                    }
                    (None, ..) => self.error(Step::Retr, NO_SUCH_MESSAGE, turn),
                }
            }
            "DELE" => match present(deleted, arguments.next()) {
                Some(index) => {
                    deleted[index] = true;
                    turn.reply(Step::Dele, "+OK\r\n");
                }
                None => self.error(Step::Dele, NO_SUCH_MESSAGE, turn),
            },
            "QUIT" => {
                let gone = messages.iter().zip(deleted.iter()).filter(|(_, deleted)| **deleted);
                let gone: Vec<String> = gone.map(|(message, _)| message.unique_id.clone()).collect();
                self.maildrop.delete(&gone);
                turn.reply(Step::Quit, "+OK bye\r\n");
                turn.close();
                return false;
            }
            _ => self.error(Step::Other, "-ERR unknown command\r\n", turn),
        }
        true
    }

    fn error(&mut self, step: Step, reply: &str, turn: &mut Turn<'_>) {
        self.errors += 1;
        turn.reply(step, reply);
        if self.errors > MOST_ERRORS {
            turn.close();
        }
    }
}

/// What the digest of APOP is made of, if the server has it (RFC 1939 §7). It stands among the mechanisms and is none of SASL.
fn timestamp(turn: &Turn<'_>) -> Option<String> {
    let offers = turn.spec.mechanisms.iter().any(|mechanism| mechanism == APOP);
    offers.then(|| format!("<{}.697170952@{}>", turn.connection.0, turn.spec.hostname))
}

fn refusal(turn: &Turn<'_>) -> &'static str {
    if turn.secure() { "-ERR unknown command\r\n" } else { "-ERR [SYS/PERM] STLS first\r\n" }
}

fn hand_out(content: &[u8], turn: &mut Turn<'_>) {
    turn.mail(Transfer::Retrieved, content.len());
    turn.reply(Step::Retr, multi_line(&format!("+OK {} octets\r\n", content.len()), content));
}

/// Header, empty line and the first `lines` lines of the body.
fn top(content: &[u8], lines: usize) -> &[u8] {
    let body = content.windows(4).position(|window| window == b"\r\n\r\n").map_or(content.len(), |at| at + 4);
    let mut end = body;
    for _ in 0..lines {
        let Some(length) = content[end..].iter().position(|octet| *octet == b'\n') else {
            return content;
        };
        end += length + 1;
    }
    &content[..end]
}

/// A multi-line response (RFC 1939 §3): dot-stuffed, ended by CRLF, dot, CRLF.
fn multi_line(first: &str, content: &[u8]) -> Vec<u8> {
    let mut reply = first.as_bytes().to_vec();
    for line in content.split_inclusive(|octet| *octet == b'\n') {
        if line.first() == Some(&b'.') {
            reply.push(b'.');
        }
        reply.extend_from_slice(line);
    }
    if !content.is_empty() && !content.ends_with(b"\r\n") {
        reply.extend_from_slice(b"\r\n");
    }
    reply.extend_from_slice(b".\r\n");
    reply
}

/// The reply that a fault wants, or its default.
fn negative<'a>(fault: impl Into<Option<&'a ServerFaultKind>>, text: &str) -> String {
    format!("-ERR {}\r\n", fault.into().and_then(ServerFaultKind::line).unwrap_or(text))
}
