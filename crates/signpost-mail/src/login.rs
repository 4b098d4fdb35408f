//! Who may log in where, and how: what an honest server allows, and the bait of one that is not.

use signpost_transcript::Event;

use crate::sasl::Attempt;
use crate::turn::Turn;
use crate::{FaultKind, Step};

impl Turn<'_> {
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
        self.observe(Event::Credential {
            connection: self.connection,
            channel: self.channel,
            mechanism: attempt.mechanism,
            user: attempt.user,
            accepted,
        });
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

    /// Whether an attacker keeps the client from TLS and hopes for its password, now or when it tries again.
    ///
    /// Such a server is bait: a client whose rules forbid to go on must find it easy to go on, or its going on is never
    /// seen. That is so from the first greeting, since many clients try again in clear on a new connection.
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
}
