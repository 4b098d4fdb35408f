//! A case as a test.

use std::sync::Arc;

use libtest_mimic::{Completion, Failed, Trial};
use signpost_conformance::case::Case;
use signpost_conformance::expectation_file::Expectations;
use signpost_conformance::explanation::Explanation;
use signpost_conformance::runner::AfterControl;
use signpost_conformance::suite::Suite;
use signpost_format::{CaseResult, Verdict};

/// What all tests of a program share.
pub(crate) struct Shared {
    pub(crate) suite: Arc<Suite>,
    pub(crate) runner: AfterControl,
    pub(crate) expectations: Expectations,
}

impl Shared {
    /// One case as a test of its name.
    pub(crate) fn trial(self: &Arc<Self>, case: &Arc<Case>) -> Trial {
        let (shared, own) = (Arc::clone(self), Arc::clone(case));
        Trial::ignorable_test(&case.id, move || shared.test(&own))
    }

    fn test(&self, case: &Case) -> Result<Completion, Failed> {
        let mut result = self.runner.run(case);
        self.expectations.apply(std::slice::from_mut(&mut result), false);
        match result.verdict {
            _ if result.expected => Ok(Completion::Completed),
            // What somebody stated otherwise must not be passed over.
            Verdict::Unsupported if result.known.is_none() => Ok(Completion::ignored_with(reason(&result))),
            _ => Err(Failed::from(self.text(&result))),
        }
    }

    fn text(&self, result: &CaseResult) -> String {
        let explanation = Explanation::of(result, &self.suite.requirements);
        format!("{} {} ({})\n{explanation}", result.verdict, result.id, result.severity)
    }
}

fn reason(result: &CaseResult) -> String {
    let said = result.report.as_ref().and_then(|report| report.unsupported_reason());
    signpost_source::visible(said.unwrap_or("unsupported")).into_owned()
}

/// That every known deviation names a case of this client, as a test: a list that has fallen behind is found out.
pub(crate) fn every_deviation_names_a_case(expectations: &Expectations, cases: &[Arc<Case>]) -> Trial {
    let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    let idle = expectations.unmatched(&ids);
    Trial::test("every-deviation-names-a-case", move || {
        if idle.is_empty() { Ok(()) } else { Err(Failed::from(idle.join("\n"))) }
    })
}
