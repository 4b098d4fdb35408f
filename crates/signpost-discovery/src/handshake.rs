//! How the handshake with a candidate goes: whom it is for, what is named by SNI, and how the peer is verified.

use std::net::IpAddr;

use hickory_proto::rr::Name;
use rustls_pki_types::ServerName;
use signpost_protocol::TlsStart;

use crate::action::Action;
use crate::candidate::Candidate;
use crate::older_tls;
use crate::rules::Rules;
use crate::verifier::VerificationRule;

/// What there is to say and to verify in the handshake with a candidate.
#[derive(Debug)]
pub(crate) struct Handshake {
    host: ServerName<'static>,
    sni: Option<ServerName<'static>>,
    aliases: Vec<ServerName<'static>>,
    rule: VerificationRule,
}

/// What flawed clients confuse a candidate with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances<'a> {
    /// The domain of the user's address.
    pub(crate) domain: &'a Name,
    /// The host that was tried first.
    pub(crate) first: &'a ServerName<'static>,
    /// Whether the host is guessed.
    pub(crate) is_guess: bool,
}

impl Handshake {
    /// The candidate's host is named and verified by what binds it; only flaws make it otherwise.
    pub(crate) fn new(
        candidate: &Candidate,
        host: ServerName<'static>,
        around: Circumstances<'_>,
        rules: Rules,
    ) -> Self {
        let sni = if !rules.sends_sni() {
            None
        } else if !rules.names_the_target_and_no_domain() {
            server_name(around.domain)
        } else if !rules.names_each_target_by_sni() {
            Some(around.first.clone())
        } else {
            Some(host.clone())
        };
        let is_judged = (rules.judges_later_targets() || host == *around.first)
            && (rules.judges_guessed_hosts() || !around.is_guess)
            && (rules.judges_at_implicit_tls() || candidate.tls != TlsStart::Implicit);
        let rule = if is_judged { candidate.binding.verification.clone() } else { VerificationRule::Anyone };
        Self { host, sni, aliases: Vec::new(), rule }
    }

    /// The candidate's host is an alias of another, which does not make that one its name.
    pub(crate) fn on_alias(&mut self, target: &Name, rules: Rules) {
        if !rules.ignores_alias_targets() {
            self.aliases.extend(server_name(target));
        }
        if !rules.names_the_target_and_no_alias() {
            self.sni = server_name(target);
        }
    }

    /// The candidate is looked for at an address, which does not make that one its name.
    pub(crate) fn at(&mut self, address: IpAddr, rules: Rules) {
        if !rules.forgets_addresses() {
            self.aliases.push(ServerName::from(address));
        }
    }

    /// The pins are forgotten, which only a flaw does.
    pub(crate) fn void_pins(&mut self) {
        self.rule = VerificationRule::WebPki;
    }

    /// What begins it.
    pub(crate) fn begin(&self) -> Action {
        Action::StartTls {
            server_name: self.host.clone(),
            aliases: self.aliases.clone(),
            sni: self.sni.clone(),
            rule: self.rule.clone(),
        }
    }

    /// What a flawed client says that would be content with an older version. It comes to nothing here, whatever the
    /// server answers: that it is said is what is wrong.
    pub(crate) fn offer_older_versions(&self) -> Action {
        Action::Send(older_tls::client_hello(&self.host.to_str()))
    }
}

fn server_name(host: &Name) -> Option<ServerName<'static>> {
    ServerName::try_from(host.to_ascii().trim_end_matches('.').to_owned()).ok()
}
