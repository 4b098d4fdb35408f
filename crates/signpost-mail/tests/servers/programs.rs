//! Unmodified msmtp and mpop do real work with an honest server, and none with a faulty one.
//!
//! Without the programs these tests say so and end, unless `SIGNPOST_REQUIRE_PROGRAMS` is set.

use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use signpost_protocol::Label;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::lab::{HOST, Lab, PASSWORD, USER, fault, fault_with};

const MESSAGE: &[u8] = b"From: alice@example.com\nTo: bob@example.com\nSubject: hello\n\n.stuffed\nbye\n";

#[tokio::test]
async fn msmtp_submits() {
    if missing("msmtp").await {
        return;
    }
    for label in [Label::Submission, Label::Submissions] {
        for auth in ["plain", "login"] {
            let lab = Lab::start(label, Vec::new()).await;
            let output = msmtp(&lab, label, auth).await;
            assert!(output.status.success(), "{output:?}");
            let mechanism = auth.to_uppercase();
            lab.saw(&format!("credential #1 {mechanism} of alice@example.com inside TLS, accepted"));
            // It adds a date and an identifier of its own.
            let seen = lab.seen();
            let mail = |line: &&String| line.starts_with("mail #1 submitted inside TLS, ");
            assert!(seen.iter().filter(mail).any(|line| !line.ends_with(" 0 octets")), "{seen:#?}");
            lab.never_saw("in clear");
        }
    }
}

#[tokio::test]
async fn mpop_retrieves() {
    if missing("mpop").await {
        return;
    }
    for label in [Label::Pop3, Label::Pop3s] {
        for auth in ["user", "plain"] {
            let lab = Lab::start(label, Vec::new()).await;
            let home = tempfile::tempdir().unwrap();
            let output = mpop(&lab, label, auth, home.path()).await;
            assert!(output.status.success(), "{output:?}");
            let fetched = std::fs::read_to_string(home.path().join("mbox")).unwrap();
            assert!(fetched.contains("\nfirst\n.hidden\nlast\n"), "{fetched}");
            assert!(fetched.contains("\nsecond\n"), "{fetched}");
            let mechanism = auth.to_uppercase();
            lab.saw(&format!("credential #1 {mechanism} of alice@example.com inside TLS, accepted"));
            lab.saw("mail #1 retrieved inside TLS, 24 octets");
            lab.never_saw("in clear");
            // It deleted what it fetched.
            let again = mpop(&lab, label, auth, home.path()).await;
            assert!(again.status.success(), "{again:?}");
            lab.never_saw("mail #2");
        }
    }
}

/// Every way in which the beginning of TLS can go wrong.
fn downgrades() -> Vec<(&'static str, Value)> {
    let how = |how| json!({ "how": how });
    let step = |step| json!({ "step": step });
    vec![
        ("strip-starttls", json!({})),
        ("refuse-starttls", json!({})),
        ("odd-starttls", json!({})),
        ("handshake-broken", how("garbage")),
        ("handshake-broken", how("alert")),
        ("handshake-broken", how("closed")),
        ("handshake-cleartext-error", json!({})),
        ("ehlo-rejected", json!({})),
        ("close", step("starttls")),
        ("failure-after-tls", json!({})),
    ]
}

#[tokio::test]
async fn msmtp_gives_nothing_away_to_a_faulty_server() {
    if missing("msmtp").await {
        return;
    }
    for (kind, params) in downgrades() {
        let lab = Lab::start(Label::Submission, fault_with(kind, params)).await;
        let output = msmtp(&lab, Label::Submission, "plain").await;
        assert!(!output.status.success(), "{kind}: {output:?}");
        lab.saw(&format!("fault {kind} "));
        lab.never_saw("credential");
        lab.never_saw("mail #1");
    }
}

#[tokio::test]
async fn mpop_gives_nothing_away_to_a_faulty_server() {
    if missing("mpop").await {
        return;
    }
    for (kind, params) in downgrades() {
        // Without CAPA mpop tries STLS all the same, as RFC 2595 allows, and succeeds.
        if kind == "ehlo-rejected" {
            continue;
        }
        let lab = Lab::start(Label::Pop3, fault_with(kind, params)).await;
        let home = tempfile::tempdir().unwrap();
        let output = mpop(&lab, Label::Pop3, "user", home.path()).await;
        assert!(!output.status.success(), "{kind}: {output:?}");
        lab.saw(&format!("fault {kind} "));
        lab.never_saw("credential");
        lab.never_saw("mail #1");
    }
}

#[tokio::test]
async fn programs_survive_replies_in_pieces() {
    if missing("msmtp").await || missing("mpop").await {
        return;
    }
    let lab = Lab::start(Label::Submission, fault("split")).await;
    let output = msmtp(&lab, Label::Submission, "plain").await;
    assert!(output.status.success(), "{output:?}");
    let lab = Lab::start(Label::Pop3, fault("split")).await;
    let home = tempfile::tempdir().unwrap();
    let output = mpop(&lab, Label::Pop3, "user", home.path()).await;
    assert!(output.status.success(), "{output:?}");
}

async fn missing(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).status().await.is_ok();
    if !found {
        assert!(std::env::var_os("SIGNPOST_REQUIRE_PROGRAMS").is_none(), "{program} is not installed");
        eprintln!("skipped: {program} is not installed; `apt-get install {program}` does");
    }
    !found
}

async fn msmtp(lab: &Lab, label: Label, auth: &str) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut configuration = configuration(lab, label, auth, home.path());
    configuration.push_str("from alice@example.com\ndomain client.example\n");
    run("msmtp", home.path(), &configuration, &["-a", "lab", "bob@example.com"], MESSAGE).await
}

async fn mpop(lab: &Lab, label: Label, auth: &str, home: &Path) -> Output {
    let mut configuration = configuration(lab, label, auth, home);
    configuration.push_str(&format!(
        "delivery mbox {}\nuidls_file {}\nkeep off\n",
        home.join("mbox").display(),
        home.join("uidls").display()
    ));
    run("mpop", home, &configuration, &["lab"], b"").await
}

fn configuration(lab: &Lab, label: Label, auth: &str, home: &Path) -> String {
    let trust = home.join("roots.pem");
    std::fs::write(&trust, lab.pki.roots_pem()).unwrap();
    let starttls = if label.is_implicit_tls() { "off" } else { "on" };
    format!(
        "account lab\nhost 127.0.0.1\nport {}\ntimeout 8\nauth {auth}\nuser {USER}\npassword \"{PASSWORD}\"\n\
         tls on\ntls_starttls {starttls}\ntls_trust_file {}\ntls_host_override {HOST}\n",
        lab.address.port(),
        trust.display()
    )
}

async fn run(program: &str, home: &Path, configuration: &str, arguments: &[&str], input: &[u8]) -> Output {
    let file = home.join("configuration");
    std::fs::write(&file, configuration).unwrap();
    // Both refuse a file with a password that others may read.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut child = Command::new(program)
        .arg("--file")
        .arg(&file)
        .args(arguments)
        .env("HOME", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A program that fails early reads nothing, which its exit code tells better.
    let _ = stdin.write_all(input).await;
    drop(stdin);
    tokio::time::timeout(Duration::from_secs(30), child.wait_with_output())
        .await
        .expect("an end in time")
        .unwrap()
}
