//! Every scenario with its world, checked against each other and expanded to cases.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use camino::Utf8Path;
use include_dir::{Dir, include_dir};
use signpost_lab::{World, WorldError};
use signpost_source::{Files, Problem, Problems};

use crate::case::{Case, cases_of};
use crate::check::check;
pub use crate::partition::{Partition, PartitionError};
use crate::requirement::Requirements;
use crate::scenario::Scenario;
use crate::subject::Subject;
use crate::tombstone::Tombstones;

static BUILT_IN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../scenarios");

/// Files of the suite that are no scenarios.
const OTHER_FILES: [&str; 2] = [REQUIREMENTS, TOMBSTONES];
const REQUIREMENTS: &str = "requirements.toml";
const TOMBSTONES: &str = "tombstones.toml";

/// A suite: requirements, worlds and cases.
#[derive(Debug)]
pub struct Suite {
    /// The requirement catalogue.
    pub requirements: Requirements,
    /// Every case, in the order of the IDs.
    pub cases: Vec<Arc<Case>>,
}

/// Why a suite does not load: every mistake in every file.
#[derive(Debug, Default)]
pub struct SuiteError {
    problems: Vec<Problems>,
    unreadable: Vec<String>,
}

impl SuiteError {
    /// The mistakes in files that could be read.
    #[must_use]
    pub fn problems(&self) -> &[Problems] {
        &self.problems
    }

    /// What could not be read at all.
    #[must_use]
    pub fn unreadable(&self) -> &[String] {
        &self.unreadable
    }
}

impl fmt::Display for SuiteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frames = self.problems.iter().map(ToString::to_string).chain(self.unreadable.iter().cloned());
        formatter.write_str(&frames.collect::<Vec<_>>().join("\n\n"))
    }
}

impl std::error::Error for SuiteError {}

impl Suite {
    /// The suite that is part of the program.
    ///
    /// # Errors
    ///
    /// As [`Suite::load`].
    pub fn built_in() -> Result<Self, SuiteError> {
        Self::load(&Files::Embedded(&BUILT_IN))
    }

    /// Reads a suite and holds all of its files against each other.
    ///
    /// # Errors
    ///
    /// Every mistake in every file.
    pub fn load(files: &Files) -> Result<Self, SuiteError> {
        let mut error = SuiteError::default();
        let requirements = load_requirements(files, &mut error);
        let tombstones = load_tombstones(files, &mut error);
        let scenarios = load_scenarios(files, &mut error);
        let worlds = load_worlds(files, &scenarios, &mut error);
        let mut cases = Vec::new();
        for scenario in scenarios.values() {
            let mut problems = check(scenario, &scenarios, &requirements, &tombstones);
            match worlds.get(scenario.table.world.get_ref()) {
                Some(Some(world)) => match cases_of(scenario, world, &requirements) {
                    Ok(expanded) => cases.extend(expanded),
                    Err(found) => problems.extend(found),
                },
                // What is wrong with the world has been said once, for all of its scenarios.
                Some(None) => {}
                None => problems.push(unknown_world(files, scenario)),
            }
            if let Err(found) = scenario.source.check(problems) {
                error.problems.push(found);
            }
        }
        if !error.problems.is_empty() || !error.unreadable.is_empty() {
            return Err(error);
        }
        cases.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(Self { requirements, cases: cases.into_iter().map(Arc::new).collect() })
    }

    /// The cases that any of the filters names, of one partition, that are for a subject.
    ///
    /// A filter names a case by a part of its ID; no filter names all.
    #[must_use]
    pub fn select(
        &self,
        filters: &[String],
        partition: Option<Partition>,
        subject: Option<&dyn Subject>,
    ) -> Vec<Arc<Case>> {
        let is_selected = |case: &&Arc<Case>| {
            (filters.is_empty() || filters.iter().any(|filter| case.id.contains(filter.as_str())))
                && partition.is_none_or(|partition| partition.holds(&case.id))
                && subject.is_none_or(|subject| case.is_for(subject))
        };
        self.cases.iter().filter(is_selected).cloned().collect()
    }

    /// The case with this ID.
    #[must_use]
    pub fn case(&self, id: &str) -> Option<&Arc<Case>> {
        self.cases.iter().find(|case| case.id == id)
    }
}

fn load_requirements(files: &Files, error: &mut SuiteError) -> Requirements {
    let read = files.read(Utf8Path::new(REQUIREMENTS)).map_err(|reason| error.unreadable.push(reason));
    let Ok(source) = read else { return Requirements::default() };
    Requirements::parse(&source).unwrap_or_else(|problems| {
        error.problems.push(problems);
        Requirements::default()
    })
}

/// A suite that has retired nothing needs no such file.
fn load_tombstones(files: &Files, error: &mut SuiteError) -> Tombstones {
    let path = Utf8Path::new(TOMBSTONES);
    if !files.list("toml").is_ok_and(|paths| paths.iter().any(|known| known == path)) {
        return Tombstones::default();
    }
    match files.read(path) {
        Ok(source) => Tombstones::parse(&source).unwrap_or_else(|problems| {
            error.problems.push(problems);
            Tombstones::default()
        }),
        Err(reason) => {
            error.unreadable.push(reason);
            Tombstones::default()
        }
    }
}

fn load_scenarios(files: &Files, error: &mut SuiteError) -> BTreeMap<String, Arc<Scenario>> {
    let paths = files.list("toml").unwrap_or_else(|reason| {
        error.unreadable.push(reason);
        Vec::new()
    });
    let mut scenarios = BTreeMap::new();
    for path in paths {
        if path.starts_with("worlds") || OTHER_FILES.contains(&path.as_str()) {
            continue;
        }
        let id = path.with_extension("").into_string();
        match files.read(&path) {
            Ok(source) => match Scenario::parse(&id, source) {
                Ok(scenario) => {
                    scenarios.insert(id, Arc::new(scenario));
                }
                Err(problems) => error.problems.push(problems),
            },
            Err(reason) => error.unreadable.push(reason),
        }
    }
    scenarios
}

/// Every world that a scenario names and that has a folder; nothing where the folder holds mistakes.
fn load_worlds(
    files: &Files,
    scenarios: &BTreeMap<String, Arc<Scenario>>,
    error: &mut SuiteError,
) -> BTreeMap<String, Option<Arc<World>>> {
    let known = world_names(files);
    let mut worlds = BTreeMap::new();
    for scenario in scenarios.values() {
        let name = scenario.table.world.get_ref();
        if worlds.contains_key(name) || !known.contains(name) {
            continue;
        }
        let world = match World::load(files, name) {
            Ok(world) => Some(Arc::new(world)),
            Err(WorldError::Problems(problems)) => {
                error.problems.push(problems);
                None
            }
            Err(other) => {
                error.unreadable.push(other.to_string());
                None
            }
        };
        worlds.insert(name.clone(), world);
    }
    worlds
}

fn world_names(files: &Files) -> Vec<String> {
    let paths = files.list("toml").unwrap_or_default();
    paths
        .iter()
        .filter_map(|path| path.strip_prefix("worlds").ok()?.parent())
        .map(|folder| folder.as_str().to_owned())
        .collect()
}

fn unknown_world(files: &Files, scenario: &Scenario) -> Problem {
    let world = &scenario.table.world;
    Problem::at(world.span(), format!("there is no world `{}`", world.get_ref()))
        .one_of(world.get_ref(), &world_names(files))
}
