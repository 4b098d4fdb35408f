//! Programs behind `cmd:`: what they do wrong costs their own case and says so.

use std::time::{Duration, Instant};

use signpost_conformance::runner::{Options, run_case};
use signpost_conformance::subject::External;
use signpost_conformance::suite::Suite;
use signpost_format::CaseResult;
use signpost_format::Profile;
use signpost_format::Verdict;

/// Runs a shell script as the adapter for a case.
fn run(case: &str, script: &str) -> CaseResult {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("adapter.sh");
    std::fs::write(&path, script).unwrap();
    let suite = Suite::built_in().unwrap();
    let options = Options { deadline: Duration::from_secs(2), ..Options::default() };
    let subject = External::new(&format!("sh {}", path.display()), Profile::PolicyRecords);
    run_case(suite.case(case).unwrap(), &subject, options)
}

fn seen(result: &CaseResult) -> &str {
    &result.findings.first().unwrap().seen
}

const CASE: &str = "downgrade/starttls-stripped[submission]";

#[test]
fn a_crash_is_no_refusal() {
    let result = run(CASE, "cat >/dev/null; exit 7");
    assert_eq!(result.verdict, Verdict::Errored);
    assert_eq!(seen(&result), "the subject crashed: exit status: 7");
}

#[test]
fn a_hang_ends_at_the_deadline() {
    let begun = Instant::now();
    let result = run(CASE, "exec sleep 600");
    assert_eq!(result.verdict, Verdict::Errored);
    assert_eq!(seen(&result), "the subject did not end within 2s");
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_flood_is_cut() {
    let result = run(CASE, "exec yes");
    assert_eq!(result.verdict, Verdict::Errored);
    assert_eq!(seen(&result), "the subject crashed: it flooded its standard output");
}

#[test]
fn garbage_is_named() {
    let result = run(CASE, "cat >/dev/null; echo all is well");
    assert_eq!(result.verdict, Verdict::Errored);
    assert!(seen(&result).starts_with("the subject's report is not understood: column"), "{}", seen(&result));
}

#[test]
fn an_orphan_that_holds_the_output_does_not_hold_the_case() {
    let result = run(CASE, "cat >/dev/null; sleep 5 & echo '{\"outcome\":\"refused\"}'");
    assert_eq!(result.verdict, Verdict::Errored);
    assert!(seen(&result).contains("left a process behind"), "{}", seen(&result));
}

#[test]
fn a_refusal_without_having_tried_proves_nothing() {
    let result = run(CASE, "cat >/dev/null; echo '{\"outcome\":\"refused\"}'");
    assert_eq!(result.verdict, Verdict::Inconclusive);
}

#[test]
fn a_claim_that_no_server_bears_out_fails() {
    let claim = "{\"outcome\":\"configured\",\"endpoint\":{\"host\":\"a\",\"port\":1,\"security\":\"tls\"}}";
    let result = run("honest/two-servers[submission]", &format!("cat >/dev/null; echo '{claim}'"));
    assert_eq!(result.verdict, Verdict::Fail);
    assert!(result.findings.iter().any(|finding| finding.requirement == "suite/claims-are-true"));
}

#[test]
fn what_is_not_supported_is_said_and_not_inferred() {
    let result = run(CASE, "cat >/dev/null; echo '{\"outcome\":\"unsupported\",\"reason\":\"no SMTP\"}'");
    assert_eq!(result.verdict, Verdict::Unsupported);
}

#[test]
fn the_assignment_is_one_line_of_json_without_the_name_of_the_case() {
    let script = "read -r line; case $line in *downgrade*|*stripped*) exit 9;; \
                  '{\"role\":\"set-up\",\"version\":2,'*'\"service\":\"submission\"'*) echo '{\"outcome\":\"declined\"}';; *) exit 8;; esac";
    assert_eq!(run(CASE, script).verdict, Verdict::Inconclusive);
}

#[test]
fn a_resolver_that_asks_for_nothing_proves_nothing() {
    let report = |status: &str| {
        format!(
            "cat >/dev/null; echo '{{\"outcome\":\"answered\",\"status\":\"{status}\",\"rcode\":\"NOERROR\"}}'"
        )
    };
    let result = run("honest/resolver-address[dns]", &report("secure"));
    assert_eq!(result.verdict, Verdict::Fail);
    assert!(result.findings.iter().any(|finding| finding.requirement == "suite/claims-are-true"));
    let result = run("resolver/signature-broken-address[dns]", &report("bogus"));
    assert_eq!(result.verdict, Verdict::Inconclusive);
    assert_eq!(result.findings[0].requirement, "suite/reached");
}

/// What an adapter starts, as a shell script does, ends with its run: at the deadline, and at its own end.
#[test]
fn nothing_goes_on_behind_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("process");
    let sleeper = format!("cat >/dev/null; sleep 600 >/dev/null 2>&1 & echo $! >{}", note.display());
    for (end, verdict) in
        [("wait", Verdict::Errored), ("echo '{\"outcome\":\"refused\"}'", Verdict::Inconclusive)]
    {
        let result = run(CASE, &format!("{sleeper}\n{end}"));
        assert_eq!(result.verdict, verdict, "{:?}", result.findings);
        let process = std::fs::read_to_string(&note).unwrap();
        let ends = Instant::now() + Duration::from_secs(10);
        while is_running(process.trim()) {
            assert!(Instant::now() < ends, "{end}: it still runs");
            std::thread::yield_now();
        }
    }
}

/// One that has ended and that nobody waited for runs no more.
fn is_running(process: &str) -> bool {
    let state = std::process::Command::new("ps").args(["-o", "stat=", "-p", process]).output().unwrap();
    let state = String::from_utf8_lossy(&state.stdout);
    !state.trim().is_empty() && !state.starts_with('Z')
}

#[test]
fn an_adapter_that_begins_anew_is_not_asked_again_and_nobody_expects_it_to_be() {
    let result = run("again/root-changed-unannounced[pop3]", "exit 9");
    assert_eq!(result.verdict, Verdict::Unsupported);
    assert!(result.expected);
    assert_eq!(result.findings[0].requirement, "suite/supported");
}
