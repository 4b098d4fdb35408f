//! A run that somebody stops keeps what was judged by then.

use std::num::NonZeroUsize;

use signpost_conformance::runner::{Options, Stop, run};
use signpost_conformance::subject::Reference;
use signpost_conformance::suite::Suite;

#[test]
fn a_stopped_run_begins_no_further_case_and_keeps_its_results() {
    let suite = Suite::built_in().unwrap();
    let options = Options { jobs: NonZeroUsize::MIN, ..Options::default() };
    let cases = suite.select(&["honest/".to_owned()], None, None);
    assert!(cases.len() > 10, "there is nothing to leave out");
    let stop = Stop::default();
    let mut told = Vec::new();
    let results = run(&suite, &cases, &Reference::honest(), options, &stop, |result| {
        told.push(result.id.clone());
        stop.clone().stop();
    });
    // The one that had begun meanwhile may end.
    assert!((1..=2).contains(&results.len()), "{told:?}");
    assert_eq!(results.len(), told.len(), "{told:?}");
}
