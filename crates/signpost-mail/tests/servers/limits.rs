//! No client holds or fills a server.

use std::time::Duration;

use signpost_protocol::Label;
use signpost_serve::Limits;

use crate::lab::Lab;

#[tokio::test]
async fn an_endless_line_is_cut() {
    for (label, greeting, error) in
        [(Label::Submission, "S: 220 ", "500 5.5.6"), (Label::Pop3, "S: +OK", "-ERR line")]
    {
        let lab = Lab::start(label, Vec::new()).await;
        let mut client = lab.play(greeting).await;
        client.say(&"x".repeat(20 << 10)).await;
        lab.go_on(&mut client, &format!("S: {error}\nEOF")).await;
        drop(client);
        lab.closed().await;
        lab.saw("tcp #1 closed by the server");
    }
}

#[tokio::test]
async fn an_endless_conversation_is_cut() {
    let limits = Limits { octets: 1000, linger: Duration::from_secs(5), ..Limits::default() };
    let lab = Lab::with_limits(Label::Submission, Vec::new(), limits).await;
    let mut client = lab.play("S: 220 ").await;
    client.say(&"NOOP\r\n".repeat(200)).await;
    lab.go_on(&mut client, "S..: 500 5.5.6\nEOF").await;
}

#[tokio::test]
async fn a_stranger_to_the_protocol_is_sent_away() {
    let lab = Lab::start(Label::Submission, Vec::new()).await;
    let mut client = lab.play("S: 220 ").await;
    client.say(&"GET / HTTP/1.1\r\n".repeat(30)).await;
    lab.go_on(&mut client, "S..: 421 4.7.0 too many errors\nEOF").await;
}

#[tokio::test]
async fn an_idle_client_is_sent_away() {
    let limits = Limits { idle: Duration::from_millis(50), ..Limits::default() };
    let lab = Lab::with_limits(Label::Submission, Vec::new(), limits).await;
    let mut client = lab.play("S: 220 ").await;
    assert_eq!(client.rest().await, b"");
    lab.closed().await;
    lab.saw("tcp #1 closed by the server");
}

#[tokio::test]
async fn an_idle_handshake_is_given_up() {
    let limits = Limits { handshake: Duration::from_millis(50), ..Limits::default() };
    let lab = Lab::with_limits(Label::Submissions, Vec::new(), limits).await;
    let mut client = lab.connect().await;
    assert_eq!(client.rest().await, b"");
    lab.closed().await;
    lab.never_saw("handshake");
    lab.saw("tcp #1 closed by the server");
}

#[tokio::test]
async fn a_crowd_is_turned_away() {
    let limits = Limits { connections: 1, ..Limits::default() };
    let lab = Lab::with_limits(Label::Submission, Vec::new(), limits).await;
    let mut first = lab.play("S: 220 ").await;
    let mut second = lab.connect().await;
    assert_eq!(second.rest().await, b"");
    lab.saw("tcp #2 closed by the server");
    lab.go_on(&mut first, "C: NOOP\nS: 250 ").await;
}

/// Octets that look like TLS, speech, or neither, straight to the socket.
#[test]
fn any_octets_come_to_an_end() {
    use proptest::prelude::*;
    use tokio::io::AsyncReadExt as _;
    use tokio::io::AsyncWriteExt as _;

    let records: &[&[u8]] = &[
        b"\x16\x03\x01\x00\x05hello",
        b"\x16\x03\x01\x00\x00",
        b"\x15\x03\x03\x00\x02\x02\x28",
        b"\x17\x03\x03\x00\x01x",
        b"\x16\x03\x01\xff\xff",
        b"STARTTLS\r\n",
        b"STLS\r\n",
        b"EHLO client.example\r\n",
        b"QUIT\r\n",
    ];
    let part = prop_oneof![
        3 => proptest::sample::select(records).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..50),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let case = (proptest::sample::select(Label::ALL), proptest::collection::vec(part, 0..8));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(64));
    runner
        .run(&case, |(label, parts)| {
            runtime.block_on(async {
                let lab = Lab::start(label, Vec::new()).await;
                let mut stream = tokio::net::TcpStream::connect(lab.address).await.unwrap();
                for part in parts {
                    // The server may have had enough already.
                    let _ = stream.write_all(&part).await;
                }
                let _ = stream.shutdown().await;
                let _ = stream.read_to_end(&mut Vec::new()).await;
                drop(stream);
                lab.closed().await;
                Ok(())
            })
        })
        .unwrap();
}
