//! What a domain publishes at one label: servers, and under which policy.

use hickory_proto::rr::{Name, RData};
use signpost_protocol::Label;
use signpost_validate::{Answer, Lookup, SecurityStatus};

use crate::answer::security;
use crate::failure::Failure;
use crate::policy::{Policy, find_policy};
use crate::rules::Rules;

/// What the domain publishes at one label.
#[derive(Clone, Debug)]
pub(crate) struct Publication {
    pub(crate) label: Label,
    pub(crate) service: ServiceRecords,
    /// How far the SRV answer or its denial can be believed: Secure or Insecure.
    pub(crate) service_security: SecurityStatus,
    pub(crate) policy: Option<Policy>,
}

impl Publication {
    /// Reads the answers for SRV and TXT at a label, or for MX at `owner` and TXT at the label.
    ///
    /// A failure of either is never an absence, and a policy that cannot be understood is never none.
    pub(crate) fn read(
        label: Label,
        owner: &Name,
        service: &Lookup,
        text: &Lookup,
        rules: Rules,
    ) -> Result<Self, Failure> {
        let asked = if label == Label::Mx { "MX".to_owned() } else { format!("SRV at _{label}") };
        let service_security = match security(service, rules) {
            Ok(security) => security,
            Err(_) if !rules.tells_failure_from_absence() => SecurityStatus::Insecure,
            Err(failure) => return Err(failure.about(&asked)),
        };
        let policy = match security(text, rules) {
            Ok(security) => find_policy(label, text.records(), security, rules)
                .map_err(|failure| failure.about(&format!("policy of _{label}")))?
                .filter(|_| security == SecurityStatus::Secure || rules.uses_insecure_policy()),
            Err(_) if !rules.refuses_failed_policy_lookup(label) => None,
            Err(failure) => return Err(failure.about(&format!("TXT at _{label}"))),
        };
        let service = match label {
            Label::Mx => {
                let is_used = service_security == SecurityStatus::Secure || rules.uses_insecure_exchanges();
                ServiceRecords::of_exchanges(owner, service, is_used, rules)
            }
            _ => ServiceRecords::read(service, rules),
        };
        Ok(Self { label, service, service_security, policy })
    }

    /// Whether there is a target that can be connected to.
    pub(crate) fn has_targets(&self) -> bool {
        matches!(&self.service, ServiceRecords::Targets(targets) if !targets.is_empty())
    }

    /// Whether the policy and what it belongs to are signed, so that its pins hold.
    pub(crate) fn is_secure(&self) -> bool {
        let policy = self.policy.as_ref().map_or(SecurityStatus::Secure, |policy| policy.security);
        self.service_security.min(policy) == SecurityStatus::Secure
    }

    /// Whether the pins of the policy are used at all. One who can forge the unsigned record could pin his own
    /// certificate, so that such a pin proves nothing; the rest of the policy can only tighten, and stays.
    pub(crate) fn pins_hold(&self, rules: Rules) -> bool {
        self.is_secure() || !rules.voids_insecure_policy_pins() || !rules.voids_pins_of_insecure_labels()
    }
}

/// Takes the policies as they are: each for its own label, and the owners of key records as absolute names, wherever
/// they lie.
pub(crate) fn settle_policies(publications: &mut [Publication], domain: &Name, rules: Rules) {
    if !rules.binds_by_own_policy() {
        let first = publications.iter().find_map(|publication| publication.policy.clone());
        publications.iter_mut().for_each(|publication| publication.policy.clone_from(&first));
    }
    if !rules.keeps_mechanisms_of_labels_apart() {
        let lists =
            publications.iter().filter_map(|publication| publication.policy.as_ref()?.mechanisms.as_ref());
        let all: Vec<String> = lists.flatten().cloned().collect();
        let policies = publications.iter_mut().filter_map(|publication| publication.policy.as_mut());
        policies.filter_map(|policy| policy.mechanisms.as_mut()).for_each(|list| list.clone_from(&all));
    }
    if rules.takes_owners_as_written() {
        return;
    }
    let policies = publications.iter_mut().filter_map(|publication| publication.policy.as_mut());
    for owner in
        policies.filter_map(|policy| policy.key_owner.as_mut()).filter(|owner| owner.num_labels() == 1)
    {
        let relative = Name::from_labels(owner.iter());
        *owner = relative.and_then(|owner| owner.append_domain(domain)).unwrap_or_else(|_| owner.clone());
    }
}

/// The SRV records at one label, or the exchanges of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ServiceRecords {
    /// The only target is `.` (RFC 2782), or the only exchange (RFC 7505): the service is declared absent.
    Absent,
    /// There is no SRV record.
    Denied,
    /// There is no such domain, so that no mail can be brought to it (RFC 5321 section 5.1).
    NoDomain,
    /// The targets that can be connected to; there may be none.
    Targets(Vec<PublishedTarget>),
}

/// One SRV or MX record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublishedTarget {
    pub(crate) priority: u16,
    pub(crate) weight: u16,
    /// An MX record has none.
    pub(crate) port: u16,
    pub(crate) host: Name,
}

impl ServiceRecords {
    /// The exchanges of a domain. Where it has no MX record it is its own exchange, with the preference 0 (RFC 5321
    /// section 5.1).
    fn of_exchanges(domain: &Name, service: &Lookup, is_used: bool, rules: Rules) -> Self {
        let exchange = |priority: u16, host: &Name| PublishedTarget {
            priority,
            weight: 1,
            port: 0,
            host: host.to_lowercase(),
        };
        let mut exchanges: Vec<PublishedTarget> = service
            .records()
            .iter()
            .filter(|_| is_used)
            .filter_map(|record| match &record.data {
                RData::MX(mx) if rules.takes_the_lowest_preference_first() => {
                    Some(exchange(mx.preference, &mx.exchange))
                }
                RData::MX(mx) => Some(exchange(u16::MAX - mx.preference, &mx.exchange)),
                _ => None,
            })
            .collect();
        if !rules.compares_preferences_as_numbers() {
            exchanges.sort_by_key(|exchange| exchange.priority.to_string());
            (0..).zip(&mut exchanges).for_each(|(rank, exchange)| exchange.priority = rank);
        }
        match exchanges.as_slice() {
            [] if service.answer == Answer::NxDomain => Self::NoDomain,
            [] if !rules.knows_the_implicit_exchange() => Self::NoDomain,
            [] if !rules.takes_the_domain_for_its_only_exchange() => {
                let usual = ["mail", "smtp"].into_iter().filter_map(|host| Name::from_ascii(host).ok());
                let usual = usual.filter_map(|host| host.append_domain(domain).ok());
                Self::Targets(
                    std::iter::once(domain.clone()).chain(usual).map(|host| exchange(0, &host)).collect(),
                )
            }
            [] => Self::Targets(vec![exchange(0, domain)]),
            [sole] if sole.host.is_root() && !rules.knows_the_null_mx() => Self::Targets(Vec::new()),
            [sole] if sole.host.is_root() && rules.honours_root_target() => Self::Absent,
            [sole] if sole.host.is_root() => Self::Targets(vec![exchange(0, domain)]),
            several
                if several.iter().any(|exchange| exchange.host.is_root())
                    && !rules.skips_root_beside_others() =>
            {
                Self::Absent
            }
            // A null MX beside others declares nothing (RFC 7505 section 3).
            _ => Self::Targets(exchanges.into_iter().filter(|exchange| !exchange.host.is_root()).collect()),
        }
    }

    fn read(service: &Lookup, rules: Rules) -> Self {
        let targets: Vec<PublishedTarget> = service
            .records()
            .iter()
            .filter_map(|record| match &record.data {
                RData::SRV(srv) => Some(PublishedTarget {
                    priority: srv.priority,
                    weight: srv.weight,
                    port: srv.port,
                    host: if rules.reads_targets_without_case() {
                        srv.target.to_lowercase()
                    } else {
                        srv.target.clone()
                    },
                }),
                _ => None,
            })
            .collect();
        match targets.as_slice() {
            [] => Self::Denied,
            [sole] if sole.host.is_root() && rules.honours_root_target() => Self::Absent,
            [sole] if sole.host.is_root() => Self::Denied,
            several
                if several.iter().any(|target| target.host.is_root())
                    && !rules.skips_root_beside_others() =>
            {
                Self::Absent
            }
            // Port 0 is no port, and `.` beside other targets declares nothing.
            _ => Self::Targets(
                targets
                    .into_iter()
                    .filter(|target| target.port != 0 || !rules.skips_port_0())
                    .filter(|target| !target.host.is_root())
                    .collect(),
            ),
        }
    }
}
