//! Programs that mean harm, beside honest cases: each costs its own case and no other, and the verdict says what it did. Run as
//! whoever runs this, without namespaces, and, as root, as an ordinary user too.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use camino::Utf8PathBuf;
use libtest_mimic::{Arguments, Failed, Trial};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{User, getegid, geteuid};
use signpost_conformance::runner::{Options, run_case};
use signpost_conformance::subject::{External, Recipe, Reference, Subject};
use signpost_conformance::suite::Suite;
use signpost_format::{CaseResult, Profile, Verdict};
use signpost_sandbox::{Limits, granted, prepare};

/// Set to run this again where the kernel allows no namespaces.
const WITHOUT_NAMESPACES: &str = "SIGNPOST_TEST_WITHOUT_NAMESPACES";
/// Set to run this again as an ordinary user.
const ORDINARY: &str = "SIGNPOST_TEST_ORDINARY";

/// Low, so that each is soon reached.
const LIMITS: Limits = Limits { processes: 60, memory: 128 << 20, file: 8 << 20, output: 1 << 20 };

/// A program, what its case ends in, and what the first finding says.
struct Hostile {
    name: &'static str,
    verdict: Verdict,
    seen: &'static str,
}

const fn errored(name: &'static str, seen: &'static str) -> Hostile {
    Hostile { name, verdict: Verdict::Errored, seen }
}

/// As adapters. Those that report have done nothing in their labs, which proves nothing.
const ADAPTERS: [Hostile; 12] = [
    Hostile { name: "double-fork", verdict: Verdict::Inconclusive, seen: "" },
    errored("endless", "the subject did not end within 4s"),
    Hostile { name: "escape-sequences", verdict: Verdict::Inconclusive, seen: "" },
    errored(
        "file-that-grows",
        "the subject crashed: it was stopped for writing more than 8 MiB into one file",
    ),
    errored("flood", "the subject crashed: it flooded its standard output"),
    errored("flood-of-complaints", "the subject crashed: it flooded its standard error"),
    errored("fork-bomb", "the subject crashed: it was stopped for starting more than 60 processes"),
    errored("ignored-sigterm", "the subject did not end within 4s"),
    errored("kill-group", "the subject crashed: signal: 9 (SIGKILL)"),
    errored("memory-hog", "the subject crashed: it was stopped for using more than 128 MiB of memory"),
    Hostile { name: "other-ports", verdict: Verdict::Unsupported, seen: "" },
    Hostile { name: "setsid", verdict: Verdict::Inconclusive, seen: "" },
];

/// As commands of recipes, in the namespace of a case.
const COMMANDS: [Hostile; 6] = [
    errored("endless", "the subject did not end within 4s"),
    errored("file-that-grows", "the subject crashed: stopped for writing more than 8 MiB into one file"),
    errored("flood", "the subject crashed: stopped for writing too much"),
    errored("fork-bomb", "the subject crashed: stopped for starting more than 60 processes"),
    errored("kill-group", "the subject crashed: killed by signal 9"),
    errored("memory-hog", "the subject crashed: stopped for using more than 128 MiB of memory"),
];

fn main() -> ExitCode {
    let is_set = |name| std::env::var_os(name).is_some();
    // Keepers are started by one that has given up its namespaces already.
    let is_first = std::env::args().nth(1).is_none_or(|word| !word.contains("keeper"));
    if is_set(WITHOUT_NAMESPACES)
        && is_first
        && let Err(error) = give_up_namespaces()
    {
        eprintln!("skipped: {error}");
        return ExitCode::SUCCESS;
    }
    if let Err(error) = prepare()
        && !is_set(WITHOUT_NAMESPACES)
    {
        eprintln!("skipped: {error}");
        if is_set("SIGNPOST_REQUIRE_PROGRAMS") {
            return ExitCode::FAILURE;
        }
    }
    let who = User::from_uid(geteuid()).ok().flatten().map_or_else(|| "a user".to_owned(), |user| user.name);
    let place = if granted().is_ok() { "in namespaces" } else { "without namespaces" };
    let suite = Arc::new(Suite::built_in().unwrap());
    let mut trials = Vec::new();
    let mut add = |name: String, test: Box<dyn FnOnce() + Send>| {
        let test = move || {
            test();
            Ok::<(), Failed>(())
        };
        trials.push(Trial::test(format!("{name}, as {who}, {place}"), test));
    };
    for hostile in ADAPTERS {
        let suite = Arc::clone(&suite);
        add(format!("adapter {}", hostile.name), Box::new(move || hostile.as_adapter(&suite)));
    }
    add("version of a recipe".into(), Box::new(a_version_that_never_ends_costs_little));
    if granted().is_ok() {
        for hostile in COMMANDS {
            let suite = Arc::clone(&suite);
            add(format!("recipe {}", hostile.name), Box::new(move || hostile.as_recipe(&suite)));
        }
        // Elsewhere that would end all that the user runs.
        let everybody = errored("kill-everybody", "the subject crashed: exit status: 7");
        let own = Arc::clone(&suite);
        add("adapter kill-everybody".into(), Box::new(move || everybody.as_adapter(&own)));
        add("ports of others".into(), Box::new(move || ports_of_others_are_not_seen(&suite)));
        if !is_set(ORDINARY) {
            add(
                "all again".into(),
                Box::new(|| again(Command::new(own_path()).env(WITHOUT_NAMESPACES, "1"))),
            );
        }
        if geteuid().is_root() {
            add("all again ".into(), Box::new(all_again_as_an_ordinary_user));
        }
    }
    // They are slow because they wait, and beside each other they would be each other's neighbours.
    libtest_mimic::run(&Arguments { test_threads: Some(4), ..Arguments::from_args() }, trials).exit_code()
}

impl Hostile {
    fn script(&self) -> PathBuf {
        script(self.name)
    }

    fn as_adapter(&self, suite: &Suite) {
        let folder = tempfile::tempdir().unwrap();
        let command = format!("{} {}", self.script().display(), folder.path().display());
        self.beside_honest_cases(suite, &External::new(&command, Profile::PolicyRecords));
    }

    fn as_recipe(&self, suite: &Suite) {
        let folder = tempfile::tempdir().unwrap();
        let subject =
            recipe(folder.path(), &format!("[[command]]\nrun = [\"{}\"]\n", self.script().display()));
        self.beside_honest_cases(suite, subject.as_ref());
    }

    fn beside_honest_cases(&self, suite: &Suite, subject: &dyn Subject) {
        // What is to be stopped by a limit gets the time to reach it, on however slow a machine.
        let deadline = Duration::from_secs(if self.seen.ends_with("within 4s") { 4 } else { 90 });
        let options = Options { deadline, limits: LIMITS, ..Options::default() };
        thread::scope(|scope| {
            let hostile = scope
                .spawn(|| run_case(suite.case("honest/two-servers[submission]").unwrap(), subject, options));
            let mut honest = Vec::new();
            while !hostile.is_finished() || honest.is_empty() {
                let case = suite.case("honest/two-servers[pop3]").unwrap();
                honest.push(run_case(case, &Reference::honest(), Options::default()));
            }
            for result in honest {
                assert_eq!(result.verdict, Verdict::Pass, "{result:#?}");
            }
            let result = hostile.join().unwrap();
            // In an honest case a report without an account fails, whatever it says.
            let verdict = if self.verdict == Verdict::Inconclusive { Verdict::Fail } else { self.verdict };
            assert_eq!(result.verdict, verdict, "{result:#?}");
            assert!(seen(&result).starts_with(self.seen), "{result:#?}");
        });
    }
}

fn seen(result: &CaseResult) -> &str {
    result.findings.first().map_or("", |finding| &finding.seen)
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/hostile")
        .join(name)
        .with_extension("sh")
        .canonicalize()
        .unwrap()
}

fn recipe(folder: &Path, rest: &str) -> Box<dyn Subject> {
    let path = Utf8PathBuf::from_path_buf(folder.join("hostile.toml")).unwrap();
    let head = "about = \"a program that means harm\"\nrole = \"set-up\"\nprofiles = [\"srv-discovery\"]\n\
                services = [\"submission\"]\n";
    let tail = "[[mode]]\nname = \"usual\"\nstance = \"verified\"\nabout = \"as it is\"\n";
    let (version, commands) = match rest.strip_prefix("[version]") {
        Some(rest) => (format!("[version]{rest}"), "[[command]]\nrun = [\"true\"]\n".to_owned()),
        None => (String::new(), rest.to_owned()),
    };
    let read = "[[command.read]]\nstdout = '(?<host>\\S+) (?<port>\\d+)'\nset = { security = \"tls\" }\n";
    fs::write(&path, format!("{head}{version}{tail}{commands}{read}")).unwrap();
    let recipe = Recipe::load(&path).unwrap_or_else(|error| panic!("{error}"));
    recipe.find(None).unwrap_or_else(|missing| panic!("{missing}"))
}

/// Once it cost four times what it printed, in memory.
fn a_version_that_never_ends_costs_little() {
    let folder = tempfile::tempdir().unwrap();
    let program = script("version-flood");
    let before = most_memory();
    let subject =
        recipe(folder.path(), &format!("[version]\nrun = [\"{}\", \"--version\"]\n", program.display()));
    assert_eq!(subject.version(), "version-flood 1.0");
    assert!(most_memory() - before < 64 << 10, "{before} KiB before, {} KiB after", most_memory());
}

/// The most memory that this process has had, in KiB.
fn most_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    most.trim().trim_end_matches(" kB").parse().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "this is somebody else's server")]
fn ports_of_others_are_not_seen(suite: &Suite) {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let subject = External::new(&script("other-ports").display().to_string(), Profile::PolicyRecords);
    let case = suite.case("honest/two-servers[submission]").unwrap();
    let result = run_case(case, &subject, Options::default());
    let reason = result.report.as_ref().and_then(|report| report.unsupported_reason()).unwrap().to_owned();
    let port = format!(" {:04X}", other.local_addr().unwrap().port());
    assert!(reason.starts_with("listening: ") && !reason.contains(&port), "{port} in {reason}");
}

/// Enters a user namespace in which the kernel allows no others, as it is in many containers.
#[expect(clippy::disallowed_methods, reason = "this is what forbids namespaces")]
fn give_up_namespaces() -> Result<(), Box<dyn std::error::Error>> {
    let (user, group) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1"))?;
    for kind in ["user", "net", "pid", "mnt"] {
        fs::write(format!("/proc/sys/user/max_{kind}_namespaces"), "0")?;
    }
    Ok(())
}

/// Where such a user may run this at all.
fn all_again_as_an_ordinary_user() {
    const NOBODY: u32 = 65534;
    let mut command = Command::new(own_path());
    command.env(ORDINARY, "1").uid(NOBODY).gid(NOBODY);
    let is_runnable = Command::new(own_path()).arg("--list").uid(NOBODY).gid(NOBODY).output();
    if is_runnable.is_ok_and(|output| output.status.success()) {
        again(&mut command);
    } else {
        println!("skipped: an ordinary user may not run {}", own_path().display());
    }
}

fn own_path() -> PathBuf {
    std::env::current_exe().unwrap()
}

fn again(command: &mut Command) {
    let output = command.output().unwrap();
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}{errors}");
    assert!(text.contains("test result: ok. ") || errors.starts_with("skipped"), "{text}{errors}");
    print!("{text}{errors}");
}
