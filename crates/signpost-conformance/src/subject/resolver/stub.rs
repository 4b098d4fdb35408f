//! Resolvers that serve, asked over DNS.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use signpost_format::resolve::{Assignment, Report, Status};
use signpost_validate::{Failure, Response, Stub, Upstream};

use super::{NOERROR, NXDOMAIN, Task, not_exhausted};
use crate::subject::SubjectError;

/// Where a server listens in its namespace. The lab is at other addresses; this is the one that the loopback interface
/// itself has, and some servers listen on no other.
pub(in crate::subject) const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 53);

/// How long whoever asks waits for an answer. Resolvers take their time for one that does not come.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks a server that listens.
pub(in crate::subject) async fn ask(assignment: &Assignment) -> Result<Report, SubjectError> {
    let task = Task::read(assignment)?;
    let mut upstream = Upstream::new(LISTEN, task.anchor);
    upstream.timeout = PATIENCE;
    upstream.attempts = 1;
    let response = Stub::new(&upstream).ask(&task.name, task.record_type).await;
    not_exhausted(&upstream.shortage)?;
    Ok(from_response(response))
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
