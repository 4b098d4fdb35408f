//! One connection's conversation without I/O: the client's bytes in, effects out.

use std::sync::Arc;

use signpost_protocol::Service;
use signpost_serve::{Effect, Script, Session};
use signpost_transcript::{Channel, ConnectionId, Event};

use crate::dialogue::{Dialogue, Line};
use crate::fault::ServerFaultName;
use crate::imap::Imap;
use crate::maildrop::Maildrop;
use crate::pop3::Pop3;
use crate::smtp::Smtp;
use crate::turn::Turn;
use crate::{ServerSpec, Step, leak, tampering};

/// What a server says on one connection to a mailbox that nobody else reads, without I/O: for whoever has a connection of
/// another kind.
#[must_use]
pub fn session(spec: Arc<ServerSpec>, connection: ConnectionId) -> Box<dyn Session> {
    let maildrop = Arc::new(Maildrop::new(&spec.mailbox));
    Box::new(MailSession::new(spec, &maildrop, connection))
}

/// The state of one connection.
pub(crate) struct MailSession {
    spec: Arc<ServerSpec>,
    connection: ConnectionId,
    dialogue: Box<dyn Dialogue>,
    script: Script<Step>,
    /// Which faults were observed already, apart from the script's.
    applied: Vec<usize>,
    channel: Channel,
    exposed: bool,
    /// The beginning of a line whose end has not come.
    pending: Vec<u8>,
    received: usize,
    ended: bool,
}

impl MailSession {
    pub(crate) fn new(spec: Arc<ServerSpec>, maildrop: &Arc<Maildrop>, connection: ConnectionId) -> Self {
        let dialogue: Box<dyn Dialogue> = match spec.label.service() {
            Service::Imap => Box::new(Imap::new(Arc::clone(maildrop))),
            Service::Pop3 => Box::new(Pop3::new(Arc::clone(maildrop))),
            Service::Mx | Service::Submission => Box::new(Smtp::default()),
        };
        Self {
            script: Script::new(tampering::rules(&spec.faults)),
            spec,
            connection,
            dialogue,
            applied: Vec::new(),
            channel: Channel::Clear,
            exposed: false,
            pending: Vec::new(),
            received: 0,
            ended: false,
        }
    }
}

impl Session for MailSession {
    fn open(&mut self) -> Vec<Effect> {
        if !self.spec.label.is_implicit_tls() {
            return self.greet();
        }
        let mut in_clear = false;
        let mut effects = self.turn(|_, turn| {
            let fault = turn.apply(ServerFaultName::GreetsInClear, "the greeting came in clear");
            in_clear = fault.is_some();
        });
        effects.extend(if in_clear {
            self.greet()
        } else {
            self.turn(|dialogue, turn| turn.start_tls(dialogue.tls_unavailable()))
        });
        effects
    }

    fn secured(&mut self) -> Vec<Effect> {
        self.channel = Channel::Tls;
        self.ended = false;
        self.pending.clear();
        self.dialogue.forget();
        // Who has greeted in clear does not greet again.
        if self.spec.label.is_implicit_tls()
            && !self.applied.iter().any(|index| self.greeted_in_clear(*index))
        {
            self.greet()
        } else {
            Vec::new()
        }
    }

    /// Should the client go on in clear, it is answered as an attacker would: a login is offered and let in, since a client
    /// that would give its password away here has to get the chance. An honest server answering 530 would hide the leak.
    fn exposed(&mut self) {
        self.channel = Channel::Clear;
        self.exposed = true;
        self.pending.clear();
        self.dialogue.forget();
        self.script.resume();
        self.ended = false;
    }

    fn receive(&mut self, bytes: &[u8], _: Channel) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut rest = bytes;
        while !self.ended && !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
            let (part, after) = rest.split_at(end);
            rest = after;
            // Counted as it is taken, so that the limit strikes at the same place however the input is cut.
            self.received += part.len();
            let limits = self.spec.limits;
            if self.received > limits.serving.octets || self.pending.len() + part.len() > limits.line {
                self.pending.clear();
                self.ended = true;
                effects.append(&mut self.turn(|dialogue, turn| {
                    dialogue.overflow(turn);
                    turn.close();
                }));
                break;
            }
            self.pending.extend_from_slice(part);
            if self.pending.last() == Some(&b'\n') {
                let line = std::mem::take(&mut self.pending);
                effects.append(&mut self.line(&line));
            }
        }
        self.script.release(&mut effects);
        effects
    }

    fn end(&mut self) -> Vec<Event> {
        let rest = std::mem::take(&mut self.pending);
        let effects = self.turn(|dialogue, turn| dialogue.end(turn));
        let seen = effects.into_iter().filter_map(|effect| match effect {
            Effect::Observe(event) => Some(event),
            _ => None,
        });
        seen.chain(self.leaked(&rest)).collect()
    }
}

impl MailSession {
    fn greeted_in_clear(&self, applied: usize) -> bool {
        self.spec.faults.get(applied).is_some_and(|fault| fault.kind.is(ServerFaultName::GreetsInClear))
    }

    fn greet(&mut self) -> Vec<Effect> {
        let mut effects = self.turn(|dialogue, turn| dialogue.greet(turn));
        self.script.release(&mut effects);
        effects
    }

    fn line(&mut self, line: &[u8]) -> Vec<Effect> {
        let content = &line[..line.len() - 1];
        let crlf = content.ends_with(b"\r");
        let line = Line { content: if crlf { &content[..content.len() - 1] } else { content }, crlf };
        let mut effects = self.turn(|dialogue, turn| dialogue.line(line, turn));
        let seen = effects.iter().any(|effect| matches!(effect, Effect::Observe(Event::Credential { .. })));
        if !seen {
            effects.extend(self.leaked(line.content).map(Effect::Observe));
        }
        // What the client sent behind STARTTLS was not protected, whoever wrote it, and is thrown away.
        self.ended =
            effects.iter().any(|effect| matches!(effect, Effect::Close | Effect::Cut | Effect::StartTls(_)));
        effects
    }

    /// Credentials that came where no command expected them.
    fn leaked(&self, line: &[u8]) -> Option<Event> {
        let (mechanism, user) = leak::find(line, &self.spec.account)?;
        Some(Event::Credential {
            connection: self.connection,
            channel: self.channel,
            mechanism: mechanism.to_owned(),
            user,
            accepted: false,
        })
    }

    fn turn(&mut self, speak: impl FnOnce(&mut dyn Dialogue, &mut Turn<'_>)) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut turn = Turn {
            spec: &self.spec,
            connection: self.connection,
            channel: self.channel,
            exposed: self.exposed,
            script: &mut self.script,
            applied: &mut self.applied,
            effects: &mut effects,
        };
        speak(self.dialogue.as_mut(), &mut turn);
        effects
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use signpost_pki::{CertificateSpec, Pki};
    use signpost_protocol::Label;

    use signpost_serve::Handshake;

    use super::*;
    use crate::{Account, Limits, ReplyLine, ServerFault, ServerFaultKind, Step};

    fn session(label: Label, faults: Vec<ServerFault>) -> MailSession {
        let now =
            rustls::pki_types::UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_795_000_000));
        let pki = Pki::build(&[CertificateSpec::new("leaf")], &[], now).unwrap();
        let identity = pki.identity("leaf").unwrap();
        let spec = ServerSpec {
            name: "server".to_owned(),
            label,
            identity: identity.name.clone().into(),
            tls: Arc::new(identity.server_config().unwrap()),
            hostname: "mail.example.com".to_owned(),
            hosts: Vec::new(),
            account: Account { user: "alice@example.com".to_owned(), password: "secret".to_owned() },
            mechanisms: ["SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN"].map(str::to_owned).to_vec(),
            mailbox: vec![b"Subject: one\r\n\r\nfirst\r\n".to_vec()],
            faults,
            limits: Limits {
                line: 200,
                serving: signpost_serve::Limits { octets: 2000, ..signpost_serve::Limits::default() },
                ..Limits::default()
            },
        };
        let maildrop = Arc::new(Maildrop::new(&spec.mailbox));
        MailSession::new(Arc::new(spec), &maildrop, ConnectionId(1))
    }

    fn faults() -> impl Strategy<Value = Vec<ServerFault>> {
        let kinds: Vec<ServerFaultKind> = ServerFaultKind::all().collect();
        let steps: Vec<Step> = Step::all().filter(|step| *step != Step::Handshake).collect();
        let fault = (proptest::sample::select(kinds), proptest::sample::select(steps), "[^\r\n]{0,20}")
            .prop_map(|(kind, step, text)| ServerFault {
                number: 1,
                at: "mail:*".to_owned(),
                kind: with_parameters(kind, step, text),
            });
        proptest::collection::vec(fault, 0..3)
    }

    /// The kind with this step and text, where it takes them.
    fn with_parameters(mut kind: ServerFaultKind, at: Step, said: String) -> ServerFaultKind {
        match &mut kind {
            ServerFaultKind::Close { step, .. }
            | ServerFaultKind::Flood { step, .. }
            | ServerFaultKind::Merge { step, .. }
            | ServerFaultKind::Silence { step, .. } => *step = at,
            ServerFaultKind::Delay { step, .. } | ServerFaultKind::Split { step, .. } => *step = Some(at),
            ServerFaultKind::Say { step, text, .. } => (*step, *text) = (at, said),
            ServerFaultKind::EhloRejected { text, .. }
            | ServerFaultKind::RefuseMechanism { text, .. }
            | ServerFaultKind::FailureAfterTls { text, .. }
            | ServerFaultKind::OddStarttls { text, .. }
            | ServerFaultKind::RefuseStarttls { text, .. }
            | ServerFaultKind::RejectCredentials { text, .. } => *text = ReplyLine::try_from(said).ok(),
            ServerFaultKind::HandshakeCleartextError { text }
            | ServerFaultKind::PlaintextAfterStarttls { text } => *text = Some(said),
            // Those of an honest server would be no fault.
            ServerFaultKind::WeakMechanisms { mechanisms } => {
                *mechanisms = vec!["X-UNKNOWN".to_owned()].try_into().unwrap();
            }
            _ => {}
        }
        kind
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
            "AUTH CRAM-MD5\r\n",
            "AUTH SCRAM-SHA-256\r\n",
            "AUTH SCRAM-SHA-256 biwsbj1hbGljZSxyPWFiYw==\r\n",
            "biwsbj1hbGljZSxyPWFiYw==\r\n",
            "Yz1iaXdzLHI9YWJjMXNpZ25wb3N0LHA9QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE9\r\n",
            "a AUTHENTICATE SCRAM-SHA-256 biwsbj1hbGljZSxyPWFiYw==\r\n",
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
            "a CAPABILITY\r\n",
            "a STARTTLS\r\n",
            "a LOGIN alice@example.com secret\r\n",
            "a LOGIN {17}\r\n",
            "alice@example.com {6+}\r\n",
            "secret\r\n",
            "a LOGIN {4294967295}\r\n",
            "a AUTHENTICATE PLAIN\r\n",
            "a AUTHENTICATE PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHNlY3JldA==\r\n",
            "a SELECT INBOX\r\n",
            "a FETCH 1:* (UID FLAGS BODY.PEEK[]<4294967295.1>)\r\n",
            "a UID FETCH 4294967295:1,* (RFC822.HEADER BODY[TEXT])\r\n",
            "a STORE 1 +FLAGS (\\Deleted)\r\n",
            "a UID SEARCH ALL\r\n",
            "a CLOSE\r\n",
            "a LOGOUT\r\n",
        ];
        let word = prop_oneof![
            4 => proptest::sample::select(commands).prop_map(|command| command.as_bytes().to_vec()),
            1 => proptest::collection::vec(any::<u8>(), 0..300),
        ];
        proptest::collection::vec(word, 0..30).prop_map(|words| words.concat())
    }

    fn said(effects: &[Effect]) -> Vec<u8> {
        let sends = effects.iter().filter_map(|effect| match effect {
            Effect::Send(bytes) => Some(bytes.as_slice()),
            _ => None,
        });
        sends.collect::<Vec<_>>().concat()
    }

    /// Found by `how_the_input_is_cut_changes_nothing`: the octets of a whole read were counted before its first
    /// line was answered.
    #[test]
    fn lines_before_the_limit_are_answered() {
        let mut session = session(Label::Submission, Vec::new());
        let effects = session.receive(&b"NOOP\r\n".repeat(1000), Channel::Clear);
        let answered = effects.iter().filter(|effect| **effect == Effect::Send(b"250 2.0.0 ok\r\n".to_vec()));
        assert_eq!(answered.count(), 2000 / 6);
        assert_eq!(effects.last(), Some(&Effect::Close));
    }

    /// What goes out in a whole dialogue, and whether a fault said that it was applied. A client that waits for each reply
    /// sends one line after the other; one that does not sends all that it has to say inside TLS at once.
    fn played(label: Label, faults: Vec<ServerFault>, waits: bool) -> (Vec<Effect>, bool) {
        let (in_clear, inside): (&[&str], &str) = match label.service() {
            Service::Imap => (
                &["a1 CAPABILITY", "a2 STARTTLS"],
                "b1 CAPABILITY|a9 AUTHENTICATE PLAIN|*|b0 AUTHENTICATE SCRAM-SHA-256 biwsbj1hbGljZSxyPWFiYw==|*|b2 LOGIN alice@example.com secret|b3 SELECT INBOX|b4 LIST \"\" *|b5 SEARCH ALL|\
                 b6 STATUS INBOX (MESSAGES)|b7 FETCH 1 BODY[]|b8 EXPUNGE|b9 XYZ|c1 NOOP|c2 LOGOUT",
            ),
            Service::Mx => (
                &["EHLO client", "STARTTLS"],
                "EHLO client|NOOP|MAIL FROM:<a@example.com>|RCPT TO:<b@example.com>|DATA|Subject: x|.|RSET|VRFY b|NOOP|QUIT",
            ),
            Service::Submission => (
                &["EHLO client", "AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHNlY3JldA==", "STARTTLS"],
                "EHLO client|AUTH SCRAM-SHA-256 biwsbj1hbGljZSxyPWFiYw==|*|AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHNlY3JldA==|NOOP|MAIL FROM:<a@example.com>|\
                 RCPT TO:<b@example.com>|DATA|Subject: x|.|RSET|VRFY b|NOOP|QUIT",
            ),
            Service::Pop3 => (
                &["CAPA", "USER alice@example.com", "STLS"],
                "CAPA|AUTH PLAIN|*|AUTH SCRAM-SHA-256 biwsbj1hbGljZSxyPWFiYw==|*|USER alice@example.com|PASS secret|STAT|LIST|UIDL|RETR 1|DELE 1|RSET|XYZ|NOOP|QUIT",
            ),
        };
        let mut session = session(label, faults);
        let mut effects = session.open();
        let mut channel = Channel::Clear;
        let begins_with_tls = effects.contains(&Effect::StartTls(Handshake::Honest));
        if begins_with_tls {
            channel = Channel::Tls;
            effects.extend(session.secured());
        }
        let in_clear = if begins_with_tls { &[] } else { in_clear };
        let mut lines: Vec<String> = in_clear.iter().map(|line| format!("{line}\r\n")).collect();
        let inside = inside.split('|').map(|line| format!("{line}\r\n"));
        if waits {
            lines.extend(inside);
        } else {
            lines.push(inside.collect());
        }
        for line in lines {
            let said = session.receive(line.as_bytes(), channel);
            let handshake = said.iter().find_map(|effect| match effect {
                Effect::StartTls(handshake) => Some(handshake.clone()),
                _ => None,
            });
            effects.extend(said);
            match handshake {
                Some(Handshake::Honest) => {
                    channel = Channel::Tls;
                    effects.extend(session.secured());
                }
                Some(_) => session.exposed(),
                None => {}
            }
        }
        let applied = effects.iter().any(|effect| matches!(effect, Effect::Observe(Event::Fault { .. })));
        effects.retain(|effect| !matches!(effect, Effect::Observe(_)));
        (effects, applied)
    }

    /// A fault that a protocol ignores would make a case of which nothing can be seen.
    #[test]
    fn every_kind_changes_what_is_on_the_wire_in_each_service_it_applies_to() {
        for label in Service::ALL.iter().flat_map(|service| service.labels().iter().copied()) {
            let honest = [true, false].map(|waits| played(label, Vec::new(), waits));
            assert!(honest.iter().all(|(_, applied)| !applied));
            let kinds = ServerFaultKind::all();
            // What happens before TLS by command does not happen where there is none; the rest is the same inside TLS.
            for kind in
                kinds.filter(|kind| !label.is_implicit_tls() || kind.is(ServerFaultName::GreetsInClear))
            {
                let steps: Vec<Step> = if kind.step().is_some() || kind.is(ServerFaultName::Delay) {
                    Step::all().filter(|step| *step != Step::Handshake).collect()
                } else {
                    vec![Step::Other]
                };
                for step in steps {
                    let kind = with_parameters(kind.clone(), step, "what".to_owned());
                    let fault = ServerFault { number: 1, at: "mail:*".to_owned(), kind: kind.clone() };
                    let (changed, applied): (Vec<_>, Vec<_>) = [true, false]
                        .into_iter()
                        .map(|waits| played(label, vec![fault.clone()], waits))
                        .zip(&honest)
                        .map(|((said, applied), (right, _))| (said != *right, applied))
                        .unzip();
                    let is_seen = changed.contains(&true);
                    assert_eq!(changed, applied, "{kind:?} in {label}: what is said to be applied is");
                    assert_eq!(is_seen, kind.applies_to(label), "{kind:?} in {label}");
                }
            }
        }
    }

    /// The digest is that of the greeting's timestamp, and nobody takes it in clear.
    #[test]
    fn apop_lets_in_who_knows_the_password_inside_tls_alone() {
        let text = |effects: &[Effect]| String::from_utf8(said(effects)).unwrap();
        let login = |secure: bool, password: &str| {
            let mut session = session(Label::Pop3, Vec::new());
            let spec = Arc::make_mut(&mut session.spec);
            spec.mechanisms = vec!["APOP".to_owned(), "PLAIN".to_owned()];
            let greeting = text(&session.open());
            let timestamp = "<1.697170952@mail.example.com>";
            assert!(greeting.contains(timestamp), "{greeting}");
            if secure {
                session.secured();
            }
            let capabilities = text(&session.receive(b"CAPA\r\n", Channel::Clear));
            assert!(!capabilities.contains("APOP"), "{capabilities}");
            let digest = data_encoding::HEXLOWER.encode(&signpost_sasl::digest::apop(timestamp, password));
            text(&session.receive(format!("APOP alice {digest}\r\n").as_bytes(), Channel::Clear))
        };
        assert!(login(true, "secret").starts_with("+OK"));
        assert!(login(true, "Secret").starts_with("-ERR"));
        assert!(login(false, "secret").starts_with("-ERR"));
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
            let effects = session.receive(&input, Channel::Clear);
            let ends = |effect: &Effect| matches!(effect, Effect::Close | Effect::Cut | Effect::StartTls(_));
            let end = effects.iter().position(ends);
            let after = end.map_or(&[][..], |end| &effects[end + 1..]);
            prop_assert!(after.iter().all(|effect| matches!(effect, Effect::Observe(_))), "{after:?}");
            if end.is_some() {
                prop_assert!(said(&session.receive(b"NOOP\r\nQUIT\r\n", Channel::Clear)).is_empty());
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
                session.receive(&input, Channel::Clear)
            };
            let mut session = session(label, Vec::new());
            session.secured();
            let pieces: Vec<Effect> = input.chunks(size).flat_map(|piece| session.receive(piece, Channel::Clear)).collect();
            prop_assert_eq!(pieces, whole);
        }

        #[test]
        fn an_honest_server_lets_nobody_in_in_clear(
            label in proptest::sample::select(&[Label::Imap, Label::Mx, Label::Pop3, Label::Submission]),
            input in input(),
        ) {
            let mut session = session(label, Vec::new());
            session.open();
            let accepted = session.receive(&input, Channel::Clear).into_iter().any(|effect| {
                matches!(effect, Effect::Observe(Event::Credential { accepted: true, .. }))
            });
            prop_assert!(!accepted);
        }
    }
}
