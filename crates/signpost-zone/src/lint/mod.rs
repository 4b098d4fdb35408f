//! Rules that judge what a zone says of its mail services.
//!
//! Each rule is one function and one row of [`RULES`]; `docs/lint.md` is made of the rows. All are linear in the size of the
//! zones, which are indexed once.

mod algorithm;
mod denial;
mod document;
mod exchange;
mod finding;
mod key_record;
mod neighbour;
mod policy;
mod rule;
mod service;
mod signature;
mod target;
mod text;
mod tlsa;
mod view;
mod weight;
mod wildcard;
mod zone;

pub use document::document;
pub use finding::{Finding, Findings, Rule};
pub use rule::RULES;
pub use signpost_source::Severity;

use crate::ZoneFile;
use crate::namespace::Namespace;
use finding::Sink;
use view::View;

/// What the rules are told beside the zones.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The time, in seconds since 1970; where there is none, no signature is too old or too young.
    pub now: Option<u32>,
    /// Whether what could be better is told as well.
    pub advice: bool,
}

/// Holds zones against every rule. Zones of one operator are given together, so that names of one in another are looked up.
#[must_use]
pub fn lint(files: &[ZoneFile], settings: &Settings) -> Findings {
    let names = Namespace::new(files);
    let view = View::new(&names, settings.now);
    let mut findings = Findings::default();
    for rule in RULES.iter().filter(|rule| settings.advice || rule.severity != Severity::Advice) {
        let mut sink = Sink::new(rule, files);
        (rule.check)(&view, &mut sink);
        findings.take(sink);
    }
    findings.sort();
    findings
}
