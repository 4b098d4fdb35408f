//! What a machine lets a process have: how many files it may open, and which errors say that there are none left. Never
//! knows what they are for.
//!
//! A harness that is out of files sees what it would see of a server that is down. So whoever opens a socket on its behalf
//! asks [`is_exhausted`] of an error before it says anything of the other side.

use std::io;

/// Whether this error says that the machine has nothing left for the process (files, memory, buffers, ports), and so nothing
/// of whom it wanted to talk to.
#[must_use]
pub fn is_exhausted(error: &io::Error) -> bool {
    use io::ErrorKind;

    matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::OutOfMemory) || system::is_exhausted(error)
}

/// An error, and what helps where it says that the machine has nothing left.
#[must_use]
pub fn explain(error: &io::Error) -> String {
    if is_exhausted(error) {
        format!(
            "{error}; run fewer cases at a time (`--jobs`), or raise the limit of open files (`ulimit -n`)"
        )
    } else {
        error.to_string()
    }
}

/// Lets the process have so many files open at once, as far as it is allowed to say so itself, and tells how many it may
/// have now. `None` where the system has no such limit.
///
/// The limit is never lowered, and not raised beyond what is asked for: programs that the process starts inherit it, and some
/// are slow or wrong where it is high.
pub fn allow_open_files(wanted: u64) -> Option<u64> {
    system::allow_open_files(wanted)
}

#[cfg(unix)]
mod system {
    use std::io;

    use nix::errno::Errno;
    use nix::sys::resource::{Resource, getrlimit, setrlimit};

    pub(super) fn is_exhausted(error: &io::Error) -> bool {
        let code = error.raw_os_error().map(Errno::from_raw);
        matches!(code, Some(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM))
    }

    pub(super) fn allow_open_files(wanted: u64) -> Option<u64> {
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
        let raised = wanted.min(hard);
        if raised <= soft {
            return Some(soft);
        }
        Some(setrlimit(Resource::RLIMIT_NOFILE, raised, hard).map_or(soft, |()| raised))
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;

    pub(super) fn is_exhausted(_: &io::Error) -> bool {
        false
    }

    pub(super) fn allow_open_files(_: u64) -> Option<u64> {
        None
    }
}

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(all(test, unix))]
mod tests {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};

    use super::*;

    /// One test, because the limit is the whole process's.
    #[test]
    fn the_limit_is_raised_as_far_as_it_may_be_and_past_it_files_are_exhausted() {
        let (before, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        setrlimit(Resource::RLIMIT_NOFILE, 32, hard.min(96)).unwrap();
        assert_eq!(allow_open_files(16), Some(32));
        assert_eq!(allow_open_files(48), Some(48));
        assert_eq!(allow_open_files(1000), Some(hard.min(96)));
        let mut files = Vec::new();
        let error = loop {
            match tempfile::tempfile() {
                Ok(file) => files.push(file),
                Err(error) => break error,
            }
        };
        assert!(files.len() < 96 && is_exhausted(&error), "{error}");
        assert!(explain(&error).contains("ulimit -n"), "{}", explain(&error));
        drop(files);
        assert!(before >= 32, "{before}");
    }

    #[test]
    fn what_a_peer_does_is_not_the_machines_doing() {
        for code in [nix::libc::ECONNREFUSED, nix::libc::ECONNABORTED, nix::libc::ETIMEDOUT] {
            let error = io::Error::from_raw_os_error(code);
            assert!(!is_exhausted(&error) && explain(&error) == error.to_string(), "{code}");
        }
        for code in [nix::libc::EMFILE, nix::libc::ENFILE, nix::libc::ENOMEM, nix::libc::EADDRINUSE] {
            assert!(is_exhausted(&io::Error::from_raw_os_error(code)), "{code}");
        }
    }
}
