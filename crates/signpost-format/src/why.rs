//! Why a subject stopped, as its report shows it to a person.

use std::fmt::{Formatter, Result};

/// Writes the slug behind a space and the detail behind a colon, where there are any.
pub(crate) fn why(formatter: &mut Formatter<'_>, reason: Option<&str>, detail: Option<&str>) -> Result {
    if let Some(reason) = reason {
        write!(formatter, " {reason}")?;
    }
    if let Some(detail) = detail {
        write!(formatter, ": {detail}")?;
    }
    Ok(())
}
