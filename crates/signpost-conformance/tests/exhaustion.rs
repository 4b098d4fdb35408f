//! A machine that has nothing left is nobody's verdict. A test program of its own, since the limit is the whole process's.

use std::num::NonZeroUsize;

use nix::sys::resource::{Resource, setrlimit};
use signpost_conformance::runner::{Jobs, Options, Stop, run};
use signpost_conformance::subject::Reference;
use signpost_conformance::suite::Suite;
use signpost_format::Verdict;

/// Open files that are far too few for so many cases at a time.
const FILES: u64 = 256;
const JOBS: NonZeroUsize = NonZeroUsize::new(12).unwrap();

/// `ulimit -n 1024` and 200 jobs failed the honest reference: what could not be connected to or accepted was a server that is
/// down, and a refusal.
#[test]
fn without_files_the_honest_reference_is_errored_and_never_fails() {
    let suite = Suite::built_in().unwrap();
    let reference = Reference::honest();
    let filters = ["honest", "fallback"].map(str::to_owned);
    let cases = suite.select(&filters, None, Some(&reference));
    setrlimit(Resource::RLIMIT_NOFILE, FILES, FILES).unwrap();

    let starved = run(
        &suite,
        &cases,
        &reference,
        Options { jobs: JOBS, ..Options::default() },
        &Stop::default(),
        |_| (),
    );
    let errored = starved.iter().filter(|result| result.verdict == Verdict::Errored);
    assert!(errored.clone().count() > 0, "all {} cases had files enough", starved.len());
    for result in errored {
        let said = &result.findings[0].seen;
        assert!(said.contains("Too many open files") && said.contains("ulimit -n"), "{}: {said}", result.id);
    }
    for result in &starved {
        let is_for_its_control = result.findings.iter().all(|one| one.requirement == "suite/control-first");
        let is_no_verdict = match result.verdict {
            Verdict::Pass | Verdict::Errored => true,
            // It is told of its control, which is errored.
            Verdict::Inconclusive => is_for_its_control,
            Verdict::Fail | Verdict::Unsupported | Verdict::Weak => false,
        };
        assert!(is_no_verdict, "{}: {} {:#?}", result.id, result.verdict, result.findings);
    }

    // With as many as there are files for, all of them pass.
    let jobs = Jobs::affordable(JOBS);
    assert_eq!((jobs.number.get(), jobs.bounded_by), (3, Some(FILES)));
    let fed = run(
        &suite,
        &cases,
        &reference,
        Options { jobs: jobs.number, ..Options::default() },
        &Stop::default(),
        |_| (),
    );
    for result in fed {
        assert_eq!(result.verdict, Verdict::Pass, "{}: {:#?}", result.id, result.findings);
    }
}
