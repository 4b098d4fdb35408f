//! What a subject sets up is held against where it logged in.

use async_trait::async_trait;
use signpost_conformance::runner::{Options, run_case};
use signpost_conformance::subject::{Environment, Isolation, Reference, Subject, SubjectError};
use signpost_conformance::suite::Suite;
use signpost_format::set_up::{self, ConfiguredEndpoint};
use signpost_format::{Assignment, Profile, Report, Role, Verdict};

/// What is reported in the place of an endpoint.
type Change = fn(&mut ConfiguredEndpoint);

/// The reference, which reports another endpoint than its own.
struct Mistaken(Change);

#[async_trait(?Send)]
impl Subject for Mistaken {
    fn name(&self) -> &str {
        "mistaken"
    }

    fn version(&self) -> &str {
        "0"
    }

    fn profiles(&self) -> &[Profile] {
        &[Profile::PolicyRecords]
    }

    fn roles(&self) -> &[Role] {
        &[Role::SetUp]
    }

    fn isolation(&self) -> Isolation {
        Isolation::Loopback
    }

    async fn run(
        &self,
        assignment: &Assignment,
        environment: Environment<'_>,
    ) -> Result<Report, SubjectError> {
        let mut report = Reference::honest().run(assignment, environment).await?;
        if let Report::SetUp(set_up::Report::Configured { endpoint, .. }) = &mut report {
            (self.0)(endpoint);
        }
        Ok(report)
    }
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
            let result = run_case(suite.case(case).unwrap(), &Mistaken(change), Options::default());
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
