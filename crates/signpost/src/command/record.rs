//! `signpost record`: policy and key records, explained.

use crate::argument::RecordOptions;
use crate::exit::{Exit, Failure};

/// Explains each record and shows what is wrong with it.
pub(crate) fn record(options: &RecordOptions) -> Result<Exit, Failure> {
    Err(Failure::usage(format_args!("{:?}", options.texts)))
}
