//! The responder on sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use signpost_transcript::{Endpoint, Recorder, Transport};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;

use crate::reply::Reply;
use crate::responder::Responder;

/// How long a TCP connection may stay silent (RFC 7766 section 6.2.3 leaves the number to the server).
const IDLE: Duration = Duration::from_secs(10);

/// More connections than this at once are turned away, so that a flood stays in its own case.
const MOST_CONNECTIONS: usize = 256;

/// Answers on both sockets until dropped, and records each exchange as one with the authority.
///
/// Only loopback addresses get an answer, whatever the sockets are bound to.
pub async fn serve(responder: Arc<Responder>, udp: UdpSocket, tcp: TcpListener, recorder: Recorder) {
    let mut connections = JoinSet::new();
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        tokio::select! {
            received = udp.recv_from(&mut buffer) => {
                // An error here is about an earlier datagram that could not be delivered.
                let Ok((length, peer)) = received else { continue };
                let reply = answer(&responder, &recorder, &buffer[..length], peer, Transport::Udp);
                if let Some(message) = reply.and_then(|reply| reply.message) {
                    let _ = udp.send_to(&message, peer).await;
                }
            }
            accepted = tcp.accept() => {
                let Ok((stream, peer)) = accepted else {
                    rest().await;
                    continue;
                };
                if connections.len() < MOST_CONNECTIONS {
                    connections.spawn(serve_stream(Arc::clone(&responder), stream, peer, recorder.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Waits a moment after a connection that could not be taken: where the process is out of files, the next one cannot be
/// either, and asking again at once would be all that it does.
async fn rest() {
    #[expect(clippy::disallowed_methods, reason = "nothing tells when there are files again")]
    tokio::time::sleep(Duration::from_millis(10)).await;
}

/// Answers on one TCP connection, or what stands for one: messages with a length of two octets before each (RFC 1035
/// section 4.2.2), until the client is done or silent for too long.
pub async fn serve_stream(
    responder: Arc<Responder>,
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: SocketAddr,
    recorder: Recorder,
) {
    while let Ok(Ok(length)) = tokio::time::timeout(IDLE, stream.read_u16()).await {
        let mut request = vec![0; usize::from(length)];
        let Ok(Ok(_)) = tokio::time::timeout(IDLE, stream.read_exact(&mut request)).await else { return };
        let Some(reply) = answer(&responder, &recorder, &request, peer, Transport::Tcp) else { return };
        if reply.hangs_up {
            return;
        }
        let Some(message) = reply.message else { continue };
        let Ok(length) = u16::try_from(message.len()) else { return };
        let mut framed = Vec::with_capacity(message.len() + 2);
        framed.extend(length.to_be_bytes());
        framed.extend(message);
        if !matches!(tokio::time::timeout(IDLE, stream.write_all(&framed)).await, Ok(Ok(()))) {
            return;
        }
    }
}

/// `None` for strangers.
fn answer(
    responder: &Responder,
    recorder: &Recorder,
    request: &[u8],
    peer: SocketAddr,
    transport: Transport,
) -> Option<Reply> {
    if !peer.ip().is_loopback() {
        return None;
    }
    let reply = responder.respond(request, peer, transport);
    reply.record(recorder, Endpoint::Authority, peer, transport);
    Some(reply)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Hierarchy, KeyPool, Scope, catalogue_zones};

    #[test]
    fn strangers_get_no_answer_and_leave_no_trace() {
        let hierarchy =
            Hierarchy::build(catalogue_zones().unwrap(), KeyPool::global(), 1_800_000_000, &[]).unwrap();
        let responder = Responder::new(Arc::new(hierarchy), Scope::Forward);
        let request = b"\0\x01\x01\0\0\x01\0\0\0\0\0\0\x03com\0\0\x06\0\x01";
        for (peer, is_answered) in [("127.0.0.1:5353", true), ("[::1]:5353", true), ("192.0.2.1:5353", false)]
        {
            for transport in [Transport::Udp, Transport::Tcp] {
                let recorder = Recorder::new();
                let reply = answer(&responder, &recorder, request, peer.parse().unwrap(), transport);
                assert_eq!(reply.is_some_and(|reply| reply.message.is_some()), is_answered, "{peer}");
                assert_eq!(recorder.count() > 0, is_answered, "{peer}");
            }
        }
    }
}
