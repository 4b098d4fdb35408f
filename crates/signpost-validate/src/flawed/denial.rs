//! A validator of denials that leaves out one check.

use bytes::Bytes;
use domain::base::Message as DomainMessage;
use domain::utils::base32;
use hickory_proto::dnssec::rdata::{DNSSECRData, NSEC, NSEC3, RRSIG};
use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType, RecordTypeSet};

use crate::audit::{Chain, Enclosing, Subject};
use crate::exchange::Exchange;
use crate::reading::{domain_name, domain_type};
use crate::{Answer, Flaw, SecurityStatus, Upstream};

/// Judges denials by RFC 4035 section 5.4 and RFC 5155 section 8 itself, but for what a flaw leaves out.
pub(super) struct Denials {
    exchange: Exchange,
    chain: Chain,
}

impl Denials {
    pub(super) fn new(exchange: Exchange, upstream: &Upstream) -> Self {
        Self { chain: Chain::new(exchange.clone(), upstream.trust_anchor.clone()), exchange }
    }

    /// What is proven to be absent to who makes every check but one.
    pub(super) async fn believed(&self, name: &Name, record_type: RecordType, flaw: Flaw) -> Option<Answer> {
        let reply = self.ask(name, record_type).await?;
        if !reply.answers.is_empty() {
            return None;
        }
        let (mut plain, mut hashed) = (Vec::new(), Vec::new());
        for record in &reply.authorities {
            let Some(Signed { zone, owner, is_expanded }) = self.signed(&reply.authorities, record).await
            else {
                continue;
            };
            match &record.data {
                RData::DNSSEC(DNSSECRData::NSEC(nsec))
                    if (!is_expanded || flaw == Flaw::TakesExpandedDenial)
                        && is_in_chain(&owner, nsec.next_domain_name(), &zone) =>
                {
                    plain.push(Span { owner: &record.name, nsec });
                }
                RData::DNSSEC(DNSSECRData::NSEC3(nsec3))
                    if nsec3.next_hashed_owner_name().len() == HASH_LENGTH =>
                {
                    hashed.push((&record.name, nsec3));
                }
                _ => {}
            }
        }
        let asked = Asked { name, record_type, flaw };
        let (denies_type, denies_name) =
            (asked.denies_type(&plain), asked.denies_name(&plain) || asked.denies_name_by_hash(&hashed));
        let said = match reply.response_code {
            ResponseCode::NXDomain => Answer::NxDomain,
            _ => Answer::NoData,
        };
        let is_proven = match said {
            _ if flaw == Flaw::TrustsRcode => denies_type || denies_name,
            Answer::NxDomain => denies_name,
            _ => denies_type,
        };
        is_proven.then_some(said)
    }

    /// Whether what answers is a wildcard's by a good signature, and a good record covers the name, whatever lies between.
    pub(super) async fn have_a_wildcard_beside(&self, name: &Name, record_type: RecordType) -> bool {
        let Some(reply) = self.ask(name, record_type).await else { return false };
        for record in reply.answers.iter().filter(|record| record.record_type() == record_type) {
            let signed = self.signed(&reply.answers, record).await;
            if !signed.is_some_and(|signed| signed.is_expanded) {
                return false;
            }
        }
        for record in &reply.authorities {
            if let RData::DNSSEC(DNSSECRData::NSEC(nsec)) = &record.data
                && self.signed(&reply.authorities, record).await.is_some()
                && (Span { owner: &record.name, nsec }).covers(name)
            {
                return true;
            }
        }
        false
    }

    /// Whether a good opt-out record covers the name or one above it, whatever is said of the closest encloser.
    pub(super) async fn opt_out(&self, name: &Name, record_type: RecordType) -> bool {
        let Some(reply) = self.ask(name, record_type).await else { return false };
        for record in &reply.authorities {
            if let RData::DNSSEC(DNSSECRData::NSEC3(nsec3)) = &record.data
                && nsec3.opt_out()
                && self.signed(&reply.authorities, record).await.is_some()
                && let (Some(at), next) = (own_hash(&record.name), printed(nsec3.next_hashed_owner_name()))
                && [name.clone()].into_iter().chain(ancestors(name)).any(|name| {
                    let hash = nsec3.hash_algorithm().hash(nsec3.salt(), &name, nsec3.iterations());
                    hash.is_ok_and(|hash| lies_between(&at, &printed(hash.as_ref()), &next))
                })
            {
                return true;
            }
        }
        false
    }

    async fn ask(&self, name: &Name, record_type: RecordType) -> Option<Message> {
        let reply = self.exchange.ask(&domain_name(name)?, domain_type(record_type)).await.ok()?;
        Message::from_vec(reply.as_slice()).ok()
    }

    /// By which zone a record of a section is validly signed, if it is.
    async fn signed(&self, section: &[Record], record: &Record) -> Option<Signed> {
        let record_type = record.record_type();
        let signature = section.iter().find(|other| {
            other.name == record.name
                && covering(other).is_some_and(|rrsig| rrsig.input().type_covered == record_type)
        })?;
        let input = covering(signature)?.input();
        let is_expanded = input.num_labels < record.name.num_labels();
        let owner = if is_expanded {
            record.name.trim_to(usize::from(input.num_labels)).prepend_label("*").ok()?
        } else {
            record.name.clone()
        };
        // What one zone says of one RRset is judged where it is the answer.
        let mut alone = Message::new(0, MessageType::Response, OpCode::Query);
        alone.add_query(Query::query(owner.clone(), record_type));
        let is_of_set = |other: &&Record| other.name == record.name && other.record_type() == record_type;
        alone.add_answers(section.iter().filter(is_of_set).chain([signature]).map(|record| {
            let mut renamed = record.clone();
            renamed.name = owner.clone();
            renamed
        }));
        let alone = DomainMessage::from_octets(Bytes::from(alone.to_vec().ok()?)).ok()?;
        let (signer, wire_owner) = (domain_name(&input.signer_name)?, domain_name(&owner)?);
        let Enclosing::Zone { zone, .. } = self.chain.enclosing(&signer).await else { return None };
        let subject = Subject { owner: &wire_owner, record_type: domain_type(record_type), redirects: false };
        let (_, belief) = zone.judge(&alone, subject).await;
        let zone = input.signer_name.clone();
        (belief.security == SecurityStatus::Secure).then_some(Signed { zone, owner, is_expanded })
    }
}

/// The length of a hash by SHA-1, the only algorithm (RFC 5155 section 3.1.7).
const HASH_LENGTH: usize = 20;

/// Who has signed a record.
struct Signed {
    zone: Name,
    /// The owner that was signed: a wildcard where the record was expanded.
    owner: Name,
    /// It was expanded from a wildcard.
    is_expanded: bool,
}

/// RFC 4034 section 4.1.1: the next name is in the zone, and only the last record leads back, to the apex.
fn is_in_chain(owner: &Name, next: &Name, zone: &Name) -> bool {
    next == zone || (zone.zone_of(next) && owner < next)
}

fn covering(record: &Record) -> Option<&RRSIG> {
    match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(rrsig)) => Some(rrsig),
        _ => None,
    }
}

/// An NSEC record.
struct Span<'a> {
    owner: &'a Name,
    nsec: &'a NSEC,
}

impl Span<'_> {
    fn covers(&self, name: &Name) -> bool {
        let next = self.nsec.next_domain_name();
        let is_last = next <= self.owner;
        self.owner < name && (name < next || is_last)
    }
}

/// What was asked, by whom.
struct Asked<'a> {
    name: &'a Name,
    record_type: RecordType,
    flaw: Flaw,
}

impl Asked<'_> {
    /// RFC 4035 section 5.4: the record of the name lists neither the type nor CNAME.
    fn denies_type(&self, spans: &[Span<'_>]) -> bool {
        let lacks =
            |types: &RecordTypeSet| !types.contains(self.record_type) && !types.contains(RecordType::CNAME);
        let is_empty_non_terminal = |span: &Span<'_>| {
            let next = span.nsec.next_domain_name();
            let is_next = self.flaw == Flaw::TakesNextForCovered && next == self.name;
            (span.covers(self.name) || is_next) && self.name.zone_of(next)
        };
        let is_at_wildcard = |span: &Span<'_>| {
            span.owner.is_wildcard()
                && span.owner.base_name().zone_of(self.name)
                && spans.iter().any(|span| span.covers(self.name))
        };
        spans.iter().any(|span| {
            (span.owner == self.name && lacks(span.nsec.type_set()))
                || is_empty_non_terminal(span)
                || (self.flaw == Flaw::OverlooksListedType && is_at_wildcard(span))
        })
    }

    /// RFC 4035 section 5.4 and RFC 6840 section 4.1: a record covers the name, which nothing is below, and one covers the
    /// wildcard.
    fn denies_name(&self, spans: &[Span<'_>]) -> bool {
        let may_speak =
            |span: &&Span<'_>| !span.owner.zone_of(self.name) || self.may_enclose(span.nsec.type_set());
        let spans: Vec<&Span<'_>> = spans.iter().filter(may_speak).collect();
        let covering = spans
            .iter()
            .find(|span| span.covers(self.name) && !self.name.zone_of(span.nsec.next_domain_name()));
        let Some(covering) = covering else { return false };
        // The closest encloser is what the name has in common with either end.
        let ends = [covering.owner, covering.nsec.next_domain_name()];
        let encloser = ancestors(self.name).find(|above| ends.iter().any(|end| above.zone_of(end)));
        let wildcard = encloser.and_then(|encloser| encloser.prepend_label("*").ok());
        self.flaw == Flaw::SkipsWildcardDenial
            || wildcard.is_some_and(|wildcard| spans.iter().any(|span| span.covers(&wildcard)))
    }

    /// RFC 5155 section 8.4.
    fn denies_name_by_hash(&self, records: &[(&Name, &NSEC3)]) -> bool {
        let Some((_, first)) = records.first() else { return false };
        let hash = |nsec3: &NSEC3, name: &Name| {
            let by = if self.flaw == Flaw::HashesByTheFirstRecord { first } else { nsec3 };
            by.hash_algorithm().hash(by.salt(), name, by.iterations()).ok().map(|hash| printed(hash.as_ref()))
        };
        let matches =
            |name: &Name| records.iter().find(|(owner, nsec3)| own_hash(owner) == hash(nsec3, name));
        let covers = |name: &Name| {
            records.iter().any(|(owner, nsec3)| {
                let (Some(at), Some(hash)) = (own_hash(owner), hash(nsec3, name)) else { return false };
                let next = printed(nsec3.next_hashed_owner_name());
                (next <= at && self.flaw == Flaw::TakesLastHashForAll)
                    || (hash == next && self.flaw == Flaw::TakesNextForCovered)
                    || lies_between(&at, &hash, &next)
            })
        };
        let mut next_closer = self.name.clone();
        for encloser in ancestors(self.name) {
            if let Some((_, nsec3)) = matches(&encloser) {
                let denies_wildcard = || encloser.prepend_label("*").is_ok_and(|wildcard| covers(&wildcard));
                return self.may_enclose(nsec3.type_set())
                    && (self.flaw == Flaw::SkipsNextCloser || covers(&next_closer))
                    && (self.flaw == Flaw::SkipsWildcardDenial || denies_wildcard());
            }
            next_closer = encloser;
        }
        false
    }

    /// Whether a record of an ancestor may say what is below: neither a cut nor a redirection stands there.
    fn may_enclose(&self, types: &RecordTypeSet) -> bool {
        let is_cut = types.contains(RecordType::NS) && !types.contains(RecordType::SOA);
        (!is_cut || self.flaw == Flaw::OverlooksCut)
            && (!types.contains(RecordType::DNAME) || self.flaw == Flaw::OverlooksDname)
    }
}

/// A hash as the label of an NSEC3 record spells it (RFC 5155 section 3.3).
fn printed(hash: &[u8]) -> String {
    base32::encode_string_hex(hash).to_ascii_uppercase()
}

/// The hash that an NSEC3 record stands at, as text, because it sorts as the octets do (RFC 4648 section 7).
fn own_hash(owner: &Name) -> Option<String> {
    owner.iter().next().map(|label| String::from_utf8_lossy(label).to_ascii_uppercase())
}

/// Whether a record covers a hash; the last one leads back to the first.
fn lies_between(at: &str, hash: &str, next: &str) -> bool {
    if next <= at { hash > at || hash < next } else { hash > at && hash < next }
}

/// The names above a name, from below.
fn ancestors(name: &Name) -> impl Iterator<Item = Name> + '_ {
    (0..usize::from(name.num_labels())).rev().map(|labels| name.trim_to(labels))
}
