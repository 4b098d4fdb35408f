//! TOML files that users write: parsing with places, and errors that show them, and the text of others made harmless to show.
//! Never knows what a file means.

mod document;
mod files;
mod mistake;
mod nearest;
mod parameters;
mod problem;
mod reading;
mod sweep;
mod value;
mod visible;

pub use document::Document;
pub use files::Files;
pub use nearest::nearest;
pub use parameters::Parameters;
pub use problem::{Problem, Problems, Severity};
pub use visible::{visible, visible_layout};

use std::ops::Range;

use camino::Utf8PathBuf;
use serde::de::DeserializeOwned;

/// The text of one file and where it came from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Source {
    /// Path as the user knows it.
    pub path: Utf8PathBuf,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// A text from memory.
    #[must_use]
    pub fn new(path: impl Into<Utf8PathBuf>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// Reads the text as TOML of this shape.
    ///
    /// # Errors
    ///
    /// What is not TOML, or not of this shape: every unknown key, a missing one, a wrong type.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Problems> {
        reading::read(&self.text).map_err(|problems| Problems::new(self.clone(), problems))
    }

    /// The text as TOML, for types that each read a part of its keys.
    ///
    /// # Errors
    ///
    /// What is not TOML.
    pub fn document(&self) -> Result<Document<'_>, Problems> {
        Document::parse(self)
    }

    /// A file with one problem.
    #[must_use]
    pub fn problem(&self, problem: Problem) -> Problems {
        Problems::new(self.clone(), vec![problem])
    }

    /// The text as it is if nothing is wrong, or all problems at once.
    ///
    /// # Errors
    ///
    /// The problems, if there are any.
    pub fn check(&self, problems: Vec<Problem>) -> Result<(), Problems> {
        if problems.is_empty() { Ok(()) } else { Err(Problems::new(self.clone(), problems)) }
    }

    /// The line of a byte, from 1.
    #[must_use]
    pub fn line(&self, span: &Range<usize>) -> usize {
        let end = span.start.min(self.text.len());
        self.text.as_bytes()[..end].iter().filter(|&&byte| byte == b'\n').count() + 1
    }

    /// The first line of what these bytes are, where a span over many lines would say no more.
    #[must_use]
    pub fn first_line(&self, span: &Range<usize>) -> Range<usize> {
        reading::first_line(&self.text, span)
    }

    /// The bytes of a line, from 1, without the line's end; nothing at the end of the text where there is no such line.
    #[must_use]
    pub fn span_of_line(&self, line: usize) -> Range<usize> {
        let mut start = 0;
        for (index, text) in self.text.split_inclusive('\n').enumerate() {
            if index + 1 == line {
                return start..start + text.trim_end().len();
            }
            start += text.len();
        }
        start..start
    }
}

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_span_that_has_the_line() {
        let source = Source::new("a.zone", "one\r\n\nthree");
        let text = |line| &source.text[source.span_of_line(line)];
        assert_eq!([text(1), text(2), text(3), text(4)], ["one", "", "three", ""]);
        assert_eq!(source.line(&source.span_of_line(3)), 3);
    }
}
