//! Which servers a case takes for such whose certificate the rules reject.

use signpost_conformance::suite::Suite;

fn check(case: &str, rejected: &[&str]) {
    let suite = Suite::built_in().unwrap();
    let found = suite.case(case).unwrap().first_step().unwrap();
    assert_eq!(found.rejected, rejected, "{case}");
}

#[test]
fn each_kind_of_fault_knows_whether_the_rules_reject_it() {
    check("pin/unknown-root[pop3]", &["pop3-1", "pop3-2"]);
    // Everything below a broken CA is broken.
    check(
        "pin/pinned-ca-expired[pop3]",
        &["submission-1", "submission-2", "pop3-1", "pop3-2", "imap-1", "imap-2"],
    );
    check("honest/root-not-sent[pop3]", &[]);
}

#[test]
fn a_scenario_may_know_better() {
    check("pin/root-neither-sent-nor-known[pop3]", &["pop3-1", "pop3-2"]);
    check("pin/leaf-expired[pop3]", &[]);
    check("certificate/wildcard[pop3]", &[]);
}
