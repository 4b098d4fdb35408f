//! Which names have a value where, and whether those that a recipe uses do.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use regex_lite::Regex;
use serde_spanned::Spanned;
use signpost_source::{Problem, Source, nearest};

use super::rule::pattern;
use super::table::{CommandTable, WhenTable};
use super::template::{Template, When};

/// The names that are known at one point of a recipe, as it is read from its beginning to its end.
pub(super) struct Names<'s> {
    source: &'s Source,
    /// Given by the suite: no rule can give them.
    given: BTreeSet<String>,
    /// Those and what the recipe has given so far.
    known: BTreeSet<String>,
    /// What rules give anywhere.
    later: BTreeSet<String>,
    /// What rules have given, and where.
    read: Vec<(String, Range<usize>)>,
    used: BTreeSet<String>,
    modes: Vec<String>,
    services: Vec<String>,
    problems: Vec<Problem>,
}

impl<'s> Names<'s> {
    pub(super) fn new(
        source: &'s Source,
        given: BTreeSet<String>,
        modes: &[&str],
        services: &[&str],
    ) -> Self {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            source,
            known: given.clone(),
            given,
            later: BTreeSet::new(),
            read: Vec::new(),
            used: BTreeSet::new(),
            modes: owned(modes),
            services: owned(services),
            problems: Vec::new(),
        }
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// Says what will have a value some time: who uses it too early is told so.
    pub(super) fn will_be_read(&mut self, commands: &[CommandTable]) {
        let rules = commands.iter().flat_map(|command| &command.read).map(Spanned::get_ref);
        for rule in rules {
            self.later.extend(rule.set.keys().map(|name| name.get_ref().clone()));
            let texts = [&rule.stdout, &rule.stderr, &rule.output].into_iter().flatten();
            for pattern in texts.filter_map(|text| pattern(text.get_ref()).ok()) {
                self.later.extend(pattern.capture_names().flatten().map(str::to_owned));
            }
        }
        let saves = commands.iter().flat_map(|command| &command.save);
        self.later.extend(saves.map(|save| file_name(save.file.get_ref())));
    }

    pub(super) fn is_known(&self, name: &str) -> bool {
        self.known.contains(name)
    }

    /// A placeholder that the recipe gives once.
    pub(super) fn add(&mut self, name: &Spanned<String>) {
        self.add_unique(name, name.get_ref().clone());
    }

    /// A placeholder that the recipe may give several times.
    pub(super) fn add_again(&mut self, name: &Spanned<String>) {
        if self.given.contains(name.get_ref()) {
            self.is_given(name.get_ref(), name.span());
        }
        self.known.insert(name.get_ref().clone());
    }

    pub(super) fn add_file(&mut self, name: &Spanned<String>) {
        self.add_unique(name, file_name(name.get_ref()));
    }

    fn add_unique(&mut self, name: &Spanned<String>, placeholder: String) {
        if !self.known.insert(placeholder.clone()) {
            self.problems.push(
                Problem::at(name.span(), format!("`{{{placeholder}}}` has a value already"))
                    .help("use another name"),
            );
        }
    }

    fn is_given(&mut self, name: &str, place: Range<usize>) {
        self.problems.push(
            Problem::at(place, format!("`{name}` is given by the suite"))
                .help("use another name for your own"),
        );
    }

    /// A value that a rule gives.
    pub(super) fn read(&mut self, name: &str, place: Range<usize>) {
        if self.given.contains(name) {
            return self.is_given(name, place);
        }
        self.known.insert(name.to_owned());
        self.read.push((name.to_owned(), place));
    }

    pub(super) fn template(&mut self, text: &Spanned<String>) -> Template {
        self.template_with(text, &[])
    }

    /// A text in which these names have a value as well.
    pub(super) fn template_with(&mut self, text: &Spanned<String>, also: &[&str]) -> Template {
        let template = Template::parse(text.get_ref());
        for name in template.names().filter(|name| !also.contains(name)) {
            let place = self.place_of(&format!("{{{name}}}"), text.span());
            self.use_name(name, place, also, "placeholder");
        }
        template
    }

    pub(super) fn when(&mut self, table: &WhenTable) -> When {
        let mut condition = BTreeMap::new();
        for (name, values) in table {
            self.use_name(name.get_ref(), name.span(), &[], "value");
            for value in values {
                let known = match name.get_ref().as_str() {
                    "mode" => &self.modes,
                    "service" => &self.services,
                    _ => continue,
                };
                if !known.contains(value.get_ref()) {
                    self.problems.push(
                        Problem::at(
                            value.span(),
                            format!("the recipe has no {} `{}`", name.get_ref(), value.get_ref()),
                        )
                        .one_of(value.get_ref(), known),
                    );
                }
            }
            condition
                .insert(name.get_ref().clone(), values.iter().map(|value| value.get_ref().clone()).collect());
        }
        When(condition)
    }

    /// A pattern, whose named groups give values where `reads` says so.
    pub(super) fn pattern(&mut self, text: &Spanned<String>, reads: bool) -> Option<Regex> {
        match pattern(text.get_ref()) {
            Ok(pattern) => {
                if reads {
                    for name in pattern.capture_names().flatten() {
                        let place = self.place_of(&format!("<{name}>"), text.span());
                        self.read(name, place);
                    }
                }
                Some(pattern)
            }
            Err(error) => {
                let error = error.to_string();
                let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
                self.problems.push(
                    Problem::at(text.span(), format!("not a pattern: {reason}")).help(
                        "it is a regular expression in the syntax of the crate `regex-lite`, in single quotes to keep its \
                         backslashes",
                    ),
                );
                None
            }
        }
    }

    /// Says of each value that rules give and nobody uses that it was meant to be another.
    pub(super) fn are_all_known(&mut self, reported: &[&str]) {
        let mut known: Vec<&str> = reported.to_vec();
        known.extend(self.used.iter().map(String::as_str));
        let useless = self.read.iter().filter(|(name, _)| !known.contains(&name.as_str()));
        let problems: Vec<Problem> = useless
            .map(|(name, place)| {
                let problem = Problem::at(
                    place.clone(),
                    format!("`{name}` is no value of a report, and nothing uses it"),
                );
                problem.one_of(name, reported)
            })
            .collect();
        self.problems.extend(problems);
    }

    fn use_name(&mut self, name: &str, place: Range<usize>, also: &[&str], what: &str) {
        self.used.insert(name.to_owned());
        if self.known.contains(name) {
            return;
        }
        let (message, help) = if self.later.contains(name) {
            let message = format!("`{name}` has no value here");
            (message, "it is read only later: use it in a later command or rule".to_owned())
        } else {
            let known: Vec<&str> =
                self.known.iter().map(String::as_str).chain(also.iter().copied()).collect();
            let help = match nearest(name, &known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if what == "value" => format!("known are {}", known.join(", ")),
                None => format!(
                    "known are {}; a brace that is meant as such has a space behind it",
                    known.join(", ")
                ),
            };
            (format!("unknown {what} `{name}`"), help)
        };
        self.problems.push(Problem::at(place, message).help(help));
    }

    /// Where in a value this stands.
    fn place_of(&self, text: &str, span: Range<usize>) -> Range<usize> {
        match self.source.text.get(span.clone()).and_then(|value| value.find(text)) {
            Some(start) => span.start + start..span.start + start + text.len(),
            None => span,
        }
    }
}

fn file_name(name: &str) -> String {
    format!("file.{name}")
}
