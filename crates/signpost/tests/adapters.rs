//! Adapters to copy, which work, and those that are none, which are told why.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// People copy them, so they fit on a few screens.
#[test]
fn examples_are_short_and_narrow() {
    for name in ["resolve.py", "set-up.mjs", "set-up.py"] {
        let text = std::fs::read_to_string(root().join("fixtures/adapters").join(name)).unwrap();
        assert!(text.lines().count() < 150, "{name} has {} lines", text.lines().count());
        assert!(text.lines().all(|line| line.chars().count() <= 125), "{name} has a line that is too long");
    }
}

#[test]
fn the_example_in_python_sets_every_service_up() {
    let Some(python) = python() else { return };
    let subject = format!("cmd:{python} fixtures/adapters/set-up.py");
    let cases = [
        "two-servers[",
        "downgrade/starttls-stripped[",
        "srv/root-target",
        "srv/out-of-domain",
        "pin/expired",
    ];
    passes(&cases, &["--profile", "srv-discovery", "--subject", &subject]);
}

#[test]
fn the_example_in_node_sets_submission_up() {
    let Some(node) = found("node", &["--version"]) else { return };
    let subject = format!("cmd:{node} fixtures/adapters/set-up.mjs");
    let cases = [
        "two-servers[submission",
        "starttls-stripped[submission",
        "srv/root-target[submission",
        "pin/expired[sub",
    ];
    passes(&cases, &["--profile", "srv-discovery", "--subject", &subject]);
}

#[test]
fn the_example_of_a_resolver_validates() {
    let Some(python) = python() else { return };
    let subject = format!("cmd:{python} fixtures/adapters/resolve.py");
    let cases = [
        "honest/resolver-address",
        "honest/resolver-nsec3-type",
        "resolver/signature-broken-address",
        "ds-digest",
    ];
    passes(&cases, &["--profile", "dnssec", "--subject", &subject]);
}

#[test]
fn the_examples_pass_their_check() {
    if let Some(python) = python() {
        for (name, said) in [
            ("set-up.py", "unsupported: it sets up submission, POP3 and IMAP, and does nothing else"),
            ("resolve.py", "unsupported: it is a resolver"),
        ] {
            let output = check(&[&python, &format!("fixtures/adapters/{name}")]);
            let text = String::from_utf8_lossy(&output.stdout);
            assert_eq!(output.status.code(), Some(0), "{text}");
            assert!(text.contains(said) && text.ends_with(" 0 odd, 0 bad\n"), "{text}");
        }
    }
}

/// What it says of each adapter that is none, and what to do about it.
#[test]
fn a_wrong_adapter_is_told_what_is_wrong_and_what_to_do() {
    for (name, grade, seen, remedy) in [
        (
            "banner",
            "bad ",
            "expected one line of JSON on standard output, seen 2",
            "write whatever is no report to standard error",
        ),
        ("early", "bad ", "expected one line of JSON on standard output, seen 0", "before it exits"),
        ("hang", "bad ", "the subject did not end within 2s", "let every wait end well before `deadline_ms`"),
        ("leak", "bad ", "it stands in standard error", "turn off the debug output"),
        (
            "misspelt",
            "bad ",
            "raeson: unknown key `raeson`; did you mean `reason`?",
            "keys and values of docs/adapters.md",
        ),
        ("no-line-end", "odd ", "nothing behind the report", "write `\\n` behind it"),
        (
            "two-reports",
            "bad ",
            "expected one line of JSON on standard output, seen 2",
            "write one report for a run",
        ),
        (
            "unknown-role",
            "bad ",
            "asked for POP3: exit status: 1; it said: KeyError: 'service'",
            "`unsupported` for a role",
        ),
    ] {
        let output = check(&["--deadline", "2", &format!("fixtures/adapters/wrong/{name}.sh")]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{name}: {text}");
        let lines: Vec<&str> = text.lines().collect();
        let found = lines.windows(3).any(|at| {
            at[0].starts_with(grade)
                && at[1].contains(seen)
                && at[2].contains("remedy:")
                && at[2].contains(remedy)
        });
        assert!(found, "{name}: {text}");
    }
}

#[test]
fn the_check_is_read_by_programs_too() {
    let output = check(&["--format", "json", "fixtures/adapters/wrong/two-reports.sh"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema = std::fs::read_to_string(root().join("docs/adapter-check.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    if let Err(error) = schema.validate(&value) {
        panic!("{error}: {value:#}");
    }
    assert_eq!(value["is_good"], false);
}

#[test]
fn a_program_that_is_not_there_is_3() {
    assert_eq!(check(&["./no-such-adapter"]).status.code(), Some(3));
}

#[test]
fn the_list_of_cases_fits_its_schema() {
    let output = signpost(&["list", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema = std::fs::read_to_string(root().join("docs/cases.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    if let Err(error) = schema.validate(&value) {
        panic!("{error}");
    }
}

/// As a test of pytest: one that passes, one that is known to fail, and one that fails.
#[test]
fn every_case_is_a_test_of_pytest() {
    let Some(python) = python() else { return };
    if !succeeds(&python, &["-m", "pytest", "--version"]) {
        missing("pytest");
        return;
    }
    let pytest = |expectations: &str| {
        let mut command = Command::new(&python);
        command.args([
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "fixtures/client-project/test_signpost.py",
        ]);
        command.args(["-k", "honest/two-servers or stls-replies/prefix"]);
        command.env("SIGNPOST", env!("CARGO_BIN_EXE_signpost")).env("PYTHONDONTWRITEBYTECODE", "1");
        command.env("SIGNPOST_ADAPTER", format!("{python} fixtures/adapters/set-up.py"));
        command.env("SIGNPOST_EXPECTATIONS", expectations).current_dir(root());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let text = pytest("fixtures/adapters/set-up.py.expectations.toml");
    assert!(text.contains("3 passed") && text.contains("1 xfailed"), "{text}");
    let text = pytest("");
    assert!(text.contains("3 passed") && text.contains("1 failed"), "{text}");
    assert!(text.contains("tls/only-the-go-ahead-starts-tls: expected"), "{text}");
}

fn check(arguments: &[&str]) -> Output {
    signpost(&[&["check-adapter"], arguments].concat())
}

fn passes(cases: &[&str], arguments: &[&str]) {
    let output = signpost(&[&["run", "--jobs", "2"], cases, arguments].concat());
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

/// A Python that has what the examples need.
fn python() -> Option<String> {
    let wanted = ["-c", "import cryptography, dns.dnssec"];
    let has_it = |python: &&str| succeeds(python, &wanted);
    let found = ["python3", "/usr/bin/python3"].into_iter().find(has_it);
    found.map(str::to_owned).or_else(|| missing("Python with dnspython and cryptography"))
}

fn found(program: &str, arguments: &[&str]) -> Option<String> {
    if succeeds(program, arguments) { Some(program.to_owned()) } else { missing(program) }
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn missing(what: &str) -> Option<String> {
    assert!(std::env::var_os("SIGNPOST_REQUIRE_PROGRAMS").is_none(), "{what} is not installed");
    eprintln!("skipped: {what} is not installed");
    None
}

fn signpost(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signpost"));
    command.args(arguments).current_dir(root()).stdin(Stdio::null()).output().unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
