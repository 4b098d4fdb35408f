//! Servers without fault.

use signpost_protocol::Label;

use crate::lab::{Lab, PLAIN};

#[tokio::test]
async fn submission_takes_mail_after_starttls_and_auth() {
    let lab = Lab::start(Label::Submission, Vec::new()).await;
    lab.play(&format!(
        "S: 220 submit1.example.com
         C: EHLO client.example
         S..: 250 
         + 250-submit1.example.com
         + 250 STARTTLS
         - 250-AUTH
         C: STARTTLS
         S: 220 
         TLS
         C: EHLO client.example
         S..: 250 
         + 250 AUTH PLAIN LOGIN
         - 250-STARTTLS
         C: AUTH PLAIN {PLAIN}
         S: 235 
         C: MAIL FROM:<alice@example.com>
         S: 250 
         C: RCPT TO:<bob@example.com>
         S: 250 
         C: DATA
         S: 354 
         C: Subject: hello
         C: 
         C: ..stuffed
         C: .
         S: 250 
         C: QUIT
         S: 221 
         EOF"
    ))
    .await;
    lab.closed().await;
    let seen = lab.seen();
    let expected = [
        "tcp #1 submit1:submission accepted",
        "handshake #1 TLSv1_3 completed, SNI submit1.example.com, certificate submit1",
        "credential #1 PLAIN of alice@example.com inside TLS, accepted",
        "mail #1 submitted inside TLS, 0 octets",
        // `Subject: hello`, the empty line and `.stuffed`, each with CRLF.
        "mail #1 submitted inside TLS, 28 octets",
        "tcp #1 closed by the server",
    ];
    assert_eq!(seen[..2], expected[..2]);
    assert_eq!(seen[2..], expected[2..]);
}

#[tokio::test]
async fn an_exchange_takes_mail_from_everybody_and_logs_nobody_in() {
    let lab = Lab::start(Label::Mx, Vec::new()).await;
    let message = "C: MAIL FROM:<bob@sender.example>
         S: 250 
         C: RCPT TO:<alice@example.com>
         S: 250 
         C: DATA
         S: 354 
         C: Subject: hello
         C: .
         S: 250 ";
    lab.play(&format!(
        "S: 220 submit1.example.com
         C: EHLO relay.example
         S..: 250 
         + 250 STARTTLS
         - 250-AUTH
         {message}
         C: AUTH PLAIN
         S: 538 
         C: STARTTLS
         S: 220 
         TLS
         C: EHLO relay.example
         S..: 250 
         - 250-AUTH
         - 250 AUTH
         C: AUTH PLAIN
         S: 502 
         {message}
         C: QUIT
         S: 221 
         EOF"
    ))
    .await;
    lab.closed().await;
    let seen = lab.seen();
    let mail: Vec<&String> = seen.iter().filter(|line| line.starts_with("mail")).collect();
    let taken = ["in clear", "inside TLS"].map(|channel| format!("mail #1 submitted {channel}, 16 octets"));
    assert!(taken.iter().all(|line| mail.contains(&line)), "{seen:#?}");
    assert!(!seen.iter().any(|line| line.starts_with("credential")), "{seen:#?}");
}

#[tokio::test]
async fn submissions_is_inside_tls_from_the_first_byte() {
    let lab = Lab::start(Label::Submissions, Vec::new()).await;
    lab.play(
        "TLS
         S: 220 
         C: EHLO client.example
         S..: 250 
         + 250 AUTH PLAIN LOGIN
         C: AUTH LOGIN
         S: 334 VXNlcm5hbWU6
         C: YWxpY2VAZXhhbXBsZS5jb20=
         S: 334 UGFzc3dvcmQ6
         C: Y29ycmVjdCBob3JzZQ==
         S: 235 
         C: STARTTLS
         S: 503 
         C: QUIT
         S: 221 ",
    )
    .await;
    lab.saw("credential #1 LOGIN of alice@example.com inside TLS, accepted");
    lab.saw("tcp #1 submit1:submissions accepted");
}

#[tokio::test]
async fn submission_wants_tls_then_auth_then_mail() {
    let lab = Lab::start(Label::Submission, Vec::new()).await;
    lab.play(&format!(
        "S: 220 
         C: MAIL FROM:<alice@example.com>
         S: 503 
         C: EHLO client.example
         S..: 250 
         C: MAIL FROM:<alice@example.com>
         S: 530 
         C: AUTH PLAIN {PLAIN}
         S: 538 
         C: AUTH LOGIN
         S: 538 
         C: STARTTLS now
         S: 501 
         C: STARTTLS
         S: 220 
         TLS
         C: MAIL FROM:<alice@example.com>
         S: 503 
         C: AUTH PLAIN {PLAIN}
         S: 503 
         C: EHLO client.example
         S..: 250 
         C: MAIL FROM:<alice@example.com>
         S: 530 
         C: AUTH PLAIN
         S: 334
         C: *
         S: 501 
         C: AUTH PLAIN
         S: 334
         C: AGFsaWNlQGV4YW1wbGUuY29tAHdyb25n
         S: 535 
         C: AUTH GSSAPI
         S: 504 
         C: AUTH PLAIN
         S: 334
         C: {PLAIN}
         S: 235 
         C: DATA
         S: 503 
         C: RCPT TO:<bob@example.com>
         S: 503 
         C: MAIL FROM:alice
         S: 501 
         C: MAIL FROM:<> BODY=8BITMIME SIZE=10000000
         S: 552 
         C: MAIL FROM:<> SIZE=10
         S: 250 
         C: RSET
         S: 250 
         C: NOOP
         S: 250 
         C: HELO client.example
         S: 250 
         C: XYZZY
         S: 500 "
    ))
    .await;
    // The password that came too early was heard by everybody.
    lab.saw("credential #1 PLAIN of alice@example.com in clear, rejected");
    lab.saw("mail #1 submitted in clear, 0 octets");
}

#[tokio::test]
async fn a_command_behind_starttls_is_discarded() {
    let lab = Lab::start(Label::Submission, Vec::new()).await;
    let mut client = lab.play("S: 220 ").await;
    client.say("STARTTLS\r\nEHLO injected.example\r\nMAIL FROM:<mallory@example.com>\r\n").await;
    lab.go_on(
        &mut client,
        "S: 220 
         TLS
         C: NOOP
         S: 250 2.0.0 ok
         C: MAIL FROM:<alice@example.com>
         S: 503 5.5.1 EHLO first",
    )
    .await;
    lab.never_saw("in clear");
}

#[tokio::test]
async fn pop3_hands_out_mail_after_stls_and_login() {
    let lab = Lab::start(Label::Pop3, Vec::new()).await;
    lab.play(
        "S: +OK submit1.example.com
         C: CAPA
         S..: .
         + STLS
         - USER
         - SASL
         C: STLS
         S: +OK
         TLS
         C: CAPA
         S..: .
         - STLS
         + USER
         + SASL PLAIN LOGIN
         C: USER alice@example.com
         S: +OK
         C: PASS correct horse
         S: +OK 2 messages
         C: STAT
         S: +OK 2 62
         C: LIST
         S..: .
         + 1 38
         + 2 24
         C: LIST 2
         S: +OK 2 24
         C: UIDL
         S..: .
         + 1 signpost-1
         C: TOP 1 1
         S..: .
         + Subject: one
         + first
         - ..hidden
         C: RETR 1
         S: +OK 38 octets
         S: Subject: one
         S: 
         S: first
         S: ..hidden
         S: last
         S: .
         C: DELE 1
         S: +OK
         C: RETR 1
         S: -ERR
         C: STAT
         S: +OK 1 24
         C: RSET
         S: +OK
         C: DELE 2
         S: +OK
         C: NOOP
         S: +OK
         C: QUIT
         S: +OK
         EOF",
    )
    .await;
    lab.saw("credential #1 USER of alice@example.com inside TLS, accepted");
    lab.saw("mail #1 retrieved inside TLS, 38 octets");
    // What one session deleted, the next does not see.
    lab.play(&format!(
        "S: +OK
         C: STLS
         S: +OK
         TLS
         C: AUTH PLAIN {PLAIN}
         S: +OK 1 messages
         C: UIDL
         S..: .
         + 1 signpost-1
         - 2"
    ))
    .await;
}

#[tokio::test]
async fn pop3s_is_inside_tls_from_the_first_byte() {
    let lab = Lab::start(Label::Pop3s, Vec::new()).await;
    lab.play(&format!(
        "TLS
         S: +OK
         C: AUTH
         S..: .
         + PLAIN
         + LOGIN
         C: AUTH PLAIN
         S: + 
         C: {PLAIN}
         S: +OK 2 messages
         C: TOP 2
         S: -ERR
         C: LIST 3
         S: -ERR
         C: XYZZY
         S: -ERR"
    ))
    .await;
}

#[tokio::test]
async fn pop3_takes_no_password_in_clear_and_sees_each() {
    let lab = Lab::start(Label::Pop3, Vec::new()).await;
    lab.play(&format!(
        "S: +OK
         C: USER alice@example.com
         S: -ERR
         C: PASS correct horse
         S: -ERR
         C: APOP alice@example.com c4c9334bac560ecc979e58001b3e22fb
         S: -ERR
         C: AUTH PLAIN {PLAIN}
         S: -ERR
         C: STAT
         S: -ERR"
    ))
    .await;
    let seen: Vec<_> = lab.seen().into_iter().filter(|line| line.starts_with("credential")).collect();
    assert_eq!(
        seen,
        [
            "credential #1 USER of alice@example.com in clear, rejected",
            "credential #1 APOP of alice@example.com in clear, rejected",
            "credential #1 PLAIN of alice@example.com in clear, rejected",
        ]
    );
}

#[tokio::test]
async fn a_credential_is_seen_where_no_command_expects_it() {
    let lab = Lab::start(Label::Submission, Vec::new()).await;
    lab.play(&format!(
        "S: 220 
         C: {PLAIN}
         S: 500 
         C: PASS correct horse
         S: 500 "
    ))
    .await;
    lab.saw("credential #1 PLAIN of alice@example.com in clear, rejected");
    lab.saw("credential #1 unknown of  in clear, rejected");
}

#[tokio::test]
async fn mail_broken_off_is_still_mail() {
    let lab = Lab::start(Label::Submissions, Vec::new()).await;
    let client = lab
        .play(&format!(
            "TLS
             S: 220 
             C: EHLO client.example
             S..: 250 
             C: AUTH PLAIN {PLAIN}
             S: 235 
             C: MAIL FROM:<alice@example.com>
             S: 250 
             C: RCPT TO:<bob@example.com>
             S: 250 
             C: DATA
             S: 354 
             C: Subject: cut"
        ))
        .await;
    drop(client);
    lab.closed().await;
    lab.saw("mail #1 submitted inside TLS, 14 octets");
    lab.saw("tcp #1 closed by the client");
}

#[tokio::test]
async fn only_crlf_dot_crlf_ends_a_message() {
    let lab = Lab::start(Label::Submissions, Vec::new()).await;
    let mut client = lab
        .play(&format!(
            "TLS
             S: 220 
             C: EHLO client.example
             S..: 250 
             C: AUTH PLAIN {PLAIN}
             S: 235 
             C: MAIL FROM:<alice@example.com>
             S: 250 
             C: RCPT TO:<bob@example.com>
             S: 250 
             C: DATA
             S: 354 "
        ))
        .await;
    client.say("one\n.\r\ntwo\r\n.\nMAIL FROM:<mallory@example.com>\r\n.\r\n").await;
    lab.go_on(
        &mut client,
        "S: 250 2.0.0 accepted
         C: NOOP
         S: 250 2.0.0 ok",
    )
    .await;
}
