//! `signpost completions`, `man` and `schema`: what packages and editors need.

use clap::CommandFactory;
use signpost_conformance::schema::Format;

use super::{print, print_json};
use crate::argument::{Arguments, CompletionsOptions, SchemaOptions};
use crate::exit::{Exit, Failure};

/// Prints completions for a shell.
pub(crate) fn completions(options: &CompletionsOptions) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), "signpost", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::AsExpected)
}

/// Prints the manual page.
pub(crate) fn manual() -> Result<Exit, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(Exit::AsExpected)
}

/// Prints the JSON Schema of a published format.
pub(crate) fn schema(options: &SchemaOptions) -> Result<Exit, Failure> {
    let format = Format::ALL.into_iter().find(|format| format.name() == options.format);
    let format = format.ok_or_else(|| Failure::usage(format_args!("no format `{}`", options.format)))?;
    print_json(&format.schema())?;
    Ok(Exit::AsExpected)
}
