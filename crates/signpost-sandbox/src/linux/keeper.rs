//! The keeper: a small process between the suite and a program, which sees to it that nothing of the program outlives
//! either of them.
//!
//! It is this very program, started again: what has to be done between the start of a process and that of its program (limits,
//! a session, `/proc`) cannot be done there without `unsafe`, and can in a process of its own. Where namespaces are allowed
//! it is the first process of a PID namespace, so that the kernel ends with it whatever the program left behind, and nobody
//! in there can end it. Elsewhere it adopts the orphans of the program (`PR_SET_CHILD_SUBREAPER`), finds its descendants below
//! `/proc` and ends them.
//!
//! A pipe leads from it to the suite. Its one word goes there when all is over; before that, the end of the last reader is the
//! sign that the suite is gone or wants no more of the program. The kernel closes a pipe however a process ends, so this
//! also holds after SIGKILL. A parent-death signal would not do: it follows the thread that started a process, and those
//! threads end.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, exit};
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::mount::{MsFlags, mount};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::{set_child_subreaper, set_no_new_privs};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, close, dup2_stderr, dup2_stdin, dup2_stdout, setsid};

use super::account::Account;
use super::census::{self, Process};
use super::orders::{OPTION, Orders, Word};
use crate::limits::Limits;
use crate::program::{Ending, Excess};

/// How often processes and memory are counted. Where that takes long because `/proc` shows the whole machine, it is done less
/// often, up to a bound, so that it costs a twentieth of a processor.
const COUNTED_EVERY: std::ops::Range<Duration> = Duration::from_millis(50)..Duration::from_millis(200);
const PART_OF_A_PROCESSOR: u32 = 20;
/// Open files that a program finds allowed, as everywhere: the suite itself may have raised its own limit.
const OPEN_FILES: u64 = 1024;
/// How often the rest of a program is looked for. One that belongs to another user, as a program with the setuid bit
/// does, cannot be ended.
const PASSES: u32 = 1000;

/// Becomes a keeper, and does not return, if that is what this process was started for.
pub(super) fn serve_if_asked() {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_none_or(|word| word != OPTION) {
        return;
    }
    let orders = words.next().and_then(|orders| orders.to_str()?.parse().ok());
    match (orders, words.next()) {
        (Some(orders), Some(program)) => exit(keep(&orders, program, words)),
        _ => exit(WRONG_ORDERS),
    }
}

/// The exit code of a keeper that does not understand what it is told, as a shell has it for what it cannot run.
const WRONG_ORDERS: i32 = 126;

fn keep(orders: &Orders, program: OsString, arguments: impl Iterator<Item = OsString>) -> i32 {
    // The inherited descriptor cannot be had by its number alone, but the file behind it can be opened anew. It must not wait
    // for a reader: there is none if the suite has been killed since.
    let word = OpenOptions::new()
        .write(true)
        .custom_flags(OFlag::O_NONBLOCK.bits())
        .open(format!("/proc/self/fd/{}", orders.word));
    let Ok(mut report) = word else { return WRONG_ORDERS };
    close_all_but(report.as_raw_fd());
    let said = run(orders, &report, program, arguments);
    // Nobody reads it if the suite is gone.
    let _ = report.write_all(said.to_string().as_bytes());
    0
}

fn run(orders: &Orders, report: &File, program: OsString, arguments: impl Iterator<Item = OsString>) -> Word {
    // Signals to the suite's process group, from the terminal or from the program, reach one side and not the other.
    let _ = setsid();
    if orders.is_first {
        own_the_processes(orders.limits);
    } else {
        let _ = set_child_subreaper(true);
    }
    limit(orders.limits);
    let mut ends = SigSet::empty();
    ends.add(Signal::SIGCHLD);
    let signals = ends
        .thread_block()
        .and_then(|()| SignalFd::with_flags(&ends, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC));
    let started = signals.map_err(io::Error::from).and_then(|signals| {
        let mut command = Command::new(program);
        command.args(arguments).process_group(0);
        if let Some(account) = orders.account {
            run_as(account, &mut command)?;
        }
        let child = command.spawn()?;
        Ok((signals, i32::try_from(child.id()).map_err(io::Error::other)?))
    });
    let (signals, child) = match started {
        Ok(started) => started,
        Err(error) => return Word::NotStarted(error.raw_os_error().unwrap_or_default()),
    };
    leave_the_pipes();
    let ending = watch(orders.limits, report, &signals, Pid::from_raw(child));
    if !orders.is_first {
        end_descendants();
    }
    Word::Ended(ending)
}

/// Has a program run as another user, with no way back: not by a program with the setuid bit either.
fn run_as(account: Account, command: &mut Command) -> io::Result<()> {
    set_no_new_privs()?;
    account.own(io::stdin())?;
    account.own(io::stdout())?;
    account.own(io::stderr())?;
    // The groups of root are given up with it.
    command.uid(account.user).gid(account.group);
    Ok(())
}

/// Waits until the program has ended, uses too much, or nobody waits for it any more.
fn watch(limits: Limits, report: &File, signals: &SignalFd, child: Pid) -> Ending {
    let mut pause = COUNTED_EVERY.start;
    let mut counted = Instant::now();
    loop {
        let mut events = [
            PollFd::new(signals.as_fd(), PollFlags::POLLIN),
            PollFd::new(report.as_fd(), PollFlags::empty()),
        ];
        let left = pause.saturating_sub(counted.elapsed());
        let timeout = PollTimeout::try_from(left.max(Duration::from_millis(1))).unwrap_or(PollTimeout::MAX);
        let _ = poll(&mut events, timeout);
        if events[1].any().unwrap_or(true) {
            return Ending::TimedOut;
        }
        while let Ok(Some(_)) = signals.read_signal() {}
        if let Some(ending) = reap(child) {
            // A program that could start no more may die of it before it is counted; those that it started are still there.
            return match ending {
                Ending::Exited(0) => ending,
                _ => excess(limits).map_or(ending, Ending::Exceeded),
            };
        }
        if counted.elapsed() >= pause {
            counted = Instant::now();
            if let Some(excess) = excess(limits) {
                return Ending::Exceeded(excess);
            }
            pause = (counted.elapsed() * PART_OF_A_PROCESSOR).clamp(COUNTED_EVERY.start, COUNTED_EVERY.end);
            counted = Instant::now();
        }
    }
}

/// Takes leave of all that have ended: the program, and orphans. Tells how the program did.
fn reap(child: Pid) -> Option<Ending> {
    let mut ending = None;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) if pid == child => ending = Some(Ending::Exited(code)),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == child => {
                ending = Some(Ending::Signalled(signal as i32));
            }
            Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) => {}
            _ => return ending,
        }
    }
}

fn excess(limits: Limits) -> Option<Excess> {
    let processes = descendants();
    if census::count(&processes) > limits.processes {
        return Some(Excess::Processes(limits.processes));
    }
    (census::memory(&processes, limits.memory) > limits.memory).then_some(Excess::Memory(limits.memory))
}

fn descendants() -> Vec<Process> {
    census::own_id().map(census::descendants_of).unwrap_or_default()
}

/// Ends all descendants. They are stopped before, so that none starts another while the first are ended.
fn end_descendants() {
    for _ in 0..PASSES {
        let mut stopped = BTreeSet::new();
        let found = loop {
            let found = descendants();
            let new: Vec<i32> = found.iter().map(|one| one.id).filter(|id| stopped.insert(*id)).collect();
            if new.is_empty() {
                break found;
            }
            for id in new {
                let _ = kill(Pid::from_raw(id), Signal::SIGSTOP);
            }
        };
        let mut is_any_left = false;
        for process in &found {
            is_any_left |= kill(Pid::from_raw(process.id), Signal::SIGKILL).is_ok();
        }
        while matches!(waitpid(None, Some(WaitPidFlag::WNOHANG)), Ok(status) if status != WaitStatus::StillAlive)
        {
        }
        if !is_any_left {
            return;
        }
        std::thread::yield_now();
    }
}

/// Has `/proc` show the processes of this namespace and no others, and be limited in their number. A container may refuse
/// either; what it shows then is that of the container, in which a program still finds itself.
fn own_the_processes(limits: Limits) {
    let shown = unshare(CloneFlags::CLONE_NEWNS).and_then(|()| {
        mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)?;
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        mount(Some("proc"), "/proc", Some("proc"), flags, None::<&str>)
    });
    if shown.is_ok() && has_numbers_of_its_own() {
        // Beyond the limit, so that what is more is seen, counted and named.
        let most = u64::from(limits.processes) + u64::from(limits.processes) / 4 + 64;
        let _ = fs::write("/proc/sys/kernel/pid_max", most.max(FEWEST_NUMBERS).to_string());
    }
    // The right to mount came with the start of this process, and ends here. Root keeps what it has anyway.
    let _ = rustix::thread::clear_ambient_capability_set();
    if let Ok(mut sets) = rustix::thread::capabilities(None) {
        sets.inheritable = rustix::thread::CapabilitySet::empty();
        let _ = rustix::thread::set_capabilities(None, sets);
    }
}

/// The kernel wants at least so many.
const FEWEST_NUMBERS: u64 = 301;

/// Whether a PID namespace has a `pid_max` of its own, as since Linux 6.14. Before, root would change the machine's.
fn has_numbers_of_its_own() -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.split(['.', '-', '\n']).map_while(|number| number.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(6), Some(14))
}

fn limit(limits: Limits) {
    let set = |resource, soft: u64, hard: u64| {
        // What was lower already stays.
        let most = getrlimit(resource).map_or(hard, |(_, most)| most.min(hard));
        let _ = setrlimit(resource, soft.min(most), most);
    };
    set(Resource::RLIMIT_CORE, 0, 0);
    set(Resource::RLIMIT_DATA, limits.memory.saturating_mul(2), limits.memory.saturating_mul(2));
    set(Resource::RLIMIT_FSIZE, limits.file, limits.file);
    set(Resource::RLIMIT_NOFILE, OPEN_FILES, u64::MAX);
}

/// Closes what other threads of the suite may have had open while this process was started.
fn close_all_but(kept: RawFd) {
    let entries = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let open: Vec<RawFd> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for descriptor in open.into_iter().filter(|descriptor| *descriptor > 2 && *descriptor != kept) {
        // That of the listing itself is closed already.
        let _ = close(descriptor);
    }
}

/// The program alone holds its input and outputs, so that their ends are seen.
fn leave_the_pipes() {
    if let Ok(nothing) = OpenOptions::new().read(true).write(true).open("/dev/null") {
        let _ = dup2_stdin(&nothing);
        let _ = dup2_stdout(&nothing);
        let _ = dup2_stderr(&nothing);
    }
}
