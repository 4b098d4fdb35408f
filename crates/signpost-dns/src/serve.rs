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
                let Ok((stream, peer)) = accepted else { continue };
                if connections.len() < MOST_CONNECTIONS {
                    connections.spawn(serve_stream(Arc::clone(&responder), stream, peer, recorder.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
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
