//! The suite as the judge of a mutant of the reference (CONTRIBUTING.md): every case with the honest reference, until the first
//! that it does not pass. No test of `cargo test`, which proves more in `suite`.

use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use signpost_conformance::case::Case;
use signpost_conformance::runner::{Options, run_case};
use signpost_conformance::subject::Reference;
use signpost_conformance::suite::Suite;
use signpost_format::Verdict;

/// Cases at a time: many of them only wait.
const THREADS: usize = 8;

/// No step of the honest reference takes a third of it.
const DEADLINE: Duration = Duration::from_secs(5);

fn main() {
    let mut cases = match Suite::built_in() {
        Ok(suite) => suite.cases,
        Err(error) => {
            eprintln!("{error}");
            exit(101);
        }
    };
    // One service before the other, since most that is wrong shows in either; one area beside another; and last those that
    // are run thousands of times.
    cases.sort_by_cached_key(|case| (case.runs() > 1, case.service, reversed(&case.id)));
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    judge(case);
                }
            });
        }
    });
}

/// Ends everything, with the name of this case, if the reference does not pass it. What happens only once was the machine's doing.
fn judge(case: &Arc<Case>) {
    let verdict = || {
        let options = Options { deadline: DEADLINE, ..Options::default() };
        run_case(case, &Reference::honest(), options).verdict
    };
    if verdict() != Verdict::Pass && verdict() != Verdict::Pass {
        println!("{}", case.id);
        exit(1);
    }
}

/// Sorted so, names that begin alike lie apart.
fn reversed(id: &str) -> String {
    id.chars().rev().collect()
}
