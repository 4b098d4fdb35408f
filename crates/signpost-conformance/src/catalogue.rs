//! Published attacks and failures, and the cases that show them: `scenarios/catalogue.toml`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use serde_spanned::Spanned;
use signpost_protocol::Service;
use signpost_source::{Problem, Problems, Source};

use crate::case::Case;

/// What has been published of attacks and failures, in groups.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    groups: Vec<Group>,
}

/// Rows about one part of what a client does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What they are about.
    pub title: String,
    row: BTreeMap<Spanned<String>, Row>,
}

/// One attack or failure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// What happens, understandable without the publication.
    pub title: String,
    services: Spanned<Vec<Service>>,
    cases: Vec<Spanned<String>>,
    /// What of it no case shows, and why.
    pub missing: Option<String>,
}

/// How much of a row the suite shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Extent {
    /// No case is about it.
    None,
    /// Some case is, and something is missing.
    Part,
    /// Nothing is missing.
    Whole,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueFile {
    group: Vec<Group>,
}

impl Catalogue {
    /// Reads a catalogue and holds it against the cases of its suite.
    ///
    /// # Errors
    ///
    /// A row that names a case which there is not, or a service of which it names none, or that has neither cases nor a reason; and
    /// where.
    pub(crate) fn parse<'a>(
        source: &Source,
        cases: impl Iterator<Item = &'a Case>,
    ) -> Result<Self, Problems> {
        let file: CatalogueFile = source.parse()?;
        let known = Shown::of(cases);
        let mut problems = Vec::new();
        let mut ids: BTreeSet<&str> = BTreeSet::new();
        for (id, row) in file.group.iter().flat_map(|group| &group.row) {
            if !ids.insert(id.get_ref()) {
                let message = format!("there is another row `{}`", id.get_ref());
                problems.push(Problem::at(id.span(), message).help("an ID is of one row"));
            }
            problems.extend(row.unknown_cases(&known));
            problems.extend(row.unshown(id, &known));
        }
        source.check(problems)?;
        Ok(Self { groups: file.group })
    }

    /// The groups, in the order of the file.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }
}

impl Group {
    /// IDs and rows, in the order of the IDs.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &Row)> {
        self.row.iter().map(|(id, row)| (id.get_ref().as_str(), row))
    }
}

impl Row {
    /// The services that it is about.
    #[must_use]
    pub fn services(&self) -> &[Service] {
        self.services.get_ref()
    }

    /// IDs of scenarios; that of a sweep stands for all of its values.
    pub fn cases(&self) -> impl ExactSizeIterator<Item = &str> {
        self.cases.iter().map(|case| case.get_ref().as_str())
    }

    /// How much of it the suite shows.
    #[must_use]
    pub fn extent(&self) -> Extent {
        match (&self.missing, self.cases.is_empty()) {
            (_, true) => Extent::None,
            (Some(_), false) => Extent::Part,
            (None, false) => Extent::Whole,
        }
    }

    fn unknown_cases(&self, known: &Shown<'_>) -> Vec<Problem> {
        let is_unknown = |name: &&Spanned<String>| known.services(name.get_ref()).is_none();
        let problem = |name: &Spanned<String>| {
            Problem::at(name.span(), format!("there is no scenario `{}`", name.get_ref()))
                .help("`signpost list` shows which there are; that of a sweep stands for its values")
        };
        self.cases.iter().filter(is_unknown).map(problem).collect()
    }

    /// Why it says less than it seems to.
    fn unshown(&self, id: &Spanned<String>, known: &Shown<'_>) -> Option<Problem> {
        if self.missing.is_some() {
            return None;
        }
        if self.cases.is_empty() {
            let message = format!("`{}` has no cases", id.get_ref());
            return Some(Problem::at(id.span(), message).help("say in `missing` why"));
        }
        let shown: BTreeSet<Service> =
            self.cases().filter_map(|name| known.services(name)).flatten().copied().collect();
        let service = self.services().iter().find(|service| !shown.contains(service))?;
        Some(
            Problem::at(self.services.span(), format!("no case is of {service}"))
                .help("name one, or say in `missing` why there is none"),
        )
    }
}

/// The services of scenarios and sweeps that there are cases of, by the ID of the one or the other.
struct Shown<'a>(HashMap<&'a str, BTreeSet<Service>>);

impl<'a> Shown<'a> {
    fn of(cases: impl Iterator<Item = &'a Case>) -> Self {
        let mut shown: HashMap<&str, BTreeSet<Service>> = HashMap::new();
        for case in cases {
            let id = case.scenario.id.as_str();
            // A value of a sweep has its ID below that of the sweep.
            let sweeps = id.match_indices('/').map(|(end, _)| &id[..end]);
            for name in sweeps.chain([id]) {
                shown.entry(name).or_default().extend(case.service);
            }
        }
        Self(shown)
    }

    fn services(&self, name: &str) -> Option<&BTreeSet<Service>> {
        self.0.get(name)
    }
}
