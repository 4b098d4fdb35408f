//! Hosts and ports that may turn out to be the user's server.

use std::sync::Arc;

use hickory_proto::rr::Name;
use signpost_protocol::{Label, TlsStart};
use signpost_validate::SecurityStatus;

use crate::binding::Binding;
use crate::publication::{Publication, PublishedTarget};
use crate::request::Request;

/// A host and port that may turn out to be the user's server.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) target: PublishedTarget,
    pub(crate) tls: TlsStart,
    pub(crate) binding: Arc<Binding>,
    /// Whether the SRV answer is signed; a guessed host comes from the user's own address.
    pub(crate) is_secure: bool,
}

impl Candidate {
    pub(crate) fn published(
        target: &PublishedTarget,
        publication: &Publication,
        binding: &Arc<Binding>,
    ) -> Self {
        Self {
            target: target.clone(),
            tls: publication.label.tls(),
            binding: Arc::clone(binding),
            is_secure: publication.service_security == SecurityStatus::Secure,
        }
    }

    /// The usual hosts at one label's port. The priorities put host before host, and implicit TLS first on each.
    pub(crate) fn guessed(request: &Request, label: Label, binding: &Arc<Binding>) -> Vec<Self> {
        let domain = request.address.domain();
        let port = request.ports.port(label);
        let first = match label.tls() {
            TlsStart::Implicit => 0,
            TlsStart::Starttls => 1,
        };
        let hosts = (first..).step_by(2).zip(label.service().usual_hosts());
        hosts
            .filter_map(|(priority, host)| {
                let host = Name::from_ascii(host).ok()?.append_domain(domain).ok()?;
                Some(Self {
                    target: PublishedTarget { priority, weight: 0, port, host },
                    tls: label.tls(),
                    binding: Arc::clone(binding),
                    is_secure: true,
                })
            })
            .collect()
    }

    /// The host's name as certificates have it.
    pub(crate) fn host(&self) -> String {
        self.target.host.to_ascii().trim_end_matches('.').to_owned()
    }
}
