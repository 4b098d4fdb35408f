//! A fault shows whenever it is asked for, by UDP and by TCP, and nowhere else.

use std::net::{Ipv4Addr, SocketAddr};

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RecordType};
use hickory_proto::serialize::binary::BinEncodable as _;
use signpost_dns::{AnswerFaultKind, Responder};
use signpost_transcript::{Endpoint, Event, Recorder, Transport};

use crate::exhibits::{Exhibit, exhibits, name, responder};

/// The names of the faults that the transcript has after one question.
fn shown(responder: &Responder, name: &Name, record_type: RecordType, transport: Transport) -> Vec<String> {
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
    kinds.collect()
}

/// What is asked to see the fault: the question itself, or on the way to it the target, or the keys of the zone.
fn questions(exhibit: &Exhibit) -> Vec<(Name, RecordType)> {
    let target = &exhibit.fault.target;
    let mut questions = vec![exhibit.question.clone()];
    if let Some(owner) = &target.owner {
        questions.push((owner.clone(), target.record_type.unwrap_or(RecordType::DNSKEY)));
        questions.push((owner.clone(), RecordType::NSEC3PARAM));
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
