//! Who may log in where, and how: what an honest server allows, and the bait of one that is not.

use signpost_protocol::Service;
use signpost_transcript::Event;

use crate::fault::{BrokenScram, ServerFaultName};
use crate::sasl::{Attempt, Exchange, Keeper, Next, Proof};
use crate::turn::Turn;
use crate::{ServerFault, ServerFaultKind, Step};

/// The login of POP3 by a digest: it stands among the mechanisms of a server, and no list of SASL names it.
pub(crate) const APOP: &str = "APOP";

/// What there is to say in an exchange.
pub(crate) enum Answer {
    Cancelled,
    /// Octets to encode and send, and what then waits.
    Challenge(Vec<u8>, Exchange),
    Malformed,
    No,
    Yes,
}

impl<'a> Turn<'a> {
    /// What a server has to know for an exchange.
    pub(crate) fn keeper(&self) -> Keeper<'a> {
        Keeper {
            account: &self.spec.account,
            unique: u64::from(self.connection.0),
            broken: self.fault(ServerFaultName::ScramBroken).and_then(ServerFaultKind::scram),
        }
    }

    /// Begins the exchange of a mechanism that is offered.
    pub(crate) fn begin(&mut self, mechanism: &str, initial: Option<&str>) -> Answer {
        let next = Exchange::begin(mechanism, initial, self.keeper());
        self.answer(next)
    }

    /// Goes on with an exchange.
    pub(crate) fn respond(&mut self, exchange: Exchange, response: &str) -> Answer {
        let next = exchange.respond(response, self.keeper());
        self.answer(next)
    }

    /// What came with a command that is refused was shown to all who listen.
    pub(crate) fn overhear(&mut self, mechanism: &str, initial: Option<&str>) {
        if initial.is_some()
            && let Next::Done(attempt) = Exchange::begin(mechanism, initial, self.keeper())
        {
            self.log_in(&attempt, false);
        }
    }

    /// What there is to say after a response, once an attempt is judged.
    pub(crate) fn answer(&mut self, next: Next) -> Answer {
        match next {
            Next::Cancelled => Answer::Cancelled,
            Next::Challenge(challenge, exchange) => {
                if let Exchange::ScramFinal { .. } = &exchange
                    && !self.breaks_scram_at_the_end()
                {
                    self.apply(ServerFaultName::ScramBroken, "the challenge of SCRAM breaks its rules");
                }
                Answer::Challenge(challenge, exchange)
            }
            Next::Done(attempt) if self.log_in(&attempt, true) => {
                if attempt.mechanism.starts_with("SCRAM") && self.breaks_scram_at_the_end() {
                    self.apply(ServerFaultName::ScramBroken, "the server did not prove itself");
                }
                match attempt.proof {
                    Proof::Right(Some(last)) => Answer::Challenge(last, Exchange::Acknowledged),
                    Proof::Right(None) | Proof::Password(_) | Proof::Wrong => Answer::Yes,
                }
            }
            Next::Done(_) => Answer::No,
            Next::Malformed => Answer::Malformed,
            Next::Welcome => Answer::Yes,
        }
    }

    fn breaks_scram_at_the_end(&self) -> bool {
        matches!(self.keeper().broken, Some(BrokenScram::NoSignature | BrokenScram::Signature))
    }

    /// Judges an attempt to log in, and observes it.
    pub(crate) fn log_in(&mut self, attempt: &Attempt, allowed: bool) -> bool {
        let is_proven = match &attempt.proof {
            Proof::Password(password) => *password == self.spec.account.password,
            Proof::Right(_) => true,
            Proof::Wrong => false,
        };
        let accepted = allowed && is_proven && {
            let user = &self.spec.account.user;
            let local_part = user.rsplit_once('@').map_or(user.as_str(), |(local_part, _)| local_part);
            if self.apply(ServerFaultName::LocalPartOnly, "the full address is no user name").is_some() {
                attempt.user == local_part
            } else {
                attempt.user == *user || attempt.user == local_part
            }
        };
        let accepted = accepted
            && self
                .apply(ServerFaultName::RejectCredentials, "the right credentials were rejected")
                .is_none();
        self.observe(Event::Credential {
            connection: self.connection,
            channel: self.channel,
            mechanism: attempt.mechanism.clone(),
            user: attempt.user.clone(),
            accepted,
        });
        accepted
    }

    /// The fault that refuses this mechanism, which is offered.
    pub(crate) fn refuse_mechanism(&mut self, name: &str) -> Option<&'a ServerFaultKind> {
        let is_named = |fault: &ServerFault| {
            let named = fault.kind.mechanisms().unwrap_or_default();
            fault.kind.is(ServerFaultName::RefuseMechanism)
                && named.iter().any(|named| named.eq_ignore_ascii_case(name))
        };
        self.apply_where(is_named, "the mechanism was refused")
    }

    /// The fault that rejects the question for what is offered, on this channel.
    pub(crate) fn reject_capabilities(&mut self, detail: &str) -> Option<&'a ServerFaultKind> {
        let channel = self.channel;
        let is_here = |fault: &ServerFault| {
            fault.kind.is(ServerFaultName::EhloRejected)
                && fault.kind.channel().is_none_or(|only| only == channel)
        };
        self.apply_where(is_here, detail)
    }

    /// Whether the client may log in here at all. An attacker who keeps TLS away lets it, to catch the password.
    pub(crate) fn auth_allowed(&self) -> bool {
        if self.is_exchange() {
            false
        } else if self.secure() {
            !self.has(ServerFaultName::NoAuth) && !self.has(ServerFaultName::CapabilitiesChange)
        } else {
            self.exposed || self.baits()
        }
    }

    /// Whether mail is taken from somebody who has not logged in. An exchange takes it from everybody, in clear too (RFC 3207
    /// section 4).
    pub(crate) fn mail_without_auth(&self) -> bool {
        self.is_exchange()
            || self.secure()
                && (self.has(ServerFaultName::NoAuth) || self.has(ServerFaultName::CapabilitiesChange))
    }

    /// The SASL mechanisms to offer here.
    pub(crate) fn mechanisms(&mut self) -> Vec<String> {
        if self.is_exchange() {
            return Vec::new();
        }
        let spec = self.spec;
        let honest =
            || -> Vec<String> { spec.mechanisms.iter().filter(|name| *name != APOP).cloned().collect() };
        if self.secure() {
            for name in [ServerFaultName::NoAuth, ServerFaultName::CapabilitiesChange] {
                if self.apply(name, "AUTH was not offered inside TLS").is_some() {
                    return Vec::new();
                }
            }
            let weak =
                self.apply(ServerFaultName::WeakMechanisms, "only the fault's mechanisms were offered");
            return weak.and_then(|fault| fault.mechanisms().map(<[_]>::to_vec)).unwrap_or_else(honest);
        }
        if !self.auth_allowed() {
            return Vec::new();
        }
        for name in [ServerFaultName::AuthInClear, ServerFaultName::CapabilitiesChange] {
            if let Some(fault) = self.apply(name, "AUTH was offered in clear") {
                return fault.mechanisms().map_or_else(honest, <[_]>::to_vec);
            }
        }
        honest()
    }

    /// Whether other servers bring mail here: nobody has an account.
    fn is_exchange(&self) -> bool {
        self.spec.label.service() == Service::Mx
    }

    /// Whether an attacker keeps the client from TLS and hopes for its password, now or when it tries again.
    ///
    /// Such a server is bait: a client whose rules forbid to go on must find it easy to go on, or its going on is never
    /// seen. That is so from the first greeting, since many clients try again in clear on a new connection.
    fn baits(&self) -> bool {
        self.spec.faults.iter().any(|fault| match ServerFaultName::from(&fault.kind) {
            ServerFaultName::AuthInClear
            | ServerFaultName::CapabilitiesChange
            | ServerFaultName::EhloRejected
            | ServerFaultName::FailureAfterTls
            | ServerFaultName::HandshakeBroken
            | ServerFaultName::HandshakeCleartextError
            | ServerFaultName::OddStarttls
            | ServerFaultName::RefuseStarttls
            | ServerFaultName::StripStarttls => true,
            ServerFaultName::GreetsInClear => self.spec.label.is_implicit_tls(),
            ServerFaultName::Close | ServerFaultName::Say | ServerFaultName::Silence => {
                matches!(fault.kind.step(), Some(Step::Handshake | Step::Starttls))
            }
            // Named, so that a new fault is asked whether it keeps a client from TLS.
            ServerFaultName::Delay
            | ServerFaultName::Flood
            | ServerFaultName::LocalPartOnly
            | ServerFaultName::Merge
            | ServerFaultName::NoAuth
            | ServerFaultName::PlaintextAfterStarttls
            | ServerFaultName::Preauth
            | ServerFaultName::RefuseMechanism
            | ServerFaultName::RejectCredentials
            | ServerFaultName::ScramBroken
            | ServerFaultName::Split
            | ServerFaultName::WeakMechanisms => false,
        })
    }
}
