//! What clients do to a TCP connection or with many questions: all of it ends, and none costs more than itself.

#![expect(clippy::disallowed_methods, reason = "tests bind and connect for themselves, and stop the clock")]

mod resolver_world;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RecordType};
use signpost_dns::{Answerer, Authority, Hierarchy, KeyPool, Reply, Responder, Scope, serve, serve_stream};
use signpost_transcript::{Gap, Recorder, Transport};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::Instant;

const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 5353);
/// How long a client may be silent.
const IDLE: Duration = Duration::from_secs(10);

fn authority() -> Arc<Authority> {
    static AUTHORITY: OnceLock<Arc<Authority>> = OnceLock::new();
    Arc::clone(AUTHORITY.get_or_init(|| {
        let hierarchy =
            Hierarchy::build(resolver_world::zones(), KeyPool::global(), 1_800_000_000, &[]).unwrap();
        let responder = Responder::new(Arc::new(hierarchy), Scope::Forward);
        Arc::new(Authority::new(Arc::new(responder), Recorder::new()))
    }))
}

/// A client's end of a connection that holds so many octets, and the server at the other.
fn connection(window: usize) -> (DuplexStream, JoinHandle<()>) {
    let (client, server) = tokio::io::duplex(window);
    (client, tokio::spawn(serve_stream(authority(), server, PEER)))
}

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u16::try_from(message.len()).unwrap();
    [&length.to_be_bytes()[..], message].concat()
}

fn question(id: u16) -> Vec<u8> {
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii("big.example.com.").unwrap(), RecordType::TXT));
    message.to_vec().unwrap()
}

async fn answer(client: &mut DuplexStream) -> Message {
    let length = client.read_u16().await.unwrap();
    let mut message = vec![0; usize::from(length)];
    client.read_exact(&mut message).await.unwrap();
    Message::from_vec(&message).unwrap()
}

#[tokio::test(start_paused = true)]
async fn questions_in_one_piece_or_octet_by_octet_are_answered_in_order() {
    let (mut client, server) = connection(usize::from(u16::MAX));
    let two = [framed(&question(1)), framed(&question(2))].concat();
    client.write_all(&two).await.unwrap();
    for octet in framed(&question(3)) {
        client.write_all(&[octet]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for id in [1, 2, 3] {
        assert_eq!(answer(&mut client).await.metadata.id, id);
    }
    drop(client);
    server.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_empty_message_and_the_longest_one_do_not_end_the_connection() {
    let (mut client, _server) = connection(1 << 17);
    client.write_all(&framed(&[])).await.unwrap();
    let mut longest = question(1);
    longest.resize(usize::from(u16::MAX), 0);
    client.write_all(&framed(&longest)).await.unwrap();
    client.write_all(&framed(&question(2))).await.unwrap();
    assert_eq!(answer(&mut client).await.metadata.id, 1);
    assert_eq!(answer(&mut client).await.metadata.id, 2);
}

#[tokio::test(start_paused = true)]
async fn who_is_silent_in_the_middle_is_left_after_the_limit() {
    let whole = framed(&question(1));
    for said in [&whole[..0], &whole[..1], &whole[..2], &whole[..20]] {
        let (mut client, server) = connection(4096);
        client.write_all(said).await.unwrap();
        let begun = Instant::now();
        server.await.unwrap();
        assert_eq!(begun.elapsed(), IDLE, "after {} octets", said.len());
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn who_asks_and_never_reads_is_left_after_the_limit() {
    let (mut client, server) = connection(512);
    client.write_all(&framed(&question(1))).await.unwrap();
    let begun = Instant::now();
    server.await.unwrap();
    assert_eq!(begun.elapsed(), IDLE);
}

#[tokio::test]
async fn a_crowd_is_turned_away_and_the_rest_is_served() {
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = tcp.local_addr().unwrap();
    let udp = UdpSocket::bind(address).await.unwrap();
    let recorder = Recorder::new();
    let server = tokio::spawn(serve(authority(), udp, tcp, recorder.clone()));
    let mut crowd = Vec::new();
    for _ in 0..256 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // One that is answered has been taken.
        stream.write_all(&framed(&question(1))).await.unwrap();
        stream.read_u16().await.unwrap();
        crowd.push(stream);
    }
    assert_eq!(recorder.transcript().gap(), None);
    let mut late = TcpStream::connect(address).await.unwrap();
    let _ = late.write_all(&framed(&question(2))).await;
    assert!(late.read_u16().await.is_err(), "one too many");
    assert_eq!(recorder.transcript().gap(), Some(&Gap::Flood));
    crowd.pop();
    // The place is free once the server has seen that it is.
    let answered = async {
        loop {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let _ = stream.write_all(&framed(&question(3))).await;
            if stream.read_u16().await.is_ok() {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), answered).await.unwrap();
    server.abort();
}

/// Answers by TCP with the question itself, and by UDP when it may: as a resolver that waits for somebody else.
struct Slow(Semaphore);

impl Answerer for Slow {
    async fn answer(&self, request: &[u8], _peer: SocketAddr, transport: Transport) -> Reply {
        if transport == Transport::Udp {
            self.0.acquire().await.unwrap().forget();
        }
        Reply::unrecorded(request.to_vec())
    }
}

#[tokio::test]
async fn a_crowd_of_slow_questions_is_dropped_and_keeps_nobody_waiting() {
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = tcp.local_addr().unwrap();
    let udp = UdpSocket::bind(address).await.unwrap();
    let slow = Arc::new(Slow(Semaphore::new(0)));
    let recorder = Recorder::new();
    let server = tokio::spawn(serve(Arc::clone(&slow), udp, tcp, recorder.clone()));
    let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    client.connect(address).await.unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    for id in 0..260 {
        client.send(&question(id)).await.unwrap();
        // Whoever comes by TCP is answered meanwhile, and there is time for the server to take the datagram.
        stream.write_all(&framed(&question(id))).await.unwrap();
        let length = stream.read_u16().await.unwrap();
        stream.read_exact(&mut vec![0; usize::from(length)]).await.unwrap();
    }
    assert_eq!(recorder.transcript().gap(), Some(&Gap::Flood));
    let mut answered = Vec::new();
    // The last one is sent until there is a place for it; whoever was dropped before never gets an answer.
    while answered.last() != Some(&300) {
        slow.0.add_permits(1);
        client.send(&question(300)).await.unwrap();
        let mut buffer = [0; 512];
        let length = client.recv(&mut buffer).await.unwrap();
        answered.push(Message::from_vec(&buffer[..length]).unwrap().metadata.id);
    }
    answered.dedup();
    assert_eq!(answered, (0..256).chain([300]).collect::<Vec<_>>());
    server.abort();
}
