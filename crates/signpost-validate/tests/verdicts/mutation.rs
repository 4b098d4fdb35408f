//! One changed byte on the path: whatever it is, nothing false becomes Secure or Insecure.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hickory_proto::rr::RecordType::{self, A, SRV};
use signpost_dns::{Algorithm, Denial};
use signpost_transcript::Transport;
use signpost_validate::{AuditedValidator, SecurityStatus, Upstream};

use crate::lab::{Lab, ask, describe, sockets};

/// Which reply of a lookup is changed, where, and how.
#[derive(Clone, Copy)]
struct Change {
    reply: usize,
    byte: usize,
    mask: u8,
}

const QUESTIONS: [(&str, RecordType); 4] = [
    ("_submission._tcp.example.com.", SRV),
    ("_pop3s._tcp.nope.example.com.", SRV),
    ("_submission._tcp.wild.example.com.", SRV),
    ("host.unsigned.com.", A),
];

/// More replies than the longest of these lookups needs.
const REPLIES: usize = 10;
/// A prime, so that the places visited differ from reply to reply.
const STRIDE: usize = 61;

async fn a_changed_byte_never_makes_another_answer_believable(denial: Denial) {
    let lab = Lab::start(denial, Algorithm::default(), &[]).await;
    let mut detected = 0;
    for (name, record_type) in QUESTIONS {
        let honest = describe(&ask(&AuditedValidator::new(&lab.upstream), name, record_type).await);
        for reply in 0..REPLIES {
            for byte in (reply * 7 % STRIDE..600).step_by(STRIDE) {
                let mask = [0x01, 0x80, 0x20, 0xff][(reply + byte) % 4];
                let (upstream, server) = tampering(&lab, Change { reply, byte, mask }).await;
                let lookup = ask(&AuditedValidator::new(&upstream), name, record_type).await;
                server.abort();
                // Case is not signed, and an unsigned zone protects nothing.
                let same = describe(&lookup).eq_ignore_ascii_case(&honest);
                let unprotected =
                    name.ends_with("unsigned.com.") && lookup.security == SecurityStatus::Insecure;
                let refused = lookup.is_failure();
                detected += usize::from(refused);
                assert!(
                    same || unprotected || refused,
                    "{name}: byte {byte} of reply {reply} by {mask:#04x}: {lookup:?}, honest is {honest}"
                );
            }
        }
    }
    assert!(detected > 50, "only {detected} changes were noticed: nothing was tested");
}

async fn tampering(lab: &Lab, change: Change) -> (Upstream, tokio::task::JoinHandle<()>) {
    let (udp, _) = sockets().await;
    let mut upstream = lab.upstream.clone();
    upstream.server = udp.local_addr().unwrap();
    upstream.timeout = Duration::from_millis(40);
    upstream.attempts = 1;
    let responder = Arc::clone(&lab.responder);
    let served = AtomicUsize::new(0);
    let server = tokio::spawn(async move {
        let mut buffer = [0; 2048];
        while let Ok((length, peer)) = udp.recv_from(&mut buffer).await {
            let reply = responder.respond(&buffer[..length], peer, Transport::Udp);
            let Some(mut message) = reply.message else { continue };
            if served.fetch_add(1, Ordering::Relaxed) == change.reply
                && let Some(byte) = message.get_mut(change.byte)
            {
                *byte ^= change.mask;
            }
            let _ = udp.send_to(&message, peer).await;
        }
    });
    (upstream, server)
}

#[tokio::test]
async fn nsec() {
    a_changed_byte_never_makes_another_answer_believable(Denial::Nsec).await;
}

#[tokio::test]
async fn nsec3() {
    let denial = Denial::Nsec3 { iterations: 0, salt: None, opt_out: false };
    a_changed_byte_never_makes_another_answer_believable(denial).await;
}
