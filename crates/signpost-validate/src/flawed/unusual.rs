//! What a resolver expects that has only ever seen the most common zones.

use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

use domain::base::Rtype;
use hickory_proto::dnssec::rdata::{DNSSECRData, DS, RRSIG};
use hickory_proto::dnssec::{DigestType, Verifier as _, rdata::DNSKEY};
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use crate::exchange::Exchange;
use crate::reading::{domain_name, domain_type, redirection};

/// A validity longer than this many seconds is rare.
const LONG_VALIDITY: u32 = 60 * 86_400;

/// A signature younger than this many seconds is rare, because signers allow for clocks that are slow.
const YOUNG: u32 = 600;

/// For how many seconds a signature still counts to somebody who distrusts every clock.
const GRACE: u32 = 86_400;

/// More iterations than this are rare, and more than most resolvers compute.
const MOST_ITERATIONS: u16 = 100;

/// Looks at replies and at the zones on the way for what is valid and rare.
pub(super) struct Expectations {
    exchange: Exchange,
}

impl Expectations {
    pub(super) fn new(exchange: Exchange) -> Self {
        Self { exchange }
    }

    /// Whether anything between the root and the answer is not of the most common shape.
    pub(super) async fn are_disappointed(&self, name: &Name, record_type: RecordType) -> bool {
        if self.ask(name, domain_type(record_type)).await.is_some_and(|reply| is_rare(&reply, name)) {
            return true;
        }
        for zone in zones(name) {
            if self.is_rare_zone(&zone).await {
                return true;
            }
        }
        false
    }

    /// Where the CNAME beside a DNAME leads, if it is not the one that the DNAME makes.
    pub(super) async fn forged_target(&self, name: &Name, record_type: RecordType) -> Option<Name> {
        let reply = self.ask(name, domain_type(record_type)).await?;
        reply.answers.iter().find_map(|record| match &record.data {
            RData::CNAME(target) if leads_elsewhere(&reply.answers, record) => Some(target.0.clone()),
            _ => None,
        })
    }

    /// Where an alias leads that a wildcard was expanded to.
    pub(super) async fn target_of_expanded_alias(
        &self,
        name: &Name,
        record_type: RecordType,
    ) -> Option<Name> {
        let reply = self.ask(name, domain_type(record_type)).await?;
        let is_expanded = reply.answers.iter().filter_map(signature).any(|signature| {
            signature.input().type_covered == RecordType::CNAME
                && signature.input().num_labels < name.num_labels()
        });
        reply.answers.into_iter().find_map(|record| match record.data {
            RData::CNAME(target) if is_expanded && record.name == *name => Some(target.0),
            _ => None,
        })
    }

    /// Whether a denial has more iterations than a resolver has to compute.
    pub(super) async fn are_laborious(&self, name: &Name, record_type: RecordType) -> bool {
        let reply = self.ask(name, domain_type(record_type)).await;
        reply.is_some_and(|reply| {
            reply.authorities.iter().any(|record| match &record.data {
                RData::DNSSEC(DNSSECRData::NSEC3(nsec3)) => nsec3.iterations() > MOST_ITERATIONS,
                _ => false,
            })
        })
    }

    /// Whether what signs an answer has expired, and that not a day ago.
    pub(super) async fn have_just_expired(&self, name: &Name, record_type: RecordType) -> bool {
        let Some(reply) = self.ask(name, domain_type(record_type)).await else { return false };
        let mut signatures = reply.answers.iter().chain(&reply.authorities).filter_map(signature).peekable();
        signatures.peek().is_some()
            && signatures.all(|signature| {
                // Serial arithmetic (RFC 1982): a signature that still holds is nearly a whole round ago.
                let holds = signature.input().sig_expiration.get().wrapping_sub(now()) < 1 << 31;
                holds || now().wrapping_sub(signature.input().sig_expiration.get()) < GRACE
            })
    }

    /// Whether two keys of a zone on the way have the same tag and algorithm.
    pub(super) async fn have_keys_of_one_tag(&self, name: &Name) -> bool {
        for zone in zones(name) {
            let keys = self.keys(&zone).await;
            let mut seen = HashSet::new();
            let mut marks = keys.iter().map(|key| (key.calculate_key_tag().ok(), u8::from(key.algorithm())));
            if !marks.all(|mark| seen.insert(mark)) {
                return true;
            }
        }
        false
    }

    /// Whether the key set of a zone on the way has a key of an algorithm that does not sign it.
    pub(super) async fn have_an_idle_algorithm(&self, name: &Name) -> bool {
        for zone in zones(name) {
            let Some(reply) = self.ask(&zone, Rtype::DNSKEY).await else { continue };
            let signing: HashSet<u8> = reply
                .answers
                .iter()
                .filter_map(signature)
                .map(|signature| u8::from(signature.input().algorithm))
                .collect();
            let mut published = reply.answers.iter().filter_map(dnskey);
            if published.any(|key| !signing.contains(&u8::from(key.algorithm()))) {
                return true;
            }
        }
        false
    }

    /// Whether something unsigned stands beside an answer.
    pub(super) async fn have_unsigned_company(&self, name: &Name, record_type: RecordType) -> bool {
        let Some(reply) = self.ask(name, domain_type(record_type)).await else { return false };
        let beside = || reply.authorities.iter().chain(&reply.additionals);
        let is_signed = |record: &Record| {
            beside().any(|other| {
                other.name == record.name
                    && signature(other)
                        .is_some_and(|rrsig| rrsig.input().type_covered == record.record_type())
            })
        };
        !reply.answers.is_empty()
            && beside().any(|record| record.record_type() != RecordType::RRSIG && !is_signed(record))
    }

    /// Whether a zone on the way is delegated by nothing but digests of this kind.
    pub(super) async fn rest_on(&self, digest_type: DigestType, name: &Name) -> bool {
        for zone in zones(name) {
            let digests = self.digests(&zone).await;
            if !digests.is_empty() && digests.iter().all(|ds| ds.digest_type() == digest_type) {
                return true;
            }
        }
        false
    }

    /// Whether a zone on the way is delegated to nothing but keys of unknown algorithms.
    pub(super) async fn know_no_algorithm(&self, name: &Name) -> bool {
        for zone in zones(name) {
            let digests = self.digests(&zone).await;
            if !digests.is_empty() && digests.iter().all(|ds| !ds.algorithm().is_supported()) {
                return true;
            }
        }
        false
    }

    /// Whether a zone on the way is delegated by a digest of an unknown kind, among others.
    pub(super) async fn know_not_all_digests(&self, name: &Name) -> bool {
        for zone in zones(name) {
            let is_unknown = |ds: &DS| matches!(ds.digest_type(), DigestType::Unknown(_));
            if self.digests(&zone).await.iter().any(is_unknown) {
                return true;
            }
        }
        false
    }

    async fn is_rare_zone(&self, zone: &Name) -> bool {
        let keys = self.keys(zone).await;
        if keys.is_empty() {
            return false;
        }
        let digests = self.digests(zone).await;
        let names_entry_point = |ds: &DS| {
            keys.iter()
                .any(|key| key.secure_entry_point() && key.calculate_key_tag().ok() == Some(ds.key_tag()))
        };
        // One key signing key, one zone signing key, one DS record that names the former.
        if keys.len() != 2 || digests.len() > 1 || !digests.iter().all(names_entry_point) {
            return true;
        }
        if !self.records(zone, Rtype::CDS).await.is_empty() {
            return true;
        }
        self.parameters_differ(zone).await
    }

    /// Whether the zone denies by NSEC3, and NSEC3PARAM does not say the same.
    async fn parameters_differ(&self, zone: &Name) -> bool {
        // No zone has this type, so that the denial shows how the zone denies.
        let Some(denial) = self.ask(zone, Rtype::HINFO).await else { return false };
        let chain = denial.authorities.iter().find_map(|record| match &record.data {
            RData::DNSSEC(DNSSECRData::NSEC3(chain)) => Some((chain.iterations(), chain.salt().to_vec())),
            _ => None,
        });
        let Some(chain) = chain else { return false };
        let parameters =
            self.records(zone, Rtype::NSEC3PARAM).await.into_iter().find_map(|record| match record.data {
                RData::DNSSEC(DNSSECRData::NSEC3PARAM(said)) => {
                    Some((said.iterations(), said.salt().to_vec()))
                }
                _ => None,
            });
        parameters != Some(chain)
    }

    async fn keys(&self, zone: &Name) -> Vec<DNSKEY> {
        self.records(zone, Rtype::DNSKEY).await.iter().filter_map(dnskey).cloned().collect()
    }

    async fn digests(&self, zone: &Name) -> Vec<DS> {
        let records = self.records(zone, Rtype::DS).await;
        records
            .into_iter()
            .filter_map(|record| match record.data {
                RData::DNSSEC(DNSSECRData::DS(ds)) => Some(ds),
                _ => None,
            })
            .collect()
    }

    async fn records(&self, name: &Name, record_type: Rtype) -> Vec<Record> {
        let reply = self.ask(name, record_type).await;
        let wanted = RecordType::from(record_type.to_int());
        reply
            .map(|reply| reply.answers.into_iter().filter(|record| record.record_type() == wanted).collect())
            .unwrap_or_default()
    }

    async fn ask(&self, name: &Name, record_type: Rtype) -> Option<Message> {
        let reply = self.exchange.ask(&domain_name(name)?, record_type).await.ok()?;
        Message::from_vec(reply.as_slice()).ok()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the age of a signature is told by the clock that validators use"
)]
fn now() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // RFC 4034 section 3.1.5 counts modulo 2^32.
    (since.as_secs() % (1 << 32)) as u32
}

/// The name and all above it, the root left out.
fn zones(name: &Name) -> Vec<Name> {
    let labels = usize::from(name.num_labels());
    (1..=labels).map(|count| name.trim_to(count)).collect()
}

fn dnskey(record: &Record) -> Option<&DNSKEY> {
    match &record.data {
        RData::DNSSEC(DNSSECRData::DNSKEY(key)) => Some(key),
        _ => None,
    }
}

fn signature(record: &Record) -> Option<&RRSIG> {
    match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(signature)) => Some(signature),
        _ => None,
    }
}

/// Whether a reply is valid and yet not what most servers send.
fn is_rare(reply: &Message, asked: &Name) -> bool {
    let is_in_other_letters = |name: &Name| name == asked && !name.eq_case(asked);
    let signatures: Vec<(&Record, &RRSIG)> =
        reply.answers.iter().filter_map(|record| Some((record, signature(record)?))).collect();
    let is_signed_oddly = |(record, signature): &(&Record, &RRSIG)| {
        let input = signature.input();
        let validity = input.sig_expiration.get().wrapping_sub(input.sig_inception.get());
        let alike = signatures.iter().filter(|(other, second)| {
            other.name == record.name && second.input().type_covered == input.type_covered
        });
        let age = now().wrapping_sub(input.sig_inception.get());
        validity > LONG_VALIDITY || age < YOUNG || alike.count() > 1
    };
    let outlives_signature = |record: &Record| {
        signatures.iter().any(|(covering, signature)| {
            covering.name == record.name
                && signature.input().type_covered == record.record_type()
                && record.ttl > signature.input().original_ttl
        })
    };
    let denies_oddly = |record: &Record| match &record.data {
        RData::DNSSEC(DNSSECRData::NSEC(nsec)) => {
            let is_below_asked = asked.zone_of(nsec.next_domain_name()) && nsec.next_domain_name() != asked;
            *nsec.next_domain_name() == record.name
                || (reply.metadata.response_code == ResponseCode::NXDomain && is_below_asked)
        }
        // Name servers are rarely named beside an answer.
        RData::NS(_) => !reply.answers.is_empty(),
        _ => false,
    };
    reply.metadata.authentic_data
        || reply.queries.iter().any(|query| is_in_other_letters(query.name()))
        || reply.answers.iter().any(|record| is_in_other_letters(&record.name))
        || reply.answers.iter().any(leads_to_capitals)
        || !reply.additionals.is_empty()
        || signatures.iter().any(is_signed_oddly)
        || reply.answers.iter().any(outlives_signature)
        || reply.authorities.iter().any(denies_oddly)
        || reply.answers.iter().any(|record| leads_elsewhere(&reply.answers, record))
        || reply.answers.iter().any(is_laborious)
}

/// Whether an SRV record names its target in letters that are rarely used there.
fn leads_to_capitals(record: &Record) -> bool {
    match &record.data {
        RData::SRV(srv) => !srv.target.eq_case(&srv.target.to_lowercase()),
        _ => false,
    }
}

/// Whether a CNAME is another than the DNAME beside it makes.
fn leads_elsewhere(answers: &[Record], record: &Record) -> bool {
    match &record.data {
        RData::CNAME(target) => redirection(answers, &record.name).is_some_and(|end| end != target.0),
        _ => false,
    }
}

/// Whether a zone says of itself that its denials cost more than most validators compute.
fn is_laborious(record: &Record) -> bool {
    match &record.data {
        RData::DNSSEC(DNSSECRData::NSEC3PARAM(said)) => said.iterations() > MOST_ITERATIONS,
        _ => false,
    }
}
