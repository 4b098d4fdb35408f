//! What the fuzz targets share: responders with every fault, and what every reply has to be.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};

use hickory_proto::op::{Message, MessageType};
use signpost_dns::{Hierarchy, KeyPool, Responder, Scope, catalogue, catalogue_zones};
use signpost_transcript::Transport;

/// Noon of a day in 2027: a run must not depend on the day it is done.
const NOW: u32 = 1_800_000_000;

/// The longest answer by UDP.
const UDP_LIMIT: usize = 1232;

/// Who asks.
pub fn peer() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 5353))
}

/// The honest responder, for number 0, and one for each row of the catalogue. Each is built when it is first wanted.
pub fn responder(number: u8) -> &'static Responder {
    static RESPONDERS: OnceLock<Vec<OnceLock<Responder>>> = OnceLock::new();
    let rows = catalogue();
    let all = RESPONDERS.get_or_init(|| std::iter::repeat_with(OnceLock::new).take(rows.len() + 1).collect());
    let place = usize::from(number) % all.len();
    all[place].get_or_init(|| {
        let faults: Vec<_> = place.checked_sub(1).map(|row| rows[row].fault()).into_iter().collect();
        let zones = catalogue_zones().expect("the catalogue's zones can be read");
        let hierarchy = Hierarchy::build(zones, KeyPool::global(), NOW, &faults).expect("they can be signed");
        Responder::new(Arc::new(hierarchy), Scope::Forward)
    })
}

/// Whether a fault of this responder may alter anything of a message.
pub fn is_honest(number: u8) -> bool {
    usize::from(number) % (catalogue().len() + 1) == 0
}

/// Holds a reply against its request. A responder with a fault may break the message, but never its limits.
pub fn check(request: &[u8], reply: Option<&[u8]>, transport: Transport, is_honest: bool) {
    let Some(reply) = reply else { return };
    assert!(request.len() >= 12 && request[2] & 0x80 == 0, "only requests are answered");
    assert!(transport == Transport::Tcp || reply.len() <= UDP_LIMIT, "{} octets by UDP", reply.len());
    if !is_honest {
        return;
    }
    assert_eq!(request[..2], reply[..2], "the ID comes back");
    let message = Message::from_vec(reply).expect("an honest reply can be read");
    assert_eq!(message.metadata.message_type, MessageType::Response);
    assert!(!message.metadata.authentic_data, "the lab validates nothing");
    if message.metadata.truncation {
        assert!(transport == Transport::Udp, "there is room by TCP");
        assert!(message.answers.is_empty(), "a truncated answer is not to be used");
    }
}
