//! What a reply says, before anybody asks whether it is true: aliases, records, denial or failure.

use bytes::Bytes;
use domain::base::{Message, Name as DomainName, Rtype};
use hickory_proto::op::{Message as HickoryMessage, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable as _, BinEncodable as _};

use crate::{Answer, Failure};

/// More aliases in a row than any honest zone needs. Unbound's limit.
pub(crate) const MAX_ALIASES: usize = 11;

/// A reply in the words of the question.
#[derive(Debug)]
pub(crate) struct Reading {
    /// The RRsets that redirect the question, in order.
    pub(crate) aliases: Vec<Alias>,
    /// The name at the end of the aliases.
    pub(crate) end: Name,
    /// What is said about `end`.
    pub(crate) answer: Answer,
    /// The reply ends at an alias without a word about its target, as an authoritative server's does when the
    /// target lies elsewhere: `answer` means nothing, the target must be asked for.
    pub(crate) unfinished: bool,
}

/// One RRset that redirects.
#[derive(Clone, Debug)]
pub(crate) struct Alias {
    pub(crate) owner: Name,
    /// CNAME or DNAME.
    pub(crate) record_type: RecordType,
}

impl Reading {
    pub(crate) fn new(message: &Message<Bytes>, name: &Name, record_type: RecordType) -> Self {
        match HickoryMessage::from_vec(message.as_slice()) {
            Ok(message) => Self::of_message(&message, name, record_type),
            Err(_) => Self::failed(name, Failure::Malformed),
        }
    }

    fn failed(name: &Name, failure: Failure) -> Self {
        Self { aliases: Vec::new(), end: name.clone(), answer: Answer::Failed(failure), unfinished: false }
    }

    fn of_message(message: &HickoryMessage, name: &Name, record_type: RecordType) -> Self {
        let denied = match message.response_code {
            ResponseCode::NoError => Answer::NoData,
            ResponseCode::NXDomain => Answer::NxDomain,
            ResponseCode::Refused => return Self::failed(name, Failure::Refused),
            ResponseCode::ServFail => return Self::failed(name, Failure::ServFail),
            _ => return Self::failed(name, Failure::OtherResponseCode),
        };
        let mut aliases: Vec<Alias> = Vec::new();
        let mut end = name.clone();
        loop {
            let records: Vec<Record> = records_at(&message.answers, &end, record_type).cloned().collect();
            if !records.is_empty() {
                return Self { aliases, end, answer: Answer::Records(records), unfinished: false };
            }
            let Some((alias, target)) = next_alias(&message.answers, &end) else { break };
            if aliases.len() == MAX_ALIASES || target == *name {
                return Self::failed(name, Failure::AliasLoop);
            }
            aliases.push(alias);
            end = target;
        }
        let silent = !message.authorities.iter().any(|record| record.record_type() == RecordType::SOA);
        let unfinished = silent && !aliases.is_empty() && denied == Answer::NoData;
        Self { aliases, end, answer: denied, unfinished }
    }
}

/// Where `records`, an RRset that redirects, lead from `name`.
pub(crate) fn redirection(records: &[Record], name: &Name) -> Option<Name> {
    next_alias(records, name).map(|(_, target)| target)
}

fn records_at<'a>(
    records: &'a [Record],
    owner: &'a Name,
    record_type: RecordType,
) -> impl Iterator<Item = &'a Record> {
    records.iter().filter(move |record| {
        // A record of another class is no answer, and nobody would validate it.
        record.dns_class == DNSClass::IN
            && is_asked(record.record_type(), record_type)
            && record.name == *owner
    })
}

/// Whether a record of one type answers a question for another. Signatures answer no question but the one for them.
fn is_asked(given: RecordType, asked: RecordType) -> bool {
    given == asked || (asked == RecordType::ANY && given != RecordType::RRSIG)
}

/// The alias that applies to `name`, and where it leads. A DNAME makes the CNAME beside it redundant: only the
/// DNAME is signed (RFC 6672 §5.3.1).
fn next_alias(records: &[Record], name: &Name) -> Option<(Alias, Name)> {
    records_at(records, name, RecordType::CNAME)
        .find_map(|record| match &record.data {
            RData::CNAME(target) if dname_above(records, name).is_none() => {
                Some((Alias { owner: name.clone(), record_type: RecordType::CNAME }, target.0.clone()))
            }
            _ => None,
        })
        .or_else(|| dname_above(records, name))
}

/// hickory reads a DNAME as data of unknown type, so that the target is read here.
fn dname_above(records: &[Record], name: &Name) -> Option<(Alias, Name)> {
    records.iter().find_map(|record| {
        let RData::Unknown { code: RecordType::DNAME, rdata } = &record.data else { return None };
        if !record.name.zone_of(name) || record.name == *name || record.dns_class != DNSClass::IN {
            return None;
        }
        let target = Name::from_bytes(&rdata.anything).ok()?;
        let kept = name.num_labels().checked_sub(record.name.num_labels())?;
        let prefix = Name::from_labels(name.iter().take(usize::from(kept))).ok()?;
        let alias = Alias { owner: record.name.clone(), record_type: record.record_type() };
        Some((alias, prefix.append_domain(&target).ok()?))
    })
}

/// The name in the type of the other library.
pub(crate) fn domain_name(name: &Name) -> Option<DomainName<Bytes>> {
    // Names are always absolute here; both libraries agree on the wire form.
    let mut name = name.clone();
    name.set_fqdn(true);
    DomainName::from_octets(Bytes::from(name.to_bytes().ok()?)).ok()
}

/// The name in the type of hickory, in which this crate's interface speaks.
pub(crate) fn hickory_name(name: &DomainName<Bytes>) -> Option<Name> {
    Name::from_bytes(name.as_slice()).ok()
}

/// The record type in the type of the other library.
pub(crate) fn domain_type(record_type: RecordType) -> Rtype {
    Rtype::from_int(u16::from(record_type))
}
