//! Exit codes: the one place where an end becomes a number.

use std::fmt;
use std::io;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use signpost_source::Problems;

/// How a command ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Exit {
    /// Everything came as expected.
    AsExpected,
    /// A verdict is not the expected one, or a record is not well-formed.
    Unexpected,
    /// The command line or a file is wrong.
    Usage,
    /// The lab or the subject could not start.
    NotStarted,
    /// The filters select nothing.
    NothingSelected,
    /// Somebody stopped the run before all cases were judged.
    Stopped,
}

impl Exit {
    /// The number that the process ends with.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::AsExpected => 0,
            Self::Unexpected => 1,
            Self::Usage => 2,
            Self::NotStarted => 3,
            Self::NothingSelected => 4,
            Self::Stopped => 5,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// What keeps a command from doing its work.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    hint: Option<String>,
    /// Whether the message is frames of files, which begin with their own `error`.
    is_framed: bool,
}

impl Failure {
    /// A wrong command line or file.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Usage, message: message.to_string(), hint: None, is_framed: false }
    }

    /// A file, or standard input, that cannot be read.
    pub(crate) fn unread(name: impl fmt::Display, error: &io::Error) -> Self {
        Self::usage(format_args!("failed to read {name}: {error}"))
    }

    /// Mistakes in files, shown where they are.
    pub(crate) fn frames(frames: String) -> Self {
        Self { exit: Exit::Usage, message: frames, hint: None, is_framed: true }
    }

    /// What cannot start, shown in the file that says it.
    pub(crate) fn not_started_frames(frames: String) -> Self {
        Self { exit: Exit::NotStarted, message: frames, hint: None, is_framed: true }
    }

    /// A lab or subject that does not start.
    pub(crate) fn not_started(message: impl fmt::Display) -> Self {
        Self { exit: Exit::NotStarted, message: message.to_string(), hint: None, is_framed: false }
    }

    /// A system that does not allow what a case needs, with what can be done about it.
    pub(crate) fn sandbox(error: &signpost_sandbox::Error) -> Self {
        Self { hint: error.remedy().map(str::to_owned), ..Self::not_started(error) }
    }

    /// A program that is not there and need not be.
    pub(crate) fn skipped(message: impl fmt::Display) -> Self {
        Self { exit: Exit::AsExpected, message: message.to_string(), hint: None, is_framed: false }
    }

    /// Filters that select nothing.
    pub(crate) fn nothing_selected(message: impl fmt::Display) -> Self {
        Self { exit: Exit::NothingSelected, message: message.to_string(), hint: None, is_framed: false }
    }

    /// What to do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::frames(problems.styled())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::usage(format_args!("failed to write the output: {error}"))
    }
}

impl From<&Failure> for Exit {
    fn from(failure: &Failure) -> Self {
        failure.exit
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let hint = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
        let skipped = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
        match self.exit {
            _ if self.is_framed => write!(formatter, "{}", self.message)?,
            Exit::AsExpected => write!(formatter, "{skipped}skipped{skipped:#}: {}", self.message)?,
            _ => write!(formatter, "{error}error{error:#}: {}", self.message)?,
        }
        match &self.hint {
            Some(text) => write!(formatter, "\n{hint}hint{hint:#}: {text}"),
            None => Ok(()),
        }
    }
}
