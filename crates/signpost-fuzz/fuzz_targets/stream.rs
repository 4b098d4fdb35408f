//! A TCP connection: octets in pieces of any size, and then the end.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use signpost_dns::{Authority, serve_stream};
use signpost_fuzz::responders::{check, is_honest, peer, responder};
use signpost_transcript::{Recorder, Transport};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// What the connection holds in one direction. A client that reads slower than it asks is made to wait.
const WINDOW: usize = 4096;

// The first octet says which responder is asked, the second how long the pieces are.
fuzz_target!(|input: &[u8]| {
    let [number, size, octets @ ..] = input else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let replies = runtime.expect("a runtime").block_on(async {
        let (client, server) = tokio::io::duplex(WINDOW);
        let (mut reading, mut writing) = tokio::io::split(client);
        let ask = async {
            for piece in octets.chunks(usize::from(*size) + 1) {
                // A server that has heard enough is free to close.
                if writing.write_all(piece).await.is_err() {
                    break;
                }
            }
            let _ = writing.shutdown().await;
        };
        let mut replies = Vec::new();
        let hear = async { reading.read_to_end(&mut replies).await };
        let authority = Authority::new(Arc::new(responder(*number).clone()), Recorder::new());
        let serve = serve_stream(Arc::new(authority), server, peer());
        let _ = tokio::join!(ask, hear, serve);
        replies
    });
    let mut replies = frames(&replies);
    if !is_honest(*number) {
        return;
    }
    // Every whole request gets its reply, in order; what is none gets none.
    for request in frames(octets) {
        let [udp, tcp] = [Transport::Udp, Transport::Tcp]
            .map(|transport| responder(*number).respond(request, peer(), transport).message);
        let reply = tcp.is_some().then(|| replies.next().expect("a reply for each request"));
        check(request, udp.as_deref(), reply, true);
    }
    assert!(replies.next().is_none(), "a reply that nobody asked for");
});

/// The messages between the lengths; one that is not whole is none.
fn frames(mut octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = octets.split_first_chunk::<2>()?;
        let (message, behind) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        octets = behind;
        Some(message)
    })
}
