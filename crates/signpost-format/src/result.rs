//! The published results: one JSON line each for the run, every case and the summary. The only source of every view.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signpost_transcript::Observation;

use crate::{Report, Verdict};

/// Version of the results format; raised when a line's meaning changes.
pub const RESULTS_VERSION: u32 = 4;

/// One line of the results.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Line {
    /// One case, in the order in which they end.
    Case(Box<CaseResult>),
    /// First line. `cases` says how many are to come, unless the run is stopped.
    Run(RunHeader),
    /// Last line. Where there is none, the run was cut off.
    Summary(Summary),
}

/// What was run.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct RunHeader {
    /// Version of this format: 4.
    pub version: u32,
    /// Version of signpost.
    pub signpost: String,
    /// The subject's name on the command line.
    pub subject: String,
    /// What the subject says of its version.
    pub subject_version: String,
    /// Seed of every random choice of the lab.
    pub seed: u64,
    /// Number of cases selected.
    pub cases: usize,
    /// Which part of the cases, `hash:M/N`, where they are divided among several runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
}

/// One case and what came of it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct CaseResult {
    /// Permanent ID: path of the scenario and service.
    pub id: String,
    /// Title of the scenario.
    pub title: String,
    /// The verdict.
    pub verdict: Verdict,
    /// How the subject is wrong, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong: Option<Wrong>,
    /// The verdict that the subject's expectations file declares, with its reason, where it has an entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<KnownDeviation>,
    /// Whether the verdict is as expected: pass without an entry, the declared verdict with one.
    pub expected: bool,
    /// Severity of the scenario.
    pub severity: Severity,
    /// Slugs of the requirements that the scenario tests.
    pub requirements: Vec<String>,
    /// What the subject reported, of the last run of the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
    /// What was found broken, or what kept the case from being judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Everything the lab saw, where the verdict is not pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<serde_json::Value>")]
    pub transcript: Vec<Observation>,
    /// Time from the start of the lab to the end of the subject, in microseconds.
    pub duration_us: u64,
    /// How many times the subject ran: more than once where a distribution is tested.
    pub runs: u32,
    /// The command that reproduces it.
    pub reproduce: String,
}

impl CaseResult {
    /// Whether the subject is wrong in a way that puts secrets, mail or trust into an attacker's hands.
    #[must_use]
    pub fn is_dangerous(&self) -> bool {
        self.wrong.is_some_and(Wrong::is_dangerous)
    }
}

/// How a subject is wrong, for whoever relies on it. A client is wrong where it fails; a resolver where its answer is none that
/// the RFCs allow, whatever the verdict says of its extended errors.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrong {
    /// A credential or mail goes in clear, to a host that only forged data names, or to a server whose certificate the rules
    /// reject.
    Leak,
    /// A resolver calls secure what is not.
    Secure,
    /// In a way that gives nothing away.
    Other,
}

impl Wrong {
    /// The name in every format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Leak => "leak",
            Self::Secure => "secure",
            Self::Other => "other",
        }
    }

    /// Whether it puts the user's secrets, mail or trust into an attacker's hands.
    #[must_use]
    pub const fn is_dangerous(self) -> bool {
        matches!(self, Self::Leak | Self::Secure)
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// An entry of the subject's expectations file that covers a case.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct KnownDeviation {
    /// The declared verdict.
    pub verdict: Verdict,
    /// Requirements that the findings may name; none: any. Another kind of failure is news.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// How the subject is wrong, where the entry says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong: Option<Wrong>,
    /// Why.
    pub reason: String,
}

impl KnownDeviation {
    /// Whether a result is the one that is declared.
    #[must_use]
    pub fn is(&self, result: &CaseResult) -> bool {
        let is_named = |finding: &Finding| self.findings.contains(&finding.requirement);
        self.verdict == result.verdict
            && (self.findings.is_empty() || result.findings.iter().all(is_named))
            && self.wrong.is_none_or(|wrong| Some(wrong) == result.wrong)
    }
}

impl fmt::Display for KnownDeviation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.verdict)?;
        if let Some(wrong) = self.wrong {
            write!(formatter, ", {wrong}")?;
        }
        if !self.findings.is_empty() {
            write!(formatter, " for {}", self.findings.join(", "))?;
        }
        write!(formatter, " ({})", self.reason)
    }
}

/// One broken requirement, or one reason why nothing can be said.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Finding {
    /// Slug of the requirement or invariant.
    pub requirement: String,
    /// What should have been seen.
    pub expected: String,
    /// What was seen.
    pub seen: String,
    /// Sequence numbers of the observations that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<u32>,
}

/// Verdicts counted.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Summary {
    /// Number of cases that have been judged.
    pub cases: usize,
    /// Why others that were selected have not, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<Incomplete>,
    /// How many of each verdict.
    pub verdicts: BTreeMap<Verdict, usize>,
    /// The same for each area: the first folder of the scenario's path.
    pub areas: BTreeMap<String, BTreeMap<Verdict, usize>>,
    /// Cases whose verdict is not the expected one.
    pub unexpected: usize,
    /// Entries of the expectations file that no case matched or that are wrong, one message each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expectation_errors: Vec<String>,
    /// Wall time of the whole run, in microseconds.
    pub duration_us: u64,
}

/// A run that ended before its time. What it says of the cases that had ended by then holds.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Incomplete {
    /// Who ended it.
    pub because: Because,
    /// Number of cases that were selected and have no line.
    pub missing: usize,
}

/// Why a run ended before its time.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// There were as many unexpected verdicts as the user wanted to see.
    MaxFail,
    /// Lines of it are not there: it was cut off, or parts of it are elsewhere. Only `signpost report` writes so.
    Missing,
    /// Somebody stopped it, by a signal.
    Stopped,
}

impl fmt::Display for Because {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::MaxFail => "enough verdicts were unexpected",
            Self::Missing => "not all of its results are there",
            Self::Stopped => "somebody stopped it",
        })
    }
}

impl Summary {
    /// Counts cases that took this long together.
    #[must_use]
    pub fn new(results: &[CaseResult], expectation_errors: Vec<String>, duration: Duration) -> Self {
        let duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let mut summary = Self { expectation_errors, duration_us, ..Self::default() };
        results.iter().for_each(|result| summary.add(result));
        summary
    }

    fn add(&mut self, result: &CaseResult) {
        self.cases += 1;
        *self.verdicts.entry(result.verdict).or_default() += 1;
        let area = result.id.split('/').next().unwrap_or_default().to_owned();
        *self.areas.entry(area).or_default().entry(result.verdict).or_default() += 1;
        self.unexpected += usize::from(!result.expected);
    }

    /// Whether every case was judged and came as expected.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        self.unexpected == 0 && self.expectation_errors.is_empty() && self.incomplete.is_none()
    }
}

/// How bad it is to fail a scenario.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Inconvenient.
    Low,
    /// Service is lost or load is spoiled.
    Medium,
    /// Protection is weakened.
    High,
    /// Passwords or mail reach an attacker.
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_of_an_older_version_is_of_a_whole_run() {
        let text =
            r#"{"type":"summary","cases":1,"verdicts":{"pass":1},"areas":{},"unexpected":0,"duration_us":5}"#;
        let Line::Summary(summary) = serde_json::from_str(text).unwrap() else { panic!("no summary") };
        assert!(summary.is_as_expected());
        let incomplete = Some(Incomplete { because: Because::Stopped, missing: 3 });
        let cut = Summary { incomplete, ..summary };
        assert!(!cut.is_as_expected());
        let text = serde_json::to_string(&cut).unwrap();
        assert!(text.contains(r#""incomplete":{"because":"stopped","missing":3}"#), "{text}");
    }
}
