//! Resolvers as subjects: what they are asked, and how their answers are read.

mod library;
mod stub;

use std::fmt::Display;
use std::net::SocketAddr;

use hickory_proto::rr::{Name, RecordType};
use signpost_format::resolve::{self, Report, Status};
use signpost_format::{Profile, Role};
use signpost_lab::read_record_type;
use signpost_validate::{Answer, Lookup, SecurityStatus, TrustAnchor, TrustAnchorError};

pub use library::Library;
pub(super) use library::{answer, not_exhausted};
pub(super) use stub::{LISTEN, ask};

use super::SubjectError;

/// What resolvers claim to follow.
const PROFILES: &[Profile] = &[Profile::Dnssec];
const ROLES: &[Role] = &[Role::Resolve];

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
        let record_type = read_record_type(&question.record_type)
            .ok_or_else(|| wrong(&format_args!("`{}` is no record type", question.record_type)))?;
        Ok(Self {
            name,
            record_type,
            authority: dns.authority,
            anchor: dns.trust_anchor.join("\n").parse().map_err(|error: TrustAnchorError| wrong(&error))?,
        })
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

const NOERROR: &str = "NOERROR";
const NXDOMAIN: &str = "NXDOMAIN";
