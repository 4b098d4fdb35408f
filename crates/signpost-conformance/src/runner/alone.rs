//! A case that a stalled machine may have spoiled is run once more, with nothing beside it.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use signpost_format::{CaseResult, Verdict};

/// How late a case's thread may be woken before its time limits are worth nothing. A dialogue takes some turns of the thread
/// to a reply, for which the reference waits 800 ms.
const LATE: Duration = Duration::from_millis(100);

/// How many cases are run once more: enough for what a machine does by chance. Where more need it, it is the subject, or no
/// machine for so many jobs.
const MOST_REPETITIONS: NonZeroU32 = NonZeroU32::new(32).unwrap();

/// What came of a case, and how late its thread was woken at worst.
pub(super) struct Attempt {
    pub(super) result: CaseResult,
    pub(super) stall: Duration,
}

/// Lets cases of one run go on beside each other, and some of them alone.
pub(super) struct Alone {
    gate: RwLock<()>,
    left: AtomicU32,
}

impl Alone {
    pub(super) fn new() -> Self {
        Self { gate: RwLock::new(()), left: AtomicU32::new(MOST_REPETITIONS.get()) }
    }

    /// Runs a case beside others. If its thread stalled and nothing was seen that convicts, what counts is how it comes out
    /// alone. A subject that is only sometimes right gets no second chance by this: what it did is not what is asked.
    pub(super) fn run(&self, attempt: impl Fn() -> Attempt) -> CaseResult {
        let first = {
            let _beside_others = self.gate.read().unwrap_or_else(PoisonError::into_inner);
            attempt()
        };
        if first.stall < LATE || stands(&first.result) || !self.may_repeat() {
            return first.result;
        }
        let _alone = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        attempt().result
    }

    fn may_repeat(&self) -> bool {
        let fewer = |left: u32| left.checked_sub(1);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer).is_ok()
    }
}

/// Whether no stall can have made this of it: all is well, or the transcript shows what is not.
fn stands(result: &CaseResult) -> bool {
    match result.verdict {
        Verdict::Pass | Verdict::Unsupported => true,
        Verdict::Errored | Verdict::Fail | Verdict::Inconclusive | Verdict::Weak => {
            result.findings.iter().any(|finding| !finding.lines.is_empty())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use serde_json::json;

    use super::*;

    fn came_out(verdict: Verdict, lines: &[u32], stall: Duration) -> Attempt {
        let finding = json!({ "requirement": "suite/reached", "expected": "", "seen": "", "lines": lines });
        let result = json!({
            "id": "area/name", "title": "", "verdict": verdict, "expected": false, "severity": "low",
            "requirements": [], "findings": if verdict == Verdict::Pass { vec![] } else { vec![finding] },
            "duration_us": 0, "runs": 1, "reproduce": "",
        });
        Attempt { result: serde_json::from_value(result).unwrap(), stall }
    }

    /// The verdict that counts, and how many attempts there were.
    fn run(alone: &Alone, attempts: Vec<Attempt>) -> (Verdict, usize) {
        let all = attempts.len();
        let attempts = RefCell::new(attempts.into_iter());
        let result = alone.run(|| attempts.borrow_mut().next().unwrap());
        (result.verdict, all - attempts.borrow().len())
    }

    #[test]
    fn what_a_stall_may_have_spoiled_is_run_again_and_what_was_seen_stands() {
        let check = |first: Attempt, attempts: usize, verdict: Verdict| {
            let second = came_out(Verdict::Pass, &[], Duration::ZERO);
            assert_eq!(run(&Alone::new(), vec![first, second]), (verdict, attempts));
        };
        check(came_out(Verdict::Inconclusive, &[], LATE), 2, Verdict::Pass);
        check(came_out(Verdict::Errored, &[], LATE), 2, Verdict::Pass);
        check(came_out(Verdict::Fail, &[], LATE), 2, Verdict::Pass);
        check(came_out(Verdict::Pass, &[], LATE), 1, Verdict::Pass);
        check(came_out(Verdict::Inconclusive, &[], LATE / 2), 1, Verdict::Inconclusive);
        // A leak is one however late it came.
        check(came_out(Verdict::Fail, &[7], LATE), 1, Verdict::Fail);
        // It is no lottery: there is one more time, and a bad end of it stands.
        let bad = || came_out(Verdict::Inconclusive, &[], LATE);
        assert_eq!(run(&Alone::new(), vec![bad(), bad(), bad()]), (Verdict::Inconclusive, 2));
    }

    #[test]
    fn a_run_repeats_no_more_cases_than_a_machine_spoils_by_chance() {
        let alone = Alone::new();
        let bad = || came_out(Verdict::Inconclusive, &[], LATE);
        for _ in 0..MOST_REPETITIONS.get() {
            assert_eq!(run(&alone, vec![bad(), bad()]).1, 2);
        }
        assert_eq!(run(&alone, vec![bad(), bad()]).1, 1);
    }
}
