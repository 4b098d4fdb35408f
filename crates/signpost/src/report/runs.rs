//! Runs side by side: what every view is given.

use signpost_conformance::suite::Suite;
use signpost_format::Verdict;

use super::change::Comparison;
use super::run::Run;

/// Everything that a view shows.
pub(crate) struct Report<'a> {
    pub(crate) suite: &'a Suite,
    /// One for each subject; there is at least one.
    pub(crate) runs: &'a [Run],
    /// What is different from older runs, where there are some to compare with.
    pub(crate) comparison: Option<Comparison<'a>>,
}

/// The names of the subjects, with the version behind those that several have.
pub(super) fn labels(runs: &[Run]) -> Vec<String> {
    let name = |run: &Run| run.header.subject.clone();
    let is_shared = |run: &Run| runs.iter().filter(|other| name(other) == name(run)).count() > 1;
    let label = |run: &Run| match is_shared(run) {
        true => format!("{} ({})", run.header.subject, run.header.subject_version),
        false => name(run),
    };
    runs.iter().map(label).collect()
}

/// The verdicts that anything has, best first.
pub(super) fn used_verdicts(runs: &[Run]) -> Vec<Verdict> {
    let is_used = |verdict: &Verdict| runs.iter().any(|run| run.summary.verdicts.contains_key(verdict));
    Verdict::ALL.into_iter().filter(is_used).collect()
}
