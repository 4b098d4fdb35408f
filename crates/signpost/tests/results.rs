//! What becomes of results when something goes wrong: lines come as cases end, what is there is written into, and nothing that
//! a subject says acts on a terminal or breaks a file.

#![cfg(unix)]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// Few cases that one adapter after another fails.
const CASES: &str = "downgrade/starttls-stripped[";

#[test]
fn a_line_is_written_when_its_case_has_ended() {
    let adapter = Adapter::new("read -r line; exec sleep 600");
    let mut run = command(&["run", CASES, "--subject", &adapter.subject(), "--format", "jsonl"])
        .args(["--deadline", "1", "--jobs", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(run.stdout.take().unwrap());
    // Killed outright, as by a crash, once the first case has its line: the others have not begun.
    let mut kinds = Vec::new();
    for line in lines.lines() {
        let line: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        kinds.push(line["type"].as_str().unwrap().to_owned());
        if kinds.len() == 2 {
            run.kill().unwrap();
        }
    }
    run.wait().unwrap();
    assert_eq!(kinds, ["run", "case"], "no summary: the run was cut off");
}

#[test]
fn a_run_ends_after_enough_unexpected_verdicts_and_says_so_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let run = |format: &str| {
        let file = folder.path().join(format);
        let subject = "reference?defect=ignores-stripped-starttls";
        let output = command(&["run", "downgrade/", "--subject", subject, "--jobs", "1", "--max-fail", "1"])
            .args(["--format", format, "--output"])
            .arg(&file)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        fs::read_to_string(file).unwrap()
    };
    let lines: Vec<serde_json::Value> =
        run("jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (selected, summary) = (&lines[0]["cases"], lines.last().unwrap());
    assert_eq!(summary["incomplete"]["because"], "max-fail", "{summary:#}");
    let missing = summary["incomplete"]["missing"].as_u64().unwrap();
    assert_eq!(missing + summary["cases"].as_u64().unwrap(), selected.as_u64().unwrap());
    assert_eq!(summary["cases"], lines.len() - 2);
    // The one that had begun meanwhile may end.
    assert!(matches!(summary["unexpected"].as_u64(), Some(1 | 2)), "{summary:#}");
    let human = run("human");
    assert!(human.contains("incomplete: ") && human.contains("enough verdicts were unexpected"), "{human}");
    let junit = run("junit");
    assert!(junit.contains("type=\"incomplete\""), "{junit}");
    read_xml(&junit);
}

#[test]
fn what_is_there_is_written_into() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for format in ["human", "jsonl", "junit"] {
        // A link is followed, to what is there and to what is not.
        fs::write(path("there"), "old ".repeat(10_000)).unwrap();
        fs::set_permissions(path("there"), fs::Permissions::from_mode(0o640)).unwrap();
        for (link, target) in [("link", "there"), ("dangling", "new")] {
            let _ = fs::remove_file(path(link));
            symlink(target, path(link)).unwrap();
            assert_eq!(write(format, &path(link)).status.code(), Some(0));
            assert!(path(link).is_symlink(), "{format}: the link is gone");
            let text = fs::read_to_string(path(target)).unwrap();
            assert!(text.contains("no-srv") || text.contains("cases against"), "{format}: {text}");
            assert!(!text.contains("old"), "{format}: something is left");
        }
        assert_eq!(fs::metadata(path("there")).unwrap().permissions().mode() & 0o777, 0o640);
        fs::remove_file(path("new")).unwrap();
        // A pipe stays one, and its reader gets everything.
        let pipe = path("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || {
                let mut text = String::new();
                File::open(pipe).unwrap().read_to_string(&mut text).unwrap();
                text
            }
        });
        assert_eq!(write(format, &pipe).status.code(), Some(0));
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
        assert!(!reader.join().unwrap().is_empty());
        fs::remove_file(&pipe).unwrap();
        // So does a device.
        assert_eq!(write(format, Path::new("/dev/null")).status.code(), Some(0));
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }
    assert!(stdout(&write("jsonl", Path::new("-"))).lines().count() > 3);
    assert!(!root().join("-").exists());
    let mut left: Vec<_> =
        folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["dangling", "link", "there"], "something else is left behind");
}

#[test]
fn a_full_disk_is_an_error_with_a_remedy() {
    for format in ["human", "jsonl", "junit"] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let by_name = write(format, Path::new("/dev/full"));
        let by_stream = command(&["run", "honest/no-srv", "--format", format]).stdout(full).output().unwrap();
        for output in [by_name, by_stream] {
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{format}: {errors}");
            assert!(
                errors.contains("error: failed to write") && errors.contains("hint: make room"),
                "{errors}"
            );
        }
    }
}

#[test]
fn a_reader_that_leaves_changes_neither_run_nor_exit_code() {
    for format in ["human", "jsonl", "junit"] {
        let mut run = command(&["run", "honest/no-srv", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop((run.stdout.take(), run.stderr.take()));
        assert_eq!(run.wait().unwrap().code(), Some(0), "{format}");
        // Nor does standard output that was closed before it began, with standard error gone as well.
        let closed =
            format!("exec {} run honest/no-srv --format {format} >&- 2>&-", env!("CARGO_BIN_EXE_signpost"));
        let status = Command::new("sh").args(["-c", &closed]).current_dir(root()).status().unwrap();
        assert_eq!(status.code(), Some(0), "{format}");
    }
}

/// A style that hides, ESC, OSC with BEL, CR, a C1 control, bidirectional controls, a noncharacter.
const HOSTILE: &str = "\u{1b}[8m\u{1b}[2J\u{1b}]0;owned\u{7}\r\u{9b}31m\u{202e}\u{2066}\u{fffe}\u{feff}<![CDATA[ ]]> & \"quoted\"";

#[test]
fn nothing_that_a_subject_says_acts_on_a_terminal_or_breaks_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let report =
        |text: &str| serde_json::json!({"outcome": "refused", "reason": text, "detail": text}).to_string();
    fs::write(folder.path().join("report"), report(HOSTILE)).unwrap();
    fs::write(folder.path().join("errors"), HOSTILE).unwrap();
    let files = folder.path().display();
    let reports = Adapter::new(&format!("cat >/dev/null; cat {files}/errors >&2; cat {files}/report"));
    let crashes = Adapter::new(&format!("cat >/dev/null; cat {files}/errors >&2; exit 7"));
    let garbage = Adapter::new(&format!("cat >/dev/null; echo '{{\"outcome\":'; cat {files}/report"));
    for (adapter, is_quoted) in [(&reports, true), (&crashes, true), (&garbage, false)] {
        for format in ["badge", "html", "human", "jsonl", "junit", "markdown"] {
            let cases = [CASES, "honest/two-servers"];
            let output = command(&["run", cases[0], cases[1], "--subject", &adapter.subject()])
                .args(["--format", format])
                .env("CLICOLOR_FORCE", "1")
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(1));
            let (text, errors) = (stdout(&output), String::from_utf8(output.stderr).unwrap());
            for shown in [&text, &errors] {
                let plain = without_styles(shown);
                let bad = plain.chars().find(|&next| next != '\n' && !is_harmless(next));
                assert_eq!(bad, None, "{format}: {plain:?}");
                assert!(!shown.contains("\u{1b}[8m"), "a style of the subject's: {shown:?}");
            }
            match format {
                "human" if is_quoted => assert!(text.contains(r"\u{1b}[2J\u{1b}]0;owned\u{7}\r"), "{text}"),
                "junit" => read_xml(&text),
                "jsonl" if is_quoted => {
                    let says = |line: &str| {
                        serde_json::from_str::<serde_json::Value>(line)
                            .unwrap()
                            .to_string()
                            .contains("owned\\u0007")
                    };
                    assert!(text.lines().any(says), "the words themselves are kept: {text}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn a_subject_that_fails_everywhere_is_shown_once_with_what_it_said() {
    let adapter = Adapter::new("cat >/dev/null; echo \"no module named dns ($$)\" >&2; exit 1");
    let output = command(&["run", "pin/", "--subject", &adapter.subject()]).output().unwrap();
    let (text, errors) = (stdout(&output), String::from_utf8_lossy(&output.stderr).into_owned());
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("it said: no module named dns"), "{text}");
    assert!(
        text.contains(" controls: where the honest case does not work, a refusal says nothing\n"),
        "{text}"
    );
    assert_eq!(text.matches("  reproduce:   ").count(), 1, "{text}");
    assert!(text.lines().count() < 60, "{text}");
    assert!(errors.contains("cases whose control failed\n") && errors.lines().count() < 10, "{errors}");

    let output = command(&["run", "honest/", "--subject", &adapter.subject()]).output().unwrap();
    let text = stdout(&output);
    assert!(text.starts_with("errored honest/"), "{text}");
    assert!(text.contains("  and alike:   "), "{text}");
    assert_eq!(text.matches("  reproduce:   ").count(), 1, "{text}");
}

#[test]
fn a_mistake_in_a_report_names_its_place_and_what_was_meant() {
    for (report, words) in [
        (
            r#"{"outcome":"configured","endpoint":{"host":"a","port":"587","security":"tls"}}"#,
            "endpoint.port: expected a number",
        ),
        (r#"{"outcome":"refsed"}"#, "outcome: unknown value `refsed`; did you mean `refused`?"),
    ] {
        let adapter = Adapter::new(&format!("cat >/dev/null; echo '{report}'"));
        let output = command(&["run", "honest/no-srv", "--subject", &adapter.subject()]).output().unwrap();
        assert!(stdout(&output).contains(words), "{}", stdout(&output));
    }
}

#[test]
fn what_is_not_executable_is_told_from_what_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("adapter");
    fs::write(&file, "#!/bin/sh\n").unwrap();
    for (program, words) in [
        (file.clone(), "is not executable\nhint: `chmod +x "),
        (folder.path().join("other"), "there is no program `"),
        (folder.path().to_owned(), "is a folder\n"),
    ] {
        let output = command(&["run", "--subject", &format!("cmd:{}", program.display())]).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{errors}");
        assert!(errors.contains(words), "{errors}");
    }
}

#[test]
fn a_subject_that_gets_no_namespace_is_told_the_remedy() {
    // In a namespace of one's own, one may forbid oneself any further.
    let forbid =
        "for kind in user net mnt; do echo 0 >/proc/sys/user/max_${kind}_namespaces; done; exec \"$@\"";
    let forbidding = |command: &[&str]| {
        let unshare = Command::new("unshare").args(["-Ur", "sh", "-c", forbid, "sh"]).args(command).output();
        unshare.unwrap()
    };
    if !forbidding(&["true"]).status.success() {
        eprintln!("skipped: no user namespaces");
        return;
    }
    let recipe = root().join("fixtures/subjects/msmtp.toml");
    let recipe = fs::read_to_string(recipe).unwrap().replace("\"msmtp\"", "\"true\"");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("installed.toml");
    fs::write(&file, recipe).unwrap();
    let run = [env!("CARGO_BIN_EXE_signpost"), "run", "--subject", file.to_str().unwrap()];
    let output = forbidding(&run);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(errors.contains("hint: allow unprivileged user namespaces"), "{errors}");
}

/// A program as an adapter, which is gone with its folder.
struct Adapter(TempDir);

impl Adapter {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("adapter.sh"), script).unwrap();
        Self(folder)
    }

    fn subject(&self) -> String {
        format!("cmd:sh {}/adapter.sh", self.0.path().display())
    }
}

/// Runs a few cases and writes them there.
fn write(format: &str, place: &Path) -> Output {
    command(&["run", "honest/no-srv", "--format", format, "--output"]).arg(place).output().unwrap()
}

/// Walks through the whole document, which stops at whatever is not well-formed.
fn read_xml(text: &str) {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut cases = 0;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Start(element) | quick_xml::events::Event::Empty(element) => {
                element.attributes().for_each(|attribute| drop(attribute.unwrap()));
                cases += usize::from(element.name().as_ref() == b"testcase");
            }
            _ => {}
        }
    }
    assert!(cases > 0, "{text}");
    // The production Char of XML 1.0, which the reader does not look at.
    let is_char = |next: char| matches!(next, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    assert!(text.chars().all(is_char), "{text}");
}

fn is_harmless(next: char) -> bool {
    !next.is_control()
        && !matches!(next, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}')
}

/// The text without the styles that signpost itself writes.
fn without_styles(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |shown, part| {
        let (style, rest) = part.split_once('m').unwrap();
        assert!(style.chars().all(|next| next.is_ascii_digit() || next == ';'), "{part:?}");
        shown + rest
    })
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signpost"));
    command.args(arguments).current_dir(root()).env("COLUMNS", "100").stdin(Stdio::null());
    command
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}
