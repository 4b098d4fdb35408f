//! Whoever is asked to end says first what was seen, and leaves nothing behind.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

#[test]
fn a_lab_that_is_asked_to_end_judges_and_removes_its_file() {
    for signal in ["INT", "TERM", "HUP"] {
        let mut lab = signpost(&["lab", "honest/two-servers[submission]"]);
        let mut output = BufReader::new(lab.stdout.take().unwrap());
        let ca_file = loop {
            let mut line = String::new();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "there is no CA file");
            if let Some(path) = line.strip_prefix("CA file") {
                break path.trim().to_owned();
            }
        };
        assert!(Path::new(&ca_file).exists(), "{ca_file}");
        send(signal, &lab);
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        // Nobody came, so that an honest case has failed.
        assert_eq!(lab.wait().unwrap().code(), Some(1), "{signal}: {rest}");
        assert!(rest.contains("suite/reached") || rest.contains("declined"), "{signal}: {rest}");
        assert!(!Path::new(&ca_file).exists(), "{signal} left {ca_file}");
    }
}

#[test]
fn a_lab_that_nobody_reads_removes_its_file_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_signpost"));
    command.args(["lab", "honest/two-servers[submission]"]).env("TMPDIR", folder.path());
    let mut lab = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(lab.stdout.take());
    let mut line = String::new();
    BufReader::new(lab.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("the lab runs"), "{line}");
    send("TERM", &lab);
    assert_eq!(lab.wait().unwrap().code(), Some(1));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_run_that_is_asked_to_end_tells_what_was_judged() {
    for signal in ["INT", "TERM", "HUP"] {
        let subject = "reference?defect=accepts-any-certificate";
        let mut run = signpost(&["run", "pin/", "--jobs", "1", "--format", "jsonl", "--subject", subject]);
        let mut errors = BufReader::new(run.stderr.take().unwrap());
        let mut line = String::new();
        // The first verdict that is no pass; there are many cases to come.
        assert_ne!(errors.read_line(&mut line).unwrap(), 0);
        send(signal, &run);
        // The results are more than a pipe holds, and what is still to be told is less.
        let mut results = String::new();
        run.stdout.take().unwrap().read_to_string(&mut results).unwrap();
        let mut rest = String::new();
        errors.read_to_string(&mut rest).unwrap();
        assert_eq!(run.wait().unwrap().code(), Some(5), "{signal}: {rest}");
        assert!(rest.contains("the run ends here"), "{signal}: {rest}");
        assert!(results.lines().last().unwrap().contains(r#""because":"stopped""#), "{signal}: {results}");
        assert!(results.lines().count() > 2, "{signal}: {results}");
    }
}

fn signpost(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signpost"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn send(signal: &str, to: &Child) {
    let kill = Command::new("kill").args([&format!("-{signal}"), &to.id().to_string()]).status().unwrap();
    assert!(kill.success());
}
