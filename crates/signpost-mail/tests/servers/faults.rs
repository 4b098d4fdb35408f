//! Each fault does what it says, and says that it did.

use serde_json::{Value, json};
use std::time::Duration;

use signpost_protocol::Label;
use signpost_transcript::Channel;

use crate::lab::{Lab, PLAIN, fault, fault_with};

/// Plays a script against both services of STARTTLS, each with its own, and checks what was seen.
async fn check(kind: &str, params: Value, smtp: &str, pop3: &str, seen: &[&str]) {
    for (label, script) in [(Label::Submission, smtp), (Label::Pop3, pop3)] {
        let lab = Lab::start(label, fault_with(kind, params.clone())).await;
        lab.play(&script.replace("PLAIN_RESPONSE", PLAIN)).await;
        for line in seen {
            lab.saw(line);
        }
        lab.saw(&format!("fault {kind} at mail:*: "));
    }
}

#[tokio::test]
async fn strip_starttls() {
    check(
        "strip-starttls",
        json!({}),
        "S: 220 
         C: EHLO client.example
         S..: 250 
         - 250-STARTTLS
         + 250 AUTH PLAIN LOGIN
         C: STARTTLS
         S: 502 
         C: AUTH PLAIN PLAIN_RESPONSE
         S: 235 
         C: MAIL FROM:<alice@example.com>
         S: 250 ",
        "S: +OK
         C: CAPA
         S..: .
         - STLS
         + USER
         C: STLS
         S: -ERR
         C: USER alice@example.com
         S: +OK
         C: PASS correct horse
         S: +OK 2",
        &["credential #1"],
    )
    .await;
}

#[tokio::test]
async fn refuse_starttls() {
    check(
        "refuse-starttls",
        json!({}),
        "S: 220 
         C: EHLO client.example
         S..: 250 
         + 250-STARTTLS
         C: STARTTLS
         S: 454 4.7.0 TLS is not available
         C: AUTH PLAIN PLAIN_RESPONSE
         S: 235 ",
        "S: +OK
         C: CAPA
         S..: .
         + STLS
         C: STLS
         S: -ERR [SYS/TEMP]
         C: AUTH PLAIN PLAIN_RESPONSE
         S: +OK",
        &["credential #1 PLAIN of alice@example.com in clear, accepted"],
    )
    .await;
    let params = json!({ "code": 550, "text": "no" });
    check("refuse-starttls", params, "S: 220 \nC: STARTTLS\nS: 550 no", "S: +OK\nC: STLS\nS: -ERR no", &[])
        .await;
}

#[tokio::test]
async fn odd_starttls() {
    check(
        "odd-starttls",
        json!({}),
        "S: 220 \nC: STARTTLS\nS: 354 go on\nC: NOOP\nS: 250 ",
        "S: +OK\nC: STLS\nS: + go on\nC: STLS\nS: + go on",
        &[],
    )
    .await;
    let params = json!({ "code": 250 });
    let lab = Lab::start(Label::Submission, fault_with("odd-starttls", params)).await;
    lab.play("S: 220 \nC: STARTTLS\nS: 250 go on").await;
}

#[tokio::test]
async fn tls_that_begins_behind_an_odd_reply_is_seen_as_a_failed_handshake() {
    for (label, start) in [
        (Label::Submission, "S: 220 \nC: STARTTLS\nS: 354 go on\nTLS fails"),
        (Label::Pop3, "S: +OK\nC: STLS\nS: + go on\nTLS fails"),
    ] {
        let lab = Lab::start(label, fault("odd-starttls")).await;
        lab.play(start).await;
        lab.saw(
            "handshake #1 failed, SNI submit1.example.com, certificate submit1: nobody gave the go-ahead",
        );
        lab.never_saw("completed");
    }
}

#[tokio::test]
async fn plaintext_after_starttls_comes_in_the_same_segment() {
    for (label, start, injected) in [
        (
            Label::Submission,
            "S: 220 \nC: STARTTLS\nS: 220 ",
            "250-signpost.invalid\r\n250 AUTH PLAIN LOGIN\r\n",
        ),
        (Label::Pop3, "S: +OK\nC: STLS\nS: +OK", "+OK\r\nUSER\r\nSASL PLAIN LOGIN\r\n.\r\n"),
    ] {
        let lab = Lab::start(label, fault("plaintext-after-starttls")).await;
        let mut client = lab.play(start).await;
        assert_eq!(client.buffered(), injected.as_bytes());
        lab.go_on(&mut client, "TLS\nC: QUIT\nS..: ").await;
        lab.saw("handshake #1 TLSv1_3 completed");
        lab.saw("fault plaintext-after-starttls");
    }
}

#[tokio::test]
async fn no_auth() {
    let lab = Lab::start(Label::Submissions, fault("no-auth")).await;
    lab.play(&format!(
        "TLS
         S: 220 
         C: EHLO client.example
         S..: 250 
         - 250 AUTH
         C: AUTH PLAIN {PLAIN}
         S: 502 
         C: MAIL FROM:<alice@example.com>
         S: 250 "
    ))
    .await;
    lab.saw("fault no-auth");
    lab.saw("mail #1 submitted inside TLS");
    let lab = Lab::start(Label::Pop3s, fault("no-auth")).await;
    lab.play("TLS\nS: +OK\nC: CAPA\nS..: .\n- SASL\n- USER\nC: USER alice\nS: -ERR").await;
}

#[tokio::test]
async fn capabilities_change() {
    check(
        "capabilities-change",
        json!({}),
        "S: 220 
         C: EHLO client.example
         S..: 250 
         + 250-STARTTLS
         + 250 AUTH PLAIN LOGIN
         C: STARTTLS
         S: 220 
         TLS
         C: EHLO client.example
         S..: 250 
         - 250 AUTH
         C: AUTH PLAIN PLAIN_RESPONSE
         S: 502 ",
        "S: +OK
         C: CAPA
         S..: .
         + STLS
         + SASL PLAIN
         C: STLS
         S: +OK
         TLS
         C: CAPA
         S..: .
         - SASL
         C: AUTH PLAIN PLAIN_RESPONSE
         S: -ERR",
        &["credential #1 PLAIN of alice@example.com inside TLS, rejected"],
    )
    .await;
}

#[tokio::test]
async fn auth_in_clear() {
    let params = json!({ "mechanisms": ["CRAM-MD5"] });
    check(
        "auth-in-clear",
        params,
        "S: 220 
         C: EHLO client.example
         S..: 250 
         + 250-STARTTLS
         + 250 AUTH CRAM-MD5
         C: AUTH CRAM-MD5
         S: 334 
         C: YWxpY2UgMDEyMzQ1Njc4OQ==
         S: 535 ",
        "S: +OK
         C: CAPA
         S..: .
         + STLS
         + SASL CRAM-MD5
         C: AUTH CRAM-MD5
         S: + 
         C: YWxpY2UgMDEyMzQ1Njc4OQ==
         S: -ERR",
        &["credential #1 CRAM-MD5 of alice in clear, rejected"],
    )
    .await;
}

#[tokio::test]
async fn weak_mechanisms() {
    let params = json!({ "mechanisms": ["LOGIN"] });
    check(
        "weak-mechanisms",
        params,
        "S: 220 
         C: STARTTLS
         S: 220 
         TLS
         C: EHLO client.example
         S..: 250 
         + 250 AUTH LOGIN
         C: AUTH PLAIN PLAIN_RESPONSE
         S: 504 ",
        "S: +OK
         C: STLS
         S: +OK
         TLS
         C: CAPA
         S..: .
         - USER
         + SASL LOGIN
         C: AUTH PLAIN PLAIN_RESPONSE
         S: -ERR",
        &["credential #1 PLAIN of alice@example.com inside TLS, rejected"],
    )
    .await;
}

#[tokio::test]
async fn refuse_mechanism() {
    let params = json!({ "mechanisms": ["PLAIN"] });
    check(
        "refuse-mechanism",
        params,
        "S: 220 
         C: STARTTLS
         S: 220 
         TLS
         C: EHLO client.example
         S..: 250 
         + 250 AUTH PLAIN LOGIN
         C: AUTH PLAIN
         S: 504 
         C: AUTH PLAIN PLAIN_RESPONSE
         S: 504 
         C: AUTH LOGIN
         S: 334 ",
        "S: +OK
         C: STLS
         S: +OK
         TLS
         C: CAPA
         S..: .
         + SASL PLAIN LOGIN
         C: AUTH PLAIN PLAIN_RESPONSE
         S: -ERR no such
         C: AUTH LOGIN
         S: + ",
        &["credential #1 PLAIN of alice@example.com inside TLS, rejected"],
    )
    .await;
}

#[tokio::test]
async fn reject_credentials() {
    check(
        "reject-credentials",
        json!({}),
        "S: 220 
         C: STARTTLS
         S: 220 
         TLS
         C: EHLO client.example
         S..: 250 
         C: AUTH PLAIN PLAIN_RESPONSE
         S: 535 5.7.8 ",
        "S: +OK
         C: STLS
         S: +OK
         TLS
         C: USER alice@example.com
         S: +OK
         C: PASS correct horse
         S: -ERR [AUTH]",
        &["credential #1"],
    )
    .await;
}

#[tokio::test]
async fn local_part_only() {
    let lab = Lab::start(Label::Pop3s, fault("local-part-only")).await;
    lab.play(
        "TLS
         S: +OK
         C: USER alice@example.com
         S: +OK
         C: PASS correct horse
         S: -ERR
         C: USER alice
         S: +OK
         C: PASS correct horse
         S: +OK 2",
    )
    .await;
    lab.saw("fault local-part-only");
}

#[tokio::test]
async fn ehlo_rejected_inside_tls_only() {
    check(
        "ehlo-rejected",
        json!({ "channel": "tls" }),
        "S: 220 
         C: EHLO client.example
         S..: 250 
         + 250 AUTH PLAIN LOGIN
         C: STARTTLS
         S: 220 
         TLS
         C: EHLO client.example
         S: 502 
         C: AUTH LOGIN
         S: 503 ",
        "S: +OK
         C: CAPA
         S..: .
         + SASL PLAIN LOGIN
         C: STLS
         S: +OK
         TLS
         C: CAPA
         S: -ERR
         C: AUTH LOGIN
         S: + ",
        &[],
    )
    .await;
}

#[tokio::test]
async fn ehlo_rejected() {
    check(
        "ehlo-rejected",
        json!({}),
        "S: 220 \nC: EHLO client.example\nS: 502 \nC: HELO client.example\nS: 250 submit1",
        "S: +OK\nC: CAPA\nS: -ERR unknown command",
        &[],
    )
    .await;
}

#[tokio::test]
async fn failure_after_tls() {
    check(
        "failure-after-tls",
        json!({}),
        "S: 220 \nC: STARTTLS\nS: 220 \nTLS\nC: EHLO client.example\nS: 421 \nEOF",
        "S: +OK\nC: STLS\nS: +OK\nTLS\nC: CAPA\nS: -ERR [SYS/TEMP]\nEOF",
        &["handshake #1 TLSv1_3 completed"],
    )
    .await;
}

#[tokio::test]
async fn say_replaces_a_reply_octet_for_octet() {
    let say = |step, channel, text: &str| json!({ "step": step, "channel": channel, "text": text });
    let greeting = say("greeting", None, "554 go away\r\n");
    let lab = Lab::start(Label::Submission, fault_with("say", greeting)).await;
    lab.play("S: 554 go away\nC: NOOP\nS: 250 ").await;
    lab.saw("fault say at mail:*: the reply at greeting in clear was replaced");

    let inside = say("capabilities", Some(Channel::Tls), "250-mixed\r\n550 codes\r\n");
    let lab = Lab::start(Label::Submission, fault_with("say", inside)).await;
    lab.play(
        "S: 220 
         C: EHLO client.example
         S..: 250 
         C: STARTTLS
         S: 220 
         TLS
         C: EHLO client.example
         S: 250-mixed
         S: 550 codes",
    )
    .await;

    // A reply to STARTTLS that is no yes begins no TLS.
    let refused = say("starttls", None, "500 what\r\n");
    let lab = Lab::start(Label::Submission, fault_with("say", refused)).await;
    lab.play("S: 220 \nC: STARTTLS\nS: 500 what\nC: NOOP\nS: 250 ").await;
}

#[tokio::test]
async fn close_cuts_in_place_of_a_reply() {
    let at = |step| json!({ "step": step });
    let lab = Lab::start(Label::Submission, fault_with("close", at("starttls"))).await;
    lab.play("S: 220 \nC: STARTTLS\nEOF").await;
    lab.saw("fault close at mail:*: the connection was cut at starttls in clear");
    let lab = Lab::start(Label::Pop3, fault_with("close", at("greeting"))).await;
    lab.play("EOF").await;
}

#[tokio::test]
async fn a_message_is_truncated_without_close_notify() {
    let params = json!({ "step": "retr", "size": 30 });
    let lab = Lab::start(Label::Pop3s, fault_with("close", params)).await;
    let mut client = lab.play(&format!("TLS\nS: +OK\nC: AUTH PLAIN {PLAIN}\nS: +OK\nC: RETR 1")).await;
    let (rest, end) = client.rest_and_end().await;
    assert_eq!(rest, b"+OK 38 octets\r\nSubject: one\r\n\r");
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
    lab.saw("fault close at mail:*: the connection was cut at retr inside TLS");
}

#[tokio::test]
async fn silence_says_nothing_and_listens() {
    let at = json!({ "step": "capabilities" });
    let lab = Lab::start(Label::Submission, fault_with("silence", at)).await;
    let client = lab.play(&format!("S: 220 \nC: EHLO client.example\nC: AUTH PLAIN {PLAIN}\nC: QUIT")).await;
    drop(client);
    lab.closed().await;
    lab.saw("fault silence at mail:*: the server fell silent at capabilities in clear");
    lab.saw("credential #1 PLAIN of alice@example.com in clear, rejected");
    lab.saw("tcp #1 closed by the client");
}

#[tokio::test]
async fn replies_come_in_pieces() {
    let lab = Lab::start(Label::Submission, fault("split")).await;
    lab.play("S: 220 submit1\nC: EHLO client.example\nS..: 250 \n+ 250 STARTTLS\nC: STARTTLS\nS: 220 \nTLS\nC: NOOP\nS: 250 ")
        .await;
    lab.saw("fault split");
}

#[tokio::test]
async fn replies_are_held_back() {
    let params = json!({ "delay_ms": 30 });
    let lab = Lab::start(Label::Pop3, fault_with("delay", params)).await;
    let start = std::time::Instant::now();
    lab.play("S: +OK\nC: CAPA\nS..: .").await;
    assert!(start.elapsed() >= Duration::from_millis(60));
    lab.saw("fault delay");
}

#[tokio::test]
async fn pipelined_replies_are_merged() {
    let at = json!({ "step": "noop" });
    let lab = Lab::start(Label::Submission, fault_with("merge", at)).await;
    let mut client = lab.play("S: 220 \nC: NOOP\nS: 250 ").await;
    client.say("NOOP\r\nHELO client.example\r\n").await;
    lab.go_on(&mut client, "S: 250 2.0.0 ok").await;
    assert_eq!(client.buffered(), b"250 submit1.example.com\r\n");
    lab.saw("fault merge at mail:*: two replies went out in one segment");
}

#[tokio::test]
async fn a_flood_has_an_end() {
    let at = json!({ "step": "greeting" });
    let lab = Lab::start(Label::Submission, fault_with("flood", at)).await;
    let mut client = lab.connect().await;
    client.say("QUIT\r\n").await;
    let rest = client.rest().await;
    assert_eq!(rest.len(), (1 << 20) + b"221 2.0.0 bye\r\n".len());
    assert!(rest.starts_with(b"xxxx"));
    lab.saw("fault flood");
}
