//! The suite as tests: the reference passes every case, and every defect fails the cases that name it, and no control.
//!
//! Each is a test of its own, so that `cargo test downgrade/` or a nextest filter selects some.

use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use signpost_conformance::case::Case;
use signpost_conformance::runner::{Options, run_case};
use signpost_conformance::subject::{Reference, Subject};
use signpost_conformance::suite::Suite;
use signpost_discovery::{Defect, Rules};
use signpost_format::Role;
use signpost_format::Verdict;

fn main() {
    let arguments = Arguments::from_args();
    let suite = match Suite::built_in() {
        Ok(suite) => suite,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(101);
        }
    };
    let honest = suite.cases.iter().map(|case| passes(case.id.clone(), case, None));
    let caught = suite.cases.iter().flat_map(|case| {
        let defects: Vec<Defect> = case.defects().filter_map(|name| name.parse().ok()).collect();
        defects.into_iter().map(move |defect| is_caught(case, defect))
    });
    let controls: Vec<&Arc<Case>> = suite.cases.iter().filter(|case| case.scenario.is_control()).collect();
    let named = Defect::ALL.iter().map(|&defect| is_named(defect, &suite));
    let quiet = Defect::ALL.iter().flat_map(|&defect| {
        let shows =
            move |case: &&&Arc<Case>| Rules::from(defect).resolves_wrongly() || case.role() != Role::Resolve;
        controls
            .iter()
            .filter(shows)
            .map(move |case| passes(format!("{}?defect={defect}", case.id), case, Some(defect)))
    });
    let trials = honest.chain(caught).chain(named).chain(quiet).collect();
    libtest_mimic::run(&arguments, trials).exit();
}

/// A subject passes a case: the honest reference any, a defective one any control.
fn passes(name: String, case: &Arc<Case>, defect: Option<Defect>) -> Trial {
    let case = Arc::clone(case);
    Trial::test(name, move || judge(&case, &subject(defect), Verdict::Pass))
}

/// The reference with a defect fails a case that names the defect, for a requirement that the case tests or for an
/// invariant, and not for want of having come far enough.
fn is_caught(case: &Arc<Case>, defect: Defect) -> Trial {
    let case = Arc::clone(case);
    Trial::test(format!("{}?defect={defect}", case.id), move || {
        let expected = if case.is_only_recommended() { Verdict::Weak } else { Verdict::Fail };
        judge(&case, &subject(Some(defect)), expected)
    })
}

/// A defect that no scenario names is one that the suite does not see.
fn is_named(defect: Defect, suite: &Suite) -> Trial {
    let is_named = suite.cases.iter().any(|case| case.defects().any(|name| name == defect.name()));
    Trial::test(format!("every-defect-is-named/{defect}"), move || {
        if is_named { Ok(()) } else { Err(Failed::from("no scenario names this defect")) }
    })
}

fn subject(defect: Option<Defect>) -> Reference {
    defect.map_or_else(Reference::honest, Reference::with_defect)
}

fn judge(case: &Case, subject: &dyn Subject, expected: Verdict) -> Result<(), Failed> {
    let result = run_case(case, subject, Options::default());
    let is_stated = |requirement: &String| {
        requirement.starts_with("invariant/") || result.requirements.contains(requirement)
    };
    let reasons: Vec<&String> = result.findings.iter().map(|finding| &finding.requirement).collect();
    if result.verdict == expected && (expected == Verdict::Pass || reasons.into_iter().any(is_stated)) {
        return Ok(());
    }
    let mut text = format!("expected {expected}, judged {}\n", result.verdict);
    for finding in &result.findings {
        text += &format!("{}: expected {}, seen {}\n", finding.requirement, finding.expected, finding.seen);
    }
    for observation in &result.transcript {
        text += &format!("{:>4} {}\n", observation.sequence, observation.event);
    }
    Err(Failed::from(text))
}
