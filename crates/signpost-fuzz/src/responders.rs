//! Responders with every fault, and what every reply has to be.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};

use hickory_proto::op::{Message, MessageType};
use signpost_dns::{Hierarchy, KeyPool, Responder, Scope};

use crate::every_fault::every_fault;
use crate::resolver_world;

/// Noon of a day in 2027: a run must not depend on the day it is done.
const NOW: u32 = 1_800_000_000;

/// The longest answer by UDP, and the longest to a client without EDNS.
const UDP_LIMIT: usize = 1232;
const PLAIN: usize = 512;

/// The octets of a header, and the bit of its third that makes a response.
const HEADER: usize = 12;
const QR: u8 = 0x80;

/// Who asks.
pub fn peer() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 5353))
}

/// The honest responder, for number 0, and one for each kind of fault. Each is built when it is first wanted.
pub fn responder(number: u8) -> &'static Responder {
    static RESPONDERS: OnceLock<Vec<OnceLock<Responder>>> = OnceLock::new();
    let faults = every_fault();
    let all =
        RESPONDERS.get_or_init(|| std::iter::repeat_with(OnceLock::new).take(faults.len() + 1).collect());
    let place = usize::from(number) % all.len();
    all[place].get_or_init(|| {
        let faults = place.checked_sub(1).map(|fault| &faults[fault..=fault]).unwrap_or_default();
        let hierarchy = Hierarchy::build(resolver_world::zones(), KeyPool::global(), NOW, faults);
        Responder::new(Arc::new(hierarchy.expect("the zones can be signed")), Scope::Forward)
    })
}

/// Whether a fault of this responder may alter anything of a message.
pub fn is_honest(number: u8) -> bool {
    usize::from(number) % (every_fault().len() + 1) == 0
}

/// The octets by UDP that a request asks for at most (RFC 6891 section 6.2.3).
fn limit(request: &Message) -> usize {
    let payload = request.edns.as_ref().map_or(PLAIN, |edns| usize::from(edns.max_payload()));
    payload.clamp(PLAIN, UDP_LIMIT)
}

/// Holds what goes back by UDP and by TCP against the request. A responder with a fault may break the message, but
/// answers nothing but requests, and no more than there is room for.
pub fn check(request: &[u8], udp: Option<&[u8]>, tcp: Option<&[u8]>, is_honest: bool) {
    let is_request = request.len() >= HEADER && request[2] & QR == 0;
    for reply in [udp, tcp].into_iter().flatten() {
        assert!(is_request, "only requests are answered");
        assert!(reply.len() >= HEADER, "{} octets are no message", reply.len());
    }
    let asked = Message::from_vec(request).ok();
    let limit = asked.as_ref().map_or(UDP_LIMIT, limit);
    assert!(udp.is_none_or(|reply| reply.len() <= limit), "more than {limit} octets by UDP");
    if !is_honest {
        return;
    }
    let (Some(udp), Some(tcp)) = (udp, tcp) else {
        assert!(!is_request, "every request is answered");
        return;
    };
    let [udp_reply, tcp_reply] = [udp, tcp].map(|reply| {
        assert_eq!(request[..2], reply[..2], "the ID comes back");
        let message = Message::from_vec(reply).expect("an honest reply can be read");
        assert_eq!(message.metadata.message_type, MessageType::Response);
        assert!(!message.metadata.authentic_data, "the lab validates nothing");
        if let Some(asked) = asked.as_ref().filter(|_| !message.queries.is_empty()) {
            assert_eq!(message.queries, asked.queries, "the question comes back");
        }
        message
    });
    assert!(!tcp_reply.metadata.truncation, "there is room by TCP");
    assert_eq!(udp_reply.metadata.truncation, tcp.len() > limit, "TC says that there is more, and only then");
    assert_eq!(udp_reply.metadata.response_code, tcp_reply.metadata.response_code);
    let shown = if udp_reply.metadata.truncation { &[][..] } else { &tcp_reply.answers };
    assert_eq!(udp_reply.answers, shown, "all of the answer, or none of it");
}
