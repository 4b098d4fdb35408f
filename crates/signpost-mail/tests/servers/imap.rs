//! IMAP: what an honest server says, what each fault makes of it, and what of it is observed.

use serde_json::{Value, json};
use signpost_protocol::Label;

use crate::lab::{Lab, PLAIN, fault, fault_with};

#[tokio::test]
async fn a_message_is_handed_out_after_starttls_and_login() {
    let lab = Lab::start(Label::Imap, Vec::new()).await;
    lab.play(
        "S: * OK submit1.example.com
         C: a CAPABILITY
         S: * CAPABILITY IMAP4rev1 IMAP4rev2 SASL-IR ID NAMESPACE UNSELECT STARTTLS LOGINDISABLED
         S: a OK
         C: b STARTTLS
         S: b OK
         TLS
         C: c CAPABILITY
         S: * CAPABILITY IMAP4rev1 IMAP4rev2 SASL-IR ID NAMESPACE UNSELECT AUTH=PLAIN AUTH=LOGIN
         S: c OK
         C: d SELECT INBOX
         S: d BAD
         C: e LOGIN {17}
         S: + 
         C: alice@example.com \"correct horse\"
         S: e OK
         C: f SELECT inbox
         S: * 2 EXISTS
         S..: f OK [READ-WRITE]
         C: g FETCH 1 BODY.PEEK[]
         S: * 1 FETCH (BODY[] {38}
         S: Subject: one
         S: 
         S: first
         S: .hidden
         S: last
         S: )
         S: g OK
         C: h UID FETCH 1:* (FLAGS RFC822.SIZE)
         S: * 1 FETCH (UID 1 FLAGS () RFC822.SIZE 38)
         S: * 2 FETCH (UID 2 FLAGS () RFC822.SIZE 24)
         S: h OK
         C: i FETCH * BODY[TEXT]<0.3>
         S: * 2 FETCH (BODY[TEXT]<0> {3}
         S: sec)
         S: i OK
         C: j STORE 2 +FLAGS (\\Deleted)
         S: * 2 FETCH (FLAGS (\\Seen \\Deleted))
         S: j OK
         C: k EXPUNGE
         S: * 2 EXPUNGE
         S: k OK
         C: l XYZZY
         S: l BAD
         C: m LOGOUT
         S: * BYE
         S: m OK
         EOF",
    )
    .await;
    lab.saw("credential #1 IMAP-LOGIN of alice@example.com inside TLS, accepted");
    lab.saw("mail #1 retrieved inside TLS, 38 octets");
    lab.never_saw("in clear");
    // What one session deleted, the next does not see.
    lab.play(&format!(
        "S: * OK
         C: a STARTTLS
         S: a OK
         TLS
         C: b AUTHENTICATE PLAIN {PLAIN}
         S: b OK
         C: c STATUS INBOX (MESSAGES UIDNEXT)
         S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2)
         S: c OK"
    ))
    .await;
}

#[tokio::test]
async fn a_password_in_clear_is_taken_from_nobody_and_seen() {
    let lab = Lab::start(Label::Imap, Vec::new()).await;
    lab.play(&format!(
        "S: * OK
         C: a LOGIN alice@example.com \"correct horse\"
         S: a NO [PRIVACYREQUIRED]
         C: b AUTHENTICATE PLAIN {PLAIN}
         S: b NO [PRIVACYREQUIRED]"
    ))
    .await;
    lab.saw("credential #1 IMAP-LOGIN of alice@example.com in clear, rejected");
    lab.saw("credential #1 PLAIN of alice@example.com in clear, rejected");
}

#[tokio::test]
async fn imaps_is_inside_tls_from_the_first_byte() {
    let lab = Lab::start(Label::Imaps, Vec::new()).await;
    lab.play(
        "TLS
         S: * OK
         C: a CAPABILITY
         S: * CAPABILITY IMAP4rev1 IMAP4rev2 SASL-IR ID NAMESPACE UNSELECT AUTH=PLAIN AUTH=LOGIN
         S: a OK
         C: b AUTHENTICATE LOGIN
         S: + VXNlcm5hbWU6
         C: YWxpY2VAZXhhbXBsZS5jb20=
         S: + UGFzc3dvcmQ6
         C: Y29ycmVjdCBob3JzZQ==
         S: b OK",
    )
    .await;
    lab.saw("credential #1 LOGIN of alice@example.com inside TLS, accepted");
}

async fn check(kind: &str, params: Value, script: &str) {
    let faults = if params.is_null() { fault(kind) } else { fault_with(kind, params) };
    let lab = Lab::start(Label::Imap, faults).await;
    lab.play(&script.replace("PLAIN_RESPONSE", PLAIN)).await;
    lab.saw(&format!("fault {kind} at mail:*: "));
}

#[tokio::test]
async fn a_server_that_strips_starttls_takes_the_password_in_clear() {
    check(
        "strip-starttls",
        Value::Null,
        "S: * OK
         C: a CAPABILITY
         S: * CAPABILITY IMAP4rev1 IMAP4rev2 SASL-IR ID NAMESPACE UNSELECT AUTH=PLAIN AUTH=LOGIN
         S: a OK
         C: b STARTTLS
         S: b BAD
         C: c LOGIN alice@example.com \"correct horse\"
         S: c OK",
    )
    .await;
}

#[tokio::test]
async fn a_server_that_says_preauth_leaves_no_place_for_starttls() {
    check(
        "preauth",
        Value::Null,
        "S: * PREAUTH
         C: a STARTTLS
         S: a BAD
         C: b SELECT INBOX
         S..: b OK
         C: c FETCH 1 BODY[]
         S: * 1 FETCH",
    )
    .await;
}

#[tokio::test]
async fn starttls_is_refused_answered_oddly_or_followed_by_plain_text() {
    check("refuse-starttls", Value::Null, "S: * OK\nC: a STARTTLS\nS: a NO [UNAVAILABLE]").await;
    check("odd-starttls", Value::Null, "S: * OK\nC: a STARTTLS\nS: + go on").await;
    check(
        "plaintext-after-starttls",
        Value::Null,
        "S: * OK\nC: a STARTTLS\nS: a OK\nS: * CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN",
    )
    .await;
}

#[tokio::test]
async fn a_fault_can_answer_by_the_tag_of_the_command() {
    let said = json!({ "step": "starttls", "text": "${tag} OK [ALERT] now\r\n* BYE\r\n" });
    check("say", said, "S: * OK\nC: x7 STARTTLS\nS: x7 OK [ALERT] now\nS: * BYE").await;
}

#[tokio::test]
async fn what_is_no_command_is_answered_and_counted() {
    let lab = Lab::start(Label::Imaps, Vec::new()).await;
    let nonsense = "C: \u{1b}[2J x\nS: * BAD\n".repeat(20);
    lab.play(&format!("TLS\nS: * OK\nC: a LOGIN {{5000}}\nS: a NO [TOOBIG]\n{nonsense}S: * BYE\nEOF")).await;
}
