//! Cases one at a time and in any order, each after its control.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use signpost_format::{CaseResult, Verdict};

use super::alone::Alone;
use super::{Options, Stop, attempt, run_for_leaks};
use crate::case::Case;
use crate::subject::Subject;
use crate::suite::Suite;

/// Runs cases as somebody asks for them, from any number of threads. A control runs when the first case needs it, and
/// only once.
pub struct AfterControl {
    suite: Arc<Suite>,
    subject: Arc<dyn Subject>,
    options: Options,
    controls: BTreeMap<String, OnceLock<CaseResult>>,
    alone: Alone,
}

impl AfterControl {
    /// Nothing runs yet.
    #[must_use]
    pub fn new(suite: Arc<Suite>, subject: Arc<dyn Subject>, options: Options) -> Self {
        let controls = suite.cases.iter().filter_map(|case| case.control.clone());
        let controls = controls.map(|control| (control, OnceLock::new())).collect();
        Self { suite, subject, options, controls, alone: Alone::new() }
    }

    /// Runs one case. Where its control fails, only leaks are judged.
    #[must_use]
    pub fn run(&self, case: &Case) -> CaseResult {
        if let Some(result) = self.control(&case.id) {
            return result.clone();
        }
        match case.control.as_deref().and_then(|id| self.control(id)) {
            Some(control) if !bears(control.verdict) => {
                run_for_leaks(&Stop::default(), case, self.subject.as_ref(), self.options, control)
            }
            _ => self.steadily(case),
        }
    }

    /// What came of the control of this ID, if it is one. Whoever asks while it runs waits for it.
    fn control(&self, id: &str) -> Option<&CaseResult> {
        let (case, result) = (self.suite.case(id)?, self.controls.get(id)?);
        Some(result.get_or_init(|| self.steadily(case)))
    }

    fn steadily(&self, case: &Case) -> CaseResult {
        self.alone.run(|| attempt(&Stop::default(), case, self.subject.as_ref(), self.options))
    }
}

/// Whether a refusal says anything in what rests on a control of this verdict.
pub(super) fn bears(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Pass | Verdict::Weak)
}
