//! What serde finds wrong, taken apart.

use std::ops::Range;

use crate::Problem;

/// One mistake, before its place is known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Mistake {
    MissingKey(String),
    Other(String),
    UnknownKey { name: String, known: Vec<String> },
    UnknownValue { name: String, known: Vec<String> },
}

impl Mistake {
    /// Reads the messages of `serde::de::Error`, whose wording is part of serde's interface in all but name; another
    /// wording is shown as it is.
    pub(crate) fn read(message: &str) -> Self {
        let message = message.lines().next().unwrap_or("not of the expected form");
        let quoted = quoted(message);
        let all = || quoted.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        match quoted.as_slice() {
            [name, ..] if message.starts_with("missing field") => Self::MissingKey((*name).to_owned()),
            [name, ..] if message.starts_with("unknown field") => {
                Self::UnknownKey { name: (*name).to_owned(), known: all().split_off(1) }
            }
            [name, ..] if message.starts_with("unknown variant") => {
                Self::UnknownValue { name: (*name).to_owned(), known: all().split_off(1) }
            }
            _ => Self::Other(message.to_owned()),
        }
    }

    pub(crate) fn problem(&self, span: Range<usize>) -> Problem {
        match self {
            Self::MissingKey(name) => {
                Problem::at(span, format!("`{name}` is missing")).help(format!("add `{name} = …` here"))
            }
            Self::Other(message) => Problem::at(span, message),
            Self::UnknownKey { name, known } => {
                Problem::at(span, format!("unknown key `{name}`")).one_of(name, known)
            }
            Self::UnknownValue { name, known } => {
                Problem::at(span, format!("unknown value `{name}`")).one_of(name, known)
            }
        }
    }
}

/// What stands between backquotes.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}
