//! One connection's conversation without I/O: the client's bytes in, actions out.

use std::sync::Arc;

use signpost_protocol::Service;
use signpost_transcript::Channel;

use crate::dialogue::{Action, Dialogue, Line, Seen, Turn};
use crate::maildrop::Maildrop;
use crate::pop3::Pop3;
use crate::script::Script;
use crate::smtp::Smtp;
use crate::{ServerSpec, leak};

/// The state of one connection.
pub(crate) struct Session {
    spec: Arc<ServerSpec>,
    dialogue: Box<dyn Dialogue>,
    script: Script,
    channel: Channel,
    exposed: bool,
    /// The beginning of a line whose end has not come.
    pending: Vec<u8>,
    received: usize,
    ended: bool,
}

impl Session {
    pub(crate) fn new(spec: Arc<ServerSpec>, maildrop: &Arc<Maildrop>) -> Self {
        let dialogue: Box<dyn Dialogue> = match spec.label.service() {
            Service::Pop3 => Box::new(Pop3::new(Arc::clone(maildrop))),
            Service::Submission => Box::new(Smtp::default()),
        };
        Self {
            spec,
            dialogue,
            script: Script::default(),
            channel: Channel::Clear,
            exposed: false,
            pending: Vec::new(),
            received: 0,
            ended: false,
        }
    }

    pub(crate) fn channel(&self) -> Channel {
        self.channel
    }

    /// The connection was accepted.
    pub(crate) fn open(&mut self) -> Vec<Action> {
        if self.spec.label.is_implicit_tls() {
            return self.turn(|_, turn| turn.start_tls());
        }
        self.greet()
    }

    /// The handshake was completed.
    pub(crate) fn secured(&mut self) -> Vec<Action> {
        self.channel = Channel::Tls;
        self.ended = false;
        self.pending.clear();
        self.dialogue.forget();
        if self.spec.label.is_implicit_tls() { self.greet() } else { Vec::new() }
    }

    /// The handshake failed, or TLS broke. Should the client go on in clear, it is answered as an attacker would.
    pub(crate) fn exposed(&mut self) {
        self.channel = Channel::Clear;
        self.exposed = true;
        self.pending.clear();
        self.dialogue.forget();
        self.script.resume();
        self.ended = false;
    }

    /// The client sent bytes.
    pub(crate) fn receive(&mut self, bytes: &[u8]) -> Vec<Action> {
        let mut actions = Vec::new();
        let mut rest = bytes;
        while !self.ended && !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
            let (part, after) = rest.split_at(end);
            rest = after;
            // Counted as it is taken, so that the limit strikes at the same place however the input is cut.
            self.received += part.len();
            let limits = self.spec.limits;
            if self.received > limits.connection || self.pending.len() + part.len() > limits.line {
                self.pending.clear();
                self.ended = true;
                actions.append(&mut self.turn(|dialogue, turn| {
                    dialogue.overflow(turn);
                    turn.close();
                }));
                break;
            }
            self.pending.extend_from_slice(part);
            if self.pending.last() == Some(&b'\n') {
                let line = std::mem::take(&mut self.pending);
                actions.append(&mut self.line(&line));
            }
        }
        self.script.release(&mut actions);
        actions
    }

    /// The client closed the connection, or fell silent for too long.
    pub(crate) fn end(&mut self) -> Vec<Action> {
        let rest = std::mem::take(&mut self.pending);
        let mut actions = self.turn(|dialogue, turn| dialogue.end(turn));
        actions.extend(self.leaked(&rest));
        actions.retain(|action| matches!(action, Action::Observe(_)));
        actions
    }

    fn greet(&mut self) -> Vec<Action> {
        let mut actions = self.turn(|dialogue, turn| dialogue.greet(turn));
        self.script.release(&mut actions);
        actions
    }

    fn line(&mut self, line: &[u8]) -> Vec<Action> {
        let content = &line[..line.len() - 1];
        let crlf = content.ends_with(b"\r");
        let line = Line { content: if crlf { &content[..content.len() - 1] } else { content }, crlf };
        let mut actions = self.turn(|dialogue, turn| dialogue.line(line, turn));
        let seen = actions.iter().any(|action| matches!(action, Action::Observe(Seen::Credential { .. })));
        if !seen {
            actions.extend(self.leaked(line.content));
        }
        // What the client sent behind STARTTLS was not protected, whoever wrote it, and is thrown away.
        self.ended =
            actions.iter().any(|action| matches!(action, Action::Close | Action::Cut | Action::StartTls(_)));
        actions
    }

    /// Credentials that came where no command expected them.
    fn leaked(&self, line: &[u8]) -> Option<Action> {
        let (mechanism, user) = leak::find(line, &self.spec.account)?;
        Some(Action::Observe(Seen::Credential { mechanism: mechanism.to_owned(), user, accepted: false }))
    }

    fn turn(&mut self, speak: impl FnOnce(&mut dyn Dialogue, &mut Turn<'_>)) -> Vec<Action> {
        let mut actions = Vec::new();
        let mut turn = Turn {
            spec: &self.spec,
            channel: self.channel,
            exposed: self.exposed,
            script: &mut self.script,
            actions: &mut actions,
        };
        speak(self.dialogue.as_mut(), &mut turn);
        actions
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use signpost_pki::{CertificateSpec, Pki};
    use signpost_protocol::Label;

    use super::*;
    use crate::{Account, Fault, FaultKind, FaultParams, Limits, Step};

    fn session(label: Label, faults: Vec<Fault>) -> Session {
        let now =
            rustls::pki_types::UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_795_000_000));
        let pki = Pki::build(&[CertificateSpec::new("leaf")], &[], now).unwrap();
        let identity = pki.identity("leaf").unwrap();
        let spec = ServerSpec {
            name: "server".to_owned(),
            label,
            identity: identity.name.clone(),
            tls: Arc::new(identity.server_config().unwrap()),
            hostname: "mail.example.com".to_owned(),
            account: Account { user: "alice@example.com".to_owned(), password: "secret".to_owned() },
            mailbox: vec![b"Subject: one\r\n\r\nfirst\r\n".to_vec()],
            faults,
            limits: Limits { line: 200, connection: 2000, ..Limits::default() },
        };
        let maildrop = Arc::new(Maildrop::new(&spec.mailbox));
        Session::new(Arc::new(spec), &maildrop)
    }

    fn faults() -> impl Strategy<Value = Vec<Fault>> {
        let fault =
            (proptest::sample::select(FaultKind::ALL), proptest::sample::select(Step::ALL), "[^\r\n]{0,20}");
        let fault = fault.prop_map(|(kind, step, text)| {
            let takes = |key| kind.parameters().contains(&key);
            let step = if step == Step::Handshake { Step::Greeting } else { step };
            let params = FaultParams {
                delay: takes("delay_ms").then_some(std::time::Duration::ZERO),
                mechanisms: takes("mechanisms").then(|| vec!["LOGIN".to_owned()]),
                step: takes("step").then_some(step),
                text: takes("text").then_some(text),
                ..FaultParams::default()
            };
            Fault::new("mail:*", kind, params).unwrap()
        });
        proptest::collection::vec(fault, 0..3)
    }

    /// Commands that lead somewhere, and octets that lead nowhere.
    fn input() -> impl Strategy<Value = Vec<u8>> {
        let commands: &[&str] = &[
            "EHLO client\r\n",
            "HELO client\r\n",
            "CAPA\r\n",
            "STARTTLS\r\n",
            "STLS\r\n",
            "AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHNlY3JldA==\r\n",
            "AUTH PLAIN\r\n",
            "AUTH LOGIN\r\n",
            "AUTH\r\n",
            "AGFsaWNlQGV4YW1wbGUuY29tAHNlY3JldA==\r\n",
            "YWxpY2VAZXhhbXBsZS5jb20=\r\n",
            "c2VjcmV0\r\n",
            "*\r\n",
            "USER alice@example.com\r\n",
            "PASS secret\r\n",
            "MAIL FROM:<alice@example.com>\r\n",
            "RCPT TO:<bob@example.com>\r\n",
            "DATA\r\n",
            ".\r\n",
            "..\r\n",
            "RSET\r\n",
            "STAT\r\n",
            "LIST\r\n",
            "LIST 1\r\n",
            "UIDL 18446744073709551616\r\n",
            "RETR 1\r\n",
            "TOP 1 1\r\n",
            "TOP 1 18446744073709551615\r\n",
            "DELE 1\r\n",
            "QUIT\r\n",
            "NOOP\n",
        ];
        let word = prop_oneof![
            4 => proptest::sample::select(commands).prop_map(|command| command.as_bytes().to_vec()),
            1 => proptest::collection::vec(any::<u8>(), 0..300),
        ];
        proptest::collection::vec(word, 0..30).prop_map(|words| words.concat())
    }

    fn said(actions: &[Action]) -> Vec<u8> {
        let sends = actions.iter().filter_map(|action| match action {
            Action::Send(bytes) => Some(bytes.as_slice()),
            _ => None,
        });
        sends.collect::<Vec<_>>().concat()
    }

    /// Found by `how_the_input_is_cut_changes_nothing`: the octets of a whole read were counted before its first
    /// line was answered.
    #[test]
    fn lines_before_the_limit_are_answered() {
        let mut session = session(Label::Submission, Vec::new());
        let actions = session.receive(&b"NOOP\r\n".repeat(1000));
        let answered = actions.iter().filter(|action| **action == Action::Send(b"250 2.0.0 ok\r\n".to_vec()));
        assert_eq!(answered.count(), 2000 / 6);
        assert_eq!(actions.last(), Some(&Action::Close));
    }

    proptest! {
        #[test]
        fn no_octets_make_it_panic_or_talk_after_the_end(
            label in proptest::sample::select(Label::ALL),
            faults in faults(),
            input in input(),
            secure in any::<bool>(),
        ) {
            let mut session = session(label, faults);
            session.open();
            if secure {
                session.secured();
            }
            let actions = session.receive(&input);
            let ends = |action: &Action| matches!(action, Action::Close | Action::Cut | Action::StartTls(_));
            let end = actions.iter().position(ends);
            let after = end.map_or(&[][..], |end| &actions[end + 1..]);
            prop_assert!(after.iter().all(|action| matches!(action, Action::Observe(_))), "{after:?}");
            if end.is_some() {
                prop_assert!(said(&session.receive(b"NOOP\r\nQUIT\r\n")).is_empty());
            }
            prop_assert!(session.pending.len() <= 200);
            session.end();
        }

        #[test]
        fn how_the_input_is_cut_changes_nothing(
            label in proptest::sample::select(Label::ALL),
            input in input(),
            size in 1..50_usize,
        ) {
            let whole = {
                let mut session = session(label, Vec::new());
                session.secured();
                session.receive(&input)
            };
            let mut session = session(label, Vec::new());
            session.secured();
            let pieces: Vec<Action> = input.chunks(size).flat_map(|piece| session.receive(piece)).collect();
            prop_assert_eq!(pieces, whole);
        }

        #[test]
        fn an_honest_server_lets_nobody_in_in_clear(
            label in proptest::sample::select(&[Label::Pop3, Label::Submission]),
            input in input(),
        ) {
            let mut session = session(label, Vec::new());
            session.open();
            let accepted = session.receive(&input).into_iter().any(|action| {
                matches!(action, Action::Observe(Seen::Credential { accepted: true, .. }))
            });
            prop_assert!(!accepted);
        }
    }
}
