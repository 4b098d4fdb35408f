//! What became of one subject: the one model that every view reads, whether a run has just ended or was read from files.

use std::collections::BTreeMap;

use signpost_conformance::ground_rule::GroundRule;
use signpost_format::{CaseResult, Incomplete, RunHeader, Summary, Verdict, Wrong};

/// One subject, every case that was judged of it, and why others were not.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) header: RunHeader,
    /// In the order of the IDs.
    pub(crate) results: Vec<CaseResult>,
    pub(crate) summary: Summary,
    /// Why not all is there that was selected, a sentence for each cause.
    pub(crate) gaps: Vec<String>,
}

impl Run {
    /// A run as its lines say.
    pub(crate) fn new(header: RunHeader, mut results: Vec<CaseResult>, summary: Summary) -> Self {
        results.sort_by(|one, other| one.id.cmp(&other.id));
        let gaps = summary.incomplete.iter().map(gap).collect();
        Self { header, results, summary, gaps }
    }

    /// How the results stand, counted.
    pub(crate) fn tally(&self) -> Tally {
        Tally::of(&self.results)
    }

    /// Whether every case was judged and came as expected.
    pub(crate) fn is_as_expected(&self) -> bool {
        self.summary.is_as_expected() && self.gaps.is_empty()
    }
}

/// What a reader of a run that ended before its time has to know.
pub(super) fn gap(incomplete: &Incomplete) -> String {
    format!("{} not judged, because {}", count(incomplete.missing), incomplete.because)
}

/// How a result stands to what was expected of it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Standing {
    /// It passes, and nobody expected otherwise.
    Passed,
    /// It deviates, and no entry of the expectations says so.
    New,
    /// It deviates as an entry says.
    Known,
    /// It passes, and an entry says that it does not.
    Fixed,
    /// It rests on what the rules leave free, or on what nobody asks of the subject.
    LeftFree,
}

impl Standing {
    pub(crate) fn of(result: &CaseResult) -> Self {
        match (result.verdict, result.expected, &result.known) {
            (Verdict::Pass, true, _) => Self::Passed,
            (Verdict::Pass, false, _) => Self::Fixed,
            (_, true, Some(_)) => Self::Known,
            (_, true, None) => Self::LeftFree,
            (_, false, _) => Self::New,
        }
    }
}

/// Results counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    standings: BTreeMap<Standing, usize>,
    wrong: BTreeMap<Wrong, usize>,
}

impl Tally {
    /// Counts results.
    pub(crate) fn of<'r>(results: impl IntoIterator<Item = &'r CaseResult>) -> Self {
        let mut tally = Self::default();
        for result in results {
            *tally.standings.entry(Standing::of(result)).or_default() += 1;
            if let Some(wrong) = result.wrong {
                *tally.wrong.entry(wrong).or_default() += 1;
            }
        }
        tally
    }

    pub(crate) fn standing(&self, standing: Standing) -> usize {
        self.standings.get(&standing).copied().unwrap_or_default()
    }

    /// Cases in which the subject is wrong.
    pub(crate) fn wrong(&self) -> usize {
        self.wrong.values().sum()
    }

    /// Those of them that are dangerous.
    pub(crate) fn dangerous(&self) -> usize {
        self.wrong.iter().filter(|(wrong, _)| wrong.is_dangerous()).map(|(_, count)| count).sum()
    }

    /// Both in words.
    pub(crate) fn in_words(&self) -> String {
        let cause = |wrong: Wrong| match wrong {
            Wrong::Leak => "a credential or mail given away",
            Wrong::Secure => "secure against the RFCs",
            Wrong::Other => "other",
        };
        let causes = self.wrong.iter().filter(|(wrong, _)| wrong.is_dangerous());
        let causes: Vec<String> = causes.map(|(wrong, count)| format!("{} {count}", cause(*wrong))).collect();
        let dangerous = match self.dangerous() {
            0 => String::new(),
            number => format!(", dangerous in {number} ({})", causes.join(", ")),
        };
        format!("wrong in {}{dangerous}", count(self.wrong()))
    }
}

/// Whether a case only waits for its control, which failed.
pub(crate) fn waits(result: &CaseResult) -> bool {
    matches!(&result.findings[..], [only] if only.requirement == GroundRule::ControlFirst.slug())
}

/// The folder of a case, which all that it is about have in common.
pub(crate) fn area(id: &str) -> &str {
    id.split('/').next().unwrap_or_default()
}

/// A number of cases in words.
pub(crate) fn count(cases: usize) -> String {
    if cases == 1 { "1 case".to_owned() } else { format!("{cases} cases") }
}
