//! SMTP as a submission server and an exchange speak it (RFC 5321, 6409, 3207, 4954).

use data_encoding::BASE64;
use signpost_transcript::Transfer;

use crate::dialogue::{Dialogue, Line};
use crate::fault::ServerFaultName;
use crate::login::Answer;
use crate::sasl::Exchange;
use crate::turn::Turn;
use crate::{ServerFaultKind, Step};

/// The server's state.
#[derive(Debug, Default)]
pub(crate) struct Smtp {
    greeted: bool,
    authenticated: bool,
    sender: bool,
    recipients: usize,
    mode: Mode,
    errors: usize,
    failed: bool,
}

#[derive(Debug, Default)]
enum Mode {
    Auth(Exchange),
    #[default]
    Command,
    Message {
        octets: usize,
        /// Whether the line before ended in CRLF, so that a dot may end the message.
        at_line_start: bool,
    },
}

/// After this many errors the client is a stranger to the protocol and is sent away.
const MOST_ERRORS: usize = 20;
const MOST_RECIPIENTS: usize = 100;

impl Dialogue for Smtp {
    fn greet(&mut self, turn: &mut Turn<'_>) {
        let greeting = format!("220 {} ESMTP signpost\r\n", turn.spec.hostname);
        turn.reply(Step::Greeting, greeting);
    }

    fn line(&mut self, line: Line<'_>, turn: &mut Turn<'_>) {
        if turn.secure() && !self.failed {
            self.failed = true;
            if let Some(fault) = turn.apply(ServerFaultName::FailureAfterTls, "the first command failed") {
                turn.reply(Step::Other, answer_of(fault, 421, "4.3.0 out of order"));
                turn.close();
                return;
            }
        }
        match std::mem::take(&mut self.mode) {
            Mode::Command => self.command(line, turn),
            Mode::Auth(exchange) => {
                let response = String::from_utf8_lossy(line.content);
                let answer = turn.respond(exchange, response.trim_end());
                self.proceed(answer, turn);
            }
            Mode::Message { octets, at_line_start } => self.content(line, octets, at_line_start, turn),
        }
    }

    fn overflow(&mut self, turn: &mut Turn<'_>) {
        self.end(turn);
        turn.reply(Step::Other, "500 5.5.6 line or session too long\r\n");
    }

    fn tls_unavailable(&self) -> &'static str {
        "454 4.7.0 TLS is not available\r\n"
    }

    fn forget(&mut self) {
        *self = Self::default();
    }

    fn end(&mut self, turn: &mut Turn<'_>) {
        if let Mode::Message { octets, .. } = std::mem::take(&mut self.mode) {
            turn.mail(Transfer::Submitted, octets);
        }
    }
}

impl Smtp {
    fn command(&mut self, line: Line<'_>, turn: &mut Turn<'_>) {
        let (word, arguments) = line.command();
        match word.as_str() {
            "EHLO" => self.ehlo(&arguments, turn),
            "HELO" => {
                self.restart();
                self.greeted = true;
                turn.reply(Step::Capabilities, format!("250 {}\r\n", turn.spec.hostname));
            }
            "STARTTLS" => self.starttls(&arguments, turn),
            "AUTH" => self.auth(&arguments, turn),
            "MAIL" => self.mail(&arguments, turn),
            "RCPT" => self.rcpt(&arguments, turn),
            "DATA" if self.recipients > 0 => {
                turn.reply(Step::Data, "354 go on, end with a dot\r\n");
                if turn.script.said("354") {
                    self.mode = Mode::Message { octets: 0, at_line_start: true };
                }
            }
            "DATA" => self.error(Step::Data, "503 5.5.1 RCPT first\r\n", turn),
            "RSET" => {
                self.restart();
                turn.reply(Step::Rset, "250 2.0.0 ok\r\n");
            }
            "NOOP" => turn.reply(Step::Noop, "250 2.0.0 ok\r\n"),
            "VRFY" => turn.reply(Step::Other, "252 2.5.2 send some mail\r\n"),
            "QUIT" => {
                turn.reply(Step::Quit, "221 2.0.0 bye\r\n");
                turn.close();
            }
            _ => self.error(Step::Other, "500 5.5.1 unknown command\r\n", turn),
        }
    }

    fn ehlo(&mut self, name: &str, turn: &mut Turn<'_>) {
        if let Some(fault) = turn.reject_capabilities("EHLO was rejected") {
            return self.error(Step::Capabilities, &answer_of(fault, 502, "5.5.1 unknown command"), turn);
        }
        if name.is_empty() {
            return self.error(Step::Capabilities, "501 5.5.4 EHLO needs a name\r\n", turn);
        }
        self.restart();
        self.greeted = true;
        let mut keywords = vec![
            turn.spec.hostname.clone(),
            "PIPELINING".to_owned(),
            format!("SIZE {}", turn.spec.limits.message),
            "8BITMIME".to_owned(),
            "ENHANCEDSTATUSCODES".to_owned(),
        ];
        if turn.offers_starttls() {
            keywords.push("STARTTLS".to_owned());
        }
        let mechanisms = turn.mechanisms();
        if !mechanisms.is_empty() && !self.authenticated {
            keywords.push(format!("AUTH {}", mechanisms.join(" ")));
        }
        let last = keywords.len() - 1;
        let reply: String = keywords
            .iter()
            .enumerate()
            .map(|(index, keyword)| format!("250{}{keyword}\r\n", if index == last { ' ' } else { '-' }))
            .collect();
        turn.reply(Step::Capabilities, reply);
    }

    fn starttls(&mut self, arguments: &str, turn: &mut Turn<'_>) {
        if turn.secure() || turn.exposed {
            return self.error(Step::Starttls, "503 5.5.1 TLS began before\r\n", turn);
        }
        if turn.apply(ServerFaultName::StripStarttls, "STARTTLS was answered as unknown").is_some() {
            return self.error(Step::Starttls, "502 5.5.1 unknown command\r\n", turn);
        }
        if !arguments.is_empty() {
            return self.error(Step::Starttls, "501 5.5.4 STARTTLS takes no parameters\r\n", turn);
        }
        if let Some(fault) = turn.apply(ServerFaultName::RefuseStarttls, "STARTTLS was refused") {
            turn.reply(Step::Starttls, answer_of(fault, 454, "4.7.0 TLS is not available"));
            return;
        }
        if let Some(fault) = turn.apply(ServerFaultName::OddStarttls, "STARTTLS was answered oddly") {
            turn.reply(Step::Starttls, answer_of(fault, 354, "go on"));
            return;
        }
        let mut reply = "220 2.0.0 go on\r\n".to_owned();
        let injected = "250-signpost.invalid\r\n250 AUTH PLAIN LOGIN\r\n";
        if let Some(fault) =
            turn.apply(ServerFaultName::PlaintextAfterStarttls, "plaintext followed the reply")
        {
            reply.push_str(fault.octets().unwrap_or(injected));
        }
        turn.reply(Step::Starttls, reply);
        if turn.script.said("220") {
            turn.start_tls(self.tls_unavailable());
        }
    }

    fn auth(&mut self, arguments: &str, turn: &mut Turn<'_>) {
        let (mechanism, initial) = match arguments.split_once(' ') {
            Some((mechanism, initial)) => (mechanism, Some(initial.trim())),
            None => (arguments, None),
        };
        let offered = turn.mechanisms().iter().any(|offered| offered.eq_ignore_ascii_case(mechanism));
        let refusal = if mechanism.is_empty() {
            "501 5.5.4 AUTH needs a mechanism\r\n"
        } else if !self.greeted && turn.secure() {
            "503 5.5.1 EHLO first\r\n"
        } else if self.authenticated {
            "503 5.5.1 you are logged in\r\n"
        } else if !turn.auth_allowed() && !turn.secure() {
            "538 5.7.11 STARTTLS first\r\n"
        } else if !turn.auth_allowed() {
            "502 5.5.1 AUTH is not available\r\n"
        } else if !offered {
            "504 5.5.4 unknown mechanism\r\n"
        } else if let Some(fault) = turn.refuse_mechanism(mechanism) {
            &answer_of(fault, 504, "5.5.4 no such mechanism after all")
        } else {
            let answer = turn.begin(mechanism, initial);
            return self.proceed(answer, turn);
        };
        turn.overhear(mechanism, initial);
        self.error(Step::Auth, refusal, turn);
    }

    fn proceed(&mut self, answer: Answer, turn: &mut Turn<'_>) {
        match answer {
            Answer::Cancelled => turn.reply(Step::Auth, "501 5.7.0 cancelled\r\n"),
            Answer::Malformed => self.error(Step::Auth, "501 5.5.2 malformed response\r\n", turn),
            Answer::Challenge(challenge, exchange) => {
                turn.reply(Step::Auth, format!("334 {}\r\n", BASE64.encode(&challenge)));
                self.mode = Mode::Auth(exchange);
            }
            Answer::No => {
                let text = "5.7.8 the credentials are wrong";
                let fault = turn.fault(ServerFaultName::RejectCredentials);
                self.error(Step::Auth, &answer_of(fault, 535, text), turn);
            }
            Answer::Yes => {
                self.authenticated = true;
                turn.reply(Step::Auth, "235 2.7.0 welcome\r\n");
            }
        }
    }

    fn mail(&mut self, arguments: &str, turn: &mut Turn<'_>) {
        turn.mail(Transfer::Submitted, 0);
        if !self.greeted {
            self.error(Step::Mail, "503 5.5.1 EHLO first\r\n", turn);
        } else if !self.authenticated && !turn.mail_without_auth() {
            self.error(Step::Mail, "530 5.7.0 authentication required\r\n", turn);
        } else if self.sender {
            self.error(Step::Mail, "503 5.5.1 a message is under way\r\n", turn);
        } else if path(arguments, "FROM:").is_none() {
            self.error(Step::Mail, "501 5.5.4 expected FROM:<address>\r\n", turn);
        } else if declared_size(arguments).is_some_and(|size| size > turn.spec.limits.message) {
            self.error(Step::Mail, "552 5.3.4 message too big\r\n", turn);
        } else {
            self.sender = true;
            turn.reply(Step::Mail, "250 2.1.0 ok\r\n");
        }
    }

    fn rcpt(&mut self, arguments: &str, turn: &mut Turn<'_>) {
        if !self.sender {
            self.error(Step::Rcpt, "503 5.5.1 MAIL first\r\n", turn);
        } else if self.recipients == MOST_RECIPIENTS {
            self.error(Step::Rcpt, "452 4.5.3 too many recipients\r\n", turn);
        } else if path(arguments, "TO:").is_none_or(str::is_empty) {
            self.error(Step::Rcpt, "501 5.5.4 expected TO:<address>\r\n", turn);
        } else {
            self.recipients += 1;
            turn.reply(Step::Rcpt, "250 2.1.5 ok\r\n");
        }
    }

    fn content(&mut self, line: Line<'_>, octets: usize, at_line_start: bool, turn: &mut Turn<'_>) {
        // Only CRLF, dot, CRLF ends a message: anything looser lets one message smuggle another.
        if at_line_start && line.crlf && line.content == b"." {
            self.restart();
            turn.mail(Transfer::Submitted, octets);
            if octets > turn.spec.limits.message {
                turn.reply(Step::Message, "552 5.3.4 message too big\r\n");
            } else {
                turn.reply(Step::Message, "250 2.0.0 accepted\r\n");
            }
            return;
        }
        let stuffed = at_line_start && line.content.first() == Some(&b'.');
        let octets = octets + line.content.len() - usize::from(stuffed) + if line.crlf { 2 } else { 1 };
        self.mode = Mode::Message { octets, at_line_start: line.crlf };
    }

    fn restart(&mut self) {
        self.sender = false;
        self.recipients = 0;
    }

    fn error(&mut self, step: Step, reply: &str, turn: &mut Turn<'_>) {
        self.errors += 1;
        if self.errors > MOST_ERRORS {
            turn.reply(step, "421 4.7.0 too many errors\r\n");
            turn.close();
        } else {
            turn.reply(step, reply);
        }
    }
}

/// The reply that a fault wants, or its default.
fn answer_of<'a>(fault: impl Into<Option<&'a ServerFaultKind>>, code: u16, text: &str) -> String {
    let fault = fault.into();
    let code = fault.and_then(ServerFaultKind::code).unwrap_or(code);
    format!("{code} {}\r\n", fault.and_then(ServerFaultKind::line).unwrap_or(text))
}

/// The address of a forward or reverse path.
fn path<'a>(arguments: &'a str, keyword: &str) -> Option<&'a str> {
    let (start, rest) = arguments.split_at_checked(keyword.len())?;
    if !start.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let (address, _) = rest.trim_start().strip_prefix('<')?.split_once('>')?;
    Some(address)
}

/// The SIZE parameter of MAIL (RFC 1870).
fn declared_size(arguments: &str) -> Option<usize> {
    let parameters = arguments.split_once('>')?.1.to_ascii_uppercase();
    parameters.split_whitespace().find_map(|parameter| parameter.strip_prefix("SIZE=")?.parse().ok())
}
