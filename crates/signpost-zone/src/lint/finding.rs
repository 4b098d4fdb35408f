//! What a rule is and what it finds, bounded in number.

use std::borrow::Cow;
use std::ops::Range;

use signpost_source::{Problem, Problems, Severity};

use super::view::View;
use crate::ZoneFile;
use crate::namespace::Located;

/// More findings by one rule are counted and not listed: somebody who mends these comes back.
const MOST_LISTED: usize = 10;

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its permanent name.
    pub code: &'static str,
    /// How bad it is to break it.
    pub severity: Severity,
    /// What breaks it, in one sentence.
    pub summary: &'static str,
    /// The sentence behind it: a document and its section or slug.
    pub authority: &'static str,
    /// What to write instead.
    pub remedy: &'static str,
    pub(super) check: fn(&View<'_>, &mut Sink<'_>),
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct Finding {
    /// By which rule.
    pub rule: &'static Rule,
    /// In which of the files.
    pub file: usize,
    /// At which octets of it.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// The sentence behind it: a document and its section.
    pub authority: Cow<'static, str>,
    /// What to write instead.
    pub remedy: Cow<'static, str>,
}

/// All that is wrong.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// In the order of the files, of each rule the first few.
    pub list: Vec<Finding>,
    /// How many more there are, by rule.
    pub more: Vec<(&'static Rule, usize)>,
}

impl Findings {
    pub(super) fn take(&mut self, sink: Sink<'_>) {
        if sink.more > 0 {
            self.more.push((sink.rule, sink.more));
        }
        self.list.extend(sink.list);
    }

    pub(super) fn sort(&mut self) {
        self.list.sort_by_key(|finding| (finding.file, finding.span.start, finding.rule.severity));
    }

    /// Leaves out those that somebody allows.
    pub fn allow(&mut self, is_allowed: impl Fn(&Finding) -> bool, is_rule_allowed: impl Fn(&Rule) -> bool) {
        self.list.retain(|finding| !is_allowed(finding));
        self.more.retain(|(rule, _)| !is_rule_allowed(rule));
    }

    /// Those of each file, to be shown in it.
    #[must_use]
    pub fn problems(&self, files: &[ZoneFile]) -> Vec<Problems> {
        let of_file = |(number, file): (usize, &ZoneFile)| {
            let problems: Vec<Problem> =
                self.list.iter().filter(|finding| finding.file == number).map(Finding::problem).collect();
            (!problems.is_empty()).then(|| Problems::new(file.source.clone(), problems))
        };
        files.iter().enumerate().filter_map(of_file).collect()
    }
}

impl Finding {
    fn problem(&self) -> Problem {
        Problem::at(self.span.clone(), &self.message)
            .of_kind(self.rule.severity, self.rule.code)
            .note(self.authority.as_ref())
            .help(self.remedy.as_ref())
    }
}

/// Where one rule puts what it finds.
#[derive(Debug)]
pub(crate) struct Sink<'f> {
    rule: &'static Rule,
    files: &'f [ZoneFile],
    list: Vec<Finding>,
    more: usize,
}

impl<'f> Sink<'f> {
    pub(super) fn new(rule: &'static Rule, files: &'f [ZoneFile]) -> Self {
        Self { rule, files, list: Vec::new(), more: 0 }
    }

    /// Something is wrong with a record, at this word of its entry if the word stands there.
    pub(crate) fn at(&mut self, located: Located<'_>, word: &str, message: impl FnOnce() -> String) {
        self.found(
            located,
            word,
            message,
            Cow::Borrowed(self.rule.authority),
            Cow::Borrowed(self.rule.remedy),
        );
    }

    /// The same by another sentence than the rule's, or with another remedy.
    pub(crate) fn found(
        &mut self,
        located: Located<'_>,
        word: &str,
        message: impl FnOnce() -> String,
        authority: Cow<'static, str>,
        remedy: Cow<'static, str>,
    ) {
        if self.list.len() == MOST_LISTED {
            self.more += 1;
            return;
        }
        let file = located.zone.number;
        let span = span_of(&self.files[file], &located.entry.span, word);
        self.list.push(Finding { rule: self.rule, file, span, message: message(), authority, remedy });
    }
}

/// The place of a word in an entry, in whatever case and with or without a final dot, or the entry's first line.
fn span_of(file: &ZoneFile, entry: &Range<usize>, word: &str) -> Range<usize> {
    let text = &file.source.text[entry.clone()];
    let apex = format!(".{}", file.apex.to_ascii());
    let absolute = word.to_ascii_lowercase();
    let relative = absolute.strip_suffix(&apex.to_ascii_lowercase()).map(str::to_owned);
    let text = text.to_ascii_lowercase();
    // What stands last is meant: the owner of a record stands first.
    let place = |word: &str| {
        let is_edge = |octet: Option<u8>| {
            octet.is_none_or(|octet| !(octet.is_ascii_alphanumeric() || b"-_.*+/".contains(&octet)))
        };
        let octets = text.as_bytes();
        text.rmatch_indices(word).map(|(start, _)| start..start + word.len()).find(|span| {
            is_edge(span.start.checked_sub(1).map(|at| octets[at])) && is_edge(octets.get(span.end).copied())
        })
    };
    let words = [Some(absolute.clone()), absolute.strip_suffix('.').map(str::to_owned), relative];
    let found = words.into_iter().flatten().filter(|word| !word.is_empty()).find_map(|word| place(&word));
    match found {
        Some(span) => entry.start + span.start..entry.start + span.end,
        None => file.source.first_line(entry),
    }
}
