//! What a policy and the way to the server demand of a session.

use std::sync::Arc;

use crate::address::Address;
use crate::request::{Mode, Request};
use crate::rules::Rules;
use crate::sasl::Mechanism;

/// What a policy and the way to the server demand of a session.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) request: Arc<Request>,
    pub(crate) rules: Rules,
    /// Whether the session begins in clear and is to be upgraded before anything else.
    pub(crate) upgrade: bool,
    /// Whether nothing is exchanged without TLS: always, but for mail between servers where no policy says so.
    pub(crate) tls_required: bool,
    /// Whether the policy says that submission is authenticated.
    pub(crate) authentication_required: bool,
    /// The only mechanisms that the policy allows; none if it says nothing of them.
    pub(crate) mechanisms: Option<Vec<String>>,
    /// What nobody can foresee, and no other session has.
    pub(crate) seed: [u64; 2],
}

impl Terms {
    /// The login names in the order in which they are tried (RFC 6186 §4).
    pub(crate) fn users(&self) -> [String; 2] {
        let address = &self.request.address;
        let mut users = [address.to_string(), address.local_part().to_owned()];
        if !self.rules.keeps_letters_of_the_address() {
            users = users.map(|user| user.to_ascii_lowercase());
        }
        if !self.rules.begins_with_the_address() {
            users.reverse();
        }
        users
    }

    /// Whether somebody logs in: between servers nobody does.
    pub(crate) fn logs_in(&self) -> bool {
        !self.request.is_relay()
    }

    /// Whether mail is brought although a policy speaks of logging in: between servers that means nothing.
    pub(crate) fn brings_mail_without_login(&self) -> bool {
        self.logs_in() || !self.authentication_required || self.rules.brings_mail_without_login()
    }

    /// Whom the message is from.
    pub(crate) fn sender(&self) -> &Address {
        self.request.sender.as_ref().unwrap_or(&self.request.address)
    }

    pub(crate) fn exchanges(&self) -> bool {
        self.request.mode == Mode::Exchange
    }

    /// Whether the policy allows a mechanism, by its registered name.
    pub(crate) fn allows(&self, name: &str) -> bool {
        match &self.mechanisms {
            Some(allowed) if self.rules.honours_allowed_mechanisms() => {
                self.read(allowed).iter().any(|allowed| self.is_same(allowed, name))
            }
            Some(_) | None => true,
        }
    }

    /// Whether the policy allows the protocol's own login. It is no mechanism, so that no list can name it; `name` is what
    /// flawed clients look for there.
    pub(crate) fn allows_own(&self, name: &str) -> bool {
        let rules = self.rules;
        self.mechanisms.is_none()
            || !rules.restricts_own_login()
            || !rules.honours_allowed_mechanisms()
            || (!rules.tells_own_login_from_mechanisms() && self.allows(name))
            || (!rules.tells_own_login_from_plain() && self.allows(Mechanism::Plain.name()))
    }

    /// The mechanisms of a policy's list: all of them.
    fn read<'a>(&self, listed: &'a [String]) -> &'a [String] {
        match listed {
            [first, ..] if !self.rules.reads_mechanisms_behind_the_first() => std::slice::from_ref(first),
            [.., last] if !self.rules.reads_mechanisms_before_the_last() => std::slice::from_ref(last),
            all => all,
        }
    }

    fn is_same(&self, allowed: &str, name: &str) -> bool {
        if !self.rules.folds_allowed_mechanisms() {
            allowed == name
        } else if self.rules.compares_whole_mechanisms() {
            allowed.eq_ignore_ascii_case(name)
        } else {
            allowed.to_ascii_uppercase().contains(name)
        }
    }

    /// The best mechanism that the server offers, the policy allows and this client knows.
    pub(crate) fn choose(&self, offered: &[Mechanism]) -> Option<Mechanism> {
        let is_offered = |mechanism: &Mechanism| offered.contains(mechanism);
        let is_allowed = |mechanism: &Mechanism| is_offered(mechanism) && self.allows(mechanism.name());
        let best = Mechanism::BY_PREFERENCE.into_iter().find(is_allowed)?;
        if self.rules.prefers_among_allowed_mechanisms() {
            Some(best)
        } else {
            Mechanism::BY_PREFERENCE.into_iter().find(is_offered)
        }
    }
}
