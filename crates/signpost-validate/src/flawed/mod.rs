//! Resolvers that are wrong on purpose.
//!
//! The reference client can be given a deliberate defect, to prove that the suite notices it. Some of these
//! defects are a way of resolving names. Nothing else may use them.

mod additional;
mod denial;
mod unusual;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use domain::base::Message;
use hickory_proto::dnssec::DigestType;
use hickory_proto::rr::{Name, RecordType};

use crate::exchange::Exchange;
use crate::follow::{Judge, Question, Verdict, follow};
use crate::{Answer, AuditedValidator, Failure, Flaw, Lookup, Resolver, SecurityStatus, Upstream};
pub use additional::AdditionalTrustingResolver;
use denial::Denials;
use unusual::Expectations;

/// A validator that works, behind a [`Flaw`].
pub struct FlawedValidator {
    flaw: Flaw,
    validating: AuditedValidator,
    denials: Denials,
    expectations: Expectations,
    /// What was answered before, for flaws that rest on it.
    answered: Mutex<HashMap<(Name, RecordType), Lookup>>,
}

impl FlawedValidator {
    /// A resolver that asks `upstream.server`.
    pub fn new(upstream: &Upstream, flaw: Flaw) -> Self {
        let exchange = Exchange::new(upstream);
        Self {
            flaw,
            validating: AuditedValidator::new(upstream),
            denials: Denials::new(exchange.clone(), upstream),
            expectations: Expectations::new(exchange),
            answered: Mutex::default(),
        }
    }
}

#[async_trait]
impl Resolver for FlawedValidator {
    async fn lookup(&self, name: &Name, record_type: RecordType) -> Lookup {
        let question = (name.to_lowercase(), record_type);
        let before = self.answered.lock().unwrap_or_else(PoisonError::into_inner).get(&question).cloned();
        if let (Flaw::KeepsAnswers, Some(before)) = (self.flaw, &before) {
            return before.clone();
        }
        let mut lookup = self.validating.lookup(name, record_type).await;
        let is_failure = matches!(lookup.answer, Answer::Failed(_));
        match (self.flaw, lookup.security) {
            (Flaw::TakesBogusForSecure, SecurityStatus::Bogus | SecurityStatus::Indeterminate)
                if !is_failure =>
            {
                lookup.security = SecurityStatus::Secure;
            }
            (Flaw::TakesBogusForUnsigned, SecurityStatus::Bogus | SecurityStatus::Indeterminate)
                if !is_failure =>
            {
                lookup.security = SecurityStatus::Insecure;
            }
            (Flaw::TakesUnsignedForSecure, SecurityStatus::Insecure) => {
                lookup.security = SecurityStatus::Secure
            }
            (Flaw::BelievesEverAfter, SecurityStatus::Bogus)
                if !is_failure && before.is_some_and(|before| before.security == SecurityStatus::Secure) =>
            {
                lookup.security = SecurityStatus::Secure;
            }
            (Flaw::TakesFailureForAbsence, SecurityStatus::Bogus | SecurityStatus::Indeterminate)
                if is_failure =>
            {
                lookup = Lookup::new(SecurityStatus::Secure, Answer::NxDomain);
            }
            (Flaw::TakesFirstLinkForAll, SecurityStatus::Insecure) if is_alias(&lookup, name) => {
                lookup.security = self.validating.lookup(name, RecordType::CNAME).await.security;
            }
            (Flaw::TakesLastLinkForAll, SecurityStatus::Insecure) if is_alias(&lookup, name) => {
                if let [record, ..] = lookup.records() {
                    lookup.security = self.validating.lookup(&record.name, record_type).await.security;
                }
            }
            (Flaw::TakesUnusualForUnsigned, SecurityStatus::Secure | SecurityStatus::Bogus)
                if self.expectations.are_disappointed(name, record_type).await =>
            {
                lookup.security = SecurityStatus::Insecure;
            }
            (
                Flaw::HashesByTheFirstRecord
                | Flaw::OverlooksCut
                | Flaw::OverlooksDname
                | Flaw::OverlooksListedType
                | Flaw::SkipsNextCloser
                | Flaw::SkipsWildcardDenial
                | Flaw::TakesExpandedDenial
                | Flaw::TakesLastHashForAll
                | Flaw::TakesNextForCovered
                | Flaw::TrustsRcode,
                SecurityStatus::Bogus,
            ) => {
                if let Some(absent) = self.denials.believed(name, record_type, self.flaw).await {
                    lookup = Lookup::new(SecurityStatus::Secure, absent);
                }
            }
            (Flaw::TakesWildcardPastEncloser, SecurityStatus::Bogus)
                if !is_failure && self.denials.have_a_wildcard_beside(name, record_type).await =>
            {
                lookup.security = SecurityStatus::Secure;
            }
            (Flaw::TakesAnyUnknownDigestForUnsigned, SecurityStatus::Secure | SecurityStatus::Bogus)
                if !is_failure && self.expectations.know_not_all_digests(name).await =>
            {
                lookup.security = SecurityStatus::Insecure;
            }
            (Flaw::BlursInsecureDenials, SecurityStatus::Insecure) if lookup.answer == Answer::NxDomain => {
                lookup.answer = Answer::NoData;
            }
            (Flaw::FollowsForgedAlias, _) => {
                if let Some(target) = self.expectations.forged_target(name, record_type).await {
                    lookup = self.validating.lookup(&target, record_type).await;
                }
            }
            (Flaw::BelievesAbsenceBehindAliases, SecurityStatus::Bogus)
                if !is_failure
                    && lookup.records().is_empty()
                    && self.validating.lookup(name, RecordType::CNAME).await.security
                        == SecurityStatus::Secure =>
            {
                lookup.security = SecurityStatus::Secure;
            }
            (Flaw::TakesExpandedAliases, SecurityStatus::Bogus) => {
                if let Some(target) = self.expectations.target_of_expanded_alias(name, record_type).await {
                    lookup = self.validating.lookup(&target, record_type).await;
                }
            }
            (Flaw::RejectsUnknownAlgorithms, SecurityStatus::Insecure)
                if self.expectations.know_no_algorithm(name).await =>
            {
                lookup = Lookup::new(SecurityStatus::Bogus, Answer::Failed(Failure::Malformed));
            }
            (Flaw::ForgivesExpiry, SecurityStatus::Bogus)
                if !is_failure && self.expectations.have_just_expired(name, record_type).await =>
            {
                lookup.security = SecurityStatus::Secure;
            }
            (Flaw::SkipsEncloser, SecurityStatus::Bogus)
                if !is_failure && self.denials.opt_out(name, record_type).await =>
            {
                lookup.security = SecurityStatus::Insecure;
            }
            (Flaw::TakesTagForKey, SecurityStatus::Secure)
                if self.expectations.have_keys_of_one_tag(name).await =>
            {
                lookup = Lookup::new(SecurityStatus::Bogus, Answer::Failed(Failure::Malformed));
            }
            (Flaw::WantsEveryAlgorithm, SecurityStatus::Secure)
                if self.expectations.have_an_idle_algorithm(name).await =>
            {
                lookup = Lookup::new(SecurityStatus::Bogus, Answer::Failed(Failure::Malformed));
            }
            (Flaw::GivesUpBeforeVerifying, SecurityStatus::Bogus)
                if self.expectations.are_laborious(name, record_type).await =>
            {
                lookup.security = SecurityStatus::Insecure;
            }
            (Flaw::KnowsNoSha384, SecurityStatus::Secure)
                if self.expectations.rest_on(DigestType::SHA384, name).await =>
            {
                lookup.security = SecurityStatus::Insecure;
            }
            (Flaw::RejectsUnsignedBeside, SecurityStatus::Secure)
                if self.expectations.have_unsigned_company(name, record_type).await =>
            {
                lookup = Lookup::new(SecurityStatus::Bogus, Answer::Failed(Failure::Malformed));
            }
            (Flaw::RejectsSha1, SecurityStatus::Secure | SecurityStatus::Insecure)
                if self.expectations.rest_on(DigestType::SHA1, name).await =>
            {
                lookup = Lookup::new(SecurityStatus::Bogus, Answer::Failed(Failure::Malformed));
            }
            _ => {}
        }
        if matches!(self.flaw, Flaw::BelievesEverAfter | Flaw::KeepsAnswers) && !is_failure {
            self.answered.lock().unwrap_or_else(PoisonError::into_inner).insert(question, lookup.clone());
        }
        lookup
    }

    fn name(&self) -> &'static str {
        "flawed"
    }
}

/// Whether the records stand at another name than the one that was asked for.
fn is_alias(lookup: &Lookup, name: &Name) -> bool {
    lookup.records().iter().any(|record| record.name != *name)
}

/// Takes the AD bit of whoever answers for a validation of its own, and validates only answers without it.
///
/// RFC 4035 §4.9.3 allows that only over a secure channel to a resolver that is trusted to validate.
pub struct AdTrustingResolver {
    trusting: Flawed,
    validating: AuditedValidator,
}

/// Takes every answer for Secure, as if DNSSEC had been forgotten.
pub struct Unvalidated(Flawed);

impl AdTrustingResolver {
    /// A resolver that asks `upstream.server`.
    pub fn new(upstream: &Upstream) -> Self {
        Self { trusting: Flawed::new(upstream), validating: AuditedValidator::new(upstream) }
    }
}

impl Unvalidated {
    /// A resolver that asks `upstream.server`; the trust anchor is not used.
    pub fn new(upstream: &Upstream) -> Self {
        Self(Flawed::new(upstream))
    }
}

#[async_trait]
impl Resolver for AdTrustingResolver {
    async fn lookup(&self, name: &Name, record_type: RecordType) -> Lookup {
        let lookup = self.trusting.lookup(&AdBit, name, record_type).await;
        match lookup.security {
            SecurityStatus::Secure => lookup,
            _ => self.validating.lookup(name, record_type).await,
        }
    }

    fn name(&self) -> &'static str {
        "trusts-ad"
    }
}

#[async_trait]
impl Resolver for Unvalidated {
    async fn lookup(&self, name: &Name, record_type: RecordType) -> Lookup {
        self.0.lookup(&Everything, name, record_type).await
    }

    fn name(&self) -> &'static str {
        "unvalidated"
    }
}

struct Flawed {
    exchange: Exchange,
    upstream: Upstream,
}

impl Flawed {
    fn new(upstream: &Upstream) -> Self {
        Self { exchange: Exchange::new(upstream), upstream: upstream.clone() }
    }

    async fn lookup(&self, judge: &dyn Judge, name: &Name, record_type: RecordType) -> Lookup {
        follow(judge, &self.exchange, self.upstream.lookup_limit(), name, record_type).await
    }
}

struct AdBit;

#[async_trait]
impl Judge for AdBit {
    async fn judge(&self, _question: &Question<'_>, message: &Message<Bytes>) -> Verdict {
        let security = if message.header().ad() { SecurityStatus::Secure } else { SecurityStatus::Insecure };
        Verdict::new(security, "the AD bit of the reply says so")
    }
}

struct Everything;

#[async_trait]
impl Judge for Everything {
    async fn judge(&self, _question: &Question<'_>, _message: &Message<Bytes>) -> Verdict {
        Verdict::new(SecurityStatus::Secure, "nothing was validated")
    }
}
