//! An adapter for somebody else's client: a program that reads one assignment and writes one report, both as JSON.

use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use signpost_format::set_up::Stance;
use signpost_format::{Assignment, Profile, Report, Role};
use signpost_transcript::{Event, Recorder, SubjectLine};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use super::{Environment, Isolation, Subject, SubjectError};

/// Octets that are kept of each of the program's outputs; one that writes more has lost its case.
const MOST_OUTPUT: u64 = 1 << 20;
/// Octets of a line that the transcript keeps.
const LONGEST_LINE: usize = 4096;
/// How long its outputs may stay open once it has ended: what it started may hold them.
const DRAINING: Duration = Duration::from_secs(1);

/// A program with its arguments, started anew for every run.
///
/// It gets the [`Assignment`] as one line of JSON on standard input, and writes the [`Report`] as one line of JSON to
/// standard output before it exits with code 0. What it writes to standard error goes into the transcript.
#[derive(Clone, Debug)]
pub struct External {
    name: String,
    words: Vec<String>,
    profile: Profile,
}

impl External {
    /// A program and its arguments, separated by spaces, and the rules that it claims to follow.
    #[must_use]
    pub fn new(command: &str, profile: Profile) -> Self {
        let words = command.split_whitespace().map(str::to_owned).collect();
        Self { name: format!("cmd:{command}"), words, profile }
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
        Isolation::Loopback
    }

    fn stance(&self) -> Stance {
        Stance::Verified
    }

    async fn run(
        &self,
        assignment: &Assignment,
        environment: Environment<'_>,
    ) -> Result<Report, SubjectError> {
        let not_started = |error: &dyn std::fmt::Display| SubjectError::NotStarted(error.to_string());
        let (program, arguments) =
            self.words.split_first().ok_or_else(|| not_started(&"no program is named"))?;
        let mut line = serde_json::to_vec(assignment).map_err(|error| not_started(&error))?;
        line.push(b'\n');
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .process_group(0)
            .spawn()
            .map_err(|error| super::not_started(program, &error))?;
        let _family = Family::of(&child);
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let give = async {
            if let Some(mut stdin) = stdin {
                // A program that does not read its assignment shows in its report.
                let _ = stdin.write_all(&line).await;
            }
        };
        let (ended, has_ended) = tokio::sync::oneshot::channel();
        let exit = async {
            let status = child.wait().await;
            // The other side is gone only when the outputs are read to their ends.
            let _ = ended.send(());
            status
        };
        // The pipes close when the program ends, unless something that it started keeps them.
        let limit = async {
            let _ = has_ended.await;
            #[expect(clippy::disallowed_methods, reason = "this is a time limit")]
            tokio::time::sleep(DRAINING).await;
        };
        let outputs = async {
            tokio::select! {
                ((), output, errors) = async { tokio::join!(give, read(stdout), read(stderr)) } => Some((output, errors)),
                () = limit => None,
            }
        };
        let (status, outputs) = tokio::join!(exit, outputs);
        let status = status.map_err(|error| SubjectError::Crashed(error.to_string()))?;
        let Some((output, errors)) = outputs else {
            return Err(SubjectError::Crashed(
                "it ended and left a process behind that holds its output".to_owned(),
            ));
        };
        record(environment.recorder, SubjectLine::Stdout, &output);
        record(environment.recorder, SubjectLine::Stderr, &errors);
        for (text, stream) in [(&output, "standard output"), (&errors, "standard error")] {
            if text.len() as u64 >= MOST_OUTPUT {
                return Err(SubjectError::Crashed(format!("it flooded its {stream}")));
            }
        }
        if !status.success() {
            return Err(SubjectError::Crashed(status.to_string()));
        }
        read_report(assignment.role(), &output)
    }
}

/// The program and whatever it started and left behind, which ends with its run: nothing of one case goes on in the
/// next, or after the last observation.
struct Family(Option<Pid>);

impl Family {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw))
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // There is nobody left, most likely.
            let _ = killpg(group, Signal::SIGKILL);
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
    Report::from_json(role, line).map_err(|error| {
        SubjectError::Garbage(format!(
            "column {}: {error}; see docs/adapters.md for the format",
            error.column()
        ))
    })
}

async fn read(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        // What could be read before an error is what there is.
        let _ = stream.take(MOST_OUTPUT).read_to_end(&mut bytes).await;
    }
    bytes
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
