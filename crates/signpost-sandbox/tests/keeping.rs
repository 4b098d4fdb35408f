//! Nothing of a program outlives it, its limits, or the suite: in a PID namespace, and where the kernel allows none.
//!
//! Each program holds a FIFO open in whatever it starts. That its reader sees the end is the proof that the last is gone.

#![expect(clippy::disallowed_methods, reason = "one of these tests is what forbids namespaces")]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, getegid, geteuid, mkfifo};
use signpost_sandbox::{Completed, Ending, Excess, Invocation, Limits, granted, prepare, start};

/// Far beyond what any of these programs takes.
const LIMIT: Duration = Duration::from_secs(60);
/// Set to run this again where the kernel allows no namespaces.
const WITHOUT_NAMESPACES: &str = "SIGNPOST_TEST_WITHOUT_NAMESPACES";
/// Set to the script of a program that is started by a suite which is then killed.
const VICTIM: &str = "SIGNPOST_TEST_VICTIM";

/// Ways to leave a process behind that holds descriptor 9. Each says `begun` on it.
const LEAVING: [(&str, &str); 4] = [
    ("in the background", "{ echo begun >&9; exec sleep 1000; } >/dev/null 2>&1 </dev/null &"),
    (
        "in a session of its own",
        "setsid sh -c 'echo begun >&9; exec sleep 1000' >/dev/null 2>&1 </dev/null &",
    ),
    (
        "as an orphan in a session of its own",
        "( setsid sh -c 'echo begun >&9; sleep 1000 & sleep 1000' >/dev/null 2>&1 </dev/null & )",
    ),
    (
        "deaf to signals",
        "{ trap '' TERM HUP INT; echo begun >&9; while :; do sleep 1000; done; } >/dev/null 2>&1 </dev/null &",
    ),
];

fn main() -> ExitCode {
    let is_without = std::env::var_os(WITHOUT_NAMESPACES).is_some();
    // Keepers and victims are started by one that has given them up already.
    let is_first = std::env::args().len() == 1 && std::env::var_os(VICTIM).is_none();
    if is_without
        && is_first
        && let Err(error) = give_up_namespaces()
    {
        eprintln!("skipped: {error}");
        return ExitCode::SUCCESS;
    }
    let prepared = prepare();
    if let Some(script) = std::env::var_os(VICTIM) {
        be_a_victim(&script.to_string_lossy());
    }
    let mut trials = Vec::new();
    if let Err(error) = &prepared
        && !is_without
    {
        eprintln!("skipped: {error}");
        if std::env::var_os("SIGNPOST_REQUIRE_PROGRAMS").is_some() {
            return ExitCode::FAILURE;
        }
    }
    let place = if prepared.is_ok() { "in a namespace" } else { "without namespaces" };
    let mut add = |name: String, test: Box<dyn FnOnce() + Send>| {
        let test = move || {
            test();
            Ok::<(), Failed>(())
        };
        trials.push(Trial::test(format!("{place}, {name}"), test));
    };
    for (how, script) in LEAVING {
        for (end, last) in [("an end of its own", "read line <&8"), ("its time limit", "sleep 1000")] {
            let name = format!("what is left {how} is gone after {end}");
            add(name, Box::new(move || nothing_is_left(script, last)));
        }
        add(
            format!("what is left {how} is gone when it is dropped"),
            Box::new(move || nothing_is_left_of_a_dropped(script)),
        );
    }
    for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGKILL, Signal::SIGTERM] {
        let name = format!("nothing is left when the suite is ended by {signal}");
        add(name, Box::new(move || nothing_outlives_the_suite(signal)));
    }
    add("signals to its group stay with it".into(), Box::new(signals_to_its_group_stay_with_it));
    add("endings are told apart".into(), Box::new(endings_are_told_apart));
    add("limits end it and are named".into(), Box::new(limits_end_it_and_are_named));
    add("a program that is not there is told".into(), Box::new(a_missing_program_is_told));
    add("its keeper is no way out".into(), Box::new(its_keeper_is_no_way_out));
    if granted().is_ok() {
        add("signals to everybody stay with it".into(), Box::new(signals_to_everybody_stay_with_it));
        add("it sees no others".into(), Box::new(it_sees_no_others));
        add("all this holds without namespaces".into(), Box::new(all_this_holds_without_namespaces));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Enters a user namespace in which the kernel allows no others, as it is in many containers.
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

fn all_this_holds_without_namespaces() {
    let again = Command::new(std::env::current_exe().unwrap()).env(WITHOUT_NAMESPACES, "1").output().unwrap();
    let (text, errors) = (String::from_utf8_lossy(&again.stdout), String::from_utf8_lossy(&again.stderr));
    assert!(again.status.success(), "{text}{errors}");
    assert!(text.contains("ok. ") || errors.starts_with("skipped"), "{text}{errors}");
    print!("{text}{errors}");
}

/// A folder with a FIFO in it.
struct Trace {
    folder: PathBuf,
}

impl Trace {
    fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("signpost-keeping-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for name in ["left", "go"] {
            mkfifo(&folder.join(name), Mode::S_IRWXU).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A script that leaves something behind, and then does the last thing it does.
    fn script(&self, leave: &str, last: &str) -> String {
        let (left, go) = (self.path("left"), self.path("go"));
        format!("exec 9>{}; {leave}\nexec 9>&- 8<{}; {last}", left.display(), go.display())
    }

    /// Waits until something is left, and returns what tells that it is gone.
    fn begun(&self) -> Gone {
        let mut left = File::open(self.path("left")).unwrap();
        let mut word = [0; 6];
        left.read_exact(&mut word).unwrap();
        assert_eq!(&word, b"begun\n");
        Gone(left)
    }

    /// Lets the program go on.
    fn go(&self) {
        File::options().write(true).open(self.path("go")).unwrap().write_all(b"\n").unwrap();
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The end of the FIFO that closes when nobody is left.
struct Gone(File);

impl Gone {
    fn wait(mut self) {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(self.0.read_to_end(&mut Vec::new())));
        receiver.recv_timeout(LIMIT).expect("something is left").unwrap();
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn shell(script: &str) -> Invocation {
    Invocation::new("sh").arguments(["-c", script])
}

fn run(invocation: Invocation) -> Completed {
    block_on(async { start(invocation).unwrap().wait(LIMIT).await.unwrap() })
}

fn nothing_is_left(leave: &str, last: &str) {
    let trace = Trace::new();
    let is_ended = last.starts_with("read");
    let limit = if is_ended { LIMIT } else { Duration::from_millis(500) };
    thread::scope(|scope| {
        let script = trace.script(leave, last);
        let program = scope
            .spawn(move || block_on(async { start(shell(&script)).unwrap().wait(limit).await.unwrap() }));
        let gone = trace.begun();
        trace.go();
        let ending = if is_ended { Ending::Exited(0) } else { Ending::TimedOut };
        assert_eq!(program.join().unwrap().ending, ending);
        gone.wait();
    });
}

fn nothing_is_left_of_a_dropped(leave: &str) {
    let trace = Trace::new();
    block_on(async {
        let program = start(shell(&trace.script(leave, "sleep 1000"))).unwrap();
        let gone = trace.begun();
        trace.go();
        drop(program);
        gone.wait();
    });
}

/// The suite, as far as it matters here: it starts a program and waits for it.
fn be_a_victim(script: &str) -> ! {
    let ending = run(shell(script)).ending;
    panic!("it was to be killed, not to see {ending}");
}

fn nothing_outlives_the_suite(signal: Signal) {
    // A disposition is inherited: below `nohup` nothing is ended by SIGHUP.
    if is_ignored(signal) {
        println!("skipped: {signal} is ignored here");
        return;
    }
    for (_, leave) in LEAVING {
        let trace = Trace::new();
        let mut suite = victim(&trace.script(leave, "sleep 1000"));
        let gone = trace.begun();
        trace.go();
        kill(Pid::from_raw(suite.id().try_into().unwrap()), signal).unwrap();
        assert_eq!(suite.wait().unwrap().signal(), Some(signal as i32));
        gone.wait();
    }
}

fn is_ignored(signal: Signal) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap().trim();
    u64::from_str_radix(ignored, 16).unwrap() & (1 << (signal as u32 - 1)) != 0
}

fn victim(script: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(VICTIM, script).stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
}

fn signals_to_its_group_stay_with_it() {
    let killed = run(shell("trap 'exit 7' TERM; kill -TERM 0; kill -KILL 0"));
    assert!(matches!(killed.ending, Ending::Exited(7)), "{:?}", killed.ending);
    assert_eq!(run(shell("kill -KILL 0")).ending, Ending::Signalled(9));
}

/// Only in a PID namespace: elsewhere it would end all that this user runs.
fn signals_to_everybody_stay_with_it() {
    let script = "test \"$(cut -d' ' -f4 /proc/$$/stat)\" = 1 || exit 9; kill -KILL -1; exit 7";
    assert_eq!(run(shell(script)).ending, Ending::Exited(7));
}

fn it_sees_no_others() {
    let script = "cat /proc/[0-9]*/cmdline | tr '\\0' ' '";
    let seen = run(shell(script)).stdout.to_string();
    assert!(seen.starts_with("signpost-keeper ") && !seen.contains("keeping-"), "{seen}");
}

fn endings_are_told_apart() {
    assert_eq!(run(shell("exit 255")).ending, Ending::Exited(255));
    assert_eq!(run(shell("exit 137")).ending, Ending::Exited(137));
    assert_eq!(run(shell("kill -KILL $$")).ending, Ending::Signalled(9));
    assert_eq!(run(shell("kill -TERM $$")).ending, Ending::Signalled(15));
}

fn limits_end_it_and_are_named() {
    let limits = Limits { processes: 50, memory: 128 << 20, file: 1 << 20, output: 1000 };
    let ending = |script: &str| run(shell(script).limits(limits)).ending;
    assert_eq!(ending("while :; do sleep 1000 & done"), Ending::Exceeded(Excess::Processes(50)));
    assert_eq!(
        ending("text=x; while :; do text=$text$text; done"),
        Ending::Exceeded(Excess::Memory(128 << 20))
    );
    let folder = Trace::new();
    let file = folder.path("file");
    assert_eq!(ending(&format!("exec yes >{}", file.display())), Ending::Exceeded(Excess::File(1 << 20)));
    assert_eq!(file.metadata().unwrap().len(), 1 << 20);
    assert_eq!(ending("exec yes"), Ending::Flooded);
    assert_eq!(ending("ulimit -c; ulimit -n").to_string(), "exit code 0");
}

fn a_missing_program_is_told() {
    let missing = Path::new("/signpost-no-such-program");
    let error = block_on(async {
        match start(Invocation::new(missing)) {
            Ok(program) => program.wait(LIMIT).await.unwrap_err(),
            Err(error) => error,
        }
    });
    assert_eq!(error.to_string(), "/signpost-no-such-program: No such file or directory (os error 2)");
}

/// Inside a PID namespace it cannot be killed. Elsewhere it can, and the suite itself ends what it kept.
fn its_keeper_is_no_way_out() {
    let trace = Trace::new();
    let leave = LEAVING[2].1;
    let script = trace.script(leave, "read line <&8; kill -KILL $PPID; exit 7");
    thread::scope(|scope| {
        let program = scope.spawn(|| block_on(async { start(shell(&script)).unwrap().wait(LIMIT).await }));
        let gone = trace.begun();
        trace.go();
        let ended = program.join().unwrap();
        if granted().is_ok() {
            assert_eq!(ended.unwrap().ending, Ending::Exited(7));
        } else {
            assert!(ended.unwrap_err().to_string().ends_with("its keeper was killed"));
        }
        gone.wait();
    });
}
