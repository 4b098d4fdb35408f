//! What can go wrong between the suite and the kernel.

use std::{fmt, io};

/// A step that the kernel or the system did not allow.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{step}: {cause}")]
pub struct Error {
    kind: ErrorKind,
    step: String,
    cause: String,
}

/// What an [`Error`] means for the case at hand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file or directory could not be laid over the host's.
    Layout,
    /// The network of the case could not be made.
    Network,
    /// The program is not installed.
    NotFound,
    /// The program could not be started or watched.
    Program,
    /// The limits of this process leave no room for threads or memory.
    Room,
    /// [`prepare`](crate::prepare) was called after a thread had been started.
    Threads,
    /// The kernel forbids namespaces to this user, or has none.
    Unavailable,
    /// This operating system has no namespaces.
    Unsupported,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, step: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self { kind, step: step.into(), cause: cause.to_string() }
    }

    /// What it means for the case at hand.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What the user can do about it, where something can be done outside this program.
    pub fn remedy(&self) -> Option<&'static str> {
        match self.kind {
            ErrorKind::Room => Some(
                "run fewer cases at a time (`--jobs 1`), or raise the limit (`ulimit -u`, `ulimit -v`, `ulimit -d`)",
            ),
            ErrorKind::Unavailable => Some(
                "allow unprivileged user namespaces (`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` on \
                 Ubuntu, `sysctl -w kernel.unprivileged_userns_clone=1` on older Debian), start a container with \
                 `--privileged`, or run as root",
            ),
            ErrorKind::Unsupported => {
                Some("run programs as subjects on Linux; the reference client runs anywhere")
            }
            _ => None,
        }
    }
}

/// Adds kind and step to the error of a system call.
pub(crate) trait Context<T> {
    fn context(self, kind: ErrorKind, step: impl FnOnce() -> String) -> Result<T, Error>;
}

impl<T, E: Into<io::Error>> Context<T> for Result<T, E> {
    fn context(self, kind: ErrorKind, step: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|error| Error::new(kind, step(), error.into()))
    }
}
