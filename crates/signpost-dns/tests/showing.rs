//! A fault shows whenever it is asked for, by UDP and by TCP, and nowhere else.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RecordType};
use hickory_proto::serialize::binary::BinEncodable as _;
use signpost_dns::{
    CatalogueRow, FaultKind, Hierarchy, KeyPool, Responder, Scope, catalogue, catalogue_zones,
};
use signpost_transcript::{Endpoint, Event, Recorder, Transport};

const NOW: u32 = 1_800_000_000;

fn responder(row: &CatalogueRow) -> Responder {
    let zones = catalogue_zones().unwrap();
    let hierarchy = Hierarchy::build(zones, KeyPool::global(), NOW, &[row.fault()]).unwrap();
    Responder::new(Arc::new(hierarchy), Scope::Forward)
}

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
fn questions(row: &CatalogueRow) -> Vec<(Name, RecordType)> {
    let target = row.fault().target;
    let mut questions = vec![row.asked()];
    if let Some(owner) = target.owner {
        questions.push((owner.clone(), target.record_type.unwrap_or(RecordType::DNSKEY)));
        questions.push((owner, RecordType::NSEC3PARAM));
    }
    questions
}

#[test]
fn every_fault_shows_by_udp_and_by_tcp() {
    for row in catalogue() {
        let responder = responder(row);
        for transport in [Transport::Udp, Transport::Tcp] {
            let seen = questions(row)
                .iter()
                .any(|(name, record_type)| shown(&responder, name, *record_type, transport) == [row.kind]);
            let is_of_udp_only = row.kind == "udp-dropped" && transport == Transport::Tcp;
            assert_eq!(seen, !is_of_udp_only, "{} at {} by {transport:?}", row.kind, row.at);
        }
    }
}

#[test]
fn other_questions_are_answered_honestly() {
    let other = Name::from_ascii("pop1.example.com.").unwrap();
    for row in catalogue() {
        let is_of_more = matches!(row.fault().kind, FaultKind::Publish { .. })
            || row.at == "*"
            || row.kind.starts_with("zone-signatures");
        if !is_of_more {
            let seen = shown(&responder(row), &other, RecordType::A, Transport::Udp);
            assert!(seen.is_empty(), "{} at {}: {seen:?}", row.kind, row.at);
        }
    }
}
