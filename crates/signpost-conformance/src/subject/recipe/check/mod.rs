//! From a recipe as it is written to one that can be followed, with everything that is wrong on the way.

mod command;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;

use camino::{Utf8Component, Utf8Path};
use serde_spanned::Spanned;
use signpost_source::{Files, Problem, Problems, Source};

use super::names::Names;
use super::plan::{Anchors, Command, Contents, File, Mode, Plan, Value, Version};
use super::role::{RoleTerms, anchor_fields, terms};
use super::table::{AnchorsTable, Answers, FileTable, ModeTable, RecipeTable, ValueTable};
use super::template::Template;

/// Checks a recipe that lies in this folder, unless it is built in; `files` are those beside it.
pub(super) fn check(
    source: &Source,
    table: RecipeTable,
    files: &Files,
    folder: Option<PathBuf>,
) -> Result<Plan, Problems> {
    let terms = terms(*table.role.get_ref());
    let mut given: BTreeSet<String> = terms.all_given().map(str::to_owned).collect();
    given.extend(folder.is_some().then(|| "folder".to_owned()));
    let modes: Vec<&str> = table.mode.iter().map(|mode| mode.name.get_ref().as_str()).collect();
    let services: Vec<&str> = table.services.iter().map(|service| service.get_ref().name()).collect();
    let names = Names::new(source, given, &modes, &services);
    let mut checker = Checker { source, terms, files, folder, names, problems: Vec::new() };
    let plan = checker.plan(table);
    let problems = checker.problems;
    source.check(problems.into_iter().chain(checker.names.into_problems()).collect())?;
    Ok(plan)
}

struct Checker<'s> {
    source: &'s Source,
    terms: RoleTerms,
    files: &'s Files,
    folder: Option<PathBuf>,
    names: Names<'s>,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn plan(&mut self, table: RecipeTable) -> Plan {
        self.names.will_be_read(&table.command);
        self.claims(&table);
        let modes = self.modes(&table);
        let anchors = table.anchors.iter().map(|anchors| self.anchors(anchors)).collect();
        let values: Vec<Value> = table.value.iter().map(|value| self.value(value)).collect();
        self.every_mode_has(&values, &table);
        for file in &table.file {
            self.name_file(&file.name);
        }
        let environment = self.environment(&table.environment);
        let files = table.file.iter().map(|file| self.file(file)).collect();
        let visible = table.visible.iter().filter_map(|path| self.visible(path)).collect();
        let version = table.version.as_ref().map(|version| Version {
            run: self.version_command(&version.run),
            begins: version.begins.clone(),
        });
        let commands: Vec<Command> = table.command.iter().map(|command| self.command(command)).collect();
        self.every_mode_runs(&commands, &table);
        self.answers(&commands, &table);
        self.names.are_all_known(&self.terms.all_reported());
        Plan {
            about: table.about,
            install: table.install,
            role: table.role.into_inner(),
            profiles: table.profiles.into_inner(),
            services: table.services.into_iter().map(Spanned::into_inner).collect(),
            answers: table.answers.map(Spanned::into_inner).unwrap_or_default(),
            folder: self.folder.clone(),
            visible,
            version,
            modes,
            environment,
            values,
            anchors,
            files,
            commands,
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Profiles and services, which the role must have.
    fn claims(&mut self, table: &RecipeTable) {
        let role = table.role.get_ref();
        if table.profiles.get_ref().is_empty() {
            self.problem(
                Problem::at(
                    table.profiles.span(),
                    "a program that claims to follow no rules is tested by none",
                )
                .help("name a profile, such as \"srv-discovery\" or \"dnssec\""),
            );
        }
        for service in &table.services {
            if !self.terms.services.contains(service.get_ref()) {
                self.problem(
                    Problem::at(
                        service.span(),
                        format!("the role {role} has no service `{}`", service.get_ref()),
                    )
                    .help(if self.terms.services.is_empty() {
                        format!("remove `services`: the role {role} has none")
                    } else {
                        let known: Vec<&str> =
                            self.terms.services.iter().map(|service| service.name()).collect();
                        format!("it has {}", known.join(", "))
                    }),
                );
            }
        }
        if table.services.is_empty() && !self.terms.services.is_empty() {
            let known: Vec<String> =
                self.terms.services.iter().map(|service| format!("{:?}", service.name())).collect();
            self.problem(
                Problem::at(table.role.span(), format!("the role {role} needs a service"))
                    .help(format!("add `services = [{}]`, or one of them", known.join(", "))),
            );
        }
    }

    fn modes(&mut self, table: &RecipeTable) -> Vec<Mode> {
        let role = table.role.get_ref();
        for (index, ModeTable { name, stance, .. }) in table.mode.iter().enumerate() {
            let is_word = |name: &str| {
                !name.is_empty() && name.chars().all(|part| part.is_ascii_alphanumeric() || part == '-')
            };
            if !is_word(name.get_ref()) {
                self.problem(
                    Problem::at(name.span(), "a mode's name is a word").help(
                        "use letters, digits and hyphens: it stands behind a colon on the command line",
                    ),
                );
            }
            if table.mode[..index].iter().any(|other| other.name.get_ref() == name.get_ref()) {
                self.problem(
                    Problem::at(name.span(), format!("there are two modes `{}`", name.get_ref()))
                        .help("rename one"),
                );
            }
            match (stance, self.terms.has_stance) {
                (None, true) => self.problem(
                    Problem::at(
                        name.span(),
                        format!("mode `{}` does not say what protection it claims", name.get_ref()),
                    )
                    .help("add `stance = \"verified\"`, \"required\" or \"opportunistic\""),
                ),
                (Some(stance), false) => self.problem(
                    Problem::at(stance.span(), format!("the role {role} has no stance"))
                        .help("remove `stance`"),
                ),
                _ => {}
            }
        }
        if table.mode.is_empty() && self.terms.has_stance {
            self.problem(
                Problem::at(
                    table.role.span(),
                    format!("the role {role} needs a mode, which claims a stance"),
                )
                .help("add `[[mode]]` with `name = \"default\"`, `stance = \"verified\"` and `about = …`"),
            );
        }
        if table.mode.is_empty() {
            return vec![Mode { name: DEFAULT_MODE.to_owned(), stance: None, about: String::new() }];
        }
        let modes = table.mode.iter().map(|mode| Mode {
            name: mode.name.get_ref().clone(),
            stance: mode.stance.as_ref().map(|stance| *stance.get_ref()),
            about: mode.about.clone(),
        });
        modes.collect()
    }

    fn anchors(&mut self, table: &AnchorsTable) -> Anchors {
        let line = self.names.template_with(&table.line, &anchor_fields(table.record));
        self.names.add(&table.name);
        Anchors { name: table.name.get_ref().clone(), record: table.record, line }
    }

    fn value(&mut self, table: &ValueTable) -> Value {
        let value = Value {
            name: table.name.get_ref().clone(),
            words: table.words.iter().map(|word| self.names.template(word)).collect(),
            when: self.names.when(&table.when),
        };
        self.names.add_again(&table.name);
        value
    }

    /// A value that some mode or service lacks would only be missed when it is run.
    fn every_mode_has(&mut self, values: &[Value], table: &RecipeTable) {
        let mut seen = BTreeSet::new();
        for row in table.value.iter().filter(|row| seen.insert(row.name.get_ref())) {
            let name = row.name.get_ref();
            for situation in situations(table) {
                let mut rows = values.iter().filter(|value| value.name == *name);
                if !rows.any(|value| value.when.can_hold_with(&situation.values)) {
                    let message = format!("{} has no `{{{name}}}`", situation.what);
                    let help = format!(
                        "add `[[value]]` with `name = {name:?}` and its `words`, which may be none: `[]`"
                    );
                    self.problem(Problem::at(row.name.span(), message).help(help));
                }
            }
        }
    }

    fn every_mode_runs(&mut self, commands: &[Command], table: &RecipeTable) {
        for situation in situations(table) {
            if !commands.iter().any(|command| command.when.can_hold_with(&situation.values)) {
                self.problem(
                    Problem::at(situation.place, format!("{} runs no command", situation.what))
                        .help("add a `[[command]]`, or name it in the `when` of one"),
                );
            }
        }
    }

    /// Whether there is an answer at all.
    fn answers(&mut self, commands: &[Command], table: &RecipeTable) {
        let role = table.role.get_ref();
        if let Some(answers) = table.answers.as_ref().filter(|answers| *answers.get_ref() == Answers::Dns) {
            if !self.terms.all_given().any(|name| name == "listen.host") {
                self.problem(
                    Problem::at(answers.span(), format!("the role {role} does not answer by DNS"))
                        .help("remove `answers`"),
                );
            } else if !commands.is_empty() && commands.iter().all(|command| command.ready.is_none()) {
                self.problem(Problem::at(answers.span(), "no command stays to answer by DNS").help(
                    "add `ready = { tcp = \"{listen.host}:{listen.port}\" }` to the command that serves",
                ));
            }
            return;
        }
        let Some(last) = table.command.last() else { return };
        for needed in self.terms.needed {
            if !self.names.is_known(needed) {
                self.problem(
                    Problem::at(self.source.first_line(&last.run.span()), format!("no rule gives `{needed}`"))
                        .help(format!(
                        "add `[[command.read]]` with a pattern that has the group `(?<{needed}>…)`, or with `set`"
                    )),
                );
            }
        }
    }

    fn environment(&mut self, table: &BTreeMap<String, Spanned<String>>) -> Vec<(String, Template)> {
        table.iter().map(|(name, value)| (name.clone(), self.names.template(value))).collect()
    }

    /// A name of a file below the home.
    fn name_file(&mut self, name: &Spanned<String>) {
        let path = Utf8Path::new(name.get_ref());
        if path.as_str().is_empty() || !path.components().all(|part| matches!(part, Utf8Component::Normal(_)))
        {
            self.problem(
                Problem::at(name.span(), "a file is saved below the home")
                    .help("use a path without `/` before it and without `..`"),
            );
        }
        if name
            .get_ref()
            .contains(|character: char| !(character.is_ascii_alphanumeric() || "._-/".contains(character)))
        {
            self.problem(
                Problem::at(name.span(), "a file's name is also that of a placeholder")
                    .help("use letters, digits, `.`, `_`, `-` and `/`"),
            );
        }
        self.names.add_file(name);
    }

    fn file(&mut self, table: &FileTable) -> File {
        let contents = match (&table.text, &table.copy) {
            (Some(text), None) => Contents::Text(self.names.template(text)),
            (None, Some(copy)) => {
                let text = self.files.read(Utf8Path::new(copy.get_ref())).map(|source| source.text);
                Contents::Verbatim(text.unwrap_or_else(|error| {
                    self.problem(
                        Problem::at(copy.span(), format!("the file cannot be read: {error}"))
                            .help("its path starts at the recipe's folder"),
                    );
                    String::new()
                }))
            }
            _ => {
                self.problem(
                    Problem::at(table.name.span(), "a file has either `text` or `copy`")
                        .help("write what is in it as `text`, or name a file beside the recipe as `copy`"),
                );
                Contents::Verbatim(String::new())
            }
        };
        File { name: table.name.get_ref().clone(), contents, when: self.names.when(&table.when) }
    }

    fn visible(&mut self, path: &Spanned<String>) -> Option<PathBuf> {
        let full = match &self.folder {
            Some(folder) => folder.join(path.get_ref()),
            None => PathBuf::from(path.get_ref()),
        };
        match full.canonicalize() {
            Ok(full) => Some(full),
            Err(error) => {
                self.problem(
                    Problem::at(path.span(), format!("there is nothing to be seen: {error}"))
                        .help("its path starts at the recipe's folder"),
                );
                None
            }
        }
    }
}

/// One of the modes or services of a recipe.
struct Situation {
    what: String,
    place: Range<usize>,
    /// What is then known.
    values: Vec<(&'static str, String)>,
}

fn situations(table: &RecipeTable) -> Vec<Situation> {
    let one = |kind: &'static str, name: &str, place: Range<usize>| Situation {
        what: format!("{kind} `{name}`"),
        place,
        values: vec![(kind, name.to_owned())],
    };
    let modes = table.mode.iter().map(|mode| one("mode", mode.name.get_ref(), mode.name.span()));
    let services =
        table.services.iter().map(|service| one("service", service.get_ref().name(), service.span()));
    let mut situations: Vec<Situation> = modes.chain(services).collect();
    if situations.is_empty() {
        let place = table.role.span();
        situations.push(Situation { what: "the recipe".to_owned(), place, values: Vec::new() });
    }
    situations
}

/// The only mode of a recipe that names none.
const DEFAULT_MODE: &str = "default";
