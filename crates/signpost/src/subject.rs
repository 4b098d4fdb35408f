//! From `--subject` to a subject.

use signpost_conformance::subject::{External, RECIPES, Recipe, Reference, Subject};
use signpost_discovery::Defect;

use crate::exit::Failure;

/// The subject that the command line names.
pub(crate) fn named(text: &str) -> Result<Box<dyn Subject>, Failure> {
    if let Some(program) = text.strip_prefix("cmd:") {
        return match program.trim() {
            "" => Err(Failure::usage("`cmd:` names no program").hint("use `--subject cmd:./my-adapter`")),
            program => Ok(Box::new(External::new(program))),
        };
    }
    match text.split_once('?') {
        None if text == "reference" => Ok(Box::new(Reference::honest())),
        Some(("reference", parameter)) => {
            let defect = parameter.strip_prefix("defect=").ok_or_else(|| {
                Failure::usage(format_args!("the reference has no parameter `{parameter}`"))
                    .hint("use `reference?defect=NAME`; `signpost list --defects` shows the names")
            })?;
            let defect: Defect = defect
                .parse()
                .map_err(|error| Failure::usage(error).hint("`signpost list --defects` shows the names"))?;
            Ok(Box::new(Reference::with_defect(defect)))
        }
        _ => match Recipe::named(text) {
            Some(recipe) => recipe.find().map_err(Failure::not_started),
            None => {
                let recipes: Vec<_> = RECIPES.iter().map(|recipe| recipe.name).collect();
                Err(Failure::usage(format_args!("there is no subject `{text}`")).hint(format!(
                    "use reference, reference?defect=NAME, cmd:PROGRAM, or one of {}",
                    recipes.join(", ")
                )))
            }
        },
    }
}
