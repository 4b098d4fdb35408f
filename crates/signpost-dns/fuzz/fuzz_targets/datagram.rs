//! One message by UDP and by TCP, to the honest responder or to one with a fault.

#![no_main]

use libfuzzer_sys::fuzz_target;
use signpost_dns_fuzz::{check, is_honest, peer, responder};
use signpost_transcript::Transport;

// The first octet says which responder is asked.
fuzz_target!(|input: &[u8]| {
    let Some((&number, request)) = input.split_first() else { return };
    for transport in [Transport::Udp, Transport::Tcp] {
        let reply = responder(number).respond(request, peer(), transport);
        check(request, reply.message.as_deref(), transport, is_honest(number));
    }
});
