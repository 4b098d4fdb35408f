//! What the server offers, and the way into TLS.

use super::{Session, State};
use crate::conversation::Demand;
use crate::outcome::Reason;
use crate::protocol::{Meaning, Offers, Protocol};
use crate::sasl::Mechanism;

impl<P: Protocol> Session<P> {
    pub(super) fn on_capabilities(&mut self, offers: Offers) {
        // RFC 3207 §4.2, RFC 2595 §4: what was heard before TLS is forgotten, because anybody on the way may have
        // said it.
        if self.terms.rules.forgets_capabilities() {
            self.offers = offers;
        } else {
            self.offers.add(offers);
        }
        let rules = self.terms.rules;
        let is_hidden = !self.offers.listed && rules.tries_tls_where_nothing_is_listed();
        if self.protected || !self.terms.upgrade || (self.offers_login() && !rules.logs_in_inside_tls_only())
        {
            self.authenticate();
        } else if self.offers.upgrade || is_hidden {
            self.ask_for_tls();
        } else if self.offers.listed && self.terms.tls_required && rules.requires_offered_starttls() {
            self.decline(
                Reason::StarttlsNotOffered,
                format!("the server does not offer {}", P::WORDS.upgrade),
            );
        } else {
            self.authenticate();
        }
    }

    /// Whether the server offers some way to log in.
    pub(super) fn offers_login(&self) -> bool {
        self.offers.authentication || self.offers.own_login || !self.offers.mechanisms.is_empty()
    }

    /// Whether a flawed client that is told inside TLS of no way to log in knows one from before.
    pub(super) fn goes_by_what_it_heard_before(&self) -> bool {
        self.protected && self.offers_login() && !self.terms.rules.wants_an_answer_inside_tls()
    }

    fn ask_for_tls(&mut self) {
        let words = P::WORDS;
        if self.terms.rules.says_nothing_behind_starttls() {
            self.command(words.upgrade, State::Upgrade);
        } else {
            let both = [words.upgrade, words.capabilities].map(|command| self.protocol.tagged(command));
            self.say(format!("{}\r\n", both.join("\r\n")).into_bytes(), State::Upgrade);
        }
    }

    pub(super) fn start_tls(&mut self) {
        self.state = State::Handshake;
        self.demands.push_back(Demand::StartTls);
    }

    /// Gives up on a server with which TLS is not to be had.
    pub(super) fn decline(&mut self, reason: Reason, detail: String) {
        let rules = self.terms.rules;
        if !rules.keeps_digests_for_tls() {
            self.offers.mechanisms.retain(|mechanism| !Mechanism::OF_PASSWORDS.contains(mechanism));
            if !self.offers.mechanisms.is_empty() {
                return self.log_in();
            }
        }
        let careless = match self.digest_login.take() {
            Some(login) if !rules.avoids_apop_in_clear() => Some(login),
            _ if !rules.introduces_nobody_in_clear() && !self.offers.listed => P::introduce(&self.terms),
            _ => (!rules.names_nobody_in_clear()).then(|| P::ask_for_user(&self.terms)),
        };
        match careless {
            Some(command) => self.command(&command, State::Declining(reason, detail)),
            None => {
                self.quit();
                self.fail(reason, detail);
            }
        }
    }

    pub(super) fn on_upgrade(&mut self, reply: &P::Reply) {
        let question = P::WORDS.upgrade;
        let rules = self.terms.rules;
        match P::upgrade(reply) {
            // Whoever sits between could put text behind the answer, which would then be taken for text that the
            // server sent under TLS.
            Meaning::Yes
                if !self.lines.is_empty()
                    && rules.refuses_buffered_plaintext()
                    && (rules.sees_half_a_line() || self.lines.has_line()) =>
            {
                self.plaintext_after_upgrade();
            }
            Meaning::Yes if P::brings_what_was_not_asked(reply) && !rules.bears_what_was_not_asked() => {
                self.fail(Reason::ProtocolError, "the server sends what was not asked for");
            }
            Meaning::Yes => {
                if let Some(offers) = P::offers_unasked(reply, &self.terms)
                    && !rules.forgets_capabilities()
                {
                    self.offers.add(offers);
                }
                if rules.reads_nothing_from_before_tls() {
                    self.lines.clear();
                }
                self.start_tls();
            }
            _ if !rules.heeds_the_answer_to_starttls() => self.start_tls(),
            _ if !rules.reads_the_answer_to_starttls() && P::looks_like_success(reply) => self.start_tls(),
            _ if !rules.requires_accepted_starttls() => self.authenticate(),
            Meaning::Later | Meaning::No if !self.terms.tls_required => self.authenticate(),
            Meaning::Later | Meaning::No => {
                let detail = format!("{question} answered with {}", P::describe(reply));
                self.decline(Reason::StarttlsRefused, detail);
            }
            Meaning::Challenge | Meaning::LoggedIn | Meaning::Odd => {
                self.fail(Reason::StarttlsProtocolError, P::describe_odd(question, reply));
            }
        }
    }

    pub(super) fn plaintext_after_upgrade(&mut self) {
        let detail = format!("plain text follows the answer to {}", P::WORDS.upgrade);
        self.fail(Reason::PlaintextAfterStarttls, detail);
    }
}
