//! A program to start, with what it is given.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf, absolute};

use crate::error::{Error, ErrorKind};
use crate::limits::Limits;

/// Where programs look for programs; also the `PATH` that they are given.
pub(crate) const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program to start, with what it is given and what it may use. The host's environment is passed on only where it is
/// [started](crate::start) outside the namespace of a case.
#[derive(Clone, Debug)]
pub struct Invocation {
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) input: Vec<u8>,
    pub(crate) limits: Limits,
    pub(crate) without_rights: bool,
}

impl Invocation {
    /// The program of this name or path, without arguments and input, within the default limits.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            input: Vec::new(),
            limits: Limits::default(),
            without_rights: false,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds several arguments.
    #[must_use]
    pub fn arguments<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable beside `HOME`, `LANG`, `LOGNAME`, `PATH`, `TMPDIR` and `USER`, or replaces one of those.
    #[must_use]
    pub fn variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// What the program reads from its standard input, which then ends.
    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// What it may use.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Has it run as the user `nobody`, and never gain rights again, where this process is root. In a
    /// [namespace](crate::Namespace) every program runs so.
    #[must_use]
    pub fn without_rights(mut self) -> Self {
        self.without_rights = true;
        self
    }
}

/// Where the program of this name is installed: in the host's `PATH`, or in the system's directories, which
/// the `PATH` of ordinary users lacks in part.
///
/// # Errors
/// [`ErrorKind::NotFound`], with the places that were tried.
pub fn find_program(name: impl AsRef<Path>) -> Result<PathBuf, Error> {
    let name = name.as_ref();
    if name.components().count() > 1 {
        return if is_executable(name) {
            absolute(name).map_err(|error| Error::new(ErrorKind::NotFound, name.display().to_string(), error))
        } else {
            Err(Error::new(ErrorKind::NotFound, name.display().to_string(), "no executable file is there"))
        };
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(env::split_paths(SEARCH_PATH))
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(|candidate| is_executable(candidate))
        .ok_or_else(|| {
            let tried = format!("not installed: neither in PATH nor in {SEARCH_PATH}");
            Error::new(ErrorKind::NotFound, name.display().to_string(), tried)
        })
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_by_name_and_by_path() {
        assert!(find_program("sh").unwrap().is_absolute());
        assert_eq!(find_program("/bin/sh").unwrap(), Path::new("/bin/sh"));
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = find_program("signpost-no-such-program").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().starts_with("signpost-no-such-program: not installed"), "{error}");
        assert_eq!(find_program("/etc/hostname/nothing").unwrap_err().kind(), ErrorKind::NotFound);
    }
}
