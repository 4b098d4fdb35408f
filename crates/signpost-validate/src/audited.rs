//! The reference's validator: `domain`'s verdicts on single RRsets, along a chain of trust of our own.

use async_trait::async_trait;
use bytes::Bytes;
use domain::base::{Message, Name as DomainName, Rtype};
use domain::rdata::Rrsig;
use hickory_proto::rr::{Name, Record, RecordType};

use crate::audit::{Chain, Enclosing, Subject};
use crate::belief::Belief;
use crate::exchange::Exchange;
use crate::follow::{Judge, Question, Verdict, follow};
use crate::reading::{Reading, domain_name, domain_type};
use crate::{Answer, Lookup, Resolver, SecurityStatus, Upstream};

/// [`DomainValidator`](crate::DomainValidator) without its false answers.
///
/// False Secure in `domain` 0.12.3, each with a test:
/// - data signed by the parent although a zone cut lies between (RFC 4035 §5.3.1);
/// - a zone entered through a revoked key, or data signed by one (RFC 5011 §2.1);
/// - a zone entered through a SHA-1 digest although a better one does not match (RFC 4509 §3);
/// - a key whose protocol field is not 3 (RFC 4034 §2.1.2);
/// - a signature whose validity is no interval of serial numbers (RFC 4034 §3.1.5);
/// - a denial by NSEC records that point backwards or out of the zone (RFC 4034 §4.1.1), by NSEC and NSEC3 at
///   once (RFC 5155 §10.4), or without the closest encloser (RFC 5155 §8.3).
///
/// False Insecure: an RRset whose first signature names any unsigned zone as signer; a zone signed with
/// P-384 or Ed25519 only. False Bogus: one signature of another zone before the right one; two bad signatures
/// beside the right one; a reply that stops at an alias.
///
/// It remembers the chain of trust, and a broken link of it, for as long as it lives: make one per run.
pub struct AuditedValidator {
    judge: AuditJudge,
    exchange: Exchange,
    upstream: Upstream,
}

impl AuditedValidator {
    /// A validator that has not asked anything yet.
    pub fn new(upstream: &Upstream) -> Self {
        let exchange = Exchange::new(upstream);
        let chain = Chain::new(exchange.clone(), upstream.trust_anchor.clone());
        Self { judge: AuditJudge { chain }, exchange, upstream: upstream.clone() }
    }
}

#[async_trait]
impl Resolver for AuditedValidator {
    async fn lookup(&self, name: &Name, record_type: RecordType) -> Lookup {
        follow(&self.judge, &self.exchange, self.upstream.lookup_limit(), name, record_type).await
    }

    fn name(&self) -> &'static str {
        "audited"
    }
}

struct AuditJudge {
    chain: Chain,
}

#[async_trait]
impl Judge for AuditJudge {
    async fn judge(&self, question: &Question<'_>, message: &Message<Bytes>) -> Verdict {
        let mut weakest = Belief::secure();
        for alias in &question.reading.aliases {
            let verdict = self.judge_at(message, &alias.owner, alias.record_type, Said::Redirection).await;
            weakest = verdict.belief.after(weakest);
        }
        let said = match question.reading.answer {
            Answer::Records(_) => Said::Records,
            Answer::Failed(_) | Answer::NoData | Answer::NxDomain => Said::Denial,
        };
        let end = &question.reading.end;
        match (&question.reading.answer, question.record_type) {
            (Answer::Records(records), RecordType::ANY) => self.judge_each(message, end, records).await,
            (Answer::Records(_), RecordType::RRSIG) => Verdict::new(
                SecurityStatus::Indeterminate,
                "signatures have no signatures (RFC 4035 section 2.2)",
            ),
            (_, record_type) => self.judge_at(message, end, record_type, said).await,
        }
        .after(weakest)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Said {
    Denial,
    Records,
    Redirection,
}

impl AuditJudge {
    /// RFC 6840 section 4.2: every RRset that came counts, and one that does not validate makes the answer bogus.
    async fn judge_each(&self, message: &Message<Bytes>, name: &Name, records: &[Record]) -> Verdict {
        let mut types: Vec<RecordType> = records.iter().map(Record::record_type).collect();
        types.sort_unstable();
        types.dedup();
        let mut weakest = Belief::secure();
        for record_type in types {
            weakest = self.judge_at(message, name, record_type, Said::Records).await.belief.after(weakest);
        }
        // Each RRset was judged as it stands in the reply, and none is left.
        weakest.into()
    }

    async fn judge_at(
        &self,
        message: &Message<Bytes>,
        name: &Name,
        record_type: RecordType,
        said: Said,
    ) -> Verdict {
        let Some(owner) = domain_name(name) else {
            return Verdict::new(SecurityStatus::Bogus, format!("{name}: not a name"));
        };
        let wire_type = domain_type(record_type);
        let within = match said {
            Said::Denial => belonging(&owner, wire_type),
            Said::Records | Said::Redirection => source(message, &owner, wire_type),
        };
        match self.chain.enclosing(&within).await {
            Enclosing::Unknown(security, reason) => Verdict::new(security, reason),
            Enclosing::Unsigned(reason) => Verdict::new(SecurityStatus::Insecure, reason),
            Enclosing::Zone { zone, .. } => {
                let redirects = said == Said::Redirection;
                let subject = Subject { owner: &owner, record_type: wire_type, redirects };
                let (excerpt, belief) = zone.judge(message, subject).await;
                let judged = excerpt.map(|excerpt| Reading::new(&excerpt.message, name, record_type).answer);
                Verdict { belief, judged }
            }
        }
    }
}

/// The name in whose zone records of this type at `owner` lie: at a zone cut, DS belongs to the parent.
fn belonging(owner: &DomainName<Bytes>, record_type: Rtype) -> DomainName<Bytes> {
    match owner.parent() {
        Some(parent) if record_type == Rtype::DS => parent,
        _ => owner.clone(),
    }
}

/// The name up to which zone cuts matter. Below the closest encloser of a wildcard answer nothing exists, which
/// the answer has to prove anyway, so that asking for cuts there would only cost questions.
///
/// A forged count of labels cannot shorten the walk: of several signatures, whatever they cover, the one that promises the
/// longest name counts, and a signature with a wrong count does not verify.
fn source(message: &Message<Bytes>, owner: &DomainName<Bytes>, record_type: Rtype) -> DomainName<Bytes> {
    let signatures =
        message.answer().into_iter().flatten().flatten().filter(|record| record.owner() == *owner);
    let labels = signatures
        .filter_map(|record| record.to_record::<Rrsig<_, _>>().ok().flatten())
        .map(|record| usize::from(record.data().labels()))
        .max();
    let all = owner.label_count() - 1;
    match labels {
        Some(labels) if labels < all => owner.iter_suffixes().nth(all - labels),
        _ => None,
    }
    .unwrap_or_else(|| belonging(owner, record_type))
}
