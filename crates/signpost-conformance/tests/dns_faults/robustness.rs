//! Whatever arrives, a responder with a fault says something or nothing.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::OnceLock;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RecordType};
use hickory_proto::serialize::binary::BinEncodable as _;
use proptest::prelude::*;
use signpost_dns::Responder;
use signpost_transcript::Transport;

use crate::exhibits::{exhibits, responder};

/// An honest responder and one for each fault that is shown.
fn responders() -> &'static [Responder] {
    static RESPONDERS: OnceLock<Vec<Responder>> = OnceLock::new();
    RESPONDERS.get_or_init(|| {
        let broken = exhibits().iter().map(|exhibit| responder(std::slice::from_ref(&exhibit.fault)));
        std::iter::once(responder(&[])).chain(broken).collect()
    })
}

fn peer() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 5353))
}

fn query(name: &Name, record_type: RecordType) -> Vec<u8> {
    let mut message = Message::new(77, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name.clone(), record_type));
    let mut edns = Edns::new();
    edns.set_max_payload(1232).set_dnssec_ok(true);
    message.set_edns(edns);
    message.to_bytes().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_query_with_changed_octets_makes_it_panic(
        asked in any::<prop::sample::Index>(),
        responder in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let (name, record_type) = &asked.get(exhibits()).question;
        let mut bytes = query(name, *record_type);
        for (place, octet) in changes {
            let place = place.index(bytes.len());
            bytes[place] = octet;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let responder = responder.get(responders());
        for transport in [Transport::Udp, Transport::Tcp] {
            if let Some(message) = responder.respond(&bytes, peer(), transport).message {
                prop_assert!(message.len() >= 12);
                prop_assert!(transport == Transport::Tcp || message.len() <= 1232);
            }
        }
    }
}
