//! What is different between two runs of the same subjects.

use std::collections::{BTreeMap, BTreeSet};

use signpost_format::{CaseResult, Verdict};

use super::run::Run;

/// What is different in one case of one subject.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    /// Which of the new runs it is in, and the subject's name there.
    pub(crate) run: usize,
    pub(crate) subject: &'a str,
    pub(crate) id: &'a str,
    pub(crate) kind: Kind<'a>,
}

#[derive(Debug)]
pub(crate) enum Kind<'a> {
    /// Another verdict.
    Verdict { old: &'a CaseResult, new: &'a CaseResult },
    /// The same verdict, and other requirements that are broken.
    Reason { old: &'a CaseResult, new: &'a CaseResult },
    /// The case was not in the old run.
    New(&'a CaseResult),
    /// The case is not in the new run.
    Gone(&'a CaseResult),
}

impl Change<'_> {
    /// Whether whoever reads it has to do something: it got worse.
    pub(crate) fn is_worse(&self) -> bool {
        match &self.kind {
            Kind::Verdict { old, new } | Kind::Reason { old, new } => badness(new) > badness(old),
            Kind::New(new) => badness(new) > 0,
            Kind::Gone(_) => false,
        }
    }

    /// In a few words.
    pub(crate) fn in_words(&self) -> String {
        match &self.kind {
            Kind::Verdict { old, new } => format!("{} -> {}", old.verdict, new.verdict),
            Kind::Reason { old, new } => {
                format!("{}: {} -> {}", new.verdict, reasons_in_words(old), reasons_in_words(new))
            }
            Kind::New(new) => format!("new: {}", new.verdict),
            Kind::Gone(old) => format!("gone: {}", old.verdict),
        }
    }
}

/// Two runs of each subject side by side.
#[derive(Debug)]
pub(crate) struct Comparison<'a> {
    /// What is different, the worse first, then in the order of the runs and IDs.
    pub(crate) changes: Vec<Change<'a>>,
    /// The subjects of which there is no older run.
    pub(crate) alone: Vec<&'a str>,
}

/// Holds runs against older ones.
pub(crate) fn compare<'a>(old: &'a [Run], new: &'a [Run]) -> Comparison<'a> {
    let mut changes = Vec::new();
    let mut alone = Vec::new();
    for (number, run) in new.iter().enumerate() {
        let subject = run.header.subject.as_str();
        let Some(before) = counterpart(old, new, number) else {
            alone.push(subject);
            continue;
        };
        let before: BTreeMap<&str, &CaseResult> =
            before.results.iter().map(|result| (result.id.as_str(), result)).collect();
        let after: BTreeSet<&str> = run.results.iter().map(|result| result.id.as_str()).collect();
        for result in &run.results {
            let kind = match before.get(result.id.as_str()) {
                None => Kind::New(result),
                Some(old) if old.verdict != result.verdict => Kind::Verdict { old, new: result },
                Some(old) if reasons(old) != reasons(result) => Kind::Reason { old, new: result },
                Some(_) => continue,
            };
            changes.push(Change { run: number, subject, id: &result.id, kind });
        }
        let gone = before.iter().filter(|(id, _)| !after.contains(*id));
        changes.extend(gone.map(|(id, old)| Change { run: number, subject, id, kind: Kind::Gone(old) }));
    }
    changes.sort_by_key(|change| !change.is_worse());
    Comparison { changes, alone }
}

/// The old run of the same subject: of the same name, in the same version if there are several. Where each side has one run
/// alone, these two are meant, whatever they are called.
fn counterpart<'a>(old: &'a [Run], new: &[Run], number: usize) -> Option<&'a Run> {
    let header = &new[number].header;
    let named = |run: &&Run| run.header.subject == header.subject;
    let same = |run: &Run| {
        run.header.subject == header.subject && run.header.subject_version == header.subject_version
    };
    match (old, new) {
        ([only], [_]) => Some(only),
        _ if old.iter().filter(named).count() == 1 => old.iter().find(named),
        _ => old.iter().find(|run| same(run)),
    }
}

/// What is worse than what. A case of which nothing can be said any more is worse than one that passed.
fn badness(result: &CaseResult) -> u8 {
    match result.verdict {
        _ if result.is_dangerous() => 3,
        Verdict::Errored | Verdict::Fail => 2,
        Verdict::Inconclusive | Verdict::Unsupported | Verdict::Weak => 1,
        Verdict::Pass => 0,
    }
}

/// What is broken, and how bad that is.
fn reasons(result: &CaseResult) -> (BTreeSet<&str>, bool) {
    let broken = result.findings.iter().map(|finding| finding.requirement.as_str()).collect();
    (broken, result.is_dangerous())
}

fn reasons_in_words(result: &CaseResult) -> String {
    let (broken, is_dangerous) = reasons(result);
    let broken = broken.into_iter().collect::<Vec<_>>().join(", ");
    let broken = if broken.is_empty() { "nothing".to_owned() } else { broken };
    if is_dangerous { format!("{broken} (dangerous)") } else { broken }
}
