//! Processes in a case's namespace: some one after the other, some beside them, all within one deadline.

use std::future::poll_fn;
use std::path::Path;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Deserialize;
use signpost_sandbox::{Completed, Ending, Error, Invocation, Limits, Namespace, Output};
use signpost_transcript::{Event, Recorder, SubjectLine};

use crate::subject::{Environment, SubjectError};

/// The longest line of a program's output that the transcript keeps, in bytes.
const LONGEST_LINE: usize = 4096;
/// Lines of one output that the transcript keeps: a program that writes more has nothing to say with them.
const MOST_LINES: usize = 200;
/// How long a program may take to tell its version.
const VERSION_LIMIT: Duration = Duration::from_secs(10);
/// Octets of its output in which its version is looked for.
const MOST_OF_A_VERSION: usize = 64 << 10;

/// The first line that a program prints when it is asked for its version.
pub(super) fn version_of(path: &Path, arguments: &[String]) -> Option<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let limits = Limits { output: MOST_OF_A_VERSION, ..Limits::default() };
    let invocation = Invocation::new(path).arguments(arguments).limits(limits).without_rights();
    let Completed { stdout, stderr, .. } = runtime
        .block_on(async { signpost_sandbox::start(invocation).ok()?.wait(VERSION_LIMIT).await.ok() })?;
    // Some say it on standard error, and some say more than anybody wants to hear.
    stdout.lines().chain(stderr.lines()).map(|line| line.trim().to_owned()).find(|line| !line.is_empty())
}

/// One use of programs by their user: several runs, one after the other, within one deadline.
pub(super) struct Processes<'a> {
    namespace: &'a Namespace,
    recorder: &'a Recorder,
    limits: Limits,
    deadline: Instant,
    limit: Duration,
    /// Those that stay, until this is dropped.
    beside: Vec<Staying>,
}

/// A program that stays, until it ends nevertheless.
type Staying = Pin<Box<dyn Future<Output = Result<Completed, Error>>>>;

/// One that stays is not stopped by the deadline of a step, but by the end of all.
const STAYING: Duration = Duration::from_secs(24 * 60 * 60);

impl<'a> Processes<'a> {
    pub(super) fn start(environment: Environment<'a>, limit: Duration) -> Result<Self, SubjectError> {
        let namespace = environment.namespace.ok_or_else(|| {
            SubjectError::NotStarted("an unmodified program runs in a namespace only".to_owned())
        })?;
        namespace.renew_home().map_err(not_started)?;
        let deadline = Instant::now() + limit;
        let Environment { recorder, limits, .. } = environment;
        Ok(Self { namespace, recorder, limits, deadline, limit, beside: Vec::new() })
    }

    /// Begins the time of another step.
    pub(super) fn allow(&mut self, limit: Duration) {
        self.deadline = Instant::now() + limit;
        self.limit = limit;
    }

    /// The programs' home.
    pub(super) fn home(&self) -> &Path {
        self.namespace.home()
    }

    /// Saves a file in the programs' home, readable by their user alone.
    pub(super) fn save(&self, name: &str, contents: &str) -> Result<(), SubjectError> {
        if let Some(folder) = Path::new(name).parent() {
            std::fs::create_dir_all(self.home().join(folder)).map_err(not_started)?;
        }
        self.namespace.save(name, contents).map(drop).map_err(not_started)
    }

    /// Runs a program once, for a while of its own where it has one. What it writes goes into the transcript; only an
    /// end of its own is an end. `None`: its while was over, and it was stopped.
    pub(super) async fn run(
        &mut self,
        invocation: Invocation,
        limit: Option<Duration>,
    ) -> Result<Option<Run>, SubjectError> {
        let program = self.namespace.spawn(invocation.limits(self.limits)).map_err(not_started)?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        let limit = limit.filter(|limit| *limit < left);
        let completed = self.beside(program.wait(limit.unwrap_or(left))).await?;
        let completed = completed.map_err(|error| SubjectError::Crashed(error.to_string()))?;
        record(self.recorder, &completed);
        match completed.ending {
            Ending::Exited(code) => {
                Ok(Some(Run::new(code, &completed.stdout.to_string(), &completed.stderr.to_string())))
            }
            Ending::TimedOut if limit.is_some() => Ok(None),
            Ending::TimedOut => Err(SubjectError::TimedOut(self.limit)),
            ending => Err(SubjectError::Crashed(ending.to_string())),
        }
    }

    /// Starts a program that stays.
    pub(super) fn stay(&mut self, invocation: Invocation) -> Result<(), SubjectError> {
        let program = self.namespace.spawn(invocation.limits(self.limits)).map_err(not_started)?;
        self.beside.push(Box::pin(program.wait(STAYING)));
        Ok(())
    }

    /// Does something while those that stay do. One that ends has crashed.
    pub(super) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> Result<T, SubjectError> {
        let (beside, recorder) = (&mut self.beside, self.recorder);
        let ended = poll_fn(|context| {
            let ended = beside.iter_mut().map(|program| program.as_mut().poll(context));
            ended.into_iter().find(Poll::is_ready).unwrap_or(Poll::Pending)
        });
        tokio::select! {
            done = work => Ok(done),
            completed = ended => {
                let completed = completed.map_err(|error| SubjectError::Crashed(error.to_string()))?;
                record(recorder, &completed);
                Err(SubjectError::Crashed(completed.ending.to_string()))
            }
        }
    }
}

fn not_started(error: impl std::fmt::Display) -> SubjectError {
    SubjectError::NotStarted(error.to_string())
}

fn record(recorder: &Recorder, completed: &Completed) {
    let record = |line: SubjectLine, output: &Output| {
        for mut text in output.lines().take(MOST_LINES) {
            text.truncate(text.floor_char_boundary(LONGEST_LINE));
            recorder.record(Event::Subject { line, text });
        }
    };
    record(SubjectLine::Stdout, &completed.stdout);
    record(SubjectLine::Stderr, &completed.stderr);
}

/// One run of a program that ended by itself.
pub(super) struct Run {
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) output: String,
}

impl Run {
    pub(super) fn new(code: i32, stdout: &str, stderr: &str) -> Self {
        let output = format!("{stdout}{stderr}");
        Self { code, stdout: stdout.to_owned(), stderr: stderr.to_owned(), output }
    }

    pub(super) fn text(&self, stream: Stream) -> &str {
        match stream {
            Stream::Output => &self.output,
            Stream::Stderr => &self.stderr,
            Stream::Stdout => &self.stdout,
        }
    }

    /// Why it did not do what it was asked to do: the first line of its complaint, and its exit code.
    pub(super) fn complaint(&self) -> String {
        let code = Ending::Exited(self.code);
        match self.stderr.lines().find(|line| !line.is_empty()) {
            Some(line) => format!("{line} ({code})"),
            None => code.to_string(),
        }
    }
}

/// What is searched.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Stream {
    /// Standard output, and standard error behind it.
    Output,
    /// Standard error.
    Stderr,
    /// Standard output.
    #[default]
    Stdout,
}
