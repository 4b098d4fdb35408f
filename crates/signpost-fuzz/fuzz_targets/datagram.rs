//! One message by UDP and by TCP, to the honest responder or to one with a fault.

#![no_main]

use libfuzzer_sys::fuzz_target;
use signpost_fuzz::responders::{check, is_honest, peer, responder};
use signpost_transcript::Transport;

// The first octet says which responder is asked.
fuzz_target!(|input: &[u8]| {
    let Some((&number, request)) = input.split_first() else { return };
    let [udp, tcp] = [Transport::Udp, Transport::Tcp]
        .map(|transport| responder(number).respond(request, peer(), transport).message);
    check(request, udp.as_deref(), tcp.as_deref(), is_honest(number));
});
