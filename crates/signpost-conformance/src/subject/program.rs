//! Unmodified programs as subjects: installed on this system, run in the case's namespace, used as a user would.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use signpost_sandbox::{Completed, Ending, Invocation, Namespace, Output, find_program};
use signpost_transcript::{Event, Recorder, SubjectLine};

use super::{Environment, SubjectError};

/// The longest line of a program's output that the transcript keeps, in bytes.
const LONGEST_LINE: usize = 4096;
/// Lines of one output that the transcript keeps: a program that writes more has nothing to say with them.
const MOST_LINES: usize = 200;
/// How long a program may take to tell its version.
const VERSION_LIMIT: Duration = Duration::from_secs(10);

/// A program found on this system.
#[derive(Clone, Debug)]
pub(super) struct Installed {
    path: PathBuf,
    version: String,
}

impl Installed {
    /// Looks for the program and asks it for its version with this argument.
    pub(super) fn find(program: &str, argument: &str) -> Option<Self> {
        let path = find_program(program).ok()?;
        let version = version_of(&path, argument).unwrap_or_else(|| "unknown".to_owned());
        Some(Self { path, version })
    }

    /// Leaves out what stands before this word in the version.
    pub(super) fn without_text_before(mut self, word: &str) -> Self {
        if let Some(start) = self.version.find(word) {
            self.version.drain(..start);
        }
        self
    }

    /// The first line that it prints when asked for its version.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    pub(super) fn invocation(&self) -> Invocation {
        Invocation::new(&self.path)
    }
}

fn version_of(path: &Path, argument: &str) -> Option<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let output = runtime.block_on(async {
        let asked =
            tokio::process::Command::new(path).arg(argument).stdin(Stdio::null()).kill_on_drop(true).output();
        tokio::time::timeout(VERSION_LIMIT, asked).await.ok()?.ok()
    })?;
    // Some say it on standard error.
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    text.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

/// One use of a program by its user: several runs, one after the other, within one deadline.
pub(super) struct Session<'a> {
    namespace: &'a Namespace,
    recorder: &'a Recorder,
    deadline: Instant,
    limit: Duration,
}

impl<'a> Session<'a> {
    pub(super) fn start(environment: Environment<'a>, limit: Duration) -> Result<Self, SubjectError> {
        let namespace = environment.namespace.ok_or_else(|| {
            SubjectError::NotStarted("an unmodified program runs in a namespace only".to_owned())
        })?;
        namespace.renew_home().map_err(|error| SubjectError::NotStarted(error.to_string()))?;
        Ok(Self { namespace, recorder: environment.recorder, deadline: Instant::now() + limit, limit })
    }

    /// Saves a file in the program's home, readable by its user alone.
    pub(super) fn save(&self, name: &str, contents: &str) -> Result<PathBuf, SubjectError> {
        self.namespace.save(name, contents).map_err(|error| SubjectError::NotStarted(error.to_string()))
    }

    /// Runs the program once. What it writes goes into the transcript; only an end of its own is an end.
    pub(super) async fn run(&self, invocation: Invocation) -> Result<Run, SubjectError> {
        self.run_for(invocation, self.limit).await?.ok_or(SubjectError::TimedOut(self.limit))
    }

    /// Runs the program once, for a while. `None`: it had not come to an end and was stopped.
    pub(super) async fn run_for(
        &self,
        invocation: Invocation,
        limit: Duration,
    ) -> Result<Option<Run>, SubjectError> {
        let program =
            self.namespace.spawn(invocation).map_err(|error| SubjectError::NotStarted(error.to_string()))?;
        let left = self.deadline.saturating_duration_since(Instant::now()).min(limit);
        let completed = program.wait(left).await.map_err(|error| SubjectError::Crashed(error.to_string()))?;
        self.record(SubjectLine::Stdout, &completed.stdout);
        self.record(SubjectLine::Stderr, &completed.stderr);
        match completed.ending {
            Ending::Exited(code) => Ok(Some(Run { code, completed })),
            Ending::TimedOut => Ok(None),
            ending @ (Ending::Flooded | Ending::Signalled(_)) => {
                Err(SubjectError::Crashed(ending.to_string()))
            }
        }
    }

    /// Runs a program that serves until `work` is done. One that ends before has crashed.
    pub(super) async fn run_beside<T>(
        &self,
        invocation: Invocation,
        work: impl Future<Output = T>,
    ) -> Result<T, SubjectError> {
        let program =
            self.namespace.spawn(invocation).map_err(|error| SubjectError::NotStarted(error.to_string()))?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        tokio::select! {
            done = work => Ok(done),
            completed = program.wait(left) => {
                let completed = completed.map_err(|error| SubjectError::Crashed(error.to_string()))?;
                self.record(SubjectLine::Stdout, &completed.stdout);
                self.record(SubjectLine::Stderr, &completed.stderr);
                match completed.ending {
                    Ending::TimedOut => Err(SubjectError::TimedOut(self.limit)),
                    ending => Err(SubjectError::Crashed(ending.to_string())),
                }
            }
        }
    }

    /// The program's home.
    pub(super) fn home(&self) -> &Path {
        self.namespace.home()
    }

    fn record(&self, line: SubjectLine, output: &Output) {
        for mut text in output.lines().take(MOST_LINES) {
            text.truncate(text.floor_char_boundary(LONGEST_LINE));
            self.recorder.record(Event::Subject { line, text });
        }
    }
}

/// One run of a program that ended by itself.
pub(super) struct Run {
    code: i32,
    completed: Completed,
}

impl Run {
    /// Whether it said that it did what it was asked to do.
    pub(super) fn succeeded(&self) -> bool {
        self.code == 0
    }

    /// All that it wrote.
    pub(super) fn output(&self) -> String {
        format!("{}{}", self.completed.stdout, self.completed.stderr)
    }

    pub(super) fn stdout(&self) -> String {
        self.completed.stdout.to_string()
    }

    /// Why it did not: its exit code, and the first line of its complaint.
    pub(super) fn complaint(&self) -> String {
        let code = self.completed.ending;
        match self.completed.stderr.lines().next() {
            Some(line) => format!("{line} ({code})"),
            None => code.to_string(),
        }
    }
}
