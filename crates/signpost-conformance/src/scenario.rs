//! The scenario file: a world, what is broken in it, and what a conforming subject does.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;
use signpost_format::{Profile, Role, Severity};
use signpost_lab::FaultTable;
use signpost_source::{Document, Problems, Source};

use crate::role::Table;

/// A scenario file, read but not yet held against the rest of the suite.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Permanent ID: the path below the suite without its ending, and the name of the value of a sweep behind it.
    pub id: String,
    /// The file.
    pub source: Source,
    /// What it says as every scenario does.
    pub table: ScenarioTable,
    /// What it says as those of its role do.
    pub part: Table,
}

impl Scenario {
    /// Reads a file of the suite: one scenario, or one for each value of its sweep, whose name then stands behind the file's
    /// in the ID.
    ///
    /// # Errors
    ///
    /// What in the file is not of the format, and where.
    pub fn parse(id: &str, source: &Source) -> Result<Vec<Self>, Problems> {
        let swept = source.document()?.swept()?;
        let name =
            |value: Option<String>| value.map_or_else(|| id.to_owned(), |value| format!("{id}/{value}"));
        swept.into_iter().map(|(value, document)| Self::read(name(value), source, document)).collect()
    }

    fn read(id: String, source: &Source, mut document: Document<'_>) -> Result<Self, Problems> {
        let role = document.clone().take::<RoleKey>();
        let table = document.take::<ScenarioTable>();
        // Without a role nobody can say what the rest should be; with one, what is wrong there is shown as well.
        let RoleKey { role } = role.map_err(|problems| table.as_ref().err().cloned().unwrap_or(problems))?;
        let part = Table::read(role, document);
        match (table, part) {
            (Ok(table), Ok(part)) => Ok(Self { id, source: source.clone(), table, part }),
            (Err(problems), Err(others)) => Err(problems.and(others)),
            (Err(problems), Ok(_)) | (Ok(_), Err(problems)) => Err(problems),
        }
    }

    /// Whether it is a control: an honest case that stands in the folder `honest`.
    #[must_use]
    pub fn is_control(&self) -> bool {
        self.id.starts_with(CONTROLS)
    }

    /// The folder that it stands in.
    #[must_use]
    pub fn area(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }
}

/// The folder of the controls.
pub(crate) const CONTROLS: &str = "honest/";

/// The keys that every scenario file has, whatever its role. Each role has some of its own beside them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct ScenarioTable {
    /// What happens, in one line.
    pub title: String,
    /// What a client that gets it wrong does to its user.
    pub why: String,
    /// Slugs of the requirements that are tested; the first is the one that a broken expectation breaks.
    #[schemars(with = "Vec<String>")]
    pub requirements: Vec<Spanned<String>>,
    /// How bad it is to fail.
    pub severity: Severity,
    /// Whose rules are tested.
    #[schemars(with = "Vec<Profile>")]
    pub profiles: Spanned<Vec<Profile>>,
    /// What the subject is asked to do.
    #[schemars(with = "Role")]
    pub role: Spanned<Role>,
    /// Name of the world.
    #[schemars(with = "String")]
    pub world: Spanned<String>,
    /// ID of the honest scenario that must pass before a refusal counts.
    #[schemars(with = "Option<String>")]
    pub control: Option<Spanned<String>>,
    /// What is broken from the start.
    #[serde(default)]
    pub fault: Vec<FaultTable>,
}

/// The one key that must be known before the others can be read.
#[derive(Deserialize)]
struct RoleKey {
    role: Role,
}
