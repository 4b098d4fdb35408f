//! Reading what a program wrote: rules, each of which gives values that have none yet.

use regex_lite::{Error, Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::Deserialize;

use super::process::{Run, Stream};
use super::template::{Template, Values, When};
use crate::subject::SubjectError;

/// If all of its conditions hold, the named groups of its patterns and what it sets become values.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) exit: Option<Vec<i32>>,
    pub(super) patterns: Vec<(Stream, Regex)>,
    pub(super) unless: Option<Regex>,
    pub(super) when: When,
    pub(super) take: Take,
    pub(super) set: Vec<(String, Template)>,
    /// What it means that it does not hold of a program that says that it succeeded.
    pub(super) missing: Option<String>,
}

/// Which of several matches counts.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Take {
    /// All of them, separated by spaces.
    All,
    /// The first.
    #[default]
    First,
    /// The one with the greatest number.
    Greatest,
    /// The last.
    Last,
}

/// A pattern in whose eyes `^` and `$` are the ends of a line, however lines end.
pub(super) fn pattern(text: &str) -> Result<Regex, Error> {
    RegexBuilder::new(text).multi_line(true).crlf(true).build()
}

impl Rule {
    /// Reads the output of a program that did, or did not, say that it succeeded.
    pub(super) fn apply(&self, run: &Run, is_success: bool, values: &mut Values) -> Result<(), SubjectError> {
        if self.holds(run, values) {
            for (stream, pattern) in &self.patterns {
                self.take.captures(pattern, run.text(*stream), values);
            }
            for (name, template) in &self.set {
                values.give(name, template.fill(values)?);
            }
            return Ok(());
        }
        match &self.missing {
            Some(missing) if is_success => Err(SubjectError::Garbage(missing.clone())),
            _ => Ok(()),
        }
    }

    fn holds(&self, run: &Run, values: &Values) -> bool {
        self.when.holds(values)
            && self.exit.as_ref().is_none_or(|codes| codes.contains(&run.code))
            && self.patterns.iter().all(|(stream, pattern)| pattern.is_match(run.text(*stream)))
            && !self.unless.as_ref().is_some_and(|pattern| pattern.is_match(&run.output))
    }
}

impl Take {
    fn captures(self, pattern: &Regex, text: &str, values: &mut Values) {
        for name in pattern.capture_names().flatten() {
            let mut found = pattern
                .captures_iter(text)
                .filter_map(|captures| captures.name(name).map(|value| value.as_str()));
            let taken = match self {
                Self::All => Some(found.collect::<Vec<_>>().join(" ")).filter(|all| !all.is_empty()),
                Self::First => found.next().map(str::to_owned),
                Self::Greatest => {
                    found.filter_map(|value| value.parse::<u64>().ok()).max().map(|number| number.to_string())
                }
                Self::Last => found.last().map(str::to_owned),
            };
            if let Some(taken) = taken {
                values.give(name, taken);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(take: Take, pattern: &str, name: &str) -> Option<String> {
        let run = Run::new(0, "a 300\nb 60\nc 3600\n", "oops 7\n");
        let rule = Rule {
            exit: Some(vec![0]),
            patterns: vec![(Stream::Stdout, super::pattern(pattern).unwrap())],
            unless: None,
            when: When::default(),
            take,
            set: vec![("said".into(), Template::parse("it was {found}"))],
            missing: None,
        };
        let mut values = Values::default();
        rule.apply(&run, true, &mut values).unwrap();
        values.text(name)
    }

    #[test]
    fn one_match_of_several_is_taken() {
        let pattern = r"^\w (?<found>\d+)$";
        assert_eq!(read(Take::First, pattern, "said").unwrap(), "it was 300");
        assert_eq!(read(Take::Last, pattern, "found").unwrap(), "3600");
        assert_eq!(read(Take::Greatest, r"(?<found>\d+)$", "found").unwrap(), "3600");
        assert_eq!(read(Take::All, pattern, "found").unwrap(), "300 60 3600");
        assert_eq!(read(Take::First, r"^oops (?<found>\d+)$", "said"), None);
    }
}
