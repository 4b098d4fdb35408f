//! An adapter for somebody else's client: a program that reads one assignment and writes one report, both as JSON.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Once;
use std::time::Duration;

use async_trait::async_trait;
use signpost_format::set_up::Stance;
use signpost_format::{Assignment, Misreport, Profile, Report, Role};
use signpost_sandbox::{Completed, Ending, Invocation, Limits};
use signpost_source::Problem;
use signpost_transcript::{Event, Recorder, SubjectLine};

use super::{Environment, Isolation, Subject, SubjectError};

/// Octets of a line that the transcript keeps.
const LONGEST_LINE: usize = 4096;
/// Octets of the last line of standard error that a crash is told with.
const LONGEST_LAST_LINE: usize = 200;
/// The runner stops it at its deadline, which is before this.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// That adapters have no network of their own is said once.
static SAID: Once = Once::new();

/// A program with its arguments, started anew for every run.
///
/// It gets the [`Assignment`] as one line of JSON on standard input, and writes the [`Report`] as one line of JSON to
/// standard output before it exits with code 0. What it writes to standard error goes into the transcript.
#[derive(Clone, Debug)]
pub struct External {
    name: String,
    words: Vec<String>,
    profile: Profile,
    isolation: Isolation,
}

impl External {
    /// A program and its arguments, separated by spaces, and the rules that it claims to follow.
    ///
    /// It runs in a network of its own where [`signpost_sandbox::prepare`] has succeeded, and else on this machine's loopback.
    #[must_use]
    pub fn new(command: &str, profile: Profile) -> Self {
        let words = command.split_whitespace().map(str::to_owned).collect();
        if let Err(error) = signpost_sandbox::granted() {
            SAID.call_once(|| eprintln!("warning: adapters share this machine's loopback: {error}"));
        }
        Self { name: format!("cmd:{command}"), words, profile, isolation: Isolation::granted() }
    }

    /// Lets it run on this machine's loopback, where it finds what else listens there.
    #[must_use]
    pub fn on_loopback(self) -> Self {
        Self { isolation: Isolation::Loopback, ..self }
    }
}

#[async_trait(?Send)]
impl Subject for External {
    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> &str {
        "external program"
    }

    fn profiles(&self) -> &[Profile] {
        std::slice::from_ref(&self.profile)
    }

    fn roles(&self) -> &[Role] {
        &Role::ALL
    }

    fn isolation(&self) -> Isolation {
        self.isolation
    }

    fn stance(&self) -> Stance {
        Stance::Verified
    }

    async fn run(
        &self,
        assignment: &Assignment,
        environment: Environment<'_>,
    ) -> Result<Report, SubjectError> {
        let said = self.exchange(assignment, environment).await?;
        said.report(assignment.role(), environment.limits)
    }
}

impl External {
    /// Starts it, gives it its assignment, and waits until it ends.
    ///
    /// # Errors
    ///
    /// It could not be started.
    pub(crate) async fn exchange(
        &self,
        assignment: &Assignment,
        environment: Environment<'_>,
    ) -> Result<Said, SubjectError> {
        let not_started = |error: &dyn std::fmt::Display| SubjectError::NotStarted(error.to_string());
        let (program, arguments) =
            self.words.split_first().ok_or_else(|| not_started(&"no program is named"))?;
        let mut line = serde_json::to_vec(assignment).map_err(|error| not_started(&error))?;
        line.push(b'\n');
        let invocation = Invocation::new(program).arguments(arguments).input(line).limits(environment.limits);
        let program = signpost_sandbox::start(invocation).map_err(|error| not_started(&error))?;
        let Completed { ending, stdout, stderr, .. } =
            program.wait(LONGEST).await.map_err(|error| not_started(&error))?;
        record(environment.recorder, SubjectLine::Stdout, &stdout.bytes);
        record(environment.recorder, SubjectLine::Stderr, &stderr.bytes);
        Ok(Said { ending, stdout: stdout.bytes, stderr: stderr.bytes })
    }
}

/// What an adapter wrote until it ended, and how that was.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    ending: Ending,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Said {
    /// What it reported in this role.
    ///
    /// # Errors
    ///
    /// It did not end as it should, or what it wrote is no report.
    pub(crate) fn report(&self, role: Role, limits: Limits) -> Result<Report, SubjectError> {
        let Self { ending, stdout, stderr } = self;
        let crashed = |text: String| Err(SubjectError::Crashed(text));
        match *ending {
            Ending::Exited(0) => read_report(role, stdout),
            Ending::Exited(code) => crashed(with_last_words(ExitStatus::from_raw(code << 8), stderr)),
            Ending::Flooded => {
                let is_full = stdout.len() == limits.output;
                let stream = if is_full { "standard output" } else { "standard error" };
                crashed(format!("it flooded its {stream}"))
            }
            Ending::Signalled(signal) => crashed(with_last_words(ExitStatus::from_raw(signal), stderr)),
            Ending::LeftBehind => crashed(format!("it {ending}")),
            ending => crashed(format!("it was {ending}")),
        }
    }
}

/// The one line of standard output that is not empty.
fn read_report(role: Role, output: &[u8]) -> Result<Report, SubjectError> {
    let text = std::str::from_utf8(output).map_err(|error| SubjectError::Garbage(error.to_string()))?;
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let (Some(line), None) = (lines.next(), lines.next()) else {
        let count = text.lines().filter(|line| !line.trim().is_empty()).count();
        return Err(SubjectError::Garbage(format!(
            "expected one line of JSON on standard output, seen {count}"
        )));
    };
    Report::from_json(role, line).map_err(|mistake| {
        SubjectError::Garbage(format!("{}; see docs/adapters.md for the format", in_words(&mistake)))
    })
}

/// Where the mistake is, what should stand there, and what stands there.
fn in_words(Misreport { path, message }: &Misreport) -> String {
    let Problem { message, help, .. } = Problem::of_serde(message);
    let message = match message.strip_prefix("invalid ").and_then(|other| other.split_once(": ")) {
        Some((_, other)) => match other.split_once(", expected ") {
            Some((seen, expected)) => format!("expected {}, seen {seen}", what(expected)),
            None => message,
        },
        None => message,
    };
    let place = if path.is_empty() { String::new() } else { format!("{path}: ") };
    // What to write is said for files of TOML, where it has another form.
    let help = help.filter(|help| !help.starts_with("add "));
    let help = help.map_or_else(String::new, |help| format!("; {help}"));
    format!("{place}{message}{help}")
}

/// A type of Rust in the words of JSON.
fn what(expected: &str) -> &str {
    match expected {
        "u16" => "a number from 0 to 65535",
        "u32" => "a number from 0 to 4294967295",
        other => other,
    }
}

/// How a program ended, with what it said last.
fn with_last_words(status: ExitStatus, errors: &[u8]) -> String {
    let errors = String::from_utf8_lossy(errors);
    match errors.lines().map(str::trim).rfind(|line| !line.is_empty()) {
        Some(last) => format!("{status}; it said: {}", &last[..last.floor_char_boundary(LONGEST_LAST_LINE)]),
        None => status.to_string(),
    }
}

fn record(recorder: &Recorder, line: SubjectLine, output: &[u8]) {
    for text in String::from_utf8_lossy(output).lines().take(200) {
        let end = text.floor_char_boundary(LONGEST_LINE);
        recorder.record(Event::Subject { line, text: text[..end].to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use signpost_format::set_up;

    use super::*;

    #[test]
    fn a_mistake_names_its_place_and_what_was_meant() {
        for (text, words) in [
            (
                r#"{"outcome":"configured","endpoint":{"host":"a","port":"587","security":"tls"}}"#,
                r#"endpoint.port: expected a number from 0 to 65535, seen string "587""#,
            ),
            (
                r#"{"outcome":"configured","endpoint":{"host":"a","port":1,"security":"startls"}}"#,
                "endpoint.security: unknown value `startls`; did you mean `starttls`?",
            ),
            (
                r#"{"outcome":"refused","raeson":"pin-mismatch"}"#,
                "raeson: unknown key `raeson`; did you mean `reason`?",
            ),
            (r#"{"outcome":"refuse"}"#, "outcome: unknown value `refuse`; did you mean `refused`?"),
            (r#"{"outcome":"configured"}"#, "`endpoint` is missing"),
        ] {
            let error = read_report(Role::SetUp, text.as_bytes()).unwrap_err().to_string();
            let expected = format!(
                "the subject's report is not understood: {words}; see docs/adapters.md for the format"
            );
            assert_eq!(error, expected, "{text}");
        }
    }

    #[test]
    fn one_line_is_a_report_and_anything_else_is_garbage() {
        assert!(matches!(
            read_report(Role::SetUp, b"\n{\"outcome\":\"refused\",\"reason\":\"pin-mismatch\"}\n"),
            Ok(Report::SetUp(set_up::Report::Refused { .. }))
        ));
        for garbage in [&b""[..], b"ok", b"{}\n{}", b"\xff", b"{\"outcome\":\"refused\",\"x\":1}"] {
            assert!(
                matches!(read_report(Role::SetUp, garbage), Err(SubjectError::Garbage(_))),
                "{garbage:?}"
            );
        }
    }
}
