//! Every case of the suite that is for a resolver, as a test of this crate.
//!
//! ```sh
//! cargo test -p signpost-example-client --test conformance                  # all of them
//! cargo test -p signpost-example-client --test conformance -- opt-out       # those with this in their name
//! ```

use hickory_resolver::proto::dnssec::Proof;
use hickory_resolver::proto::op::ResponseCode;
use signpost_example_client::{Answer, Resolver};
use signpost_harness::resolve::{self, Status};
use signpost_harness::{Assignment, Client, Dns, Harness, Profile, Report, Role, Stay};

fn main() {
    Harness::new(Example).expectations("tests/known-deviations.toml").main()
}

struct Example;

impl Client for Example {
    fn name(&self) -> &str {
        "signpost-example-client"
    }

    fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    fn roles(&self) -> &[Role] {
        &[Role::Resolve]
    }

    fn profiles(&self) -> &[Profile] {
        &[Profile::Dnssec]
    }

    fn run(&self, assignment: &Assignment) -> Report {
        Remembering::default().ask(assignment)
    }

    fn stay(&self) -> Option<Box<dyn Stay>> {
        Some(Box::<Remembering>::default())
    }
}

/// The resolver, which is made when the first assignment says whom it is to ask, and then kept.
#[derive(Default)]
struct Remembering(Option<Resolver>);

impl Stay for Remembering {
    fn ask(&mut self, assignment: &Assignment) -> Report {
        let Assignment::Resolve(assignment) = assignment else {
            return Report::unsupported(assignment.role(), "it is a resolver");
        };
        if assignment.dns.source.is_some() {
            return Report::unsupported(Role::Resolve, "it cannot be told which address to ask from");
        }
        let resolver = self.0.get_or_insert_with(|| resolver(&assignment.dns));
        let question = &assignment.question;
        let answer = resolver.ask(&question.name, &question.record_type);
        report(answer.unwrap_or_else(|error| panic!("{error}"))).into()
    }
}

/// A resolver that cannot be made is no refusal, whatever the case expects: it panics.
fn resolver(dns: &Dns) -> Resolver {
    // hickory starts from keys and knows no digest of one.
    let is_key = |line: &&String| line.split_whitespace().any(|word| word == "DNSKEY");
    let keys: Vec<&str> = dns.trust_anchor.iter().filter(is_key).map(String::as_str).collect();
    Resolver::new(dns.authority, &keys.join("\n")).unwrap_or_else(|error| panic!("{error}"))
}

fn report(answer: Answer) -> resolve::Report {
    match answer {
        Answer::Judged { proof, code } => resolve::Report::Answered {
            status: match proof {
                Proof::Bogus => Status::Bogus,
                Proof::Indeterminate => Status::Indeterminate,
                Proof::Insecure => Status::Insecure,
                Proof::Secure => Status::Secure,
            },
            rcode: code.map(mnemonic),
            ede: Vec::new(),
            ttl: None,
            detail: None,
        },
        Answer::None(reason) => resolve::Report::failed(reason),
    }
}

fn mnemonic(code: ResponseCode) -> String {
    match code {
        ResponseCode::NoError => "NOERROR".to_owned(),
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        other => other.to_string(),
    }
}
