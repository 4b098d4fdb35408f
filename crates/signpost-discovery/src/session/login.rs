//! The login: by which name, and in which way.

use std::collections::VecDeque;

use super::{Session, State};
use crate::conversation::Ending;
use crate::outcome::Reason;
use crate::protocol::{Meaning, Protocol};
use crate::sasl::{Exchange, Login, Mechanism, Response};

impl<P: Protocol> Session<P> {
    pub(super) fn authenticate(&mut self) {
        if !self.terms.brings_mail_without_login() && !self.offers_login() {
            return self.fail(Reason::AuthNotOffered, P::WORDS.nothing_offered);
        }
        if !self.terms.logs_in() || (P::WORDS.goes_without_login && !self.terms.rules.authenticates_first()) {
            let next = P::exchange(&self.terms);
            return self.take(next);
        }
        self.log_in();
    }

    /// Offers the next login name in the best way that the server and the policy allow.
    pub(super) fn log_in(&mut self) {
        let words = P::WORDS;
        // In clear, where only a defect leads, servers rightly offer nothing; the careless client goes on without.
        let offered = match words.own_login {
            None if !self.protected && self.offers.mechanisms.is_empty() => Mechanism::OF_PASSWORDS.to_vec(),
            _ => self.offers.mechanisms.clone(),
        };
        let mechanism = self.terms.choose(&offered);
        // The protocol's own login is no SASL mechanism: a policy that names the allowed ones does not allow it. It is
        // part of the base protocol, so a server that lists nothing has it.
        let offers_own = self.offers.own_login || !self.offers.listed || !self.protected;
        let own = words.own_login.filter(|_| offers_own);
        let lifts_sasl = !self.offers.listed && !self.terms.rules.keeps_to_sasl_where_nothing_is_listed();
        if mechanism.is_none() && !own.is_some_and(|own| lifts_sasl || self.terms.allows_own(own)) {
            if own.is_some() || !self.offers.mechanisms.is_empty() {
                let detail = "the server offers no mechanism that the policy allows";
                return self.fail(Reason::MechanismNotAllowed, detail);
            }
            let rules = self.terms.rules;
            if !rules.avoids_apop_as_last_resort()
                && let Some(login) = self.digest_login.take()
            {
                return self.log_in_by_digest(&login);
            }
            let insists = if self.offers.authentication {
                rules.insists_on_a_known_mechanism()
            } else {
                rules.requires_offered_authentication()
            };
            if words.goes_without_login && !insists {
                let next = P::exchange(&self.terms);
                return self.take(next);
            }
            let why = if self.terms.authentication_required { ", which the policy requires" } else { "" };
            return self.fail(Reason::AuthNotOffered, format!("{}{why}", words.nothing_offered));
        }
        if let Some(login) = self.digest_login.take().filter(|_| !self.terms.rules.avoids_apop()) {
            return self.log_in_by_digest(&login);
        }
        let Some(user) = self.users.pop_front() else {
            if words.goes_without_login && !self.terms.rules.ends_with_a_rejection() {
                let next = P::exchange(&self.terms);
                return self.take(next);
            }
            return self.rejected();
        };
        let Some(password) = self.terms.request.password.clone() else {
            return self.fail(Reason::AuthNotOffered, "there is no password to log in with");
        };
        match mechanism {
            Some(mechanism) => {
                self.exchanges += 1;
                let [high, low] = self.terms.seed;
                let nonce = format!("{high:016x}{low:016x}{}", self.exchanges);
                let login =
                    Login { user: &user, password: &password, nonce: &nonce, rules: self.terms.rules };
                let exchange = Exchange::new(words.authenticate, mechanism, login, words.command_limit);
                let command = exchange.command.clone();
                self.command(&command, State::Authenticating(exchange));
            }
            None => {
                let commands = P::own_login(&user, password.reveal()).into();
                self.next_login_command(commands);
            }
        }
        self.user = user;
    }

    /// Takes up what the greeting invites to, which only a defect does.
    fn log_in_by_digest(&mut self, command: &str) {
        self.user = self.terms.request.address.to_string();
        self.command(command, State::LoggingIn(VecDeque::new()));
    }

    pub(super) fn on_login(&mut self, reply: &P::Reply) {
        let may_lift_the_list = self.may_lift_the_list();
        match (P::login(reply, self.terms.rules), &mut self.state) {
            (Meaning::Yes, State::LoggingIn(commands)) => {
                let commands = std::mem::take(commands);
                self.next_login_command(commands);
            }
            (Meaning::Yes, State::Authenticating(exchange)) => match exchange.accept() {
                Ok(()) => self.on_logged_in(),
                Err(why) => {
                    self.quit();
                    self.fail(Reason::MechanismFailed, why);
                }
            },
            (Meaning::Later | Meaning::No, State::Authenticating(_)) if may_lift_the_list => {
                self.lift_the_list();
            }
            (Meaning::Yes, _) => self.on_logged_in(),
            (Meaning::Challenge, State::Authenticating(exchange)) => {
                match exchange.respond(P::challenge(reply)) {
                    Response::Some(response) => self.line(&response),
                    Response::None if !self.terms.rules.tells_a_challenge_from_a_login() => {
                        self.protocol.wait_no_longer();
                        self.on_logged_in();
                    }
                    Response::None => self.odd(P::WORDS.login, reply),
                    Response::Broken(why) => {
                        self.line("*");
                        self.state = State::Abandoning(why);
                    }
                }
            }
            (Meaning::Later, _) if !self.terms.rules.tells_later_from_no() => self.log_in(),
            (Meaning::No, _) if !self.terms.rules.keeps_what_was_rejected() => {
                self.fail(Reason::CredentialsRejected, P::describe(reply));
            }
            (Meaning::No, _) if P::is_usual_rejection(reply) || self.terms.rules.knows_every_rejection() => {
                if !self.terms.rules.keeps_to_the_list_for_the_local_part() {
                    self.terms.mechanisms = None;
                }
                self.log_in();
            }
            (Meaning::Later | Meaning::No, _) => {
                let detail = format!("{} answered with {}", P::WORDS.login, P::describe(reply));
                self.fail(Reason::Unreachable, detail);
            }
            (Meaning::Odd, State::Authenticating(_))
                if !self.terms.rules.wants_the_word_for_a_login() && P::looks_like_success(reply) =>
            {
                self.on_logged_in();
            }
            (Meaning::Challenge | Meaning::LoggedIn | Meaning::Odd, _) => self.odd(P::WORDS.login, reply),
        }
    }

    fn may_lift_the_list(&self) -> bool {
        self.terms.mechanisms.is_some() && !self.terms.rules.keeps_to_the_list_if_refused()
    }

    /// Tries by the same name what the policy excludes, which only a defect does.
    fn lift_the_list(&mut self) {
        let refused = |mechanism: &Mechanism| self.terms.allows(mechanism.name());
        self.offers.mechanisms.retain(|mechanism| !refused(mechanism));
        self.terms.mechanisms = None;
        self.users.push_front(std::mem::take(&mut self.user));
        self.log_in();
    }

    /// The exchange that the server broke is over. Who breaks one wants another, in which it hears the password.
    pub(super) fn on_abandoned(&mut self, why: &'static str) {
        if self.terms.rules.leaves_where_an_exchange_is_broken() {
            self.quit();
            return self.fail(Reason::MechanismFailed, why);
        }
        self.offers.mechanisms.retain(|mechanism| Mechanism::OF_PASSWORDS.contains(mechanism));
        self.users.push_front(std::mem::take(&mut self.user));
        self.log_in();
    }

    /// The greeting says that the client is logged in. In clear it is too late for TLS then, which only an attacker wants;
    /// inside TLS there is nobody to whom the credentials could be shown.
    pub(super) fn on_logged_in_already(&mut self) {
        if self.protected {
            self.fail(Reason::AuthNotOffered, "the greeting takes the client for somebody who is logged in");
        } else if self.terms.upgrade && self.terms.rules.refuses_preauth() {
            self.decline(Reason::StarttlsNotOffered, "the greeting leaves no place for STARTTLS".to_owned());
        } else {
            self.on_logged_in();
        }
    }

    /// Sends the next command of the protocol's own login; after the last one, the login is done.
    fn next_login_command(&mut self, mut commands: VecDeque<String>) {
        match commands.pop_front() {
            Some(command) => self.command(&command, State::LoggingIn(commands)),
            None => self.on_logged_in(),
        }
    }

    fn on_logged_in(&mut self) {
        if self.terms.exchanges() {
            let next = P::exchange(&self.terms);
            self.take(next);
        } else {
            self.succeed(None, None);
        }
    }

    pub(super) fn rejected(&mut self) {
        self.end(Ending::Rejected("the server rejects both login names".to_owned()));
    }
}
