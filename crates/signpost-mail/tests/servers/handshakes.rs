//! What the server sees of handshakes, good and bad.

use serde_json::json;
use std::sync::Arc;

use rustls::RootCertStore;

use signpost_protocol::Label;
use signpost_transcript::{Channel, Event, Party};

use crate::lab::{Lab, PLAIN, client_config, fault, fault_with};

fn clear_speech(lab: &Lab) -> Vec<u8> {
    let transcript = lab.recorder.transcript();
    let mut speech = Vec::new();
    for event in transcript.events() {
        if let Event::Bytes { by: Party::Client, channel: Channel::Clear, bytes, .. } = event {
            speech.extend_from_slice(bytes);
        }
    }
    speech
}

#[tokio::test]
async fn a_client_that_rejects_the_certificate_is_a_failed_handshake() {
    for versions in [&[&rustls::version::TLS12][..], &[&rustls::version::TLS13][..]] {
        let lab = Lab::start(Label::Submissions, Vec::new()).await;
        let distrusting =
            rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_protocol_versions(versions)
                .unwrap()
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth();
        let mut client = lab.connect().await;
        client.shake_hands(&distrusting).await.unwrap_err();
        drop(client);
        lab.closed().await;
        lab.saw("handshake #1 failed, SNI submit1.example.com, certificate submit1: received fatal alert");
        assert_eq!(clear_speech(&lab), b"");
    }
}

#[tokio::test]
async fn what_a_client_says_after_a_failed_handshake_is_heard_and_answered() {
    let lab = Lab::start(Label::Submission, Vec::new()).await;
    let mut client = lab
        .play(
            "S: 220 
             C: EHLO client.example
             S..: 250 
             C: STARTTLS
             S: 220 ",
        )
        .await;
    client.shake_hands(&client_config(&[])).await.unwrap_err();
    lab.go_on(
        &mut client,
        &format!(
            "C: EHLO client.example
             S..: 250 
             + 250 AUTH PLAIN LOGIN
             C: AUTH PLAIN {PLAIN}
             S: 235 
             C: MAIL FROM:<alice@example.com>
             S: 250 "
        ),
    )
    .await;
    lab.saw("handshake #1 failed");
    lab.saw("credential #1 PLAIN of alice@example.com in clear, accepted");
    lab.saw("mail #1 submitted in clear");
}

#[tokio::test]
async fn a_client_that_speaks_in_clear_instead_of_tls_is_heard() {
    let lab = Lab::start(Label::Pop3s, Vec::new()).await;
    lab.play(
        "C: USER alice@example.com
         S: +OK
         C: PASS correct horse
         S: +OK",
    )
    .await;
    lab.never_saw("handshake");
    lab.saw("credential #1 USER of alice@example.com in clear, accepted");
}

#[tokio::test]
async fn a_handshake_breaks_in_each_way() {
    for (how, reason) in [
        (None, "the fault sent garbage"),
        (Some("garbage"), "the fault sent garbage"),
        (Some("alert"), "the fault sent an alert"),
        (Some("version"), "the fault sent an alert"),
        (Some("closed"), "the fault cut the connection"),
    ] {
        for (label, start) in [(Label::Submission, "S: 220 \nC: STARTTLS\nS: 220 "), (Label::Pop3s, "")] {
            let params = how.map_or_else(|| json!({}), |how| json!({ "how": how }));
            let lab = Lab::start(label, fault_with("handshake-broken", params)).await;
            drop(lab.play(&format!("{start}\nTLS fails")).await);
            lab.closed().await;
            lab.saw(&format!("handshake #1 failed, SNI submit1.example.com, certificate submit1: {reason}"));
            lab.saw("fault handshake-broken at mail:*: something else came in place of the ServerHello");
        }
    }
}

#[tokio::test]
async fn an_error_in_clear_comes_in_place_of_the_server_hello() {
    for (label, start, error) in [
        (Label::Submission, "S: 220 \nC: STARTTLS\nS: 220 ", "454 4.7.0"),
        (Label::Pop3, "S: +OK\nC: STLS\nS: +OK", "-ERR"),
    ] {
        let lab = Lab::start(label, fault("handshake-cleartext-error")).await;
        let mut client = lab.play(&format!("{start}\nTLS fails")).await;
        lab.go_on(&mut client, "C: QUIT").await;
        client.rest().await;
        drop(client);
        lab.closed().await;
        lab.saw(
            "handshake #1 failed, SNI submit1.example.com, certificate submit1: the fault spoke in clear",
        );
        lab.saw("fault handshake-cleartext-error");
        assert!(clear_speech(&lab).ends_with(b"QUIT\r\n"));
        let transcript = lab.recorder.transcript();
        let said = transcript.events().any(|event| match event {
            Event::Bytes { by: Party::Server, channel: Channel::Clear, bytes, .. } => {
                bytes.starts_with(error.as_bytes())
            }
            _ => false,
        });
        assert!(said, "{error}");
    }
}

#[tokio::test]
async fn a_handshake_is_met_with_silence_or_the_end() {
    let at = |step| json!({ "step": step });
    let lab = Lab::start(Label::Submissions, fault_with("close", at("handshake"))).await;
    lab.play("TLS fails").await;
    lab.closed().await;
    lab.saw("fault close at mail:*: the connection was cut in place of the ServerHello");

    let lab = Lab::start(Label::Submissions, fault_with("silence", at("handshake"))).await;
    let mut client = lab.connect().await;
    // A ClientHello of a handshake that then is given up.
    let config = lab.trusting();
    let hello = client.shake_hands(&config);
    let recorder = lab.recorder.clone();
    let heard = async {
        while !recorder.transcript().events().any(|event| matches!(event, Event::Fault { .. })) {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        shaken = hello => panic!("{shaken:?} though nobody answers"),
        () = heard => {}
    }
    lab.saw("fault silence at mail:*: the ClientHello was not answered");
}

#[tokio::test]
async fn who_breaks_tls_takes_the_password_of_a_client_that_tries_again_in_clear() {
    let step = |step| json!({ "step": step });
    for (kind, params) in [
        ("handshake-broken", json!({})),
        ("failure-after-tls", json!({})),
        ("close", step("starttls")),
        ("silence", step("handshake")),
    ] {
        let lab = Lab::start(Label::Submission, fault_with(kind, params)).await;
        lab.play(&format!(
            "S: 220 
             C: EHLO client.example
             S..: 250 
             + 250 AUTH PLAIN LOGIN
             C: AUTH PLAIN {PLAIN}
             S: 235 "
        ))
        .await;
        lab.saw("credential #1 PLAIN of alice@example.com in clear, accepted");
    }
}

/// The judge takes a handshake for a certificate that was seen, and speech behind one for speech after a failure.
#[tokio::test]
async fn without_a_word_of_tls_there_is_no_handshake() {
    for (label, script) in [
        (Label::Submissions, ""),
        (Label::Submissions, "C: QUIT"),
        (Label::Submission, "S: 220\nC: STARTTLS\nS: 220"),
    ] {
        let lab = Lab::start(label, Vec::new()).await;
        drop(lab.play(script).await);
        lab.closed().await;
        let shaken = |event: &Event| matches!(event, Event::Handshake { .. });
        assert!(!lab.recorder.transcript().events().any(shaken), "{label}: {script}");
    }
    for (label, script) in [
        (Label::Submissions, "TLS"),
        (Label::Submission, "S: 220\nC: STARTTLS\nS: 220\nC: EHLO again"),
        (Label::Submission, "S: 220\nC: STARTTLS\nS: 220\nTLS"),
    ] {
        let lab = Lab::start(label, Vec::new()).await;
        drop(lab.play(script).await);
        lab.closed().await;
        lab.saw("handshake");
    }
}

#[tokio::test]
async fn what_is_said_inside_tls_behind_the_end_is_heard() {
    let lab = Lab::start(Label::Submissions, fault("failure-after-tls")).await;
    drop(lab.play("TLS\nS: 220\nC: EHLO x\nC: AUTH LOGIN\nS: 421\nC: TOO late").await);
    lab.closed().await;
    let late = lab.recorder.transcript().events().any(|event| match event {
        Event::Bytes { by: Party::Client, channel: Channel::Tls, bytes, .. } => {
            bytes.ends_with(b"TOO late\r\n")
        }
        _ => false,
    });
    assert!(late);
}
