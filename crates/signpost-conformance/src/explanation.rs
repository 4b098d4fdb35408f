//! Why a case came to its verdict, as text for a person: what was expected, what was seen, and how to see it again.

use std::collections::BTreeSet;
use std::fmt;

use signpost_format::CaseResult;
use signpost_source::visible;

use crate::requirement::Requirements;

/// Lines of the transcript shown before and after those that a finding names.
const CONTEXT: u32 = 2;
/// Lines of the transcript shown where no finding names any.
const TAIL: usize = 12;

/// Everything that is to be known about one verdict, below a line that says which it is. Its text is the same wherever a
/// result is shown.
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'a> {
    result: &'a CaseResult,
    requirements: &'a Requirements,
}

impl<'a> Explanation<'a> {
    /// Explains a result by the requirements that its findings name.
    #[must_use]
    pub const fn of(result: &'a CaseResult, requirements: &'a Requirements) -> Self {
        Self { result, requirements }
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let result = self.result;
        line(formatter, format_args!("  {}", result.title))?;
        if let Some(known) = &result.known {
            line(formatter, format_args!("  expected verdict: {known}"))?;
        }
        let mut shown: Vec<&str> = Vec::new();
        for finding in &result.findings {
            if shown.contains(&finding.requirement.as_str()) {
                continue;
            }
            shown.push(&finding.requirement);
            let requirement = self.requirements.find(&finding.requirement);
            let level = requirement.map_or_else(String::new, |requirement| {
                format!(" {} ({})", requirement.level, requirement.source)
            });
            line(formatter, format_args!("  requirement: {}{level}", finding.requirement))?;
            if let Some(requirement) = requirement {
                line(formatter, format_args!("               {}", requirement.text))?;
            }
            for same in result.findings.iter().filter(|same| same.requirement == finding.requirement) {
                line(formatter, format_args!("  expected:    {}", same.expected))?;
                line(formatter, format_args!("  seen:        {}", same.seen))?;
            }
        }
        if let Some(reported) = &result.report {
            line(formatter, format_args!("  reported:    {reported}"))?;
        }
        excerpt(result, formatter)?;
        line(formatter, format_args!("  reproduce:   {}", result.reproduce))
    }
}

/// The lines of the transcript that show it.
fn excerpt(result: &CaseResult, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let named: BTreeSet<u32> = result.findings.iter().flat_map(|finding| &finding.lines).copied().collect();
    let from_end = result.transcript.len().saturating_sub(TAIL);
    let is_shown = |index: usize, sequence: u32| {
        if named.is_empty() {
            return index >= from_end;
        }
        named.iter().any(|&line| line.abs_diff(sequence) <= CONTEXT)
    };
    for (index, observation) in result.transcript.iter().enumerate() {
        if is_shown(index, observation.sequence) {
            let mark = if named.contains(&observation.sequence) { '>' } else { ' ' };
            line(formatter, format_args!("  {mark}{:>4} {}", observation.sequence, observation.event))?;
        }
    }
    Ok(())
}

/// A line of what anybody said: it stays one, and acts on nobody's terminal.
fn line(formatter: &mut fmt::Formatter<'_>, text: fmt::Arguments<'_>) -> fmt::Result {
    formatter.write_str(&visible(&text.to_string()))?;
    formatter.write_str("\n")
}
