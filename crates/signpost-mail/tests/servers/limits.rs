//! No client holds or fills a server.

use std::time::Duration;

use signpost_mail::{Limits, Service};

use crate::lab::Lab;

#[tokio::test]
async fn an_endless_line_is_cut() {
    for (service, greeting, error) in
        [(Service::Submission, "S: 220 ", "500 5.5.6"), (Service::Pop3, "S: +OK", "-ERR line")]
    {
        let lab = Lab::start(service, Vec::new()).await;
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
    let limits = Limits { connection: 1000, linger: Duration::from_secs(5), ..Limits::default() };
    let lab = Lab::with_limits(Service::Submission, Vec::new(), limits).await;
    let mut client = lab.play("S: 220 ").await;
    client.say(&"NOOP\r\n".repeat(200)).await;
    lab.go_on(&mut client, "S..: 500 5.5.6\nEOF").await;
}

#[tokio::test]
async fn a_stranger_to_the_protocol_is_sent_away() {
    let lab = Lab::start(Service::Submission, Vec::new()).await;
    let mut client = lab.play("S: 220 ").await;
    client.say(&"GET / HTTP/1.1\r\n".repeat(30)).await;
    lab.go_on(&mut client, "S..: 421 4.7.0 too many errors\nEOF").await;
}

#[tokio::test]
async fn an_idle_client_is_sent_away() {
    let limits = Limits { idle: Duration::from_millis(50), ..Limits::default() };
    let lab = Lab::with_limits(Service::Submission, Vec::new(), limits).await;
    let mut client = lab.play("S: 220 ").await;
    assert_eq!(client.rest().await, b"");
    lab.closed().await;
    lab.saw("tcp #1 closed by the server");
}

#[tokio::test]
async fn an_idle_handshake_is_given_up() {
    let limits = Limits { handshake: Duration::from_millis(50), ..Limits::default() };
    let lab = Lab::with_limits(Service::Submissions, Vec::new(), limits).await;
    let mut client = lab.connect().await;
    assert_eq!(client.rest().await, b"");
    lab.closed().await;
    lab.saw("handshake #1 failed, SNI none, certificate submit1: the client took too long");
}

#[tokio::test]
async fn a_crowd_is_turned_away() {
    let limits = Limits { connections: 1, ..Limits::default() };
    let lab = Lab::with_limits(Service::Submission, Vec::new(), limits).await;
    let mut first = lab.play("S: 220 ").await;
    let mut second = lab.connect().await;
    assert_eq!(second.rest().await, b"");
    lab.saw("tcp #2 closed by the server");
    lab.go_on(&mut first, "C: NOOP\nS: 250 ").await;
}
