//! Views: the answer depends on the address that asks, and one trust anchor holds for all.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use hickory_proto::serialize::binary::BinEncodable as _;
use signpost_dns::{
    AnswerFault, AnswerFaultKind, Hierarchy, KeyPool, RcodeFault, Responder, Scope, Target, Zone,
};
use signpost_transcript::{Endpoint, Event, Recorder, Transport};

const INSIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 101));
const STRICKEN: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 102));
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1));

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

/// A root and `example.`, in which a host has this address.
fn hierarchy(address: &str, faults: &[AnswerFault]) -> Arc<Hierarchy> {
    let root = Zone::parse(Name::root(), ". 300 SOA ns. h. 1 2 3 4 300\n. 300 NS ns.\nns. 300 A 192.0.2.1\n");
    let text = format!("@ 300 SOA ns h 1 2 3 4 300\n@ 300 NS ns\nns 300 A 192.0.2.9\nhost 300 A {address}\n");
    let zone = Zone::parse(name("example."), &text).unwrap();
    Arc::new(Hierarchy::build(vec![root.unwrap(), zone], KeyPool::global(), 1_800_000_000, faults).unwrap())
}

fn servfail() -> AnswerFault {
    AnswerFault {
        number: 1,
        at: "dns:host.example./A".to_owned(),
        target: Target { owner: Some(name("host.example.")), record_type: None },
        kind: AnswerFaultKind::Rcode(RcodeFault::ServFail),
    }
}

fn responder(scope: Scope) -> Responder {
    Responder::new(hierarchy("192.0.2.20", &[]), scope)
        .with_view(INSIDE, hierarchy("192.0.2.10", &[]))
        .with_view(STRICKEN, hierarchy("192.0.2.10", &[servfail()]))
}

/// The answer's RCODE and its first record's data, and how many faults the transcript has of it.
fn ask(responder: &Responder, source: IpAddr, transport: Transport) -> (ResponseCode, String, usize) {
    let mut message = Message::new(1, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(name("host.example."), RecordType::A));
    let mut edns = Edns::new();
    edns.set_max_payload(1232).set_dnssec_ok(true);
    message.set_edns(edns);
    let peer = SocketAddr::new(source, 5353);
    let reply = responder.respond(&message.to_bytes().unwrap(), peer, transport);
    let recorder = Recorder::new();
    reply.record(&recorder, Endpoint::Authority, peer, transport);
    let faults = recorder.take().events().filter(|event| matches!(event, Event::Fault { .. })).count();
    let answer = Message::from_vec(&reply.message.unwrap()).unwrap();
    let data = answer.answers.first().map(|record| record.data.to_string()).unwrap_or_default();
    (answer.metadata.response_code, data, faults)
}

#[test]
fn the_asking_address_decides_by_udp_and_by_tcp() {
    for scope in [Scope::Forward, Scope::Zone(name("example."))] {
        let responder = responder(scope);
        for transport in [Transport::Udp, Transport::Tcp] {
            let inside = ask(&responder, INSIDE, transport);
            assert_eq!(inside, (ResponseCode::NoError, "192.0.2.10".to_owned(), 0));
            let elsewhere = ask(&responder, ELSEWHERE, transport);
            assert_eq!(elsewhere, (ResponseCode::NoError, "192.0.2.20".to_owned(), 0));
        }
    }
}

#[test]
fn a_fault_of_one_view_shows_in_no_other() {
    let responder = responder(Scope::Forward);
    assert_eq!(ask(&responder, STRICKEN, Transport::Udp), (ResponseCode::ServFail, String::new(), 1));
    assert_eq!(ask(&responder, INSIDE, Transport::Udp).2, 0);
    assert_eq!(ask(&responder, ELSEWHERE, Transport::Udp).2, 0);
}

#[test]
fn one_trust_anchor_holds_for_all_views() {
    let responder = responder(Scope::Forward);
    let anchors = [INSIDE, STRICKEN, ELSEWHERE].map(|source| responder.hierarchy_for(source).trust_anchor());
    assert_eq!(anchors[0], anchors[1]);
    assert_eq!(anchors[0], anchors[2]);
    assert_eq!(anchors[2], responder.hierarchy().trust_anchor());
}
