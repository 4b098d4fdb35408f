//! What shows that a suite is worth something: the honest reference passes each case, each defect fails the cases that name
//! it for a requirement that they state, and none fails a control.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use signpost_discovery::{Defect, Rules};
use signpost_format::{CaseResult, Role, Verdict};

use crate::case::Case;
use crate::runner::{Options, run_case};
use crate::subject::Reference;
use crate::suite::Suite;

/// One thing to be shown: what becomes of a case with the reference, honest or with a defect.
#[derive(Clone, Debug)]
pub struct Claim {
    case: Arc<Case>,
    defect: Option<Defect>,
    expected: Verdict,
}

/// A claim that does not hold, with all that was seen.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refuted(String);

/// Against which controls a defect is held.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Controls {
    /// Those of the cases that name it, without which a refusal there says nothing.
    OfItsCases,
    /// Every one: what a defect breaks is then what its cases are about, and nothing else.
    Every,
}

/// All that is to be shown of cases of a suite.
///
/// A defect is held against controls if a scenario of the suite names it: what another suite looks for says nothing of
/// this one's honest worlds.
pub fn claims<'a>(
    suite: &Suite,
    cases: impl Iterator<Item = &'a Arc<Case>> + Clone,
    controls: Controls,
) -> Vec<Claim> {
    let named: Vec<Defect> = Defect::ALL
        .iter()
        .copied()
        .filter(|defect| suite.cases.iter().any(|case| case.defects().any(|name| name == defect.name())))
        .collect();
    let own: BTreeSet<(&str, &str)> = suite
        .cases
        .iter()
        .filter_map(|case| Some((case, case.control.as_deref()?)))
        .flat_map(|(case, control)| case.defects().map(move |defect| (control, defect)))
        .collect();
    let of_case = |case: &Arc<Case>| {
        let claim = |defect, expected| Claim { case: Arc::clone(case), defect, expected };
        let caught = if case.is_only_recommended() { Verdict::Weak } else { Verdict::Fail };
        let mut claims = vec![claim(None, Verdict::Pass)];
        claims.extend(
            case.defects().filter_map(|name| name.parse().ok()).map(|defect| claim(Some(defect), caught)),
        );
        if case.scenario.is_control() {
            let is_asked = |defect: &Defect| match controls {
                Controls::OfItsCases => own.contains(&(case.id.as_str(), defect.name())),
                // What a client does with answers shows in no resolver's case.
                Controls::Every => Rules::from(*defect).resolves_wrongly() || case.role() != Role::Resolve,
            };
            claims.extend(
                named.iter().copied().filter(is_asked).map(|defect| claim(Some(defect), Verdict::Pass)),
            );
        }
        claims
    };
    cases.flat_map(of_case).collect()
}

/// Proves so many claims at a time, tells of each that is over, and gives those that do not hold, in their order.
pub fn prove_all(claims: &[Claim], jobs: NonZeroUsize, on_end: impl Fn() + Sync) -> Vec<(&Claim, Refuted)> {
    let next = AtomicUsize::new(0);
    let refuted = Mutex::new(Vec::new());
    let work = || {
        while let Some((number, claim)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|number| Some((number, claims.get(number)?)))
        {
            if let Err(reason) = claim.prove() {
                refuted.lock().unwrap_or_else(PoisonError::into_inner).push((number, claim, reason));
            }
            on_end();
        }
    };
    thread::scope(|scope| {
        // This one works too, so that it is done also where there is no room for another.
        for _ in 1..jobs.get() {
            if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
    let mut refuted = refuted.into_inner().unwrap_or_else(PoisonError::into_inner);
    refuted.sort_by_key(|(number, ..)| *number);
    refuted.into_iter().map(|(_, claim, reason)| (claim, reason)).collect()
}

/// The defects that cases name and the reference does not have: a subject that has them must show that they are caught.
#[must_use]
pub fn unknown_defects(cases: &[Arc<Case>]) -> Vec<&str> {
    let names = cases.iter().flat_map(|case| case.defects());
    let mut unknown: Vec<&str> = names.filter(|name| name.parse::<Defect>().is_err()).collect();
    unknown.sort_unstable();
    unknown.dedup();
    unknown
}

impl Claim {
    /// The case, and the defect behind a question mark.
    #[must_use]
    pub fn name(&self) -> String {
        match self.defect {
            Some(defect) => format!("{}?defect={defect}", self.case.id),
            None => self.case.id.clone(),
        }
    }

    /// Runs the case.
    ///
    /// # Errors
    ///
    /// The verdict is another one, or rests on nothing that the case states.
    pub fn prove(&self) -> Result<(), Refuted> {
        let subject = self.defect.map_or_else(Reference::honest, Reference::with_defect);
        let result = run_case(&self.case, &subject, Options::default());
        let holds = result.verdict == self.expected
            && (self.expected == Verdict::Pass || is_for_a_stated_requirement(&result));
        if holds { Ok(()) } else { Err(Refuted(describe(self.expected, &result))) }
    }
}

/// Whether a conviction names a requirement that the case states, or an invariant. That a step is missing, or that a claim is
/// false, says of no rule that it is broken.
fn is_for_a_stated_requirement(result: &CaseResult) -> bool {
    result.findings.iter().any(|finding| {
        finding.requirement.starts_with("invariant/") || result.requirements.contains(&finding.requirement)
    })
}

fn describe(expected: Verdict, result: &CaseResult) -> String {
    let mut text = format!("expected {expected}, judged {}\n", result.verdict);
    if result.verdict == expected {
        text += "no finding names a requirement that the case states, or an invariant\n";
    }
    for finding in &result.findings {
        let _ =
            writeln!(text, "{}: expected {}, seen {}", finding.requirement, finding.expected, finding.seen);
    }
    for observation in &result.transcript {
        let _ = writeln!(text, "{:>4} {}", observation.sequence, observation.event);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::run_case;

    /// A client that takes no notice of what is tested may miss a step of the case: that names no rule that it breaks.
    #[test]
    fn a_conviction_counts_only_for_a_rule_that_is_stated() {
        let suite = Suite::built_in().unwrap();
        let case = suite.case("honest/two-servers[pop3]").unwrap();
        let mut result = run_case(case, &Reference::honest(), Options::default());
        let mut judged_by = |slugs: &[&str]| {
            let finding = |slug: &&str| signpost_format::Finding {
                requirement: (*slug).to_owned(),
                expected: String::new(),
                seen: String::new(),
                lines: Vec::new(),
            };
            result.findings = slugs.iter().map(finding).collect();
            is_for_a_stated_requirement(&result)
        };
        let stated = &case.requirements[0].0;
        for (slugs, counts) in [
            (&[][..], false),
            (&["suite/reached", "suite/claims-are-true"], false),
            (&["client/apop-is-never-used"], false),
            (&["suite/reached", stated], true),
            (&["invariant/no-mail-in-clear"], true),
        ] {
            assert_eq!(judged_by(slugs), counts, "{slugs:?}");
        }
    }

    #[test]
    fn a_claim_that_does_not_hold_is_refuted_with_what_was_seen() {
        let suite = Suite::built_in().unwrap();
        let case = suite.case("downgrade/starttls-stripped[pop3]").unwrap();
        let claim = |defect, expected| {
            Claim { case: Arc::clone(case), defect, expected }.prove().map_err(|refuted| refuted.0)
        };
        assert_eq!(claim(None, Verdict::Pass), Ok(()));
        assert_eq!(claim(Some(Defect::IgnoresStrippedStarttls), Verdict::Fail), Ok(()));
        let unseen = claim(Some(Defect::SkipsPin), Verdict::Fail).unwrap_err();
        assert!(unseen.starts_with("expected fail, judged pass\n"), "{unseen}");
        let seen = claim(Some(Defect::IgnoresStrippedStarttls), Verdict::Pass).unwrap_err();
        assert!(
            seen.contains("invariant/no-credential-in-clear") && seen.contains("in clear, accepted"),
            "{seen}"
        );
    }
}
