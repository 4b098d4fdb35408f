//! From a datagram to a reply, without I/O.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hickory_proto::op::{Edns, Header, MessageType, Metadata, OpCode, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable as _, BinDecoder, BinEncodable as _, BinEncoder};
use hickory_server::net::xfer::Protocol;
use hickory_server::server::Request;
use hickory_server::zone_handler::MessageResponseBuilder;
use signpost_transcript::Transport;

use crate::answer::{Answer, Step};
use crate::fault::apply::apply;
use crate::fault::path::Delivery;
use crate::fault::{AnswerFault, AnswerFaultKind};
use crate::hierarchy::Hierarchy;
use crate::question::Question;
use crate::reply::{Applied, Exchange, Reply};
use crate::rrset::Rrset;
use crate::tree::Tree;

/// What part of the hierarchy a responder speaks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Scope {
    /// All zones, as a resolver in front of them would: RA is set, aliases are followed, nothing is referred.
    Forward,
    /// One zone, as its name server would: AA is set, what lies below a cut is referred.
    Zone(Name),
}

/// Answers messages from a hierarchy, with its faults; who asks from an address with a view of its own gets another.
#[derive(Clone, Debug)]
pub struct Responder {
    hierarchy: Arc<Hierarchy>,
    scope: Scope,
    views: HashMap<IpAddr, Arc<Hierarchy>>,
}

/// The largest UDP response, and what the responder says that it can receive (DNS flag day 2020).
const UDP_PAYLOAD: u16 = 1232;

/// What a client without EDNS can receive by UDP (RFC 1035 section 4.2.1).
const PLAIN_UDP_PAYLOAD: u16 = 512;

impl Responder {
    /// A responder for a part of a hierarchy.
    #[must_use]
    pub fn new(hierarchy: Arc<Hierarchy>, scope: Scope) -> Self {
        Self { hierarchy, scope, views: HashMap::new() }
    }

    /// Answers who asks from this address out of another hierarchy: a view (RFC 8499 section 6).
    #[must_use]
    pub fn with_view(mut self, source: IpAddr, hierarchy: Arc<Hierarchy>) -> Self {
        self.views.insert(source, hierarchy);
        self
    }

    /// The hierarchy for everybody without a view of their own.
    #[must_use]
    pub fn hierarchy(&self) -> &Hierarchy {
        &self.hierarchy
    }

    /// The hierarchy for who asks from this address.
    #[must_use]
    pub fn hierarchy_for(&self, source: IpAddr) -> &Hierarchy {
        self.views.get(&source).unwrap_or(&self.hierarchy)
    }

    /// Says what goes back for a message from `peer`. Nothing goes back for what is no request.
    #[must_use]
    pub fn respond(&self, request: &[u8], peer: SocketAddr, transport: Transport) -> Reply {
        let Ok(header) = Header::read(&mut BinDecoder::new(request)) else { return Reply::none() };
        if header.metadata.message_type == MessageType::Response {
            return Reply::none();
        }
        if header.metadata.op_code != OpCode::Query {
            return Reply::unrecorded(bare_response(&header.metadata, ResponseCode::NotImp));
        }
        let malformed = || Reply::unrecorded(bare_response(&header.metadata, ResponseCode::FormErr));
        // The count is checked before anything is read, because readers reserve memory for it.
        if header.counts.queries != 1 || !is_written_out(&request[HEADER..]) {
            return malformed();
        }
        let protocol = match transport {
            Transport::Tcp => Protocol::Tcp,
            Transport::Udp => Protocol::Udp,
        };
        match Request::from_bytes(request.to_vec(), peer, protocol) {
            Ok(request) => self.answer(&request, peer.ip(), transport).unwrap_or_else(malformed),
            Err(_) => malformed(),
        }
    }

    fn answer(&self, request: &Request, source: IpAddr, transport: Transport) -> Option<Reply> {
        let hierarchy = self.hierarchy_for(source);
        let query = request.queries.queries().first()?;
        let question = Question {
            name: Name::from(query.name()),
            record_type: query.query_type(),
            dnssec_ok: request.edns.as_ref().is_some_and(|edns| edns.flags().dnssec_ok),
        };
        let mut exchange = Exchange::new(&question, request.metadata.checking_disabled);
        let mut delivery = Delivery::default();
        let of = |tree: &Tree| {
            if request.version() > 0 {
                Answer::empty(ResponseCode::BADVERS)
            } else if query.query_class() != DNSClass::IN {
                Answer::empty(ResponseCode::Refused)
            } else {
                self.look_up(tree, &question, request.metadata.recursion_desired)
            }
        };
        let mut answer = of(hierarchy.tree());
        for (place, fault) in hierarchy.faults.iter().enumerate().filter(|_| request.version() == 0) {
            let (before, delivered_before) = (answer.clone(), delivery);
            let told = apply(fault, hierarchy.tree(), &question, transport, &mut answer, &mut delivery);
            let Some(detail) = told else { continue };
            // A fault has been applied where what is sent is not what would be sent without it. What a publisher did
            // stands in the answer before anything else is done to it.
            let emit = |answer: &Answer, delivery| self.emit(request, &question, answer, transport, delivery);
            let is_sent = match hierarchy.without(place) {
                Some(tree) => {
                    let published = |tree| emit(&of(tree).without_chance(), Delivery::default());
                    published(tree) != published(hierarchy.tree())
                }
                None => emit(&before, delivered_before) != emit(&answer, delivery) || is_unsent(fault),
            };
            if is_sent {
                let (at, kind) = (fault.at.clone(), fault.kind.name().to_owned());
                exchange.faults.push(Applied { number: fault.number, at, kind, detail });
            }
        }
        let message = self.emit(request, &question, &answer, transport, delivery);
        exchange.describe(answer.rcode, message.as_deref());
        Some(Reply::new(exchange, message, delivery.hangs_up))
    }

    fn look_up(&self, tree: &Tree, question: &Question, recursion_desired: bool) -> Answer {
        if matches!(question.record_type, RecordType::AXFR | RecordType::IXFR) {
            return Answer::empty(ResponseCode::Refused);
        }
        match &self.scope {
            Scope::Forward => tree.resolve(&question.name, question.record_type, recursion_desired),
            Scope::Zone(origin) => {
                let zone = tree.zone(origin).filter(|zone| zone.origin.zone_of(&question.name));
                let Some(zone) = zone else { return Answer::empty(ResponseCode::Refused) };
                let mut answer = Answer::empty(ResponseCode::NoError);
                let step = zone.look_up(&question.name, question.record_type, &mut answer);
                answer.authoritative = step != Step::Referral;
                answer
            }
        }
    }

    fn emit(
        &self,
        request: &Request,
        question: &Question,
        answer: &Answer,
        transport: Transport,
        delivery: Delivery,
    ) -> Option<Vec<u8>> {
        if delivery.is_silent {
            return None;
        }
        let request_edns = request.edns.as_ref().filter(|_| !delivery.ignores_edns);
        let rejected = delivery.rejects_edns && request_edns.is_some();
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.response_code = if rejected { ResponseCode::FormErr } else { answer.rcode };
        metadata.authoritative = answer.authoritative;
        metadata.authentic_data = answer.authentic_data;
        metadata.recursion_available = self.scope == Scope::Forward;
        let dnssec_ok = question.dnssec_ok && !delivery.ignores_do;
        let edns = request_edns.filter(|_| !rejected).map(|_| {
            let mut edns = Edns::new();
            edns.set_max_payload(UDP_PAYLOAD).set_dnssec_ok(dnssec_ok);
            edns
        });
        let encode = |sections: &Sections, metadata: Metadata| {
            let mut bytes = Vec::with_capacity(512);
            let mut encoder = BinEncoder::new(&mut bytes);
            encoder.set_max_size(u16::MAX);
            let mut builder = MessageResponseBuilder::new(&request.queries, None);
            if let Some(edns) = &edns {
                builder.edns(edns);
            }
            builder
                .build(metadata, &sections.answer, &sections.authority, [], &sections.additional)
                .destructive_emit(&mut encoder)
                .ok()?;
            delivery.spoil(&mut bytes);
            Some(bytes)
        };
        if !delivery.is_truncated {
            let mut sections = if rejected {
                Sections::default()
            } else {
                Sections::new(question.record_type, dnssec_ok, answer)
            };
            if delivery.is_of_chaos {
                sections.set_class(DNSClass::CH);
            }
            let limit = match (transport, request_edns) {
                (Transport::Tcp, _) => u16::MAX,
                (Transport::Udp, Some(_)) => request.max_payload().min(UDP_PAYLOAD),
                (Transport::Udp, None) => PLAIN_UDP_PAYLOAD,
            };
            let bytes = encode(&sections, metadata)?;
            if bytes.len() <= usize::from(limit) {
                return Some(bytes);
            }
        }
        // RFC 2181 section 9: a client that sees TC ignores the rest, so there is none.
        metadata.truncation = true;
        encode(&Sections::default(), metadata)
    }
}

/// Whether a fault changes no octet that is sent: what it breaks is handed out beforehand.
fn is_unsent(fault: &AnswerFault) -> bool {
    matches!(fault.kind, AnswerFaultKind::Publish(kind) if kind.is_unsent())
}

/// The records of a message.
#[derive(Debug, Default)]
struct Sections {
    answer: Vec<Record>,
    authority: Vec<Record>,
    additional: Vec<Record>,
}

impl Sections {
    /// DNSSEC's own records go only to those who set DO or ask for them (RFC 4035 section 3.2.1).
    fn new(asked: RecordType, dnssec_ok: bool, answer: &Answer) -> Self {
        let records = |sets: &[Rrset]| {
            let mut records = Vec::new();
            for set in sets {
                let is_proof =
                    matches!(set.record_type, RecordType::NSEC | RecordType::NSEC3 | RecordType::DS);
                if dnssec_ok || !is_proof || set.record_type == asked {
                    records.extend(set.records());
                }
                if dnssec_ok {
                    records.extend(set.signature_records());
                }
            }
            records
        };
        Self {
            answer: records(&answer.answer),
            authority: records(&answer.authority),
            additional: records(&answer.additional),
        }
    }

    fn set_class(&mut self, class: DNSClass) {
        let records = self.answer.iter_mut().chain(&mut self.authority).chain(&mut self.additional);
        records.for_each(|record| record.dns_class = class);
    }
}

/// Octets of a header.
const HEADER: usize = 12;

/// Whether the first name of a message is written out. A pointer there leads into the header, which is another one in the
/// response (RFC 1035 section 4.1.4: to a prior name), so that the question could not come back.
fn is_written_out(mut name: &[u8]) -> bool {
    while let Some((&length, rest)) = name.split_first() {
        match length {
            0 => return true,
            1..=63 => name = rest.get(usize::from(length)..).unwrap_or_default(),
            _ => return false,
        }
    }
    // One that ends too soon is for the reader to find.
    true
}

/// A response of the header alone, for requests whose rest cannot be trusted.
fn bare_response(request: &Metadata, rcode: ResponseCode) -> Vec<u8> {
    let mut metadata = Metadata::response_from_request(request);
    metadata.response_code = rcode;
    let mut bytes = Vec::with_capacity(12);
    let header = Header { metadata, counts: Default::default() };
    // Twelve octets always fit, so there is nothing to be said about a failure.
    let _ = header.emit(&mut BinEncoder::new(&mut bytes));
    bytes
}
