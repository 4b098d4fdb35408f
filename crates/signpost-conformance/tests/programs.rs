//! Recipes with the real programs, and some of a user's own, in real namespaces, against real labs. What is missing is left out and said so,
//! unless `SIGNPOST_REQUIRE_PROGRAMS` is set.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use libtest_mimic::{Arguments, Failed, Trial};
use signpost_conformance::runner::{Options, run_case};
use signpost_conformance::subject::{Recipe, Subject};
use signpost_conformance::suite::Suite;
use signpost_format::Verdict;
use signpost_format::resolve::Status;
use signpost_format::{Report, resolve, set_up};
use signpost_sandbox::prepare;
use signpost_source::Files;

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
        Ok(suite) => Arc::new(suite),
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
    trials.push(
        Trial::test("unbound, asked twice", || is_asked_twice("unbound"))
            .with_ignored_flag(prepared.is_err()),
    );
    for own in OWN {
        let (suite, own) = (Arc::clone(&suite), own);
        let name = format!("{}:{} {}", own.recipe, own.mode.unwrap_or_default(), own.case);
        trials.push(Trial::test(name, move || own.run(&suite)).with_ignored_flag(prepared.is_err()));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A server is started once for all steps: it remembers what it was told, and is not told again.
fn is_asked_twice(name: &str) -> Result<(), Failed> {
    let recipe = Recipe::named(name)?.ok_or("no such recipe")?;
    let Ok(subject) = recipe.find(None) else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let folder = Utf8Path::from_path(folder.path()).ok_or("no UTF-8")?;
    let scenarios = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let scenario = std::fs::read_to_string(scenarios.join("honest/resolver-address.toml"))?;
    std::fs::create_dir_all(folder.join("honest"))?;
    std::fs::write(folder.join("honest/twice.toml"), format!("{scenario}\n[[step]]\n\n[[step]]\n"))?;
    std::fs::copy(scenarios.join("requirements.toml"), folder.join("requirements.toml"))?;
    for world in ["resolver", "shared"] {
        std::fs::create_dir_all(folder.join("worlds").join(world))?;
        for entry in scenarios.join("worlds").join(world).read_dir_utf8()? {
            let entry = entry?;
            std::fs::copy(entry.path(), folder.join("worlds").join(world).join(entry.file_name()))?;
        }
    }
    let suite = Suite::load(&Files::Folder(folder.to_owned()))?;
    let case = suite.cases.first().ok_or("no case")?;
    let result = run_case(case, subject.as_ref(), Options::default());
    if result.report.as_ref().is_some_and(is_secure) { Ok(()) } else { Err(format!("{result:#?}").into()) }
}

/// A recipe of the user's own beside this file, whose program says what it was given.
#[derive(Clone, Copy)]
struct Own {
    recipe: &'static str,
    mode: Option<&'static str>,
    case: &'static str,
    version: &'static str,
    /// What comes of it: its report, or why there is none.
    said: &'static str,
}

const OWN: [Own; 6] = [
    Own {
        recipe: "client.toml",
        mode: None,
        case: "honest/two-servers[submission]",
        version: "client 1.2",
        said: "refused untrusted: not trusted",
    },
    Own {
        recipe: "client.toml",
        mode: Some("careless"),
        case: "honest/two-servers[submission]",
        version: "client 1.2",
        said: "configured mail.example.net:587 with STARTTLS as alice, noting mode careless arguments \
               HOME/etc/client.conf - { stays } {as it is}",
    },
    Own {
        recipe: "client.toml",
        mode: Some("careless"),
        case: "honest/two-servers[pop3]",
        version: "client 1.2",
        said: "configured mail.example.net:110 with STARTTLS as alice, noting mode careless arguments \
               HOME/etc/client.conf - { stays } {as it is}",
    },
    Own {
        recipe: "resolver.toml",
        mode: None,
        case: "honest/resolver-address[dns]",
        version: "unknown",
        said: "answered secure, NOERROR, EDE 3, EDE 19, TTL 60: submit1.example.com. A",
    },
    Own {
        recipe: "slow.toml",
        mode: None,
        case: "honest/two-servers[submission]",
        version: "unknown",
        said: "declined: no answer in time",
    },
    Own {
        recipe: "slow.toml",
        mode: Some("helpless"),
        case: "honest/two-servers[submission]",
        version: "unknown",
        said: "the subject crashed: exit code 4",
    },
];

impl Own {
    fn run(self, suite: &Suite) -> Result<(), Failed> {
        // A folder that is hidden from programs, so that what the recipe names of it must be shown to them.
        let folder = tempfile::tempdir()?;
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recipes");
        for entry in beside.read_dir()? {
            let entry = entry?;
            std::fs::copy(entry.path(), folder.path().join(entry.file_name()))?;
        }
        let path = Utf8PathBuf::from_path_buf(folder.path().join(self.recipe)).map_err(|_| "no UTF-8")?;
        let subject = Recipe::load(&path)?.find(self.mode)?;
        let name = self.mode.map_or_else(|| path.to_string(), |mode| format!("{path}:{mode}"));
        assert_eq!((subject.name(), subject.version()), (name.as_str(), self.version));
        let case = suite.cases.iter().find(|case| case.id == self.case).ok_or("no such case")?;
        let result = run_case(case, subject.as_ref(), Options::default());
        let said = match &result.report {
            Some(Report::SetUp(set_up::Report::Configured { user, notes, .. })) => {
                let home = notes.iter().find_map(|note| note.strip_suffix("/etc/client.conf"));
                let notes = notes.join(" ").replace(home.unwrap_or_default(), "HOME");
                let user = user.as_deref().unwrap_or_default();
                format!("{} as {user}, noting {notes}", result.report.as_ref().ok_or("no report")?)
            }
            Some(report) => report.to_string(),
            None => result.findings.first().map(|finding| finding.seen.clone()).unwrap_or_default(),
        };
        if said == self.said { Ok(()) } else { Err(Failed::from(format!("{said}\n{result:#?}"))) }
    }
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
