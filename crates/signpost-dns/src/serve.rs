//! DNS on sockets: one loop by UDP and one by TCP for whatever answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use signpost_serve::{Acceptor, Door, tell_of};
use signpost_transcript::{Event, Gap, Recorder, Transport};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;

use crate::reply::Reply;

/// What answers the messages that come in by sockets. It also says what goes into a datagram and what is truncated.
pub trait Answerer: Send + Sync + 'static {
    /// Says what goes back for a message. Others are answered meanwhile, but for those of the same connection.
    fn answer(
        &self,
        request: &[u8],
        peer: SocketAddr,
        transport: Transport,
    ) -> impl Future<Output = Reply> + Send;
}

/// How long a TCP connection may stay silent (RFC 7766 section 6.2.3 leaves the number to the server).
const IDLE: Duration = Duration::from_secs(10);

/// More connections than this at once are turned away, so that a flood stays in its own case.
const MOST_CONNECTIONS: usize = 256;

/// More datagrams than this at once are dropped while their answers are under way, for the same reason.
const MOST_DATAGRAMS: usize = 256;

/// Answers on both sockets until dropped.
///
/// Only loopback addresses get an answer, whatever the sockets are bound to. Of what is answered the answerer makes a record
/// if it likes; the recorder hears of what was not, because there was too much of it or the machine had nothing left.
pub async fn serve(answerer: Arc<impl Answerer>, udp: UdpSocket, tcp: TcpListener, recorder: Recorder) {
    serve_behind(Door::open(recorder.clone()), answerer, udp, tcp, recorder).await;
}

/// As [`serve`], for those whom the door lets in. Others get no answer, and the answerer does not hear of them.
pub async fn serve_behind(
    door: Door,
    answerer: Arc<impl Answerer>,
    udp: UdpSocket,
    tcp: TcpListener,
    recorder: Recorder,
) {
    let datagrams = serve_datagrams(&door, Arc::clone(&answerer), udp, recorder.clone());
    tokio::join!(datagrams, serve_connections(&door, answerer, tcp, recorder));
}

async fn serve_datagrams(door: &Door, answerer: Arc<impl Answerer>, udp: UdpSocket, recorder: Recorder) {
    let here = udp.local_addr();
    let udp = Arc::new(udp);
    let mut under_way = JoinSet::new();
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        let received = udp.recv_from(&mut buffer).await;
        let (length, peer) = match received {
            Ok(received) => received,
            // Most errors here are about an earlier datagram that could not be delivered.
            Err(error) => {
                tell_of(&error, "receive a datagram", &recorder);
                continue;
            }
        };
        if here.as_ref().is_ok_and(|here| !door.admits(Transport::Udp, peer, *here)) {
            continue;
        }
        forget_finished(&mut under_way);
        if under_way.len() >= MOST_DATAGRAMS {
            recorder.record(Event::Gap(Gap::Flood));
            continue;
        }
        let (answerer, udp, request) = (Arc::clone(&answerer), Arc::clone(&udp), buffer[..length].to_vec());
        let recorder = recorder.clone();
        under_way.spawn(async move {
            let reply = answer(&*answerer, &request, peer, Transport::Udp).await;
            if let Some(message) = reply.and_then(|reply| reply.message)
                && let Err(error) = udp.send_to(&message, peer).await
            {
                tell_of(&error, "send a datagram", &recorder);
            }
        });
    }
}

async fn serve_connections(door: &Door, answerer: Arc<impl Answerer>, tcp: TcpListener, recorder: Recorder) {
    let mut acceptor = Acceptor::new(tcp, recorder.clone());
    let mut open = JoinSet::new();
    loop {
        let (stream, peer) = acceptor.accept().await;
        if stream.local_addr().is_ok_and(|here| !door.admits(Transport::Tcp, peer, here)) {
            continue;
        }
        forget_finished(&mut open);
        if open.len() < MOST_CONNECTIONS {
            open.spawn(serve_stream(Arc::clone(&answerer), stream, peer));
        } else {
            recorder.record(Event::Gap(Gap::Flood));
        }
    }
}

/// Tasks count until they are joined, whether or not they have ended.
fn forget_finished(tasks: &mut JoinSet<()>) {
    while tasks.try_join_next().is_some() {}
}

/// Answers on one TCP connection, or what stands for one: messages with a length of two octets before each (RFC 1035
/// section 4.2.2), until the client is done or silent for too long.
pub async fn serve_stream(
    answerer: Arc<impl Answerer>,
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: SocketAddr,
) {
    while let Ok(Ok(length)) = tokio::time::timeout(IDLE, stream.read_u16()).await {
        let mut request = vec![0; usize::from(length)];
        let Ok(Ok(_)) = tokio::time::timeout(IDLE, stream.read_exact(&mut request)).await else { return };
        let Some(reply) = answer(&*answerer, &request, peer, Transport::Tcp).await else { return };
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

/// `None` for strangers, of whom the answerer does not even hear.
async fn answer(
    answerer: &impl Answerer,
    request: &[u8],
    peer: SocketAddr,
    transport: Transport,
) -> Option<Reply> {
    if !peer.ip().is_loopback() {
        return None;
    }
    Some(answerer.answer(request, peer, transport).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::Authority;
    use crate::responder::{Responder, Scope};
    use crate::{Hierarchy, KeyPool, Zone};

    #[tokio::test]
    async fn strangers_get_no_answer_and_leave_no_trace() {
        let com = "com. 300 SOA ns host 1 2 3 4 300\ncom. 300 NS ns\nns 300 A 192.0.2.1\n";
        let zone = Zone::parse("com.".parse().unwrap(), com).unwrap();
        let hierarchy = Hierarchy::build(vec![zone], KeyPool::global(), 1_800_000_000, &[]).unwrap();
        let responder = Arc::new(Responder::new(Arc::new(hierarchy), Scope::Forward));
        let request = b"\0\x01\x01\0\0\x01\0\0\0\0\0\0\x03com\0\0\x06\0\x01";
        for (peer, is_answered) in [("127.0.0.1:5353", true), ("[::1]:5353", true), ("192.0.2.1:5353", false)]
        {
            for transport in [Transport::Udp, Transport::Tcp] {
                let recorder = Recorder::new();
                let authority = Authority::new(Arc::clone(&responder), recorder.clone());
                let reply = answer(&authority, request, peer.parse().unwrap(), transport).await;
                assert_eq!(reply.is_some_and(|reply| reply.message.is_some()), is_answered, "{peer}");
                assert_eq!(recorder.count() > 0, is_answered, "{peer}");
            }
        }
    }
}
