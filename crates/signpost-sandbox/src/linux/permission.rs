//! Getting the right to make namespaces, once per process.

use std::fs;
use std::sync::OnceLock;
use std::thread;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_child_subreaper;
use nix::unistd::{getegid, geteuid};

use super::{keeper, loopback};
use crate::error::{Context, Error, ErrorKind};

/// The bit of CAP_SYS_ADMIN in a capability set, capabilities(7).
const SYS_ADMIN: u64 = 1 << 21;

/// Gets this process the right to make namespaces. Call it first in `main`, before any thread is started;
/// further calls give the same answer again.
///
/// A process that may make them already (root) is left as it is. Any other enters a user namespace, in which
/// it keeps its own user and group and is allowed to make the other kinds. Then it tries out, on a thread that
/// ends again, whether they can really be made: some systems grant the first and refuse the rest.
///
/// # Errors
/// [`ErrorKind::Threads`] where it comes too late, else [`ErrorKind::Unavailable`] with a
/// [remedy](Error::remedy).
///
/// Whatever comes of it, from then on every program that this process starts has a keeper before it, which is this program,
/// started again: here it finds that it is one, and this does not return. Orphans of programs become this process's children.
pub fn prepare() -> Result<(), Error> {
    keeper::serve_if_asked();
    PREPARED
        .get_or_init(|| {
            if is_single_threaded() {
                // Where it is refused, orphans that the keepers lose go to the first process of the machine, as always.
                let _ = set_child_subreaper(true);
                let _ = HAS_OUR_MAIN.set(());
            }
            obtain()
        })
        .clone()
}

/// Whether [`prepare`] has succeeded, so that there can be namespaces.
///
/// # Errors
/// What it failed with; [`ErrorKind::Threads`] where it was not called.
pub fn granted() -> Result<(), Error> {
    let not_called = "`prepare` was not called first thing in `main`";
    let not_called = || Err(Error::new(ErrorKind::Threads, "making namespaces", not_called));
    PREPARED.get().cloned().unwrap_or_else(not_called)
}

/// Whether this program, started again, becomes a keeper.
pub(crate) fn is_keeper_available() -> bool {
    HAS_OUR_MAIN.get().is_some()
}

static PREPARED: OnceLock<Result<(), Error>> = OnceLock::new();
/// Set where [`prepare`] was called first thing in `main`.
static HAS_OUR_MAIN: OnceLock<()> = OnceLock::new();

fn is_single_threaded() -> bool {
    fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() == 1)
}

fn obtain() -> Result<(), Error> {
    if !may_make_namespaces() {
        enter_user_namespace()?;
    }
    thread::scope(|scope| match thread::Builder::new().spawn_scoped(scope, attempt) {
        Ok(attempt) => attempt.join().unwrap_or_else(|_| Err(cut_short("the thread ended early"))),
        Err(error) => Err(cut_short(error)),
    })
}

fn may_make_namespaces() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|set| u64::from_str_radix(set.trim(), 16).ok())
        .is_some_and(|set| set & SYS_ADMIN != 0)
}

/// User and group are mapped to themselves, so that programs see the user, the home and the ownership that
/// they would see outside, and lose all capabilities when they are executed.
fn enter_user_namespace() -> Result<(), Error> {
    let (user, group) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER).map_err(|errno| match errno {
        Errno::EINVAL => Error::new(
            ErrorKind::Threads,
            "entering a user namespace",
            "a thread was started before; prepare the process first",
        ),
        _ => Error::new(ErrorKind::Unavailable, "entering a user namespace", errno.desc()),
    })?;
    // The kernel lets an unprivileged process map its group only after it gave up changing its groups.
    for (file, contents) in [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("{user} {user} 1")),
        ("gid_map", format!("{group} {group} 1")),
    ] {
        fs::write(format!("/proc/self/{file}"), contents)
            .context(ErrorKind::Unavailable, || format!("writing {file} of the user namespace"))?;
    }
    Ok(())
}

fn attempt() -> Result<(), Error> {
    super::namespace::isolate()
        .map_err(|error| Error::new(ErrorKind::Unavailable, "making network and mount namespaces", error))?;
    loopback::bring_up().map_err(|error| Error::new(ErrorKind::Unavailable, "bringing loopback up", error))
}

fn cut_short(cause: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Unavailable, "trying out namespaces", cause)
}
