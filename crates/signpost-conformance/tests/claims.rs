//! What a subject sets up is held against where it logged in.

mod stand_in;

use signpost_conformance::runner::{Options, run_case};
use signpost_conformance::subject::Reference;
use signpost_conformance::suite::Suite;
use signpost_format::set_up::{self, ConfiguredEndpoint};
use signpost_format::{Report, Verdict};

use stand_in::StandIn;

/// What is reported in the place of an endpoint.
type Change = fn(&mut ConfiguredEndpoint);

/// The reference, which reports another endpoint than its own.
fn mistaken(change: Change) -> StandIn {
    let tells = move |mut report| {
        if let Report::SetUp(set_up::Report::Configured { endpoint, .. }) = &mut report {
            change(endpoint);
        }
        report
    };
    StandIn { tells: Box::new(tells), ..StandIn::of(Reference::honest()) }
}

#[test]
fn an_endpoint_at_which_nobody_logged_in_is_a_false_claim() {
    let suite = Suite::built_in().unwrap();
    let changes: [(&str, Change, bool); 7] = [
        ("nothing", |_| {}, true),
        ("upper case", |endpoint| endpoint.host.make_ascii_uppercase(), true),
        ("a final dot", |endpoint| endpoint.host.push('.'), true),
        ("a guessed host", |endpoint| endpoint.host = "mail.example.com".to_owned(), false),
        ("the domain", |endpoint| endpoint.host = "example.com".to_owned(), false),
        ("an address", |endpoint| endpoint.host = "127.0.0.1".to_owned(), false),
        ("the next port", |endpoint| endpoint.port += 1, false),
    ];
    for case in [
        "honest/two-servers[submission]",
        "honest/implicit-tls[pop3]",
        "honest/hosted[pop3]",
        "honest/wildcard-srv[pop3]",
    ] {
        for (what, change, is_true) in changes {
            let result = run_case(suite.case(case).unwrap(), &mistaken(change), Options::default());
            let findings: Vec<&str> =
                result.findings.iter().map(|finding| finding.requirement.as_str()).collect();
            if is_true {
                assert_eq!((result.verdict, &findings[..]), (Verdict::Pass, &[][..]), "{case}, {what}");
            } else {
                assert_eq!(result.verdict, Verdict::Fail, "{case}, {what}");
                assert_eq!(findings, ["suite/claims-are-true"], "{case}, {what}");
            }
        }
    }
}

#[test]
fn a_login_name_that_no_server_accepted_is_a_false_claim() {
    let suite = Suite::built_in().unwrap();
    let case = suite.case("dialogue/local-part-is-the-login-name[pop3]").unwrap();
    for (said, verdict) in
        [(Some("alice"), Verdict::Pass), (None, Verdict::Pass), (Some("alice@example.com"), Verdict::Fail)]
    {
        let tells = move |mut report| {
            if let Report::SetUp(set_up::Report::Configured { user, .. }) = &mut report {
                *user = said.map(str::to_owned);
            }
            report
        };
        let subject = StandIn { tells: Box::new(tells), ..StandIn::of(Reference::honest()) };
        let result = run_case(case, &subject, Options::default());
        assert_eq!(result.verdict, verdict, "{said:?}: {:?}", result.findings);
        let broken = result.findings.iter().map(|finding| finding.requirement.as_str());
        let expected: &[&str] = if verdict == Verdict::Fail { &["suite/claims-are-true"] } else { &[] };
        assert!(broken.eq(expected.iter().copied()), "{said:?}: {:?}", result.findings);
    }
}
