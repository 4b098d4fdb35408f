//! Files of results, written by hand.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder with files of results.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a run of one subject, with a summary.
    pub(crate) fn run(&self, name: &str, subject: &str, cases: &[Value]) -> PathBuf {
        let summary = json!({
            "type": "summary", "cases": cases.len(), "verdicts": {}, "areas": {}, "unexpected": 0, "duration_us": 1_500_000
        });
        self.write(name, std::iter::once(&header(subject, cases.len())).chain(cases).chain([&summary]))
    }

    pub(crate) fn write<'v>(&self, name: &str, lines: impl IntoIterator<Item = &'v Value>) -> PathBuf {
        let text: String = lines.into_iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }
}

pub(crate) fn header(subject: &str, cases: usize) -> Value {
    json!({
        "type": "run", "version": 4, "signpost": "0.1.0", "subject": subject, "subject_version": "1.2",
        "seed": 0, "cases": cases
    })
}

pub(crate) fn case(id: &str, verdict: &str) -> Value {
    let mut case = json!({
        "type": "case", "id": id, "title": format!("Title of {id}"), "verdict": verdict, "expected": verdict == "pass",
        "severity": "high", "requirements": ["client/target-under-attack-gives-way"], "duration_us": 1000, "runs": 1,
        "reproduce": format!("signpost run '{id}' --subject example")
    });
    if verdict != "pass" {
        case["findings"] = json!([finding("client/target-under-attack-gives-way", "stopped", "went on")]);
    }
    if verdict == "fail" {
        case["wrong"] = "other".into();
    }
    case
}

/// A password in clear, with the octets that convict.
pub(crate) fn leak(id: &str) -> Value {
    let mut case = case(id, "fail");
    case["wrong"] = "leak".into();
    case["severity"] = "critical".into();
    let said = "AUTH PLAIN AGFsaWNlAHNlY3JldA==\\r\\n";
    case["findings"] = json!([{
        "requirement": "invariant/no-credential-in-clear", "expected": "no credential outside TLS",
        "seen": format!("clear #1 C: {said}"), "lines": [4]
    }]);
    case["report"] = json!({ "role": "set-up", "outcome": "refused", "reason": "no-tls" });
    let events = [
        json!({ "event": "query", "query": 1, "endpoint": "authority", "peer": "127.0.0.1:4000", "transport": "udp",
                "name": "_submission._tcp.example.com", "record_type": "SRV", "dnssec_ok": true, "checking_disabled": false }),
        json!({ "event": "accepted", "connection": 1, "peer": "127.0.0.1:4001", "server": "submission-1",
                "label": "submission", "port": 587, "hosts": ["submission-1.example.com"] }),
        json!({ "event": "bytes", "connection": 1, "by": "server", "channel": "clear", "bytes": "220 ready\\r\\n" }),
        json!({ "event": "bytes", "connection": 1, "by": "client", "channel": "clear", "bytes": said }),
        json!({ "event": "bytes", "connection": 1, "by": "client", "channel": "tls", "bytes": "QUIT\\r\\n" }),
    ];
    case["transcript"] = transcript(events);
    case
}

pub(crate) fn transcript(events: impl IntoIterator<Item = Value>) -> Value {
    let seen = events.into_iter().zip(1..).map(
        |(event, sequence)| json!({ "sequence": sequence, "step": 1, "at": sequence * 100, "event": event }),
    );
    seen.collect()
}

pub(crate) fn finding(requirement: &str, expected: &str, seen: &str) -> Value {
    json!({ "requirement": requirement, "expected": expected, "seen": seen })
}

/// A deviation that an expectations file declares.
pub(crate) fn known(mut case: Value, expected: bool) -> Value {
    case["known"] = json!({ "verdict": "fail", "reason": "RFC 9999 section 1, reported" });
    case["expected"] = expected.into();
    case
}

pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signpost"));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).stdin(Stdio::null());
    command
}

/// Runs `signpost report`.
pub(crate) fn report(files: &[&Path], arguments: &[&str]) -> Output {
    command().arg("report").args(files).args(arguments).output().unwrap()
}

/// Every form, by its name: all of them in one go.
pub(crate) fn forms(files: &Files, paths: &[&Path], arguments: &[&str]) -> Vec<(&'static str, String)> {
    let names = ["badge", "html", "junit", "markdown"];
    let place = |name: &str| files.path(&format!("form.{name}"));
    let options = names.map(|name| format!("--{name}={}", place(name).display()));
    let options: Vec<&str> = options.iter().map(String::as_str).chain(arguments.iter().copied()).collect();
    let human = reported(paths, &options);
    let read = |name| (name, std::fs::read_to_string(place(name)).unwrap());
    let jsonl = reported(paths, &["--format", "jsonl"]);
    [("human", human), ("jsonl", jsonl)].into_iter().chain(names.map(read)).collect()
}

/// What it writes to standard output where nothing is wrong.
pub(crate) fn reported(files: &[&Path], arguments: &[&str]) -> String {
    let output = report(files, arguments);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8(output.stdout).unwrap()
}
