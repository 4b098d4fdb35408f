//! `signpost report`: results that were written before, in any form.

use super::load_suite;
use crate::argument::ReportOptions;
use crate::exit::{Exit, Failure};
use crate::output::open_all;
use crate::report::{self, Report, compare};

/// Reads the results and writes every form that is wanted. What they say is no failure of the report.
pub(crate) fn report(options: &ReportOptions) -> Result<Exit, Failure> {
    let suite = load_suite(&options.suite)?;
    let runs = report::read(&options.files, &suite)?;
    let older = report::read(&options.against, &suite)?;
    let outputs = open_all((options.format, options.output.as_deref()), options.views.files())?;
    let comparison = (!options.against.is_empty()).then(|| compare(&older, &runs));
    let report = Report { suite: &suite, runs: &runs, comparison };
    for (format, mut output) in outputs {
        output.append(&report::render(format, &report)?)?;
        output.close()?;
    }
    Ok(Exit::AsExpected)
}
