//! Resolvers as subjects: what they are asked, and how their answers are read.

mod delv;
mod dnsmasq;
mod drill;
mod kresd;
mod library;
mod named;
mod program;
mod recursor;
mod unbound;

use std::fmt::Display;
use std::net::SocketAddr;
use std::time::Duration;

use hickory_proto::rr::{Name, RecordType};
use hickory_proto::serialize::binary::DecodeError;
use signpost_format::resolve::{self, Report, Status};
use signpost_format::{Profile, Role};
use signpost_validate::{Answer, Failure, Lookup, Response, SecurityStatus, TrustAnchor, TrustAnchorError};

pub(super) use delv::DELV;
pub(super) use dnsmasq::DNSMASQ;
pub(super) use drill::DRILL;
pub(super) use kresd::KRESD;
pub use library::Library;
pub(super) use library::answer;
pub(super) use named::NAMED;
pub(super) use program::ResolverProgram;
pub(super) use recursor::PDNS_RECURSOR;
pub(super) use unbound::UNBOUND;

use super::SubjectError;

/// What resolvers claim to follow.
const PROFILES: &[Profile] = &[Profile::Dnssec];
const ROLES: &[Role] = &[Role::Resolve];

/// How long whoever asks waits for an answer. Resolvers take their time for one that does not come.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a resolver is given.
struct Task {
    name: Name,
    record_type: RecordType,
    /// Whom it asks.
    authority: SocketAddr,
    anchor: TrustAnchor,
}

impl Task {
    fn read(assignment: &resolve::Assignment) -> Result<Self, SubjectError> {
        let wrong = |error: &dyn Display| SubjectError::NotStarted(format!("assignment: {error}"));
        let (question, dns) = (&assignment.question, &assignment.dns);
        let mut name = Name::from_ascii(&question.name).map_err(|error| wrong(&error))?;
        name.set_fqdn(true);
        Ok(Self {
            name,
            record_type: question.record_type.parse().map_err(|error: DecodeError| wrong(&error))?,
            authority: dns.authority,
            anchor: dns.trust_anchor.join("\n").parse().map_err(|error: TrustAnchorError| wrong(&error))?,
        })
    }

    /// The root's keys of this type, each as the fields of its RDATA.
    fn anchors(&self, record_type: RecordType) -> Vec<Vec<String>> {
        let wanted = self.anchor.records().iter().filter(|record| record.record_type() == record_type);
        wanted.map(|record| record.data.to_string().split_whitespace().map(str::to_owned).collect()).collect()
    }
}

/// What a validating library found.
fn from_lookup(lookup: &Lookup) -> Report {
    let (status, rcode) = match (lookup.security, &lookup.answer) {
        (SecurityStatus::Bogus, _) => (Status::Bogus, None),
        // A library that could not get or read an answer has nothing to say of a chain.
        (_, Answer::Failed(_)) => (Status::Failed, None),
        (security, answer) => {
            let status = match security {
                SecurityStatus::Bogus => Status::Bogus,
                SecurityStatus::Indeterminate => Status::Indeterminate,
                SecurityStatus::Insecure => Status::Insecure,
                SecurityStatus::Secure => Status::Secure,
            };
            let rcode = if *answer == Answer::NxDomain { NXDOMAIN } else { NOERROR };
            (status, Some(rcode.to_owned()))
        }
    };
    let detail = (!lookup.reason.is_empty()).then(|| lookup.reason.clone());
    let ttl = lookup.records().iter().map(|record| record.ttl).max();
    Report::Answered { status, rcode, ede: Vec::new(), ttl, detail }
}

/// What a validating server answered: AD tells Secure from Insecure, an error tells nothing but failure.
fn from_response(response: Result<Response, Failure>) -> Report {
    let response = match response {
        Ok(response) => response,
        Err(failure) => {
            return Report::failed(format!("no answer: {failure}"));
        }
    };
    let status = match (response.rcode.as_str(), response.authentic_data) {
        (NOERROR | NXDOMAIN, true) => Status::Secure,
        (NOERROR | NXDOMAIN, false) => Status::Insecure,
        _ => Status::Failed,
    };
    let texts: Vec<&str> =
        response.errors.iter().map(|(_, text)| text.as_str()).filter(|text| !text.is_empty()).collect();
    Report::Answered {
        status,
        rcode: Some(response.rcode),
        ede: response.errors.iter().map(|(code, _)| *code).collect(),
        ttl: response.ttl,
        detail: (!texts.is_empty()).then(|| texts.join("; ")),
    }
}

const NOERROR: &str = "NOERROR";
const NXDOMAIN: &str = "NXDOMAIN";
