//! A fault shows whenever it is asked for, by UDP and by TCP, and nowhere else.

use std::net::{Ipv4Addr, SocketAddr};

use hickory_proto::dnssec::rdata::DNSSECRData;
use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::BinEncodable as _;
use signpost_dns::{AnswerFaultKind, Responder};
use signpost_transcript::{Endpoint, Event, Recorder, Transport};

use crate::exhibits::{Exhibit, exhibits, name, responder};

/// The names of the faults that the transcript has after one question.
fn shown(responder: &Responder, name: &Name, record_type: RecordType, transport: Transport) -> Vec<String> {
    ask(responder, name, record_type, transport).0
}

/// The names of the faults that the transcript has after one question, and what came back.
fn ask(
    responder: &Responder,
    name: &Name,
    record_type: RecordType,
    transport: Transport,
) -> (Vec<String>, Option<Vec<u8>>) {
    let mut message = Message::new(1, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name.clone(), record_type));
    let mut edns = Edns::new();
    edns.set_max_payload(1232).set_dnssec_ok(true);
    message.set_edns(edns);
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 5353));
    let recorder = Recorder::new();
    let reply = responder.respond(&message.to_bytes().unwrap(), peer, transport);
    reply.record(&recorder, Endpoint::Authority, peer, transport);
    let transcript = recorder.transcript();
    let kinds = transcript.events().filter_map(|event| match event {
        Event::Fault { kind, .. } => Some(kind.clone()),
        _ => None,
    });
    (kinds.collect(), reply.message)
}

/// What a message says but for the octets of its signatures, in which chance has a part; as it is where it cannot be read.
fn said(message: &[u8]) -> String {
    let Ok(read) = Message::from_vec(message) else { return format!("{message:?}") };
    let record = |record: &Record| match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(rrsig)) => {
            format!("{} {} {:?} {}", record.name, record.ttl, rrsig.input(), rrsig.sig().len())
        }
        data => format!("{} {} {} {data:?}", record.name, record.dns_class, record.ttl),
    };
    let sections = [&read.answers, &read.authorities, &read.additionals];
    let records: Vec<String> = sections.into_iter().flatten().map(record).collect();
    let names: Vec<String> = read.queries.iter().map(|query| query.name().to_ascii()).collect();
    format!("{:?} {names:?} {:?} {records:#?}", read.metadata, read.edns)
}

/// What is asked to see the fault: the question itself, or on the way to it the target, or the keys of the zone.
fn questions(exhibit: &Exhibit) -> Vec<(Name, RecordType)> {
    let target = &exhibit.fault.target;
    let mut questions = vec![exhibit.question.clone()];
    if let Some(owner) = &target.owner {
        // Every validator asks for these.
        questions.push((owner.clone(), target.record_type.unwrap_or(RecordType::DNSKEY)));
    }
    questions
}

#[test]
fn every_fault_shows_by_udp_and_by_tcp() {
    for exhibit in exhibits() {
        let responder = responder(std::slice::from_ref(&exhibit.fault));
        for transport in [Transport::Udp, Transport::Tcp] {
            let seen = questions(exhibit).iter().any(|(name, record_type)| {
                shown(&responder, name, *record_type, transport) == [exhibit.kind()]
            });
            let is_of_udp_only = exhibit.kind() == "udp-dropped" && transport == Transport::Tcp;
            assert_eq!(seen, !is_of_udp_only, "{} by {transport:?}", exhibit.id);
        }
    }
}

/// What is recorded as applied has changed an octet, and what has changed one is recorded.
#[test]
fn every_fault_that_is_recorded_is_sent() {
    /// What these change are the octets of signatures and nothing beside them.
    const IN_SIGNATURES: [&str; 2] = ["signature-broken", "denial-signature-broken"];
    let honest = responder(&[]);
    let mut wrong = Vec::new();
    for exhibit in exhibits() {
        // This one is handed out.
        if exhibit.kind() == "trust-anchor-wrong" {
            continue;
        }
        let responder = responder(std::slice::from_ref(&exhibit.fault));
        let on_the_way =
            [(exhibit.question.0.clone(), RecordType::SOA), (name("example.com"), RecordType::A)];
        for (name, record_type) in questions(exhibit).into_iter().chain(on_the_way) {
            for transport in [Transport::Udp, Transport::Tcp] {
                let (recorded, sent) = ask(&responder, &name, record_type, transport);
                let (_, unbroken) = ask(&honest, &name, record_type, transport);
                let said = |message: Option<Vec<u8>>| message.as_deref().map(said);
                let differs = said(sent) != said(unbroken);
                let is_recorded = !recorded.is_empty();
                if is_recorded != differs && !(is_recorded && IN_SIGNATURES.contains(&exhibit.kind())) {
                    wrong.push(format!(
                        "{}: {name} {record_type} by {transport:?}: recorded {is_recorded}, differs {differs}",
                        exhibit.id
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where three records prove that a name does not exist, each of the faults that leave one out leaves out its own.
#[test]
fn every_part_of_a_proof_is_a_record_of_its_own() {
    let of = |kind: &str, is_hashed: bool| {
        let is_wanted = |exhibit: &&Exhibit| {
            exhibit.kind() == kind
                && exhibit.id.contains("nsec3") == is_hashed
                && !exhibit.id.contains("type")
        };
        exhibits().iter().find(is_wanted).unwrap()
    };
    let parts = [
        exhibits().iter().find(|exhibit| exhibit.kind() == "denial-encloser-absent").unwrap(),
        of("denial-next-closer-absent", true),
        of("denial-wildcard-absent", true),
    ];
    let honest = responder(&[]);
    let records = |message: Option<Vec<u8>>| Message::from_vec(&message.unwrap()).unwrap().authorities.len();
    for parts in [&parts[..], &[of("denial-next-closer-absent", false), of("denial-wildcard-absent", false)]]
    {
        let mut left = Vec::new();
        for exhibit in parts {
            let (name, record_type) = &exhibit.question;
            let (_, unbroken) = ask(&honest, name, *record_type, Transport::Tcp);
            let responder = responder(std::slice::from_ref(&exhibit.fault));
            let (_, sent) = ask(&responder, name, *record_type, Transport::Tcp);
            left.push(said(sent.as_deref().unwrap()));
            // The record and its signature.
            assert_eq!(records(sent) + 2, records(unbroken), "{}", exhibit.id);
        }
        left.sort();
        left.dedup();
        assert_eq!(left.len(), parts.len(), "two of {parts:?} are one fault");
    }
}

/// A scenario asks for what is broken, or what is broken lies on the way: the keys and the DS records of a chain.
#[test]
fn every_scenario_asks_for_its_fault() {
    let mut unseen = Vec::new();
    for exhibit in exhibits() {
        let responder = responder(std::slice::from_ref(&exhibit.fault));
        let (asked, _) = &exhibit.question;
        let mut on_the_way = vec![exhibit.question.clone()];
        for count in 0..=usize::from(asked.num_labels()) {
            let zone = asked.trim_to(count);
            on_the_way.extend([RecordType::DNSKEY, RecordType::DS].map(|wanted| (zone.clone(), wanted)));
        }
        let is_seen = on_the_way.iter().any(|(name, record_type)| {
            shown(&responder, name, *record_type, Transport::Udp) == [exhibit.kind()]
        });
        if !is_seen {
            unseen.push(exhibit.id.as_str());
        }
    }
    assert!(unseen.is_empty(), "{unseen:?}");
}

#[test]
fn other_questions_are_answered_honestly() {
    let other = name("pop1.example.com");
    for exhibit in exhibits() {
        let is_of_more = matches!(exhibit.fault.kind, AnswerFaultKind::Publish(_))
            || exhibit.fault.target.owner.is_none()
            || exhibit.kind().starts_with("zone-signatures");
        if !is_of_more {
            let responder = responder(std::slice::from_ref(&exhibit.fault));
            let seen = shown(&responder, &other, RecordType::A, Transport::Udp);
            assert!(seen.is_empty(), "{}: {seen:?}", exhibit.id);
        }
    }
}
