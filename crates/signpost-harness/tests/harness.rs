//! The harness as other crates see it: this program runs itself as the test program of each of several clients, and looks at
//! what comes of it.

use std::env;
use std::process::{Command, Stdio};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use signpost_conformance::subject::{Environment, Reference, Subject as _};
use signpost_harness::resolve::{self, Status};
use signpost_harness::{Assignment, Client, Harness, Profile, Report, Role, Stay, set_up};
use signpost_transcript::Recorder;

/// Says which client this program is the test program of.
const CLIENT: &str = "SIGNPOST_HARNESS_TEST_CLIENT";
/// Says where its known deviations are.
const EXPECTATIONS: &str = "SIGNPOST_HARNESS_TEST_EXPECTATIONS";

/// Long enough for any case of a client that answers, and short where one does not.
const DEADLINE: Duration = Duration::from_secs(5);

fn main() {
    if let Ok(name) = env::var(CLIENT) {
        let hangs = name == Manner::Hangs.name();
        let manner = Manner::ALL.into_iter().find(|manner| manner.name() == name).expect("a known client");
        let mut harness = Harness::new(Mine(manner)).deadline(if hangs { DEADLINE / 20 } else { DEADLINE });
        if let Ok(path) = env::var(EXPECTATIONS) {
            harness = harness.expectations(path);
        }
        harness.main()
    }
    let trials = TESTS.iter().map(|(name, test)| Trial::test(*name, test)).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit()
}

/// How a client behaves.
#[derive(Clone, Copy)]
enum Manner {
    /// Does right, and blocks its thread all the while.
    Blocks,
    /// Calls everything bogus, the honest cases too, and says on standard error that it was asked.
    CallsAllBogus,
    /// Never returns.
    Hangs,
    /// Answers as if it had been asked to set something up.
    MistakesItsRole,
    /// Panics.
    Panics,
    /// Says that it cannot.
    SupportsNothing,
}

impl Manner {
    const ALL: [Self; 6] = [
        Self::Blocks,
        Self::CallsAllBogus,
        Self::Hangs,
        Self::MistakesItsRole,
        Self::Panics,
        Self::SupportsNothing,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::CallsAllBogus => "calls-all-bogus",
            Self::Hangs => "hangs",
            Self::MistakesItsRole => "mistakes-its-role",
            Self::Panics => "panics",
            Self::SupportsNothing => "supports-nothing",
        }
    }
}

struct Mine(Manner);

impl Client for Mine {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn roles(&self) -> &[Role] {
        match self.0 {
            Manner::Blocks => &Role::ALL,
            _ => &[Role::Resolve],
        }
    }

    fn profiles(&self) -> &[Profile] {
        match self.0 {
            Manner::Blocks => &[Profile::Dnssec, Profile::PolicyRecords],
            _ => &[Profile::Dnssec],
        }
    }

    fn run(&self, assignment: &Assignment) -> Report {
        match self.0 {
            Manner::Blocks => block_on_the_reference(assignment),
            Manner::CallsAllBogus => {
                eprintln!("asked");
                resolve::Report::Answered {
                    status: Status::Bogus,
                    rcode: None,
                    ede: Vec::new(),
                    ttl: None,
                    detail: None,
                }
                .into()
            }
            Manner::Hangs => loop {
                std::thread::park();
            },
            Manner::MistakesItsRole => set_up::Report::Declined { detail: None }.into(),
            Manner::Panics => panic!("no mood for {}", assignment.role()),
            Manner::SupportsNothing => Report::unsupported(assignment.role(), "it is Monday"),
        }
    }

    fn stay(&self) -> Option<Box<dyn Stay>> {
        Some(Box::new(Mine(self.0)))
    }
}

impl Stay for Mine {
    fn ask(&mut self, assignment: &Assignment) -> Report {
        self.run(assignment)
    }
}

/// What a client does whose author knows nothing of the lab's runtime: a runtime of its own, waited for.
fn block_on_the_reference(assignment: &Assignment) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let recorder = Recorder::new();
    let environment =
        Environment { recorder: &recorder, seed: 0, limits: Default::default(), namespace: None };
    let report = runtime.block_on(Reference::honest().run(assignment, environment));
    report.unwrap_or_else(|error| panic!("{error}"))
}

type Test = fn() -> Result<(), Failed>;

const TESTS: [(&str, Test); 9] = [
    ("a_client_that_blocks_its_thread_stalls_nobody", a_client_that_blocks_its_thread_stalls_nobody),
    ("a_client_that_panics_has_crashed", a_client_that_panics_has_crashed),
    ("a_client_that_never_returns_has_hung", a_client_that_never_returns_has_hung),
    ("a_report_in_another_role_is_garbage", a_report_in_another_role_is_garbage),
    ("a_refusal_counts_only_after_its_control", a_refusal_counts_only_after_its_control),
    ("what_is_not_supported_is_ignored", what_is_not_supported_is_ignored),
    ("a_known_deviation_is_no_failure", a_known_deviation_is_no_failure),
    ("a_list_of_deviations_that_fell_behind_fails", a_list_of_deviations_that_fell_behind_fails),
    ("tests_are_listed_and_filtered_by_their_ids", tests_are_listed_and_filtered_by_their_ids),
];

const CONTROL: &str = "honest/resolver-address[dns]";
const CASE: &str = "resolver/signature-broken-address[dns]";

fn a_client_that_blocks_its_thread_stalls_nobody() -> Result<(), Failed> {
    for filter in ["honest/two-servers", "downgrade/starttls-stripped[", "resolver/signature-broken-address"]
    {
        let ended = Ended::of(Manner::Blocks, None, &[filter]);
        ended.succeeds()?;
        ended.says(&format!("test {filter}"))?;
    }
    Ok(())
}

fn a_client_that_panics_has_crashed() -> Result<(), Failed> {
    let ended = Ended::of(Manner::Panics, None, &["--exact", CONTROL]);
    ended.fails()?;
    ended.says(&format!("errored {CONTROL} ("))?;
    ended.says("the subject crashed: it panicked: no mood for resolve")?;
    ended.says(&format!("reproduce:   cargo test -p signpost-harness --test harness -- --exact '{CONTROL}'"))
}

fn a_client_that_never_returns_has_hung() -> Result<(), Failed> {
    let ended = Ended::of(Manner::Hangs, None, &["--exact", CONTROL]);
    ended.fails()?;
    ended.says(&format!("errored {CONTROL} ("))?;
    ended.says(&format!("the subject did not end within {:?}", DEADLINE / 20))
}

fn a_report_in_another_role_is_garbage() -> Result<(), Failed> {
    let ended = Ended::of(Manner::MistakesItsRole, None, &["--exact", CONTROL]);
    ended.fails()?;
    ended.says("asked in the role resolve, it reports in the role set-up")
}

/// The case expects a refusal, which this client would always give.
fn a_refusal_counts_only_after_its_control() -> Result<(), Failed> {
    let ended = Ended::of(Manner::CallsAllBogus, None, &["resolver/signature-algorithm-"]);
    ended.fails()?;
    for id in ["resolver/signature-algorithm-unknown[dns]", "resolver/signature-algorithm-wrong[dns]"] {
        ended.says(&format!("inconclusive {id} ("))?;
    }
    ended.says(&format!("{CONTROL}: fail; where the honest case does not work, a refusal says nothing"))?;
    let asked = ended.errors.lines().filter(|line| *line == "asked").count();
    // The one control of both, and each of the two, because leaks are looked for all the same.
    match asked {
        3 => Ok(()),
        _ => Err(Failed::from(format!("the control and the two cases were run {asked} times"))),
    }
}

fn what_is_not_supported_is_ignored() -> Result<(), Failed> {
    let ended = Ended::of(Manner::SupportsNothing, None, &["--exact", CONTROL]);
    ended.succeeds()?;
    ended.says("ignored (it is Monday)")?;
    ended.says("0 passed; 0 failed; 1 ignored")
}

fn a_known_deviation_is_no_failure() -> Result<(), Failed> {
    let known = deviation(CONTROL, "fail");
    Ended::of(Manner::CallsAllBogus, Some(&known), &["--exact", CONTROL]).succeeds()?;
    let ended = Ended::of(Manner::CallsAllBogus, Some(&deviation(CONTROL, "weak")), &["--exact", CONTROL]);
    ended.fails()?;
    ended.says("expected verdict: weak (it likes to)")?;
    // What is excused for the control is no excuse for what rests on it.
    Ended::of(Manner::CallsAllBogus, Some(&known), &["--exact", CASE]).fails()
}

fn a_list_of_deviations_that_fell_behind_fails() -> Result<(), Failed> {
    let name = "every-deviation-names-a-case";
    Ended::of(Manner::Blocks, Some(&deviation(CONTROL, "fail")), &["--exact", name]).succeeds()?;
    let ended = Ended::of(Manner::Blocks, Some(&deviation("resolver/gone[dns]", "fail")), &["--exact", name]);
    ended.fails()?;
    ended.says("`resolver/gone[dns]` matches no case of this run")?;
    // A case that passes although it is stated to fail.
    let ended = Ended::of(Manner::Blocks, Some(&deviation(CONTROL, "fail")), &["--exact", CONTROL]);
    ended.fails()?;
    ended.says(&format!("pass {CONTROL} ("))?;
    let ended = Ended::of(Manner::Blocks, Some("[[deviation]]\ncase = 1\n"), &["--list"]);
    ended.fails()
}

fn tests_are_listed_and_filtered_by_their_ids() -> Result<(), Failed> {
    let ended = Ended::of(Manner::Blocks, None, &["--list", "--format", "terse"]);
    ended.succeeds()?;
    let names: Vec<&str> = ended.output.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    let (controls, rest): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| name.starts_with("honest/"));
    for (list, least, known) in [(controls, 20, CONTROL), (rest, 200, CASE)] {
        if list.len() < least || !list.contains(&known) {
            return Err(Failed::from(format!(
                "{} tests are too few, or {known} is not among them",
                list.len()
            )));
        }
    }
    let ended = Ended::of(Manner::SupportsNothing, None, &["--list", "--format", "terse"]);
    if ended.output.contains("[pop3]") {
        return Err(Failed::from("a case of a role that the client does not have"));
    }
    // One that nobody has filtered out would be run.
    let ended = Ended::of(Manner::Hangs, None, &["--exact", "resolver/signature-broken"]);
    ended.succeeds()?;
    ended.says("0 passed; 0 failed")
}

fn deviation(case: &str, verdict: &str) -> String {
    format!("[[deviation]]\ncase = \"{case}\"\nverdict = \"{verdict}\"\nreason = \"it likes to\"\n")
}

/// What came of a test program.
struct Ended {
    code: Option<i32>,
    output: String,
    errors: String,
}

impl Ended {
    fn of(manner: Manner, expectations: Option<&str>, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(env::current_exe().expect("this program"));
        command.args(arguments).env(CLIENT, manner.name()).stdin(Stdio::null());
        if let Some(text) = expectations {
            let path = folder.path().join("known-deviations.toml");
            std::fs::write(&path, text).expect("a file");
            command.env(EXPECTATIONS, path);
        }
        let output = command.output().expect("this program runs");
        Self {
            code: output.status.code(),
            output: String::from_utf8_lossy(&output.stdout).into_owned(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    fn succeeds(&self) -> Result<(), Failed> {
        if self.code == Some(0) { Ok(()) } else { Err(self.unlike("exit code 0")) }
    }

    fn fails(&self) -> Result<(), Failed> {
        if self.code == Some(101) { Ok(()) } else { Err(self.unlike("exit code 101")) }
    }

    fn says(&self, text: &str) -> Result<(), Failed> {
        if self.output.contains(text) { Ok(()) } else { Err(self.unlike(text)) }
    }

    fn unlike(&self, wanted: &str) -> Failed {
        let Self { code, output, errors } = self;
        Failed::from(format!("expected {wanted}, seen {code:?}\n{output}\n{errors}"))
    }
}
