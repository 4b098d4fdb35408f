//! Starting a program as the first process of its own PID namespace, and waiting for it.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{User, geteuid};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::runtime::Handle;

use crate::error::{Context, Error, ErrorKind};
use crate::invocation::{Invocation, SEARCH_PATH, find_program};
use crate::program::{Completed, Ending, Output};

/// A running program. Dropping it stops it and everything that it started.
#[derive(Debug)]
pub struct Program {
    child: Child,
    input: Vec<u8>,
    output_limit: usize,
    started: Instant,
}

pub(super) fn spawn(invocation: Invocation, home: &Path) -> Result<Program, Error> {
    let path = find_program(&invocation.program)?;
    let runtime = Handle::try_current()
        .map_err(|error| Error::new(ErrorKind::Program, format!("starting {}", path.display()), error))?;
    let user = User::from_uid(geteuid()).ok().flatten().map_or_else(|| "user".to_owned(), |user| user.name);
    let mut command = Command::new(&path);
    command
        .args(&invocation.arguments)
        .env_clear()
        .env("HOME", home)
        .env("LANG", "C.UTF-8")
        .env("LOGNAME", &user)
        .env("PATH", SEARCH_PATH)
        .env("TMPDIR", "/tmp")
        .env("USER", &user)
        .envs(invocation.environment)
        .current_dir(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let started = Instant::now();
    // A thread can be given a PID namespace for its children only once, and can start no thread afterwards:
    // so one that lives just for this call is given it. It inherits all other namespaces from this one.
    let child = thread::scope(|scope| {
        let first = scope.spawn(|| {
            let _runtime = runtime.enter();
            unshare(CloneFlags::CLONE_NEWPID)?;
            command.spawn()
        });
        first.join().unwrap_or_else(|_| Err(std::io::Error::other("the starting thread ended early")))
    })
    .context(ErrorKind::Program, || format!("starting {}", path.display()))?;
    Ok(Program { child, input: invocation.input, output_limit: invocation.output_limit, started })
}

impl Program {
    /// Feeds the program its input, gathers what it writes and waits until it ends. It is stopped after
    /// `limit`, or once it has written more than it may.
    ///
    /// # Errors
    /// [`ErrorKind::Program`] where the kernel does not let it be watched.
    pub async fn wait(mut self, limit: Duration) -> Result<Completed, Error> {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let (stdin, out, err) = (self.child.stdin.take(), self.child.stdout.take(), self.child.stderr.take());
        let feed = async {
            // A program that does not read its input is free not to: its pipe breaks, which is no error.
            if let Some(mut stdin) = stdin {
                let _ = stdin.write_all(&self.input).await;
            }
            Ok(())
        };
        let (out, err) =
            (gather(out, &mut stdout, self.output_limit), gather(err, &mut stderr, self.output_limit));
        let traffic = async { tokio::try_join!(feed, out, err) };
        let ended = async {
            if let Err(Flood) = traffic.await {
                return Some(Ending::Flooded);
            }
            // Its pipes can be closed long before it ends. An error comes again below.
            let _ = self.child.wait().await;
            None
        };
        let stopped = tokio::time::timeout(limit, ended).await.unwrap_or(Some(Ending::TimedOut));
        if stopped.is_some() {
            // An error means that it has just ended by itself.
            let _ = self.child.start_kill();
        }
        let status =
            self.child.wait().await.context(ErrorKind::Program, || "waiting for the program".into())?;
        let ending = stopped.unwrap_or_else(|| match (status.code(), status.signal()) {
            (Some(code), _) => Ending::Exited(code),
            (None, signal) => Ending::Signalled(signal.unwrap_or_default()),
        });
        Ok(Completed {
            ending,
            stdout: Output { bytes: stdout },
            stderr: Output { bytes: stderr },
            elapsed: self.started.elapsed(),
        })
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
