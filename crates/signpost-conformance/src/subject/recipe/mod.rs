//! Unmodified programs as data: a recipe says how one is installed, configured, run and read. Nothing here knows a
//! program; each is a file below `fixtures/subjects`, or one of the user's own. docs/recipes.md describes the format.

mod check;
mod names;
mod plan;
mod process;
mod program;
mod role;
mod rule;
mod table;
mod template;

use std::sync::Arc;

use camino::Utf8Path;
use signpost_source::{Files, Problem, Problems, Source, nearest};

use self::plan::Plan;
use self::program::Program;
use super::Subject;

pub use self::plan::Mode;
pub(crate) use self::table::RecipeTable;

/// How an unmodified program is found and used.
#[derive(Clone, Debug)]
pub struct Recipe {
    name: String,
    source: Source,
    plan: Arc<Plan>,
}

impl Recipe {
    /// The names of the recipes that are built in, sorted.
    #[must_use]
    pub fn names() -> Vec<String> {
        // A folder that is part of the program can be listed.
        let paths = built_in().list("toml").unwrap_or_default();
        paths.iter().filter_map(|path| path.file_stem()).map(str::to_owned).collect()
    }

    /// The recipe of this name that is built in, if there is one.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn named(name: &str) -> Result<Option<Self>, Problems> {
        if !Self::names().iter().any(|known| known == name) {
            return Ok(None);
        }
        match built_in().read(Utf8Path::new(&format!("{name}.toml"))) {
            Ok(source) => Self::parse(name, source, &built_in(), None).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// A recipe of the user's own.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or everything that is wrong with it.
    pub fn load(path: &Utf8Path) -> Result<Self, RecipeError> {
        let unreadable = |error: std::io::Error| RecipeError::Unreadable(format!("{path}: {error}"));
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let parent = path.parent().filter(|parent| !parent.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
        let folder = parent.canonicalize().map_err(unreadable)?;
        let files = Files::Folder(parent.to_owned());
        Self::parse(path.as_str(), Source::new(path, text), &files, Some(folder))
            .map_err(RecipeError::Malformed)
    }

    fn parse(
        name: &str,
        source: Source,
        files: &Files,
        folder: Option<std::path::PathBuf>,
    ) -> Result<Self, Problems> {
        let plan = check::check(&source, source.parse()?, files, folder)?;
        Ok(Self { name: name.to_owned(), source, plan: Arc::new(plan) })
    }

    /// The subject's name on the command line: for one of the user's own the path of its file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.plan.about
    }

    /// The command that installs it.
    #[must_use]
    pub fn install(&self) -> Option<&str> {
        self.plan.install.as_deref()
    }

    /// The ways to use it, of which the first is the usual one.
    #[must_use]
    pub fn modes(&self) -> &[Mode] {
        &self.plan.modes
    }

    /// The name on the command line of one of its modes.
    #[must_use]
    pub fn name_in(&self, mode: &Mode) -> String {
        match self.plan.modes.first() {
            Some(usual) if usual.name == mode.name => self.name.clone(),
            _ => format!("{}:{}", self.name, mode.name),
        }
    }

    /// The program as a subject in one of its modes: the usual one if none is named.
    ///
    /// # Errors
    ///
    /// There is no such mode, or a program that it runs is not installed.
    pub fn find(&self, mode: Option<&str>) -> Result<Box<dyn Subject>, Missing> {
        let modes = &self.plan.modes;
        let index = match mode {
            None => 0,
            Some(name) => {
                modes.iter().position(|mode| mode.name == name).ok_or_else(|| self.no_mode(name))?
            }
        };
        match Program::find(&self.plan, index, self.name_in(&modes[index])) {
            Ok(program) => Ok(Box::new(program)),
            Err((program, place)) => Err(self.not_installed(&program, place)),
        }
    }

    fn no_mode(&self, name: &str) -> Missing {
        let known: Vec<&str> = self.plan.modes.iter().map(|mode| mode.name.as_str()).collect();
        let hint = match nearest(name, &known) {
            Some(meant) => format!("did you mean `{}:{meant}`?", self.name),
            None => format!("it has {}", known.join(", ")),
        };
        Missing::Mode { message: format!("`{}` has no mode `{name}`", self.name), hint }
    }

    fn not_installed(&self, program: &str, place: std::ops::Range<usize>) -> Missing {
        match &self.plan.install {
            Some(install) => Missing::Program { program: self.name.clone(), install: install.clone() },
            None => Missing::Unexplained(
                self.source.problem(
                    Problem::at(place, format!("`{program}` is not installed")).help(
                        "install it, or write its path from the recipe; `install` tells others how it is installed",
                    ),
                ),
            ),
        }
    }
}

fn built_in() -> Files {
    Files::Embedded(&signpost_fixtures::SUBJECTS)
}

/// Why there is no recipe.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RecipeError {
    /// The file is wrong.
    #[error("{0}")]
    Malformed(Problems),
    /// The file cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

/// Why a recipe cannot be followed here.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Missing {
    /// It has no such mode.
    #[error("{message}")]
    Mode {
        /// What is missing.
        message: String,
        /// What there is.
        hint: String,
    },
    /// A program is not installed, and the recipe says how it can be.
    #[error("{program} is not installed; `{install}` installs it")]
    Program {
        /// The subject.
        program: String,
        /// The command that installs it.
        install: String,
    },
    /// A program is not installed.
    #[error("{0}")]
    Unexplained(Problems),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_are_found_by_name() {
        assert!(!Recipe::names().is_empty());
        for name in Recipe::names() {
            let recipe = Recipe::named(&name).unwrap().unwrap();
            assert_eq!(recipe.name(), name);
            if let Ok(subject) = recipe.find(None) {
                assert_eq!(subject.name(), name);
                assert!(subject.version().contains('.'), "{}", subject.version());
            }
        }
        assert!(Recipe::named("ed").unwrap().is_none());
    }
}
