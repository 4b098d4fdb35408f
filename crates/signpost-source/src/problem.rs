//! What is wrong with a file, shown where it is.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::{Source, nearest};

/// One mistake: where, what, and what would be right.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Bytes of the file.
    pub span: Range<usize>,
    /// What is wrong, in lower case.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Problem {
    /// A mistake at these bytes.
    #[must_use]
    pub fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    /// The same with a remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with what could stand there instead: the nearest known name, or all where none is near.
    #[must_use]
    pub fn one_of<K: AsRef<str>>(self, name: &str, known: &[K]) -> Self {
        match (nearest(name, known), known) {
            (Some(meant), _) => self.help(format!("did you mean `{meant}`?")),
            (None, []) => self,
            (None, [only]) => self.help(format!("expected `{}`", only.as_ref())),
            (None, known) => {
                let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
                self.help(format!("known are {}", known.join(", ")))
            }
        }
    }
}

/// All that is wrong with one file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problems {
    source: Source,
    problems: Vec<Problem>,
}

impl Problems {
    /// The problems of a file, of which there is at least one.
    #[must_use]
    pub fn new(source: Source, mut problems: Vec<Problem>) -> Self {
        for problem in &mut problems {
            let start = source.text.floor_char_boundary(problem.span.start);
            let end = source.text.ceil_char_boundary(problem.span.end);
            problem.span = start..end.max(start);
        }
        problems.sort_by_key(|problem| problem.span.start);
        Self { source, problems }
    }

    /// These and others of the same file.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self::new(self.source, [self.problems, others.problems].concat())
    }

    /// Each mistake, in the order of the file.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Frames with file, line and caret, coloured for a terminal.
    #[must_use]
    pub fn styled(&self) -> String {
        self.render(&Renderer::styled())
    }

    fn render(&self, renderer: &Renderer) -> String {
        let frames: Vec<String> = self
            .problems
            .iter()
            .map(|problem| {
                let snippet = Snippet::source(self.source.text.as_str())
                    .path(self.source.path.as_str())
                    .annotation(AnnotationKind::Primary.span(problem.span.clone()));
                let mut group = Level::ERROR.primary_title(problem.message.as_str()).element(snippet);
                if let Some(help) = &problem.help {
                    group = group.element(Level::HELP.message(help.as_str()));
                }
                renderer.render(&[group])
            })
            .collect();
        frames.join("\n\n")
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(&Renderer::plain()))
    }
}

impl std::error::Error for Problems {}
