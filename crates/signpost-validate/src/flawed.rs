//! Resolvers that are wrong on purpose.
//!
//! The reference client can be given a deliberate defect, to prove that the suite notices it. Two of these
//! defects are a way of resolving names. Nothing else may use them.

use async_trait::async_trait;
use bytes::Bytes;
use domain::base::Message;
use hickory_proto::rr::{Name, RecordType};

use crate::exchange::Exchange;
use crate::follow::{Judge, Question, Verdict, follow};
use crate::{AuditedValidator, Lookup, Resolver, Security, Upstream};

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
            Security::Secure => lookup,
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
        let security = if message.header().ad() { Security::Secure } else { Security::Insecure };
        Verdict::new(security, "the AD bit of the reply says so")
    }
}

struct Everything;

#[async_trait]
impl Judge for Everything {
    async fn judge(&self, _question: &Question<'_>, _message: &Message<Bytes>) -> Verdict {
        Verdict::new(Security::Secure, "nothing was validated")
    }
}
