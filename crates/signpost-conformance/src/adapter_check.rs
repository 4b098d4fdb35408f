//! Whether a program is an adapter: speaks as the format says, and tells an honest world from a broken one.
//!
//! It is run in cases of the suite and judged there as ever. Only what the judge has no use for is listened to besides: the
//! end of its line, and what it tells whoever reads its log.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use signpost_format::{
    ADAPTER_CHECK_VERSION, AdapterCheck, Assignment, CaseResult, Grade, Profile, Remark, Report, Role,
    Verdict,
};

use crate::judge::gives_away;
use crate::runner::{Options, run_case};
use crate::subject::{Environment, External, Isolation, Said, Subject, SubjectError};
use crate::suite::Suite;

/// What is asked for, the case in which all is well, and those in which something is broken.
const OCCASIONS: [(&str, &str, &[&str]); 5] = [
    (
        "submission",
        "honest/two-servers[submission]",
        &["pin/self-signed[submission]", "downgrade/starttls-unanswered[submission]"],
    ),
    ("POP3", "honest/two-servers[pop3]", &["pin/self-signed[pop3]", "downgrade/starttls-unanswered[pop3]"]),
    ("IMAP", "honest/two-servers[imap]", &["pin/self-signed[imap]", "downgrade/starttls-unanswered[imap]"]),
    ("a resolver's work", "honest/resolver-address[dns]", &["resolver/signature-broken-address[dns]"]),
    ("a relay's work", "honest/exchanges[mx]", &["relay/expired[mx]"]),
];

/// Holds an adapter against the built-in suite, in every role and service that there is.
///
/// # Errors
///
/// It, or the lab, could not be started.
pub fn check(suite: &Suite, adapter: &External, options: Options) -> Result<AdapterCheck, String> {
    let mut runs = Vec::new();
    let mut of_roles = Vec::new();
    let mut is_able = false;
    for (what, honest, broken) in OCCASIONS {
        let run = Run::of(suite, what, honest, adapter, options)?;
        of_roles.extend(run.remark_on_honesty());
        let (can, is_late) = (run.is_able(), run.is_late());
        runs.push(run);
        is_able |= can;
        for id in broken.iter().filter(|_| can) {
            let run = Run::of(suite, what, id, adapter, options)?;
            of_roles.push(run.remark_on_fault());
            runs.push(run);
        }
        // One that is waited for in vain where all is well is not waited for again.
        if is_late {
            break;
        }
    }
    let mut remarks: Vec<Remark> = Habit::ALL.iter().map(|habit| habit.remark(&runs)).collect();
    remarks.extend(of_roles);
    if !is_able {
        remarks.push(Remark {
            about: "does at least one of these".to_owned(),
            grade: Grade::Bad,
            seen: Some("in no honest world did it do what it was asked".to_owned()),
            remedy: Some("begin with one service, as docs/tutorial.md does".to_owned()),
            case: None,
        });
    }
    let is_good = remarks.iter().all(|remark| remark.grade != Grade::Bad);
    let adapter = adapter.name().trim_start_matches("cmd:").to_owned();
    Ok(AdapterCheck { version: ADAPTER_CHECK_VERSION, adapter, is_good, remarks })
}

/// What an adapter does alike in every case.
#[derive(Clone, Copy)]
enum Habit {
    EndsByItself,
    WritesOneReport,
    EndsItsLine,
    KeepsThePassword,
}

impl Habit {
    const ALL: [Self; 4] =
        [Self::EndsByItself, Self::WritesOneReport, Self::EndsItsLine, Self::KeepsThePassword];

    const fn about(self) -> &'static str {
        match self {
            Self::EndsByItself => "ends by itself, in time and with exit code 0",
            Self::WritesOneReport => "writes one report to standard output, and nothing else",
            Self::EndsItsLine => "ends the line of its report",
            Self::KeepsThePassword => "writes the password into no log and no report",
        }
    }

    /// What was seen of it in all runs: the first that is not as it has to be, or that there is none.
    fn remark(self, runs: &[Run]) -> Remark {
        let about = self.about().to_owned();
        match runs.iter().find_map(|run| self.trouble(run).map(|trouble| (run, trouble))) {
            Some((run, (grade, seen, remedy))) => Remark {
                about,
                grade,
                seen: Some(seen),
                remedy: Some(remedy),
                case: Some(run.result.id.clone()),
            },
            None => Remark {
                about,
                grade: Grade::Good,
                seen: Some(format!("in {} runs", runs.len())),
                remedy: None,
                case: None,
            },
        }
    }

    fn trouble(self, run: &Run) -> Option<(Grade, String, String)> {
        let bad = |seen: String, remedy: &str| Some((Grade::Bad, seen, remedy.to_owned()));
        match (self, &run.heard.ended) {
            (Self::EndsByItself, None) => bad(
                first_seen(&run.result),
                "do not read on after the first line, let every wait end well before `deadline_ms`, and exit",
            ),
            (Self::EndsByItself, Some(Err(SubjectError::Crashed(how)))) => bad(
                format!("asked for {}: {how}", run.what),
                "report what happened, or `unsupported` for a role or service that it does not have, and exit with code 0",
            ),
            (Self::WritesOneReport, Some(Err(SubjectError::Garbage(what)))) => {
                bad(format!("asked for {}: {what}", run.what), run.remedy_of_garbage())
            }
            (Self::EndsItsLine, Some(Ok(_))) if !run.ends_its_line() => Some((
                Grade::Odd,
                "nothing behind the report".to_owned(),
                "write `\\n` behind it: what reads lines waits for one".to_owned(),
            )),
            (Self::KeepsThePassword, _) => run.told_password().and_then(|stream| {
                bad(
                    format!("it stands in {stream}"),
                    "turn off the debug output of what speaks to servers: transcripts of tests are passed on",
                )
            }),
            _ => None,
        }
    }
}

/// One case with the adapter, and what it said in it.
struct Run {
    what: &'static str,
    result: CaseResult,
    heard: Heard,
}

/// What was heard of an adapter in a case.
#[derive(Default)]
struct Heard {
    role: Option<Role>,
    /// The user's password and address, where it was told them.
    secret: Option<(String, String)>,
    said: Option<Said>,
    /// Nothing: it was stopped, because its time was over.
    ended: Option<Result<Report, SubjectError>>,
}

impl Run {
    fn of(
        suite: &Suite,
        what: &'static str,
        id: &str,
        adapter: &External,
        options: Options,
    ) -> Result<Self, String> {
        let case = suite.case(id).ok_or_else(|| format!("the suite has no case `{id}`"))?;
        let listener = Listener { adapter, heard: Mutex::default() };
        let result = run_case(case, &listener, options);
        let heard = listener.heard.into_inner().unwrap_or_else(PoisonError::into_inner);
        match (&heard.ended, heard.role) {
            (Some(Err(SubjectError::NotStarted(why))), _) => Err(why.clone()),
            // Nobody was started, because there was no lab.
            (_, None) => Err(first_seen(&result)),
            _ => Ok(Self { what, result, heard }),
        }
    }

    fn is_able(&self) -> bool {
        self.result.verdict == Verdict::Pass
    }

    fn ends_its_line(&self) -> bool {
        self.heard.said.as_ref().is_none_or(|said| said.stdout.ends_with(b"\n"))
    }

    fn is_late(&self) -> bool {
        self.heard.ended.is_none()
    }

    /// What it makes of a world in which nothing is broken; nothing where it gave no report, which its habits tell.
    fn remark_on_honesty(&self) -> Option<Remark> {
        let Self { what, result, heard } = self;
        let Some(Ok(report)) = &heard.ended else { return None };
        let about = format!("does {what} in an honest world, or says that it is unsupported");
        Some(match (result.verdict, report.unsupported_reason()) {
            (_, Some(reason)) if reason.trim().is_empty() => {
                let remedy = "say what is missing: people are shown the reason";
                self.bad(about, "unsupported without a reason", remedy)
            }
            (_, Some(reason)) => self.good(about, &format!("unsupported: {reason}")),
            (Verdict::Pass, None) => self.good(about, "done"),
            (_, None) => {
                let remedy = format!(
                    "if it is meant to do this, `{}` shows what the servers saw; if not, report `unsupported`",
                    self.reproduce()
                );
                self.bad(about, &first_seen(result), &remedy)
            }
        })
    }

    /// What it makes of a world in which something is broken.
    fn remark_on_fault(&self) -> Remark {
        let Self { what, result, .. } = self;
        let about = format!("tells a broken world from an honest one for {what}: {}", result.title);
        match result.verdict {
            Verdict::Pass | Verdict::Weak => self.good(about, "it stopped, and rightly"),
            Verdict::Unsupported => self.good(about, "unsupported"),
            _ => {
                self.bad(about, &first_seen(result), &format!("`{}` shows the transcript", self.reproduce()))
            }
        }
    }

    fn reproduce(&self) -> String {
        let profile = match self.heard.role {
            Some(Role::Relay) => " --profile mail-transfer",
            Some(Role::Resolve) => " --profile dnssec",
            Some(Role::SetUp) | None => "",
        };
        format!("{}{profile}", self.result.reproduce)
    }

    fn good(&self, about: String, seen: &str) -> Remark {
        let case = Some(self.result.id.clone());
        Remark { about, grade: Grade::Good, seen: Some(seen.to_owned()), remedy: None, case }
    }

    fn bad(&self, about: String, seen: &str, remedy: &str) -> Remark {
        let case = Some(self.result.id.clone());
        Remark {
            about,
            grade: Grade::Bad,
            seen: Some(seen.to_owned()),
            remedy: Some(remedy.to_owned()),
            case,
        }
    }

    /// What to do about a standard output that is no report.
    fn remedy_of_garbage(&self) -> &'static str {
        let stdout = self.heard.said.as_ref().map_or(&[][..], |said| &said.stdout);
        let text = String::from_utf8_lossy(stdout);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let is_json = |line: &&str| serde_json::from_str::<serde_json::Value>(line).is_ok();
        match (lines.len(), lines.iter().copied().filter(|line| is_json(line)).count()) {
            (0, _) => "write one line of JSON to standard output before it exits, and flush it",
            (2.., 2..) => "write one report for a run, when everything else is done, on a line of its own",
            (2.., 1) => "write whatever is no report to standard error: it is shown in the transcript",
            (1, 1) => "write the keys and values of docs/adapters.md",
            _ => "write the report as one line of JSON, by a JSON library, and all else to standard error",
        }
    }

    /// Where it wrote the password, if it did.
    fn told_password(&self) -> Option<&'static str> {
        let (Some((password, user)), Some(said)) = (&self.heard.secret, &self.heard.said) else {
            return None;
        };
        let tells = |log: &[u8]| gives_away(password, user, log);
        match (tells(&said.stdout), tells(&said.stderr)) {
            (true, _) => Some("standard output"),
            (_, true) => Some("standard error"),
            _ => None,
        }
    }
}

fn first_seen(result: &CaseResult) -> String {
    result
        .findings
        .first()
        .map_or_else(String::new, |finding| format!("expected {}, seen {}", finding.expected, finding.seen))
}

/// The adapter, with somebody who hears what it says.
struct Listener<'a> {
    adapter: &'a External,
    heard: Mutex<Heard>,
}

impl Listener<'_> {
    fn hear(&self, note: impl FnOnce(&mut Heard)) {
        note(&mut self.heard.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[async_trait(?Send)]
impl Subject for Listener<'_> {
    fn name(&self) -> &str {
        self.adapter.name()
    }

    fn version(&self) -> &str {
        self.adapter.version()
    }

    fn profiles(&self) -> &[Profile] {
        self.adapter.profiles()
    }

    fn roles(&self) -> &[Role] {
        self.adapter.roles()
    }

    fn isolation(&self) -> Isolation {
        self.adapter.isolation()
    }

    async fn run(
        &self,
        assignment: &Assignment,
        environment: Environment<'_>,
    ) -> Result<Report, SubjectError> {
        self.hear(|heard| {
            heard.role = Some(assignment.role());
            if let Assignment::SetUp(told) = assignment {
                heard.secret = Some((told.password.clone(), told.address.clone()));
            }
        });
        let said = self.adapter.exchange(assignment, environment).await;
        let report = |said: &Said| said.report(assignment.role(), environment.limits);
        let ended = said.as_ref().map_err(Clone::clone).and_then(report);
        self.hear(|heard| {
            heard.ended = Some(ended.clone());
            heard.said = said.ok();
        });
        ended
    }
}
