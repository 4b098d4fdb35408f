//! What is wrong with a file, shown where it is.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::mistake::Mistake;
use crate::visible::visible_source;
use crate::{Source, nearest, visible};

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

    /// A mistake that serde found in a format without places, by its message: at no place, with what was meant.
    #[must_use]
    pub fn of_serde(message: &str) -> Self {
        Mistake::read(message).problem(0..0)
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
        // What a file holds is its writer's, and may be meant for the terminal of whoever is shown it.
        let (text, path) = (visible_source(&self.source.text), visible(self.source.path.as_str()));
        let shown_at = |place: usize| visible_source(&self.source.text[..place]).len();
        let frames: Vec<String> = self
            .problems
            .iter()
            .map(|problem| {
                let span = shown_at(problem.span.start)..shown_at(problem.span.end);
                let snippet = Snippet::source(text.as_ref())
                    .path(path.as_ref())
                    .annotation(AnnotationKind::Primary.span(span));
                let message = visible(&problem.message);
                let mut group = Level::ERROR.primary_title(message.as_ref()).element(snippet);
                let help = problem.help.as_deref().map(visible);
                if let Some(help) = &help {
                    group = group.element(Level::HELP.message(help.as_ref()));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_does_not_act_on_the_terminal_of_whoever_is_shown_it() {
        let text = "a = \"\u{1b}[31m\u{9b}2J\u{202e}\" x\r\n";
        let at = text.find('x').unwrap();
        let problem = Problem::at(at..at + 1, "not `\u{1b}]0;t\u{7}`").help("\u{fffe}\rhere");
        let frame = Problems::new(Source::new("a\u{7}.toml", text), vec![problem]).to_string();
        assert!(frame.chars().all(|shown| shown == '\n' || !shown.is_control()), "{frame:?}");
        for part in [
            r"error: not `\u{1b}]0;t\u{7}`",
            r"a\u{7}.toml:1:34",
            r#"a = "\u{1b}[31m\u{9b}2J\u{202e}" x"#,
            r"help: \u{fffe}\rhere",
        ] {
            assert!(frame.contains(part), "{part} is missing in\n{frame}");
        }
        let column = |line: &str, mark: char| line.chars().position(|shown| shown == mark);
        let lines: Vec<&str> = frame.lines().collect();
        assert_eq!(column(lines[3], 'x'), column(lines[4], '^'), "{frame}");
    }
}
