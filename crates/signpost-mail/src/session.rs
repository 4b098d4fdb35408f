//! One connection's conversation without I/O: the client's bytes in, actions out.

use std::sync::Arc;

use signpost_transcript::Channel;

use crate::dialogue::{Action, Dialogue, Line, Seen, Turn};
use crate::maildrop::Maildrop;
use crate::pop3::Pop3;
use crate::script::Script;
use crate::smtp::Smtp;
use crate::{ServerSpec, Service, leak};

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
        let dialogue: Box<dyn Dialogue> = match spec.service {
            Service::Pop3 | Service::Pop3s => Box::new(Pop3::new(Arc::clone(maildrop))),
            Service::Submission | Service::Submissions => Box::new(Smtp::default()),
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
        if self.spec.service.is_implicit_tls() {
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
        if self.spec.service.is_implicit_tls() { self.greet() } else { Vec::new() }
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
        self.received += bytes.len();
        let mut rest = bytes;
        while !self.ended && !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
            let (part, after) = rest.split_at(end);
            rest = after;
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
        self.ended = actions.iter().any(|action| matches!(action, Action::Close | Action::StartTls(_)));
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
