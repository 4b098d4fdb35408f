//! Recipes with the real programs, in real namespaces, against real labs. What is missing is left out and said so,
//! unless `SIGNPOST_REQUIRE_PROGRAMS` is set.

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use signpost_conformance::runner::{Options, run_case};
use signpost_conformance::subject::{Recipe, Subject};
use signpost_conformance::suite::Suite;
use signpost_format::Verdict;
use signpost_format::resolve::Status;
use signpost_format::{Report, resolve, set_up};
use signpost_sandbox::prepare;

/// Whether a report is one that the scenario allows.
type IsRight = fn(&Report) -> bool;

/// Scenarios that every recipe must pass in its service, and what the program must have done: a recipe that never
/// gets anywhere would pass every scenario that expects a refusal.
const SCENARIOS: [(&str, IsRight); 6] = [
    ("honest/implicit-tls", is_configured),
    ("honest/two-servers", is_configured),
    ("downgrade/starttls-stripped", is_declined),
    ("downgrade/starttls-refused", is_declined),
    ("honest/resolver-address", is_secure),
    ("resolver/signature-broken-address", is_refused),
];

fn main() -> ExitCode {
    let required = std::env::var_os("SIGNPOST_REQUIRE_PROGRAMS").is_some();
    let prepared = prepare();
    if let Err(error) = &prepared {
        eprintln!("skipped: {error}");
        if required {
            return ExitCode::FAILURE;
        }
    }
    let suite = match Suite::built_in() {
        Ok(suite) => suite,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let mut trials = Vec::new();
    for name in Recipe::names() {
        let recipe = match Recipe::named(&name) {
            Ok(recipe) => recipe,
            Err(problems) => {
                eprintln!("{problems}");
                return ExitCode::FAILURE;
            }
        };
        let Some(found) = recipe.map(|recipe| recipe.find(None)) else { continue };
        let subject = match found {
            Ok(subject) => subject,
            Err(missing) => {
                eprintln!("skipped: {missing}");
                if required {
                    return ExitCode::FAILURE;
                }
                continue;
            }
        };
        let subject: Arc<dyn Subject> = Arc::from(subject);
        for (scenario, did) in SCENARIOS {
            let cases = suite.cases.iter().filter(|case| case.scenario.id == scenario);
            for case in cases.filter(|case| case.is_for(subject.as_ref())) {
                let (subject, case) = (Arc::clone(&subject), Arc::clone(case));
                let name = format!("{name} {}", case.id);
                let test = move || {
                    let result = run_case(&case, subject.as_ref(), Options::default());
                    match (result.verdict, &result.report) {
                        (Verdict::Pass, Some(report)) if did(report) => Ok(()),
                        _ => Err(Failed::from(format!("{result:#?}"))),
                    }
                };
                trials.push(Trial::test(name, test).with_ignored_flag(prepared.is_err()));
            }
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn is_configured(report: &Report) -> bool {
    matches!(report, Report::SetUp(set_up::Report::Configured { .. }))
}

fn is_declined(report: &Report) -> bool {
    matches!(report, Report::SetUp(set_up::Report::Declined { .. }))
}

fn is_secure(report: &Report) -> bool {
    matches!(report, Report::Resolve(resolve::Report::Answered { status: Status::Secure, .. }))
}

/// Whether it was the answer that was refused: bogus, SERVFAIL, or a chain that drill could not close. No answer at all
/// says nothing.
fn is_refused(report: &Report) -> bool {
    use resolve::Report as Answer;
    let Report::Resolve(report) = report else { return false };
    match report {
        Answer::Answered { status: Status::Bogus, .. } => true,
        Answer::Answered { status: Status::Failed, rcode: Some(rcode), .. } => rcode == "SERVFAIL",
        Answer::Answered { status: Status::Failed, detail: Some(detail), .. } => {
            detail.starts_with("No trusted keys found in tree")
        }
        _ => false,
    }
}
