//! Every scenario with its world, checked against each other and expanded to cases.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use camino::Utf8Path;
use signpost_lab::{Blueprint, LabError, World, WorldError, WorldNames, ZoneMistake};
use signpost_source::{Files, Problem, Problems, Source};

use crate::case::{Case, cases_of};
use crate::catalogue::Catalogue;
use crate::check::check;
pub use crate::partition::{Partition, PartitionError};
use crate::requirement::Requirements;
use crate::scenario::Scenario;
use crate::subject::Subject;
use crate::tombstone::Tombstones;
use crate::vocabulary::Vocabulary;

/// Files of the suite that are no scenarios.
const OTHER_FILES: [&str; 5] = [CATALOGUE, PACKAGE, REQUIREMENTS, TOMBSTONES, VOCABULARY];
const CATALOGUE: &str = "catalogue.toml";
/// A suite may be a package that embeds it, as the built-in one is.
const PACKAGE: &str = "Cargo.toml";
const REQUIREMENTS: &str = "requirements.toml";
const TOMBSTONES: &str = "tombstones.toml";
const VOCABULARY: &str = "vocabulary.toml";

/// A suite: requirements, worlds and cases.
#[derive(Debug)]
pub struct Suite {
    /// The requirement catalogue.
    pub requirements: Requirements,
    /// Every case, in the order of the IDs.
    pub cases: Vec<Arc<Case>>,
    /// What has been published of attacks and failures, and which cases show it.
    pub catalogue: Catalogue,
}

/// Why a suite does not load: every mistake in every file.
#[derive(Debug, Default)]
pub struct SuiteError {
    problems: Vec<Problems>,
    unreadable: Vec<String>,
}

impl SuiteError {
    fn is_empty(&self) -> bool {
        self.problems.is_empty() && self.unreadable.is_empty()
    }

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
        Self::load(&Files::Embedded(&signpost_scenarios::SUITE))
    }

    /// Reads a suite and holds all of its files against each other.
    ///
    /// # Errors
    ///
    /// Every mistake in every file.
    pub fn load(files: &Files) -> Result<Self, SuiteError> {
        let mut error = SuiteError::default();
        let requirements = load_requirements(files, &mut error);
        let tombstones = load_optional(files, TOMBSTONES, Tombstones::parse, &mut error);
        let vocabulary = load_optional(files, VOCABULARY, Vocabulary::parse, &mut error);
        let (scenarios, broken) = load_scenarios(files, &mut error);
        // Without the catalogue, every scenario would seem to name requirements that there are not.
        let Some(requirements) = requirements else { return Err(error) };
        let worlds = load_worlds(files, &scenarios, &mut error);
        let mut cases = Vec::new();
        for scenario in scenarios.values() {
            let mut problems = check(scenario, &scenarios, &broken, &requirements, &tombstones, &vocabulary);
            match worlds.get(scenario.table.world.get_ref()) {
                Some(Some((world, names))) => {
                    problems.extend(control_elsewhere(scenario, world, &scenarios));
                    match cases_of(scenario, world, names, &requirements) {
                        Ok(expanded) => cases.extend(expanded),
                        Err(found) => problems.extend(found),
                    }
                }
                // What is wrong with the world has been said once, for all of its scenarios.
                Some(None) => {}
                None => problems.push(unknown_world(files, scenario)),
            }
            if let Err(found) = scenario.source.check(problems) {
                error.problems.push(found);
            }
        }
        // Without every case, rows would seem to name scenarios that there are not.
        if !error.is_empty() {
            return Err(error);
        }
        let read = |source: &Source| Catalogue::parse(source, cases.iter());
        let catalogue = load_optional(files, CATALOGUE, read, &mut error);
        if !error.is_empty() {
            return Err(error);
        }
        cases.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(Self { requirements, cases: cases.into_iter().map(Arc::new).collect(), catalogue })
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
        // They are in the order of the IDs.
        let index = self.cases.binary_search_by(|case| case.id.as_str().cmp(id)).ok()?;
        self.cases.get(index)
    }
}

fn load_requirements(files: &Files, error: &mut SuiteError) -> Option<Requirements> {
    let source =
        files.read(Utf8Path::new(REQUIREMENTS)).map_err(|reason| error.unreadable.push(reason)).ok()?;
    Requirements::parse(&source).map_err(|problems| error.problems.push(problems)).ok()
}

/// A file that a suite need not have: one that has retired nothing, or adds no words of its own.
fn load_optional<T: Default>(
    files: &Files,
    name: &str,
    parse: impl Fn(&Source) -> Result<T, Problems>,
    error: &mut SuiteError,
) -> T {
    let path = Utf8Path::new(name);
    if !files.list("toml").is_ok_and(|paths| paths.iter().any(|known| known == path)) {
        return T::default();
    }
    match files.read(path) {
        Ok(source) => parse(&source).map_err(|problems| error.problems.push(problems)).unwrap_or_default(),
        Err(reason) => {
            error.unreadable.push(reason);
            T::default()
        }
    }
}

/// The scenarios that can be read, and the IDs of those that cannot.
fn load_scenarios(
    files: &Files,
    error: &mut SuiteError,
) -> (BTreeMap<String, Arc<Scenario>>, BTreeSet<String>) {
    let paths = files.list("toml").unwrap_or_else(|reason| {
        error.unreadable.push(reason);
        Vec::new()
    });
    let mut scenarios = BTreeMap::new();
    let mut broken = BTreeSet::new();
    for path in paths {
        if path.starts_with("worlds") || OTHER_FILES.contains(&path.as_str()) {
            continue;
        }
        let id = path.with_extension("").into_string();
        match files.read(&path) {
            Ok(source) => match Scenario::parse(&id, &source) {
                Ok(found) => {
                    let by_id = found.into_iter().map(|scenario| (scenario.id.clone(), Arc::new(scenario)));
                    scenarios.extend(by_id);
                }
                Err(problems) => {
                    error.problems.push(problems);
                    broken.insert(id);
                }
            },
            Err(reason) => {
                error.unreadable.push(reason);
                broken.insert(id);
            }
        }
    }
    (scenarios, broken)
}

/// Every world that a scenario names and that has a folder; nothing where the folder holds mistakes.
fn load_worlds(
    files: &Files,
    scenarios: &BTreeMap<String, Arc<Scenario>>,
    error: &mut SuiteError,
) -> BTreeMap<String, Option<(Arc<World>, WorldNames)>> {
    let known = world_names(files);
    let mut worlds = BTreeMap::new();
    for scenario in scenarios.values() {
        let name = scenario.table.world.get_ref();
        if worlds.contains_key(name) || !known.contains(name) {
            continue;
        }
        let world = match load_world(files, name) {
            Ok((world, names)) => Some((Arc::new(world), names)),
            Err(WorldError::Problems(problems)) => {
                // Worlds share zones and stand on one another, so that one mistake shows in several.
                if !error.problems.contains(&problems) {
                    error.problems.push(problems);
                }
                None
            }
            Err(other) => {
                error.unreadable.push(format!("failed to read the world `{name}` or its `base`: {other}"));
                None
            }
        };
        worlds.insert(name.clone(), world);
    }
    worlds
}

/// Reads a world, and its zones and certificates as a lab will, so that no mistake waits until a case runs.
fn load_world(files: &Files, name: &str) -> Result<(World, WorldNames), WorldError> {
    let world = World::load(files, name)?;
    let problem = match Blueprint::new(&world, &[]) {
        Ok(blueprint) => {
            let names = blueprint.names();
            return Ok((world, names));
        }
        Err(LabError::Zone { path, mistake }) => world
            .all_zones()
            .find(|zone| zone.source.path == path)
            .map(|zone| zone.source.problem(zone_problem(&zone.source, &mistake))),
        Err(other) => {
            let path = Utf8Path::new("worlds").join(name).join("world.toml");
            let source = files.read(&path).map_err(WorldError::Unreadable)?;
            let problem = Problem::at(0..0, other.to_string())
                .help("correct it here, or in the world that `base` names");
            Some(source.problem(problem))
        }
    };
    Err(problem.map_or_else(|| WorldError::Unreadable(format!("worlds/{name}")), WorldError::Problems))
}

/// Puts the mistake of a master file where it is: on its line, at its placeholder, or at the whole.
fn zone_problem(source: &Source, mistake: &ZoneMistake) -> Problem {
    if let ZoneMistake::Zone(error) = mistake
        && let Some(line) = error.line
    {
        return Problem::at(source.span_of_line(line), error.kind.to_string())
            .help("write the line as in a master file (RFC 1035 section 5.1)");
    }
    let span = match mistake {
        ZoneMistake::Placeholder(error) => error.span.clone(),
        _ => 0..0,
    };
    Problem::at(span, mistake.to_string())
        .help("zones are master files (RFC 1035 section 5) with an SOA and an NS record at the apex")
}

fn world_names(files: &Files) -> Vec<String> {
    let paths = files.list("toml").unwrap_or_default();
    paths
        .iter()
        .filter_map(|path| path.strip_prefix("worlds").ok()?.parent())
        .map(|folder| folder.as_str().to_owned())
        .collect()
}

/// A control shows that a client can do in this world what is asked, so it is of this world, or of one that this one stands on
/// and changes.
fn control_elsewhere(
    scenario: &Scenario,
    world: &World,
    scenarios: &BTreeMap<String, Arc<Scenario>>,
) -> Option<Problem> {
    let control = scenario.table.control.as_ref()?;
    let of_control = scenarios.get(control.get_ref())?.table.world.get_ref();
    if *of_control == world.name || world.bases.contains(of_control) {
        return None;
    }
    let near = |name: &String| *name == world.name || world.bases.contains(name);
    let known: Vec<&str> = scenarios
        .values()
        .filter(|other| other.is_control() && near(other.table.world.get_ref()))
        .map(|other| other.id.as_str())
        .collect();
    let help = match known[..] {
        [] => format!("add an honest scenario in the world `{}`", world.name),
        _ => format!("in this world, or in one that it stands on, are {}", known.join(", ")),
    };
    let message = format!("the control is in the world `{of_control}`, the scenario in `{}`", world.name);
    Some(Problem::at(control.span(), message).help(help))
}

fn unknown_world(files: &Files, scenario: &Scenario) -> Problem {
    let world = &scenario.table.world;
    Problem::at(world.span(), format!("there is no world `{}`", world.get_ref()))
        .one_of(world.get_ref(), &world_names(files))
}
