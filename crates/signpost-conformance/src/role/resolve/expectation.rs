//! How a resolver may end, and what its word is worth.

use signpost_format::Finding;
use signpost_format::resolve::{Report, Status};
use signpost_transcript::{Endpoint, Event};

use crate::evidence::Index;
use crate::ground_rule::GroundRule;
use crate::role::ending::Ending;

/// How a conforming resolver ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectation {
    /// Any of these.
    pub outcomes: Vec<Outcome>,
    /// Extended DNS error codes of which one must be there, where a resolver gives any; empty: any.
    pub ede: Vec<u16>,
    /// RCODE mnemonics of which the answer must have one; empty: any.
    pub rcodes: Vec<String>,
    /// Seconds that no TTL of the answer may exceed.
    pub ttl: Option<u32>,
}

impl Expectation {
    pub(in crate::role) fn particulars(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        if !self.rcodes.is_empty() {
            lines.push(("RCODE", self.rcodes.join(" or ")));
        }
        if !self.ede.is_empty() {
            lines.push(("EDE", joined(&self.ede)));
        }
        lines.extend(self.ttl.map(|ttl| ("TTL", format!("at most {ttl}"))));
        lines
    }
}

fn joined(codes: &[u16]) -> String {
    codes.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")
}

/// How far a resolver believes an answer.
#[derive(
    Clone, Copy, Debug, Eq, Hash, PartialEq, strum::Display, strum::EnumString, strum::IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case", parse_err_fn = unknown_outcome, parse_err_ty = UnknownOutcome)]
pub enum Outcome {
    /// It found the chain of trust broken.
    Bogus,
    /// It found nothing to judge.
    Indeterminate,
    /// It found it proven that there is no chain of trust.
    Insecure,
    /// It found the chain of trust whole.
    Secure,
}

impl Outcome {
    /// The name in scenario files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    const fn is_met_by(self, status: Status) -> bool {
        matches!(
            (self, status),
            // SERVFAIL alone does not tell a broken chain from an answer that never came.
            (Self::Bogus, Status::Bogus | Status::Failed)
                | (Self::Indeterminate, Status::Indeterminate | Status::Failed)
                | (Self::Insecure, Status::Insecure)
                | (Self::Secure, Status::Secure)
        )
    }
}

/// A name that is no [`Outcome`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not an outcome; a resolver ends with secure, insecure, bogus or indeterminate")]
pub struct UnknownOutcome;

fn unknown_outcome(_: &str) -> UnknownOutcome {
    UnknownOutcome
}

/// "Other" (RFC 8914 section 4.1) says nothing, so it does not mislead.
const OTHER: u16 = 0;
/// The requirement on extended errors.
const EDE_FITS: &str = "rfc8914/info-code-fits";

/// A resolver's report beside what was expected.
pub(in crate::role) struct Ended<'a> {
    pub(in crate::role) expected: &'a Expectation,
    pub(in crate::role) report: &'a Report,
}

impl Ended<'_> {
    fn status(&self) -> Option<Status> {
        match self.report {
            Report::Answered { status, .. } => Some(*status),
            Report::Unsupported { .. } => None,
        }
    }
}

impl Ending for Ended<'_> {
    fn is_met(&self) -> bool {
        self.status()
            .is_some_and(|status| self.expected.outcomes.iter().any(|outcome| outcome.is_met_by(status)))
    }

    fn went_on(&self) -> bool {
        matches!(self.status(), Some(Status::Insecure | Status::Secure))
    }

    /// A resolver that came to an answer without a step which the case needs has found it another way.
    fn must_go_on(&self) -> bool {
        false
    }

    fn wrong_particular(&self) -> Option<String> {
        let Report::Answered { rcode, ttl, .. } = self.report else { return None };
        if !self.went_on() {
            return None;
        }
        let Expectation { rcodes, ttl: longest, .. } = self.expected;
        if rcode.as_ref().is_some_and(|given| !rcodes.is_empty() && !rcodes.contains(given)) {
            return Some(format!("with {}", rcodes.join(" or ")));
        }
        let longest = longest.filter(|longest| ttl.is_some_and(|ttl| ttl > *longest))?;
        Some(format!("with a TTL of at most {longest}"))
    }

    /// Nobody finds a chain whole for whose keys nobody asked.
    fn false_claim(&self, index: &Index<'_>) -> Option<&'static str> {
        let asked_for_keys =
            |event: &Event| matches!(event, Event::Query { record_type, .. } if record_type == "DNSKEY");
        (self.status() == Some(Status::Secure) && !index.has_up_to_now(asked_for_keys))
            .then_some("a question for the keys of the chain")
    }

    /// A resolver that asks the lab's own validating one says what that found, and nothing of itself.
    fn is_not_its_own(&self, index: &Index<'_>) -> Option<Finding> {
        self.status()?;
        let asks_the_validator =
            |event: &Event| matches!(event, Event::Query { endpoint: Endpoint::Resolver, .. });
        let asked = index.observations().find(|observation| asks_the_validator(&observation.event))?;
        Some(Finding {
            requirement: GroundRule::ResolvesByItself.slug().to_owned(),
            expected: "questions to `dns.authority` alone".to_owned(),
            seen: asked.event.to_string(),
            lines: vec![asked.sequence],
        })
    }

    /// An extended error that speaks of something else than what is wrong leads whoever reads it astray. It changes
    /// nothing in what is believed, so it is weak and no failure.
    fn misleading(&self) -> Option<(&'static str, String)> {
        let Report::Answered { ede, .. } = self.report else { return None };
        let accepted = &self.expected.ede;
        let fits = |code: &u16| *code == OTHER || accepted.contains(code);
        if self.went_on() || ede.is_empty() || accepted.is_empty() || ede.iter().any(fits) {
            return None;
        }
        Some((EDE_FITS, format!("EDE {}", joined(accepted))))
    }
}
