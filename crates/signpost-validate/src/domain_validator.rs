//! The validator of the `domain` crate, as it ships.

use async_trait::async_trait;
use bytes::Bytes;
use domain::base::Message;
use domain::dnssec::validator::anchor::TrustAnchors;
use domain::dnssec::validator::context::{Config, ValidationContext, ValidationState};
use hickory_proto::rr::{Name, RecordType};

use crate::belief::Belief;
use crate::exchange::Exchange;
use crate::follow::{Judge, Question, Verdict, follow};
use crate::guard::guarded;
use crate::reading::Reading;
use crate::{Lookup, Resolver, SecurityStatus, TrustAnchor, Upstream};

/// Validates with [`domain::dnssec::validator`], believing everything that it says.
///
/// What it is known to get wrong is listed at [`AuditedValidator`](crate::AuditedValidator). It remembers the
/// chain of trust, and a broken link of it, for as long as it lives: make one per run.
pub struct DomainValidator {
    judge: DomainJudge,
    upstream: Upstream,
}

impl DomainValidator {
    /// A validator that has not asked anything yet.
    pub fn new(upstream: &Upstream) -> Self {
        let exchange = Exchange::new(upstream);
        let judge = DomainJudge::new(exchange, &upstream.trust_anchor, Config::new());
        Self { judge, upstream: upstream.clone() }
    }
}

#[async_trait]
impl Resolver for DomainValidator {
    async fn lookup(&self, name: &Name, record_type: RecordType) -> Lookup {
        follow(&self.judge, &self.judge.exchange, self.upstream.lookup_limit(), name, record_type).await
    }

    fn name(&self) -> &'static str {
        "domain"
    }
}

/// `domain`'s verdict on one reply.
pub(crate) struct DomainJudge {
    context: ValidationContext<Exchange>,
    pub(crate) exchange: Exchange,
}

impl DomainJudge {
    pub(crate) fn new(exchange: Exchange, trust_anchor: &TrustAnchor, config: Config) -> Self {
        let anchors = anchors(trust_anchor);
        Self { context: ValidationContext::with_config(anchors, exchange.clone(), config), exchange }
    }
}

#[async_trait]
impl Judge for DomainJudge {
    async fn judge(&self, question: &Question<'_>, message: &Message<Bytes>) -> Verdict {
        let mut message = message.clone();
        let belief = validate(&self.context, &mut message).await;
        let judged = Reading::new(&message, &question.reading.end, question.record_type).answer;
        Verdict { belief, judged: Some(judged) }
    }
}

/// The verdict of `domain` on a reply, and the reason if it gives one. TTLs above what the signatures allow are lowered.
pub(crate) async fn validate(context: &ValidationContext<Exchange>, message: &mut Message<Bytes>) -> Belief {
    match guarded(context.validate_msg::<_, Vec<u8>>(message)).await {
        None => Belief::panicked(),
        Some(Err(error)) => {
            Belief::new(SecurityStatus::Bogus, format!("the reply cannot be validated: {error}"))
        }
        Some(Ok((state, error))) => {
            Belief::new(security(state), error.map(|error| explanation(&error)).unwrap_or_default())
        }
    }
}

fn anchors(trust_anchor: &TrustAnchor) -> TrustAnchors {
    // Printing and parsing is the only way in. What we print parses, and if it did not, no anchor at all
    // would make every answer Indeterminate, which nobody trusts.
    TrustAnchors::from_u8(trust_anchor.to_string().as_bytes()).unwrap_or_else(|_| TrustAnchors::empty())
}

fn security(state: ValidationState) -> SecurityStatus {
    match state {
        ValidationState::Bogus => SecurityStatus::Bogus,
        ValidationState::Indeterminate => SecurityStatus::Indeterminate,
        ValidationState::Insecure => SecurityStatus::Insecure,
        ValidationState::Secure => SecurityStatus::Secure,
    }
}

fn explanation(error: &domain::base::opt::ExtendedError<Vec<u8>>) -> String {
    error.text_slice().map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default()
}
