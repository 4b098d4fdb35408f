//! Whatever arrives, the responder says something sensible or nothing.

mod resolver_world;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RecordType};
use hickory_proto::serialize::binary::{BinDecodable as _, BinEncodable as _};
use proptest::prelude::*;
use signpost_dns::{Hierarchy, KeyPool, Responder, Scope};
use signpost_transcript::Transport;

const NOW: u32 = 1_800_000_000;

fn peer() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 5353))
}

fn honest() -> &'static Responder {
    static HONEST: OnceLock<Responder> = OnceLock::new();
    HONEST.get_or_init(|| Responder::new(Arc::new(hierarchy()), Scope::Forward))
}

fn hierarchy() -> Hierarchy {
    Hierarchy::build(resolver_world::zones(), KeyPool::global(), NOW, &[]).unwrap()
}

fn query(name: &str, record_type: RecordType) -> Message {
    let mut message = Message::new(77, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    // Octet by octet, because the reader of text takes no asterisk inside a label.
    let labels = name.split('.').filter(|label| !label.is_empty()).map(str::as_bytes);
    let mut name = Name::from_labels(labels).unwrap();
    name.set_fqdn(true);
    message.add_query(Query::query(name, record_type));
    message
}

fn with_edns(mut message: Message, payload: u16, version: u8) -> Message {
    let mut edns = Edns::new();
    edns.set_max_payload(payload).set_dnssec_ok(true).set_version(version);
    message.set_edns(edns);
    message
}

fn respond(message: &Message, transport: Transport) -> (Message, usize) {
    let bytes = honest().respond(&message.to_bytes().unwrap(), peer(), transport).message.unwrap();
    (Message::from_bytes(&bytes).unwrap(), bytes.len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_datagram_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for transport in [Transport::Udp, Transport::Tcp] {
            let reply = honest().respond(&bytes, peer(), transport);
            if bytes.len() < 12 || bytes[2] & 0x80 != 0 {
                prop_assert!(reply.message.is_none(), "what is no request gets no answer");
            }
        }
    }

    #[test]
    fn any_name_of_any_type_gets_an_answer(
        labels in prop::collection::vec("[a-z*_]{1,3}|example|com|wild|moved|nsec3|optout", 0..6),
        code in any::<u16>(),
    ) {
        let name = format!("{}.", labels.join("."));
        let message = with_edns(query(&name, RecordType::from(code)), 1232, 0);
        let (answer, _) = respond(&message, Transport::Tcp);
        prop_assert_eq!(answer.metadata.id, 77);
        prop_assert_eq!(answer.queries, message.queries);
    }
}

#[test]
fn other_operations_versions_and_classes_are_turned_away() {
    let mut notify = query("example.com", RecordType::SOA);
    notify.metadata.op_code = OpCode::Notify;
    assert_eq!(respond(&notify, Transport::Udp).0.metadata.response_code, ResponseCode::NotImp);
    let future = with_edns(query("example.com", RecordType::SOA), 1232, 1);
    // BADVERS and BADSIG are both number 16.
    let rcode = respond(&future, Transport::Udp).0.metadata.response_code;
    assert_eq!(u16::from(rcode), u16::from(ResponseCode::BADVERS));
    let mut chaos = query("example.com", RecordType::SOA);
    chaos.queries[0].query_class = DNSClass::CH;
    assert_eq!(respond(&chaos, Transport::Udp).0.metadata.response_code, ResponseCode::Refused);
    let mut two = query("example.com", RecordType::SOA);
    two.add_query(two.queries[0].clone());
    assert_eq!(respond(&two, Transport::Udp).0.metadata.response_code, ResponseCode::FormErr);
    let transfer = query("example.com", RecordType::AXFR);
    assert_eq!(respond(&transfer, Transport::Tcp).0.metadata.response_code, ResponseCode::Refused);
}

#[test]
fn udp_answers_fit_and_say_when_they_do_not() {
    for (payload, limit) in [(None, 512), (Some(512), 512), (Some(0), 512), (Some(4096), 1232)] {
        let plain = query("big.example.com", RecordType::TXT);
        let message = match payload {
            Some(payload) => with_edns(plain, payload, 0),
            None => plain,
        };
        let (answer, length) = respond(&message, Transport::Udp);
        assert!(length <= limit && answer.metadata.truncation, "{payload:?}: {length}");
        assert!(answer.answers.is_empty(), "a truncated answer is not used");
        let (answer, length) = respond(&message, Transport::Tcp);
        assert!(length > 1232 && !answer.metadata.truncation);
    }
}

#[test]
fn dnssec_records_go_to_those_who_want_them() {
    let name = "nope.example.com";
    let (plain, _) = respond(&query(name, RecordType::A), Transport::Udp);
    let types: Vec<RecordType> = plain.authorities.iter().map(|record| record.record_type()).collect();
    assert_eq!(types, [RecordType::SOA]);
    assert!(plain.edns.is_none());
    let (wanted, _) = respond(&with_edns(query(name, RecordType::A), 1232, 0), Transport::Udp);
    assert!(wanted.authorities.iter().any(|record| record.record_type() == RecordType::NSEC));
    assert!(wanted.edns.is_some_and(|edns| edns.flags().dnssec_ok));
    let (asked, _) = respond(&query("example.com", RecordType::NSEC), Transport::Udp);
    assert_eq!(asked.answers.len(), 1);
    let (asked, _) = respond(&query("example.com", RecordType::DS), Transport::Udp);
    assert_eq!(asked.answers.len(), 1);
}

#[test]
fn flags_are_those_of_the_view() {
    let (forward, _) = respond(&query("submit1.example.com", RecordType::A), Transport::Udp);
    assert!(forward.metadata.recursion_available && !forward.metadata.authoritative);
    assert!(!forward.metadata.authentic_data);
    let mut com = Name::from_ascii("com").unwrap();
    com.set_fqdn(true);
    let responder = Responder::new(Arc::new(hierarchy()), Scope::Zone(com));
    let ask = |name: &str, record_type| {
        let bytes = with_edns(query(name, record_type), 1232, 0).to_bytes().unwrap();
        Message::from_bytes(&responder.respond(&bytes, peer(), Transport::Udp).message.unwrap()).unwrap()
    };
    let own = ask("ns.com", RecordType::A);
    assert!(own.metadata.authoritative && !own.metadata.recursion_available);
    let referral = ask("submit1.example.com", RecordType::A);
    assert!(!referral.metadata.authoritative && referral.answers.is_empty());
    let types: Vec<RecordType> = referral.authorities.iter().map(|record| record.record_type()).collect();
    assert_eq!(
        types,
        [RecordType::NS, RecordType::DS, RecordType::RRSIG],
        "the delegation itself is not signed"
    );
    assert_eq!(referral.additionals.len(), 1, "glue, without a signature");
    assert_eq!(ask("example.org", RecordType::A).metadata.response_code, ResponseCode::Refused);
}

#[test]
fn a_question_that_points_into_the_header_is_malformed() {
    // Found by fuzzing: the name is read from the flags, which are others in the response.
    let request = b"SI\x01\0\0\x01\0\0\0\0\0\0\xc0\x02\0\0\0\0";
    for transport in [Transport::Udp, Transport::Tcp] {
        let reply = honest().respond(request, peer(), transport).message.unwrap();
        let message = Message::from_bytes(&reply).unwrap();
        assert_eq!(message.metadata.response_code, ResponseCode::FormErr);
    }
}
