//! Servers that do not answer, or not what was asked: every resolver ends, in time, with a failure.

use std::str::FromStr as _;
use std::time::{Duration, Instant};

use hickory_proto::op::{Message, Metadata, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{Name, RData, Record, RecordType};
use signpost_validate::flawed::{AdTrustingResolver, Unvalidated};
use signpost_validate::{
    Answer, AuditedValidator, DomainValidator, Failure, HickoryValidator, Lookup, Resolver, SecurityStatus,
    TrustAnchor, Upstream,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;

/// The bytes that go back for one request over UDP, each as a datagram of its own.
type OverUdp = fn(&Message) -> Vec<Vec<u8>>;
/// The bytes that go back for one request over TCP, without a length before them, after which the connection is
/// closed.
type OverTcp = fn(&Message) -> Vec<u8>;

struct Server {
    upstream: Upstream,
    /// Dropped with the server.
    _tasks: JoinSet<()>,
}

async fn server(over_udp: OverUdp, over_tcp: Option<OverTcp>) -> Server {
    let (tcp, udp) = loop {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
            break (tcp, udp);
        }
    };
    let mut upstream = Upstream::new(udp.local_addr().unwrap(), TrustAnchor::iana());
    upstream.timeout = Duration::from_millis(60);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut buffer = [0; 2048];
        while let Ok((length, peer)) = udp.recv_from(&mut buffer).await {
            let request = Message::from_vec(&buffer[..length]).unwrap();
            for datagram in over_udp(&request) {
                let _ = udp.send_to(&datagram, peer).await;
            }
        }
    });
    // Without a task, nobody listens: connections are refused.
    if let Some(over_tcp) = over_tcp {
        tasks.spawn(async move {
            while let Ok((mut stream, _)) = tcp.accept().await {
                let mut request = vec![0; stream.read_u16().await.unwrap().into()];
                stream.read_exact(&mut request).await.unwrap();
                let request = Message::from_vec(&request).unwrap();
                let _ = stream.write_all(&over_tcp(&request)).await;
            }
        });
    }
    Server { upstream, _tasks: tasks }
}

fn resolvers(upstream: &Upstream) -> [Box<dyn Resolver>; 5] {
    [
        Box::new(AuditedValidator::new(upstream)),
        Box::new(DomainValidator::new(upstream)),
        Box::new(Unvalidated::new(upstream)),
        Box::new(AdTrustingResolver::new(upstream)),
        Box::new(HickoryValidator::new(upstream)),
    ]
}

async fn ask(resolver: &dyn Resolver) -> Lookup {
    resolver.lookup(&Name::from_str("_submission._tcp.example.com.").unwrap(), RecordType::A).await
}

/// All of our own resolvers name the failure; hickory, whose words are its own, must fail too.
async fn check(over_udp: OverUdp, over_tcp: Option<OverTcp>, expected: Failure) {
    let server = server(over_udp, over_tcp).await;
    for resolver in resolvers(&server.upstream) {
        let start = Instant::now();
        let lookup = ask(&*resolver).await;
        // Three attempts' worth for a question, three questions' worth for a lookup, and a slow machine.
        assert!(start.elapsed() < Duration::from_secs(2), "{} took {:?}", resolver.name(), start.elapsed());
        assert!(lookup.is_failure(), "{}: {lookup:?}", resolver.name());
        if resolver.name() != "hickory" {
            assert_eq!(lookup.answer, Answer::Failed(expected), "{}: {lookup:?}", resolver.name());
            assert_eq!(lookup.security, SecurityStatus::Indeterminate);
        }
    }
}

fn response(request: &Message) -> Message {
    let mut response = request.clone();
    response.metadata = Metadata::response_from_request(&request.metadata);
    response
}

fn address(request: &Message) -> Message {
    let mut response = response(request);
    let data = RData::A(A::new(192, 0, 2, 1));
    response.answers = vec![Record::from_rdata(request.queries[0].name().clone(), 60, data)];
    response
}

fn code(request: &Message, code: ResponseCode) -> Vec<Vec<u8>> {
    let mut response = response(request);
    response.metadata.response_code = code;
    vec![response.to_vec().unwrap()]
}

fn truncated(request: &Message) -> Vec<Vec<u8>> {
    let mut response = response(request);
    response.metadata.truncation = true;
    vec![response.to_vec().unwrap()]
}

#[tokio::test]
async fn silence() {
    check(|_| Vec::new(), None, Failure::TimedOut).await;
}

/// Whether a closed port is reported depends on the system, and another test may get the port meanwhile.
#[tokio::test]
async fn nobody_there() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut upstream = Upstream::new(socket.local_addr().unwrap(), TrustAnchor::iana());
    upstream.timeout = Duration::from_millis(60);
    drop(socket);
    for resolver in resolvers(&upstream) {
        let lookup = ask(&*resolver).await;
        assert!(matches!(lookup.answer, Answer::Failed(_)), "{}: {lookup:?}", resolver.name());
    }
}

#[tokio::test]
async fn servfail() {
    check(|request| code(request, ResponseCode::ServFail), None, Failure::ServFail).await;
}

#[tokio::test]
async fn refused() {
    check(|request| code(request, ResponseCode::Refused), None, Failure::Refused).await;
}

#[tokio::test]
async fn edns_is_not_understood() {
    check(|request| code(request, ResponseCode::FormErr), None, Failure::OtherResponseCode).await;
}

#[tokio::test]
async fn garbage() {
    check(|_| vec![vec![0xff; 100], vec![], vec![0; 5]], None, Failure::TimedOut).await;
}

#[tokio::test]
async fn another_id() {
    let forged: OverUdp = |request| {
        let mut response = address(request);
        response.metadata.id ^= 1;
        vec![response.to_vec().unwrap()]
    };
    check(forged, None, Failure::TimedOut).await;
}

#[tokio::test]
async fn another_question() {
    let forged: OverUdp = |request| {
        let mut response = address(request);
        response.queries[0].set_name(Name::from_str("other.example.com.").unwrap());
        vec![response.to_vec().unwrap()]
    };
    check(forged, None, Failure::TimedOut).await;
}

#[tokio::test]
async fn a_record_that_cannot_be_read() {
    let cut: OverUdp = |request| {
        let mut bytes = address(request).to_vec().unwrap();
        // The answer comes before OPT, which is 11 octets: cut inside its address.
        bytes.truncate(bytes.len() - 13);
        vec![bytes]
    };
    check(cut, None, Failure::Malformed).await;
}

#[tokio::test]
async fn truncated_and_tcp_refused() {
    check(truncated, None, Failure::Unreachable).await;
}

#[tokio::test]
async fn truncated_and_tcp_closed() {
    check(truncated, Some(|_| Vec::new()), Failure::Unreachable).await;
}

#[tokio::test]
async fn truncated_and_tcp_cut() {
    check(truncated, Some(|_| vec![0, 200, 1, 2, 3]), Failure::Unreachable).await;
}

#[tokio::test]
async fn truncated_and_tcp_garbage() {
    check(truncated, Some(|_| vec![0, 14, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]), Failure::Malformed)
        .await;
}

#[tokio::test]
async fn truncated_over_tcp_too() {
    let over_tcp: OverTcp = |request| {
        let message = truncated(request).remove(0);
        [(message.len() as u16).to_be_bytes().to_vec(), message].concat()
    };
    check(truncated, Some(over_tcp), Failure::Malformed).await;
}

/// AD is a claim. A validator that believed it would need no keys.
#[tokio::test]
async fn a_claimed_validation_is_believed_by_the_flawed_alone() {
    let forged: OverUdp = |request| {
        let mut response = address(request);
        response.metadata.authentic_data = true;
        vec![response.to_vec().unwrap()]
    };
    let server = server(forged, None).await;
    for resolver in resolvers(&server.upstream) {
        let lookup = ask(&*resolver).await;
        let flawed = matches!(resolver.name(), "trusts-ad" | "unvalidated");
        assert_eq!(lookup.security == SecurityStatus::Secure, flawed, "{}: {lookup:?}", resolver.name());
        assert_eq!(lookup.is_failure(), !flawed, "{}: {lookup:?}", resolver.name());
    }
}
