//! Commands, and the rules by which their output is read.

use std::ops::Range;
use std::time::Duration;

use serde_spanned::Spanned;
use signpost_source::Problem;

use super::Checker;
use crate::subject::recipe::plan::{Command, Ready, Save};
use crate::subject::recipe::process::Stream;
use crate::subject::recipe::rule::Rule;
use crate::subject::recipe::table::{CommandTable, ReadTable, SaveTable};
use crate::subject::recipe::template::Template;

impl Checker<'_> {
    pub(super) fn version_command(&mut self, run: &Spanned<Vec<Spanned<String>>>) -> Vec<String> {
        let (program, _) = self.program(run);
        let arguments = run.get_ref().iter().skip(1).map(|argument| {
            let template = Template::parse(argument.get_ref());
            if template.literal().is_none() {
                self.problems.push(
                    Problem::at(
                        argument.span(),
                        "a version is asked for before there is anything to fill in",
                    )
                    .help("use a text without placeholders"),
                );
            }
            argument.get_ref().clone()
        });
        std::iter::once(program).chain(arguments).collect()
    }

    /// The program of a command line, as the suite looks for it, and where it is named.
    fn program(&mut self, run: &Spanned<Vec<Spanned<String>>>) -> (String, Range<usize>) {
        let Some(program) = run.get_ref().first() else {
            self.problem(
                Problem::at(run.span(), "no program is named")
                    .help("write the program and its arguments: `run = [\"PROGRAM\", \"--option\"]`"),
            );
            return (String::new(), run.span());
        };
        let (name, place) = (program.get_ref(), program.span());
        if Template::parse(name).literal().is_none() {
            self.problem(
                Problem::at(place.clone(), "a program's name cannot be filled in")
                    .help("write a command for each program, with `when`"),
            );
        }
        let path = match (&self.folder, name.contains('/')) {
            (Some(folder), true) => folder.join(name).display().to_string(),
            _ => name.clone(),
        };
        if name.contains('/') && signpost_sandbox::find_program(&path).is_err() {
            self.problem(
                Problem::at(place.clone(), format!("there is no program at `{name}`"))
                    .help("its path starts at the recipe's folder, and has to lead to an executable file"),
            );
        }
        (path, place)
    }

    pub(super) fn command(&mut self, table: &CommandTable) -> Command {
        let when = self.names.when(&table.when);
        let (program, place) = self.program(&table.run);
        if let Some(ready) = &table.ready
            && !(table.read.is_empty()
                && table.save.is_empty()
                && table.limit.is_none()
                && table.success.is_none())
        {
            self.problem(
                Problem::at(self.source.first_line(&ready.span()), "a command that stays has no end")
                    .help("remove `ready`, or else `read`, `save`, `limit` and `success`"),
            );
        }
        if let Some(limit) = table.limit.as_ref().filter(|limit| seconds(*limit.get_ref()).is_none()) {
            self.problem(Problem::at(limit.span(), "a limit is a number of seconds").help("use more than 0"));
        }
        let arguments = table.run.get_ref().iter().skip(1).map(|argument| self.names.template(argument));
        let arguments = arguments.collect();
        let stdin = table.stdin.as_ref().map(|text| self.names.template(text));
        let environment = self.environment(&table.environment);
        let ready = table.ready.as_ref().map(|ready| Ready {
            tcp: ready.get_ref().tcp.as_ref().map(|text| self.names.template(text)),
            path: ready.get_ref().path.as_ref().map(|text| self.names.template(text)),
        });
        let rules = table.read.iter().map(|rule| self.rule(rule)).collect();
        let saves = table.save.iter().map(|save| self.save(save)).collect();
        Command {
            program,
            arguments,
            stdin,
            environment,
            limit: table.limit.as_ref().and_then(|limit| seconds(*limit.get_ref())),
            success: table.success.as_ref().map_or_else(|| vec![0], |codes| codes.get_ref().clone()),
            ready,
            when,
            rules,
            saves,
            place,
        }
    }

    fn rule(&mut self, table: &Spanned<ReadTable>) -> Rule {
        let (place, table) = (self.source.first_line(&table.span()), table.get_ref());
        let searched = [
            (Stream::Stdout, &table.stdout),
            (Stream::Stderr, &table.stderr),
            (Stream::Output, &table.output),
        ];
        let when = self.names.when(&table.when);
        let patterns: Vec<_> = searched
            .into_iter()
            .filter_map(|(stream, text)| Some((stream, self.names.pattern(text.as_ref()?, true)?)))
            .collect();
        let unless = table.unless.as_ref().and_then(|text| self.names.pattern(text, false));
        let set = table.set.iter().map(|(name, text)| {
            self.names.read(name.get_ref(), name.span());
            let template = self.names.template(text);
            let words = self.terms.words.iter().find(|(word, _)| word == name.get_ref());
            if let (Some((_, known)), Some(value)) = (words, template.literal())
                && !known.contains(&value)
            {
                self.problems.push(
                    Problem::at(text.span(), format!("`{value}` is no {}", name.get_ref()))
                        .one_of(value, known),
                );
            }
            (name.get_ref().clone(), template)
        });
        let set: Vec<_> = set.collect();
        let has_groups =
            patterns.iter().any(|(_, pattern)| pattern.capture_names().flatten().next().is_some());
        let is_broken =
            [&table.stdout, &table.stderr, &table.output].into_iter().flatten().count() > patterns.len();
        if set.is_empty() && !has_groups && table.missing.is_none() && !is_broken {
            self.problem(
                Problem::at(place, "the rule gives nothing")
                    .help("name what is to be read in a pattern, such as `(?<host>\\S+)`, or add `set`"),
            );
        }
        Rule {
            exit: table.exit.clone(),
            patterns,
            unless,
            when,
            take: table.take,
            set,
            missing: table.missing.clone(),
        }
    }

    fn save(&mut self, table: &SaveTable) -> Save {
        let drop = table.drop.as_ref().and_then(|text| self.names.pattern(text, false));
        let append = table.append.as_ref().map(|text| self.names.template(text)).unwrap_or_default();
        self.name_file(&table.file);
        Save { file: table.file.get_ref().clone(), from: table.from, drop, append }
    }
}

fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number).ok().filter(|limit| !limit.is_zero())
}
