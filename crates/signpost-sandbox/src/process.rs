//! Starting a program and waiting for it, with all that it starts.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::runtime::Handle;

use crate::error::{Context, Error, ErrorKind};
use crate::invocation::{Invocation, SEARCH_PATH, find_program};
#[cfg(target_os = "linux")]
use crate::linux::{Kept, is_keeper_available, name_of_user};
use crate::program::{Completed, Ending, Excess, Output};

/// How long the outputs of a program that has ended may stay open, where what it started can hold them.
const DRAINING: Duration = Duration::from_secs(1);

/// A running program. Dropping it stops it and everything that it started.
#[derive(Debug)]
pub struct Program {
    name: OsString,
    child: Child,
    hold: Hold,
    invocation: Invocation,
    started: Instant,
}

/// Starts a program of the user's own where the calling thread is, with the environment and folder of this process.
///
/// It ends with all that it has started. After [`prepare`](crate::prepare) a keeper sees to that, a process of its own between
/// this one and the program, however this one ends, and keeps it within its [limits](crate::Limits); where namespaces are
/// allowed the program sees no processes but its own. Without, in a test program whose `main` is not ours, the program is a
/// process group: what leaves that is not found again, and of the limits only that on its outputs is kept.
///
/// Needs to be called in a tokio runtime with I/O enabled.
///
/// # Errors
/// [`ErrorKind::Program`].
pub fn start(invocation: Invocation) -> Result<Program, Error> {
    let name = invocation.program.clone();
    spawn(invocation, name, None)
}

/// Starts a program as the only one of a case, with nothing of this process's environment.
pub(crate) fn spawn_at_home(invocation: Invocation, home: &Path) -> Result<Program, Error> {
    let path = find_program(&invocation.program)?;
    spawn(invocation.without_rights(), path.into_os_string(), Some(home))
}

fn spawn(invocation: Invocation, name: OsString, home: Option<&Path>) -> Result<Program, Error> {
    let step = || name.to_string_lossy().into_owned();
    Handle::try_current().map_err(|error| Error::new(ErrorKind::Program, step(), error))?;
    let started = Instant::now();
    let (child, hold) = launch(&invocation, &name, home).context(ErrorKind::Program, || match home {
        Some(_) => format!("starting {}", step()),
        None => step(),
    })?;
    Ok(Program { name, child, hold, invocation, started })
}

fn launch(invocation: &Invocation, name: &OsStr, home: Option<&Path>) -> std::io::Result<(Child, Hold)> {
    #[cfg(target_os = "linux")]
    if is_keeper_available() {
        let (child, kept) = Kept::spawn(name, invocation, |command| surround(command, invocation, home))?;
        return Ok((child, Hold::Kept(kept)));
    }
    let mut command = Command::new(name);
    command.args(&invocation.arguments).process_group(0).kill_on_drop(true);
    surround(&mut command, invocation, home);
    let child = command.spawn()?;
    let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    Ok((child, Hold::Group(Group(group))))
}

fn surround(command: &mut Command, invocation: &Invocation, home: Option<&Path>) {
    if let Some(home) = home {
        #[cfg(target_os = "linux")]
        let user = name_of_user(invocation.without_rights);
        #[cfg(not(target_os = "linux"))]
        let user = None;
        let user = user.unwrap_or_else(|| "user".to_owned());
        command
            .env_clear()
            .env("HOME", home)
            .env("LANG", "C.UTF-8")
            .env("LOGNAME", &user)
            .env("PATH", SEARCH_PATH)
            .env("TMPDIR", "/tmp")
            .env("USER", &user)
            .current_dir(home);
    }
    command
        .envs(invocation.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
}

impl Program {
    /// Feeds the program its input, gathers what it writes and waits until it and all that it started have ended. It is
    /// stopped after `limit`, or once it has used more than it may.
    ///
    /// # Errors
    /// [`ErrorKind::Program`] where it could not be started, or the kernel does not let it be watched.
    pub async fn wait(mut self, limit: Duration) -> Result<Completed, Error> {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let (stdin, out, err) = (self.child.stdin.take(), self.child.stdout.take(), self.child.stderr.take());
        let (child, input, most) = (&mut self.child, &self.invocation.input, self.invocation.limits.output);
        let feed = async {
            // A program that does not read its input is free not to: its pipe breaks, which is no error.
            if let Some(mut stdin) = stdin {
                let _ = stdin.write_all(input).await;
            }
            Ok(())
        };
        let (out, err) = (gather(out, &mut stdout, most), gather(err, &mut stderr, most));
        let ended = async {
            let traffic = async { tokio::try_join!(feed, out, err) };
            tokio::pin!(traffic);
            tokio::select! {
                result = &mut traffic => match result {
                    Err(Flood) => Some(Ending::Flooded),
                    // Its pipes can be closed long before it ends. An error comes again below.
                    Ok(_) => child.wait().await.map(|_| None).unwrap_or_default(),
                },
                _ = child.wait() => match tokio::time::timeout(DRAINING, traffic).await {
                    Ok(Ok(_)) => None,
                    Ok(Err(Flood)) => Some(Ending::Flooded),
                    Err(_) => Some(Ending::LeftBehind),
                },
            }
        };
        let stopped = tokio::time::timeout(limit, ended).await.unwrap_or(Some(Ending::TimedOut));
        if stopped.is_some() {
            self.hold.end(&mut self.child).await;
        }
        let status = self.child.wait().await;
        let status = status.context(ErrorKind::Program, || "waiting for the program".into())?;
        let ending = match stopped {
            Some(ending) => ending,
            None => self.ending(status)?,
        };
        Ok(Completed {
            ending,
            stdout: Output { bytes: stdout },
            stderr: Output { bytes: stderr },
            elapsed: self.started.elapsed(),
        })
    }

    /// How it ended by itself.
    fn ending(&mut self, status: ExitStatus) -> Result<Ending, Error> {
        let step = || self.name.to_string_lossy().into_owned();
        let ending = match &mut self.hold {
            #[cfg(target_os = "linux")]
            Hold::Kept(kept) => kept.ending().context(ErrorKind::Program, step)?,
            Hold::Group(_) => match (status.code(), status.signal()) {
                (Some(code), _) => Ending::Exited(code),
                (None, signal) => Ending::Signalled(signal.unwrap_or_default()),
            },
        };
        Ok(match ending {
            Ending::Signalled(signal) if signal == Signal::SIGXFSZ as i32 => {
                Ending::Exceeded(Excess::File(self.invocation.limits.file))
            }
            other => other,
        })
    }
}

/// What ends a program and all that it started.
#[derive(Debug)]
enum Hold {
    #[cfg(target_os = "linux")]
    Kept(Kept),
    Group(Group),
}

impl Hold {
    async fn end(&mut self, child: &mut Child) {
        match self {
            #[cfg(target_os = "linux")]
            Self::Kept(kept) => kept.end(child).await,
            Self::Group(group) => {
                // An error means that it has just ended by itself.
                let _ = child.start_kill();
                let _ = group.kill();
            }
        }
    }
}

/// A program's process group, which ends with its run: nothing of one case goes on in the next.
#[derive(Debug)]
struct Group(Option<Pid>);

impl Group {
    fn kill(&self) -> Result<(), Errno> {
        self.0.map_or(Ok(()), |group| killpg(group, Signal::SIGKILL))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // There is nobody left, most likely.
        let _ = self.kill();
    }
}

/// The program wrote more than it may.
struct Flood;

/// Reads up to `limit` bytes into `bytes`, which keeps them when the future is dropped half way.
async fn gather(
    pipe: Option<impl AsyncRead + Unpin>,
    bytes: &mut Vec<u8>,
    limit: usize,
) -> Result<(), Flood> {
    let Some(mut pipe) = pipe else { return Ok(()) };
    let mut buffer = [0; 8192];
    loop {
        let length = match pipe.read(&mut buffer).await {
            Ok(0) | Err(_) => return Ok(()),
            Ok(length) => length,
        };
        let room = limit - bytes.len();
        bytes.extend_from_slice(&buffer[..length.min(room)]);
        if length > room {
            return Err(Flood);
        }
    }
}
