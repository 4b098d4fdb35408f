//! `signpost discover --look-up`, aimed at labs.

use std::process::Output;

use signpost_conformance::suite::Suite;
use signpost_lab::Network;
use tokio::process::Command;

/// Raises the lab of a case and looks up there, for the address that the case is about.
fn look_up(id: &str, format: &str) -> Output {
    let suite = Suite::built_in().expect("the built-in suite is well-formed");
    let case = suite.cases.iter().find(|case| case.id == id).expect("a case of the suite");
    let folder = tempfile::tempdir().expect("a folder");
    let anchor = folder.path().join("anchor");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let blueprint = case.blueprint().expect("the case's lab");
        let mut lab = blueprint.start(Network::Loopback).expect("a lab that starts");
        lab.begin_run(None).expect("a run that begins");
        std::fs::write(&anchor, lab.dns().trust_anchor.join("\n")).expect("the file is written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_signpost"));
        command.args(["discover", "alice@example.com", "--look-up", "--format", format]);
        command.args(["--resolver", &lab.dns().authority.to_string()]).arg("--trust-anchor").arg(&anchor);
        command.stdin(std::process::Stdio::null()).output().await.expect("the program starts")
    })
}

#[test]
fn lookups_are_shown_up_to_where_the_client_would_connect() {
    let output = look_up("honest/two-servers[submission]", "human");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{output:?}");
    for line in [
        "secure        SRV _submission._tcp.example.com.",
        "secure        TXT _submission._tcp.example.com.",
        "secure        TXT _certroot.example.com.",
        "the client would connect to 127.",
    ] {
        assert!(shown.contains(line), "{line} is missing in\n{shown}");
    }
}

#[test]
fn what_is_refused_is_told_without_a_connection() {
    let output = look_up("dnssec/srv-forged[submission]", "json");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(
        json["connect"].is_null()
            && json["outcome"].as_str().is_some_and(|outcome| outcome.contains("dnssec-bogus")),
        "{json:#}"
    );
    let lookups = json["lookups"].as_array().expect("lookups");
    assert!(lookups.iter().any(|lookup| lookup["security"] == "bogus"), "{json:#}");
}
