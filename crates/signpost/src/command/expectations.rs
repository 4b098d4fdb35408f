//! `signpost expectations`: a subject's known deviations, kept up to date.

use camino::{Utf8Path, Utf8PathBuf};
use signpost_conformance::expectation_file::Expectations;
use signpost_conformance::expectation_update::update as updated;
use signpost_source::Source;

use super::run::{Judged, judge};
use super::{read_source, tell};
use crate::argument::{Format, RunOptions};
use crate::exit::{Exit, Failure};
use crate::output::write_whole;
use crate::report::count;

/// Where the project keeps the files of the subjects that it knows.
const FOLDER: &str = "fixtures/expectations";

/// Runs the cases and rewrites the file, unless the run was stopped. Comments and reasons stay.
pub(crate) fn update(
    options: &RunOptions,
    namespaces: Result<(), signpost_sandbox::Error>,
) -> Result<Exit, Failure> {
    let path = match &options.expectations {
        Some(path) => path.clone(),
        None => usual_place(&options.subject)?,
    };
    let source = if path.exists() { read_source(&path)? } else { Source::new(path.clone(), "") };
    let expectations = Expectations::parse_draft(&source)?;
    let Judged { run, is_whole, exit } = judge(options, &expectations, namespaces)?;
    if exit == Exit::Stopped || !run.gaps.is_empty() {
        tell(&format!("{path} is left as it is, because not all cases were judged"));
        return Ok(exit);
    }
    let update = updated(&source, &run.results, is_whole)?;
    for (ids, what) in [(&update.added, "new"), (&update.changed, "changed"), (&update.removed, "removed")] {
        ids.iter().for_each(|id| tell(&format!("{what:>12} {id}")));
    }
    if update.text == source.text {
        tell(&format!("{path} is as it was"));
    } else {
        write_whole(&path, Format::Human, &update.text)?;
        tell(&format!("{path} is rewritten"));
    }
    if update.without_reason > 0 {
        tell(&format!(
            "{} without a reason: say which sentence of which RFC is broken, and where it was reported",
            count(update.without_reason)
        ));
        return Ok(Exit::Unexpected);
    }
    Ok(Exit::AsExpected)
}

/// The file of a subject that is known by its name alone, where there is a place for it.
fn usual_place(subject: &str) -> Result<Utf8PathBuf, Failure> {
    let is_name =
        |text: &str| text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet));
    let folder = Utf8Path::new(FOLDER);
    if is_name(subject) && folder.is_dir() {
        return Ok(folder.join(format!("{subject}.toml")));
    }
    Err(Failure::usage(format_args!("no file for the known deviations of `{subject}`"))
        .hint("name it with `--expectations FILE`; it is made where there is none"))
}
