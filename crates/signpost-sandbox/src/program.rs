//! How a program ended and what it wrote.

use std::fmt;
use std::time::Duration;

#[cfg(doc)]
use crate::Limits;

/// A program that has ended, and everything that it started with it.
#[derive(Clone, Debug)]
pub struct Completed {
    /// How it ended.
    pub ending: Ending,
    /// What it wrote to its standard output, up to the limit.
    pub stdout: Output,
    /// What it wrote to its standard error, up to the limit.
    pub stderr: Output,
    /// From its start until it was gone.
    pub elapsed: Duration,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// Stopped, because it used more than it may.
    Exceeded(Excess),
    /// By itself, with this exit code.
    Exited(i32),
    /// Stopped, because it wrote more than its limit.
    Flooded,
    /// By itself, but what it started holds its outputs, where nothing can end that at once.
    LeftBehind,
    /// By this signal, which the suite did not send.
    Signalled(i32),
    /// Stopped, because its time was over.
    TimedOut,
}

impl Ending {
    /// Whether it ended by itself with exit code 0.
    pub fn is_success(self) -> bool {
        self == Self::Exited(0)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exceeded(excess) => write!(formatter, "stopped for {excess}"),
            Self::Exited(code) => write!(formatter, "exit code {code}"),
            Self::Flooded => formatter.write_str("stopped for writing too much"),
            Self::LeftBehind => formatter.write_str("ended and left a process behind that holds its output"),
            Self::Signalled(signal) => write!(formatter, "killed by signal {signal}"),
            Self::TimedOut => formatter.write_str("stopped after its time limit"),
        }
    }
}

/// What a program used more of than its [`Limits`] allow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Excess {
    /// A file grew longer than this.
    File(u64),
    /// It had more than this in memory.
    Memory(u64),
    /// It had more processes and threads than this.
    Processes(u32),
}

impl fmt::Display for Excess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(octets) => write!(formatter, "writing more than {} into one file", Octets(*octets)),
            Self::Memory(octets) => write!(formatter, "using more than {} of memory", Octets(*octets)),
            Self::Processes(count) => write!(formatter, "starting more than {count} processes"),
        }
    }
}

/// A number of octets in the greatest unit that divides it.
struct Octets(u64);

impl fmt::Display for Octets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
        match units.into_iter().find(|(shift, _)| self.0 > 0 && self.0.is_multiple_of(1 << shift)) {
            Some((shift, unit)) => write!(formatter, "{} {unit}", self.0 >> shift),
            None => write!(formatter, "{} octets", self.0),
        }
    }
}

/// Bytes that a program wrote. Shown as text, with what is not UTF-8 replaced.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Output {
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Output {
    /// The lines as text, with what is not UTF-8 replaced.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.bytes
            .split(|byte| *byte == b'\n')
            .map(|line| String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned())
            .filter(|line| !line.is_empty())
    }
}

impl fmt::Display for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(&self.bytes))
    }
}
