//! Hosts and ports that may turn out to be the user's server.

use std::sync::Arc;

use hickory_proto::rr::Name;
use signpost_protocol::{Label, TlsStart};
use signpost_validate::SecurityStatus;

use crate::address::Address;
use crate::binding::Binding;
use crate::publication::{Publication, PublishedTarget};
use crate::request::Request;
use crate::rules::Rules;

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
        request: &Request,
        target: &PublishedTarget,
        publication: &Publication,
        binding: &Arc<Binding>,
        rules: Rules,
    ) -> Self {
        let label = publication.label;
        let is_standard = target.port == 0 || !rules.takes_port_of_record();
        let port = if is_standard { request.ports.port(label) } else { target.port };
        let usual = label.service().labels().iter().copied().find(|label| request.ports.port(*label) == port);
        let tls = if rules.takes_tls_from_label() { label } else { usual.unwrap_or(label) }.tls();
        Self {
            target: PublishedTarget { port, ..target.clone() },
            tls,
            binding: Arc::clone(binding),
            is_secure: publication.service_security == SecurityStatus::Secure,
        }
    }

    /// The usual hosts at one label's port. The priorities put host before host, and on each the one port
    /// before the other: implicit TLS first, but for a manner.
    pub(crate) fn guessed(
        request: &Request,
        label: Label,
        binding: &Arc<Binding>,
        rules: Rules,
    ) -> Vec<Self> {
        let binding = if rules.binds_guessed_hosts() {
            Arc::clone(binding)
        } else {
            Arc::new(Binding::without_policy(label.service(), rules))
        };
        let domain = request.address.domain();
        let port = request.ports.port(label);
        let is_later = (label.tls() == TlsStart::Starttls) != request.manner.guesses_starttls_first;
        let first = u16::from(is_later);
        let usual = label.service().usual_hosts().iter().copied();
        let foreign = (!rules.guesses_only_usual_hosts()).then_some("webmail");
        let usual_of = |domain: Name| {
            usual.clone().filter_map(move |host| Name::from_ascii(host).ok()?.append_domain(&domain).ok())
        };
        let foreign = foreign.and_then(|host| Name::from_ascii(host).ok()?.append_domain(domain).ok());
        let below = usual_of(domain.clone()).chain(foreign);
        // Who looks for another exchange than the published ones has no usual names to try.
        let is_relay = request.is_relay();
        let itself = (is_relay || !rules.guesses_only_below_domain()).then(|| domain.clone());
        let above = (!rules.guesses_below_the_domain_itself()).then(|| usual_of(domain.base_name()));
        let hosts = (first..).step_by(2).zip(below.chain(itself).chain(above.into_iter().flatten()));
        hosts
            .map(|(priority, host)| Self {
                target: PublishedTarget { priority, weight: 0, port, host },
                tls: label.tls(),
                binding: Arc::clone(&binding),
                is_secure: true,
            })
            .collect()
    }

    /// Whether it lies in the domain of an address: at its own name or below it, label by label.
    pub(crate) fn is_within(&self, address: &Address, rules: Rules) -> bool {
        let (host, domain) = (&self.target.host, address.domain());
        if !rules.ends_domain_at_label() {
            return self.host().ends_with(address.domain_text());
        }
        if !rules.reads_names_from_behind() && self.host().starts_with(address.domain_text()) {
            return true;
        }
        let is_spelt_alike = || self.host().ends_with(address.domain_text());
        let is_near = || host.num_labels() <= domain.num_labels() + 1;
        domain.zone_of(host)
            && (rules.folds_letters() || is_spelt_alike())
            && (rules.counts_deep_hosts_in() || is_near())
            && (rules.counts_domain_itself_in() || host != domain)
    }

    /// The host's name as certificates have it.
    pub(crate) fn host(&self) -> String {
        self.target.host.to_ascii().trim_end_matches('.').to_owned()
    }
}
