//! The suite's side of a keeper.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{Pid, geteuid, getsid, pipe2};
use rustix::thread::CapabilitySet;
use tokio::process::{Child, Command};
use tokio::runtime::Handle;

use super::account::Account;
use super::census;
use super::orders::{OPTION, Orders, Word};
use super::permission::granted;
use crate::invocation::Invocation;
use crate::program::Ending;

/// How long a keeper may take to end what its program started.
const ENDING: Duration = Duration::from_secs(5);
/// Room for any word of a keeper's.
const LONGEST_WORD: usize = 64;

/// Keepers outside PID namespaces that somebody waits for.
static KEEPERS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// A program's keeper. Dropped, it ends with all that it keeps.
#[derive(Debug)]
pub(crate) struct Kept {
    /// Where its word comes from, as long as somebody wants to hear it.
    word: Option<File>,
    /// Its number, where it is not the first of a PID namespace.
    outside: Option<i32>,
}

impl Kept {
    /// Starts a program with a keeper before it.
    pub(crate) fn spawn(
        program: &OsStr,
        invocation: &Invocation,
        surround: impl FnOnce(&mut Command),
    ) -> io::Result<(Child, Self)> {
        let (word, writer) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
        fcntl(&writer, FcntlArg::F_SETFD(FdFlag::empty()))?;
        let is_first = granted().is_ok();
        let account = Account::without_rights().filter(|_| invocation.without_rights);
        let orders = Orders { word: writer.as_raw_fd(), is_first, limits: invocation.limits, account };
        // The link leads to the running program also where its path is hidden, or where it was built anew meanwhile.
        let mut command = Command::new("/proc/self/exe");
        command
            .arg0("signpost-keeper")
            .arg(OPTION)
            .arg(orders.to_string())
            .arg(program)
            .args(&invocation.arguments);
        surround(&mut command);
        let word = Some(File::from(word));
        if is_first {
            command.kill_on_drop(true);
            return Ok((in_namespace(command)?, Self { word, outside: None }));
        }
        // Whoever looks for children that nobody waits for must not find it before it is known.
        let mut keepers = KEEPERS.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command.spawn()?;
        let outside = child.id().and_then(|id| i32::try_from(id).ok());
        keepers.extend(outside);
        Ok((child, Self { word, outside }))
    }

    /// Stops the program and all that it started, and waits for that.
    pub(crate) async fn end(&mut self, child: &mut Child) {
        if self.outside.is_some() {
            // It ends the others when it sees that nobody waits for its word.
            self.word = None;
            if tokio::time::timeout(ENDING, child.wait())
                .await
                .is_ok_and(|status| status.is_ok_and(|status| status.success()))
            {
                return;
            }
        }
        // An error means that it has just ended by itself.
        let _ = child.start_kill();
        let _ = child.wait().await;
        self.end_orphans();
    }

    /// How the program ended, once its keeper has.
    pub(crate) fn ending(&mut self) -> io::Result<Ending> {
        let mut text = [0; LONGEST_WORD];
        let length = self.word.as_mut().map_or(Ok(0), |word| word.read(&mut text)).unwrap_or_default();
        let word = str::from_utf8(&text[..length]).ok().and_then(|text| text.parse().ok());
        match word {
            Some(Word::Ended(ending)) => Ok(ending),
            Some(Word::NotStarted(error)) => Err(io::Error::from_raw_os_error(error)),
            None => {
                self.end_orphans();
                Err(io::Error::other("its keeper was killed"))
            }
        }
    }

    /// Ends what a keeper that was itself killed has left to this process, which has adopted it. Only what is in another
    /// session can have come from a keeper.
    fn end_orphans(&self) {
        let (Some(keeper), Some(own), Ok(session)) = (self.outside, census::own_id(), getsid(None)) else {
            return;
        };
        let mut keepers = KEEPERS.lock().unwrap_or_else(PoisonError::into_inner);
        keepers.remove(&keeper);
        loop {
            let orphans: Vec<i32> = census::children_of(own)
                .filter(|(id, their)| !keepers.contains(id) && their.is_some_and(|their| their != session))
                .map(|(id, _)| id)
                .collect();
            let mut is_any_left = false;
            for orphan in orphans {
                let family = census::descendants_of(orphan).into_iter().map(|process| process.id);
                for id in family.chain([orphan]) {
                    is_any_left |= kill(Pid::from_raw(id), Signal::SIGKILL).is_ok();
                }
                let _ = waitpid(Pid::from_raw(orphan), Some(WaitPidFlag::WNOHANG));
            }
            if !is_any_left {
                return;
            }
            thread::yield_now();
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(keeper) = self.outside {
            KEEPERS.lock().unwrap_or_else(PoisonError::into_inner).remove(&keeper);
        }
    }
}

/// Starts a command as the first process of a PID namespace.
///
/// A thread can be given a PID namespace for its children only once, and can start no thread afterwards: so one that
/// lives just for this call is given it. It inherits all other namespaces from this one.
fn in_namespace(mut command: Command) -> io::Result<Child> {
    let runtime = Handle::try_current().map_err(io::Error::other)?;
    thread::scope(|scope| {
        let first = thread::Builder::new().spawn_scoped(scope, || {
            let _runtime = runtime.enter();
            unshare(CloneFlags::CLONE_NEWPID)?;
            if !geteuid().is_root() {
                hand_on_the_right_to_mount()?;
            }
            command.spawn()
        })?;
        first.join().unwrap_or_else(|_| Err(io::Error::other("the starting thread ended early")))
    })
}

/// Lets the keeper mount a `/proc` of its own. A user other than root loses that right with every program that is started,
/// unless it is in the thread's ambient set.
fn hand_on_the_right_to_mount() -> io::Result<()> {
    let mut sets = rustix::thread::capabilities(None)?;
    sets.inheritable |= CapabilitySet::SYS_ADMIN;
    rustix::thread::set_capabilities(None, sets)?;
    rustix::thread::configure_capability_in_ambient_set(CapabilitySet::SYS_ADMIN, true)?;
    Ok(())
}
