//! Views of the results. None has a rule of its own: what they say is in [`run`], [`runs`] and [`change`].

mod badge;
mod change;
mod failures;
mod human;
mod jsonl;
mod junit;
mod markdown;
mod page;
mod reading;
mod run;
mod runs;
mod verdict;

pub(crate) use change::compare;
pub(crate) use failures::failure;
pub(crate) use jsonl::{escaped, render as line};
pub(crate) use reading::read;
pub(crate) use run::{Run, Tally, count, waits};
pub(crate) use runs::Report;
pub(crate) use verdict::one_line;

use crate::argument::Format;
use crate::exit::Failure;

/// The whole report in a format that is written when all is known.
pub(crate) fn render(format: Format, report: &Report<'_>) -> Result<String, Failure> {
    match format {
        Format::Badge => badge::render(report),
        Format::Html => page::render(report),
        Format::Human => Ok(human::render(report)),
        Format::Jsonl => jsonl::render_all(report),
        Format::Junit => junit::render(report),
        Format::Markdown => Ok(markdown::render(report)),
    }
}
