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
    /// By what it is a mistake.
    pub note: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// A permanent name for mistakes of its kind, where they have one.
    pub code: Option<&'static str>,
}

/// How bad a mistake is, the worst first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// It does not work.
    Error,
    /// It works, and not as it seems to be meant.
    Warning,
    /// It works, and could be better.
    Advice,
}

impl Severity {
    /// The word: `error`, `warning`, `advice`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Advice => "advice",
        }
    }
}

impl Problem {
    /// A mistake at these bytes.
    #[must_use]
    pub fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None, note: None, severity: Severity::Error, code: None }
    }

    /// The same as one of a kind that has a name.
    #[must_use]
    pub fn of_kind(mut self, severity: Severity, code: &'static str) -> Self {
        (self.severity, self.code) = (severity, Some(code));
        self
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

    /// The same with the sentence that it breaks.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
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

    /// The bytes of the lines that hold these.
    fn lines(&self, span: &Range<usize>) -> Range<usize> {
        let text = &self.source.text;
        let start = text[..span.start].rfind('\n').map_or(0, |feed| feed + 1);
        let end = text[span.end..].find('\n').map_or(text.len(), |feed| span.end + feed + 1);
        start..end
    }

    fn render(&self, renderer: &Renderer) -> String {
        // What a file holds is its writer's, and may be meant for the terminal of whoever is shown it.
        let path = visible(self.source.path.as_str());
        // Of a long file with many mistakes, each is shown in its own lines; those before it are counted once.
        let (mut counted, mut line) = (0, 1);
        let frames: Vec<String> = self
            .problems
            .iter()
            .map(|problem| {
                let lines = self.lines(&problem.span);
                line += self.source.text[counted..lines.start].matches('\n').count();
                counted = lines.start;
                let shown_at = |place: usize| visible_source(&self.source.text[lines.start..place]).len();
                let span = shown_at(problem.span.start)..shown_at(problem.span.end);
                let text = visible_source(&self.source.text[lines.clone()]);
                let snippet = Snippet::source(text.as_ref())
                    .line_start(line)
                    .path(path.as_ref())
                    .annotation(AnnotationKind::Primary.span(span));
                let message = visible(&problem.message);
                let title = match problem.severity {
                    Severity::Error => Level::ERROR,
                    Severity::Warning => Level::WARNING,
                    Severity::Advice => Level::INFO.with_name("advice"),
                };
                let mut title = title.primary_title(message.as_ref());
                if let Some(code) = problem.code {
                    title = title.id(code);
                }
                let mut group = title.element(snippet);
                let note = problem.note.as_deref().map(visible);
                if let Some(note) = &note {
                    group = group.element(Level::NOTE.message(note.as_ref()));
                }
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
