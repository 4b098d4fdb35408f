//! What every protocol's dialogue has in common: a turn to speak in, and the actions that come of it.

use std::time::Duration;

use signpost_protocol::Service;
use signpost_transcript::{Channel, Transfer};

use crate::sasl::Attempt;
use crate::script::Script;
use crate::{BrokenHandshake, Fault, FaultKind, FaultParams, ServerSpec, Step};

/// One protocol, spoken by an honest server. To add a protocol is to implement this in a file of its own.
pub(crate) trait Dialogue: Send {
    /// The server speaks first.
    fn greet(&mut self, turn: &mut Turn<'_>);

    /// The client sent a line.
    fn line(&mut self, line: Line<'_>, turn: &mut Turn<'_>);

    /// The client sent more than the server takes; the connection is closed after what is said here.
    fn overflow(&mut self, turn: &mut Turn<'_>);

    /// TLS began: what was said before is forgotten (RFC 3207 §4.2, RFC 2595 §4).
    fn forget(&mut self);

    /// The connection ended in the middle of whatever it was.
    fn end(&mut self, turn: &mut Turn<'_>);
}

/// A line of the client without its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) content: &'a [u8],
    /// Whether it ended in CRLF and not in a bare LF.
    pub(crate) crlf: bool,
}

impl Line<'_> {
    /// The command word in upper case, and its arguments without outer spaces.
    pub(crate) fn command(&self) -> (String, String) {
        let text = String::from_utf8_lossy(self.content);
        let (word, rest) = text.split_once(' ').unwrap_or((&text, ""));
        (word.trim().to_ascii_uppercase(), rest.trim().to_owned())
    }
}

/// What the connection has to do, in order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Action {
    /// Ends the connection properly.
    Close,
    /// Ends it without the TLS close_notify that tells an end from a truncation.
    Cut,
    Delay(Duration),
    Observe(Seen),
    /// One write.
    Send(Vec<u8>),
    StartTls(Handshake),
}

/// What a session saw; the connection adds its number and channel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Seen {
    Credential { mechanism: String, user: String, accepted: bool },
    Fault { at: String, kind: FaultKind, detail: String },
    Mail { action: Transfer, octets: usize },
}

/// How the server answers a ClientHello.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Handshake {
    Broken(BrokenHandshake),
    Cleartext(Vec<u8>),
    Honest,
    Silent,
}

/// The server's turn to speak, after a line or at an event.
pub(crate) struct Turn<'a> {
    pub(crate) spec: &'a ServerSpec,
    pub(crate) channel: Channel,
    /// The handshake failed and the client goes on in clear.
    pub(crate) exposed: bool,
    pub(crate) script: &'a mut Script,
    pub(crate) actions: &'a mut Vec<Action>,
}

impl<'a> Turn<'a> {
    pub(crate) fn secure(&self) -> bool {
        self.channel == Channel::Tls
    }

    pub(crate) fn has(&self, kind: FaultKind) -> bool {
        self.spec.faults.iter().any(|fault| fault.kind == kind)
    }

    /// The parameters of a fault that is being applied now; the first time this is observed.
    pub(crate) fn apply(&mut self, kind: FaultKind, detail: &str) -> Option<&'a FaultParams> {
        let (index, fault) = self.spec.faults.iter().enumerate().find(|(_, fault)| fault.kind == kind)?;
        self.observe_fault(index, fault, detail);
        Some(&fault.params)
    }

    pub(crate) fn observe_fault(&mut self, index: usize, fault: &Fault, detail: &str) {
        if self.script.first_time(index) {
            self.actions.push(Action::Observe(Seen::Fault {
                at: fault.at.clone(),
                kind: fault.kind,
                detail: detail.to_owned(),
            }));
        }
    }

    /// Says something, as far as the script lets it.
    pub(crate) fn reply(&mut self, step: Step, reply: impl Into<Vec<u8>>) {
        Script::say(self, step, reply.into());
    }

    pub(crate) fn close(&mut self) {
        if !self.script.is_silent() {
            self.script.release(self.actions);
            self.script.end();
            self.actions.push(Action::Close);
        }
    }

    pub(crate) fn cut(&mut self) {
        self.script.release(self.actions);
        self.script.end();
        self.actions.push(Action::Cut);
    }

    pub(crate) fn mail(&mut self, action: Transfer, octets: usize) {
        self.actions.push(Action::Observe(Seen::Mail { action, octets }));
    }

    /// Judges an attempt to log in, and observes it.
    pub(crate) fn log_in(&mut self, attempt: Attempt, allowed: bool) -> bool {
        let accepted = allowed && attempt.password.as_deref() == Some(&self.spec.account.password) && {
            let user = &self.spec.account.user;
            let local_part = user.rsplit_once('@').map_or(user.as_str(), |(local_part, _)| local_part);
            if self.apply(FaultKind::LocalPartOnly, "the full address is no user name").is_some() {
                attempt.user == local_part
            } else {
                attempt.user == *user || attempt.user == local_part
            }
        };
        let accepted = accepted
            && self.apply(FaultKind::RejectCredentials, "the right credentials were rejected").is_none();
        self.actions.push(Action::Observe(Seen::Credential {
            mechanism: attempt.mechanism,
            user: attempt.user,
            accepted,
        }));
        accepted
    }

    /// Whether the client may log in here at all. An attacker who keeps TLS away lets it, to catch the password.
    pub(crate) fn auth_allowed(&self) -> bool {
        if self.secure() {
            !self.has(FaultKind::NoAuth) && !self.has(FaultKind::CapabilitiesChange)
        } else {
            self.exposed || self.baits()
        }
    }

    /// Whether an attacker keeps the client from TLS and hopes for its password, now or when it tries again.
    fn baits(&self) -> bool {
        self.spec.faults.iter().any(|fault| match fault.kind {
            FaultKind::AuthInClear
            | FaultKind::CapabilitiesChange
            | FaultKind::EhloRejected
            | FaultKind::FailureAfterTls
            | FaultKind::HandshakeBroken
            | FaultKind::HandshakeCleartextError
            | FaultKind::OddStarttls
            | FaultKind::RefuseStarttls
            | FaultKind::StripStarttls => true,
            FaultKind::Close | FaultKind::Say | FaultKind::Silence => {
                matches!(fault.params.step, Some(Step::Handshake | Step::Starttls))
            }
            _ => false,
        })
    }

    /// Whether mail is taken from somebody who has not logged in.
    pub(crate) fn mail_without_auth(&self) -> bool {
        self.secure() && (self.has(FaultKind::NoAuth) || self.has(FaultKind::CapabilitiesChange))
    }

    /// The SASL mechanisms to offer here.
    pub(crate) fn mechanisms(&mut self) -> Vec<String> {
        let honest = || vec!["PLAIN".to_owned(), "LOGIN".to_owned()];
        if self.secure() {
            for kind in [FaultKind::NoAuth, FaultKind::CapabilitiesChange] {
                if self.apply(kind, "AUTH was not offered inside TLS").is_some() {
                    return Vec::new();
                }
            }
            let weak = self.apply(FaultKind::WeakMechanisms, "only the fault's mechanisms were offered");
            return weak.and_then(|params| params.mechanisms.clone()).unwrap_or_else(honest);
        }
        if !self.auth_allowed() {
            return Vec::new();
        }
        for kind in [FaultKind::AuthInClear, FaultKind::CapabilitiesChange] {
            if let Some(params) = self.apply(kind, "AUTH was offered in clear") {
                return params.mechanisms.clone().unwrap_or_else(honest);
            }
        }
        honest()
    }

    /// Whether STARTTLS is to be offered.
    pub(crate) fn offers_starttls(&mut self) -> bool {
        !self.secure()
            && !self.exposed
            && self.apply(FaultKind::StripStarttls, "STARTTLS was not offered").is_none()
    }

    /// Goes over to TLS, honestly or not. Nothing is said in clear after this.
    pub(crate) fn start_tls(&mut self) {
        if self.script.is_silent() {
            return;
        }
        let spec = self.spec;
        let at_handshake = |kind| {
            spec.faults
                .iter()
                .enumerate()
                .find(|(_, fault)| fault.kind == kind && fault.params.step == Some(Step::Handshake))
        };
        let handshake = if let Some(params) =
            self.apply(FaultKind::HandshakeBroken, "something else came in place of the ServerHello")
        {
            Handshake::Broken(params.how.unwrap_or_default())
        } else if let Some(params) = self
            .apply(FaultKind::HandshakeCleartextError, "an error in clear came in place of the ServerHello")
        {
            let text = params.text.clone().unwrap_or_else(|| self.default_cleartext_error());
            Handshake::Cleartext(text.into_bytes())
        } else if let Some((index, fault)) = at_handshake(FaultKind::Silence) {
            self.observe_fault(index, fault, "the ClientHello was not answered");
            Handshake::Silent
        } else if let Some((index, fault)) = at_handshake(FaultKind::Close) {
            self.observe_fault(index, fault, "the connection was cut in place of the ServerHello");
            Handshake::Broken(BrokenHandshake::Closed)
        } else {
            Handshake::Honest
        };
        self.script.release(self.actions);
        self.actions.push(Action::StartTls(handshake));
    }

    fn default_cleartext_error(&self) -> String {
        match self.spec.label.service() {
            Service::Pop3 => "-ERR [SYS/TEMP] TLS is not available\r\n".to_owned(),
            Service::Submission => "454 4.7.0 TLS is not available\r\n".to_owned(),
        }
    }
}
