//! From `--subject` to a subject.

use std::path::{Path, PathBuf};

use camino::Utf8Path;
use signpost_conformance::subject::{External, Library, Missing, Recipe, RecipeError, Reference, Subject};
use signpost_discovery::{Defect, Manner};
use signpost_format::Profile;
use signpost_source::nearest;

use crate::exit::Failure;

/// The subject that the command line names. An adapter claims `profile`, and may have to run on
/// this machine's loopback; the others know what they claim.
pub(crate) fn named(
    text: &str,
    profile: Option<Profile>,
    on_loopback: bool,
) -> Result<Box<dyn Subject>, Failure> {
    if let Some(program) = text.strip_prefix("cmd:") {
        return Ok(Box::new(adapter(program, profile, on_loopback)?));
    }
    if let Some(library) = Library::named(text) {
        return Ok(Box::new(library));
    }
    match text.split_once('?') {
        None if text == "reference" => Ok(Box::new(Reference::honest())),
        Some(("reference", parameter)) if parameter.starts_with("manner=") => {
            let name = parameter.trim_start_matches("manner=");
            let reference = Reference::in_manner(name).ok_or_else(|| {
                let known = Manner::NAMED.map(|(name, _)| name).join(" and ");
                Failure::usage(format_args!("the reference has no manner `{name}`"))
                    .hint(format!("its manners are {known}"))
            })?;
            Ok(Box::new(reference))
        }
        Some(("reference", parameter)) => {
            let defect = parameter.strip_prefix("defect=").ok_or_else(|| {
                Failure::usage(format_args!("the reference has no parameter `{parameter}`"))
                    .hint("use `reference?defect=NAME`; `signpost list --defects` shows the names")
            })?;
            let defect: Defect = defect.parse().map_err(|_| {
                let known: Vec<_> = Defect::ALL.iter().map(|defect| defect.name()).collect();
                let hint = match nearest(defect, &known) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "`signpost list --defects` shows the names".to_owned(),
                };
                Failure::usage(format_args!("the reference has no defect `{defect}`")).hint(hint)
            })?;
            Ok(Box::new(Reference::with_defect(defect)))
        }
        _ => match recipe(text)? {
            Some((recipe, mode)) => recipe.find(mode).map_err(missing),
            None => {
                let libraries = Library::ALL.iter().map(|library| library.name.to_owned());
                let recipes: Vec<String> = Recipe::names().into_iter().chain(libraries).collect();
                let hint = match nearest(text, &recipes) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!(
                        "use reference, reference?defect=NAME, cmd:PROGRAM, FILE.toml, or one of {}",
                        recipes.join(", ")
                    ),
                };
                Err(Failure::usage(format_args!("there is no subject `{text}`")).hint(hint))
            }
        },
    }
}

/// An adapter: a program with its arguments.
pub(crate) fn adapter(
    program: &str,
    profile: Option<Profile>,
    on_loopback: bool,
) -> Result<External, Failure> {
    let program = program.trim();
    if program.is_empty() {
        return Err(Failure::usage("`cmd:` names no program").hint("use `--subject cmd:./my-adapter`"));
    }
    check_program(program)?;
    let adapter = External::new(program, profile.unwrap_or(Profile::PolicyRecords));
    Ok(if on_loopback { adapter.on_loopback() } else { adapter })
}

/// The recipe that a subject's name begins with, and the mode behind a colon: one that is built in, or a file.
fn recipe(text: &str) -> Result<Option<(Recipe, Option<&str>)>, Failure> {
    let (name, mode) = match text.rsplit_once(':') {
        Some((name, mode)) if !mode.contains(['/', '.']) => (name, Some(mode)),
        _ => (text, None),
    };
    let recipe = if name.ends_with(".toml") {
        Some(Recipe::load(Utf8Path::new(name)).map_err(|error| match error {
            RecipeError::Malformed(problems) => problems.into(),
            RecipeError::Unreadable(message) => Failure::usage(message),
        })?)
    } else {
        Recipe::named(name)?
    };
    Ok(recipe.map(|recipe| (recipe, mode)))
}

/// A program that is not installed is no failure of anybody's, unless whoever runs this says that it must be there.
fn missing(missing: Missing) -> Failure {
    match &missing {
        Missing::Mode { message, hint } => Failure::usage(message).hint(hint),
        Missing::Program { program, install } if !are_programs_required() => {
            Failure::skipped(format_args!("{program} is not installed, so nothing was run"))
                .hint(format!("`{install}` installs it; with SIGNPOST_REQUIRE_PROGRAMS set this is an error"))
        }
        Missing::Program { .. } => Failure::not_started(missing),
        Missing::Unexplained(problems) => Failure::not_started_frames(problems.styled()),
    }
}

/// Whether a program that is not installed is an error.
pub(crate) fn are_programs_required() -> bool {
    std::env::var_os("SIGNPOST_REQUIRE_PROGRAMS").is_some()
}

/// A program that is not there is said once, before any case, and not by every case.
fn check_program(command: &str) -> Result<(), Failure> {
    let program = command.split_whitespace().next().unwrap_or_default();
    let places: Vec<PathBuf> = if program.contains('/') {
        vec![PathBuf::from(program)]
    } else {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&folders).map(|folder| folder.join(program)).collect()
    };
    if places.iter().any(|place| is_executable(place)) {
        return Ok(());
    }
    if let Some(folder) = places.iter().find(|place| place.is_dir() && program.contains('/')) {
        return Err(Failure::not_started(format_args!("`{}` is a folder", folder.display()))
            .hint("its path has to lead to an executable file"));
    }
    if let Some(file) = places.iter().find(|place| place.is_file()) {
        let file = file.display();
        return Err(Failure::not_started(format_args!("`{file}` is not executable")).hint(format!(
            "`chmod +x {file}` makes it executable, or name its interpreter: `cmd:sh {file}`"
        )));
    }
    let hint = if program.contains('/') {
        "its path has to lead to an executable file"
    } else {
        "a program that is not in PATH needs its path, such as `cmd:./adapter`"
    };
    Err(Failure::not_started(format_args!("there is no program `{program}`")).hint(hint))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}
