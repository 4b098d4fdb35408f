//! The suite as tests: the reference passes every case, and every defect fails the cases that name it and passes their
//! controls. That it passes every other control, too, `signpost check` shows, which CI runs.
//!
//! Each is a test of its own, so that `cargo test downgrade/` or a nextest filter selects some.

use libtest_mimic::{Arguments, Failed, Trial};
use signpost_conformance::proof::{self, Claim, Controls};
use signpost_conformance::suite::Suite;
use signpost_discovery::Defect;

fn main() {
    let arguments = Arguments::from_args();
    let suite = match Suite::built_in() {
        Ok(suite) => suite,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(101);
        }
    };
    let claims = proof::claims(&suite, suite.cases.iter(), Controls::OfItsCases).into_iter().map(holds);
    let named = Defect::ALL.iter().map(|&defect| is_named(defect, &suite));
    let trials = claims.chain(named).collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn holds(claim: Claim) -> Trial {
    Trial::test(claim.name(), move || claim.prove().map_err(Failed::from))
}

/// A defect that no scenario names is one that the suite does not see.
fn is_named(defect: Defect, suite: &Suite) -> Trial {
    let is_named = suite.cases.iter().any(|case| case.defects().any(|name| name == defect.name()));
    Trial::test(format!("every-defect-is-named/{defect}"), move || {
        if is_named { Ok(()) } else { Err(Failed::from("no scenario names this defect")) }
    })
}
