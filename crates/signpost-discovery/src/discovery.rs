//! What the answers about a domain mean: whether to go on, where to, and under which policy.

use hickory_proto::rr::{Name, RData};
use signpost_validate::{Answer, Lookup, SecurityStatus};

use crate::outcome::{Outcome, Reason};
use crate::policy::{Policy, find_policy};
use crate::request::Label;
use crate::rules::Rules;
use crate::session::Failure;

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
    /// Reads the answers for SRV and TXT at a label.
    ///
    /// A failure of either is never an absence, and a policy that cannot be understood is never none.
    pub(crate) fn read(label: Label, service: &Lookup, text: &Lookup, rules: Rules) -> Result<Self, Failure> {
        let service_security = match security(service, rules) {
            Ok(security) => security,
            Err(_) if !rules.tells_failure_from_absence() => SecurityStatus::Insecure,
            Err(failure) => return Err(about(&format!("SRV at {label}"), failure)),
        };
        let policy = match security(text, rules) {
            Ok(security) => find_policy(label, text.records(), security, rules)
                .map_err(|failure| about(&format!("policy of {label}"), failure))?,
            Err(_) if !rules.refuses_failed_policy_lookup() => None,
            Err(failure) => return Err(about(&format!("TXT at {label}"), failure)),
        };
        Ok(Self { label, service: ServiceRecords::read(service, rules), service_security, policy })
    }

    fn has_targets(&self) -> bool {
        matches!(&self.service, ServiceRecords::Targets(targets) if !targets.is_empty())
    }

    /// Whether the policy and what it belongs to are signed, so that its pins hold.
    pub(crate) fn is_secure(&self) -> bool {
        let policy = self.policy.as_ref().map_or(SecurityStatus::Secure, |policy| policy.security);
        self.service_security.min(policy) == SecurityStatus::Secure
    }
}

/// The SRV records at one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ServiceRecords {
    /// The only target is `.` (RFC 2782): the service is declared absent.
    Absent,
    /// There is no SRV record.
    Denied,
    /// The targets that can be connected to; there may be none.
    Targets(Vec<PublishedTarget>),
}

/// One SRV record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublishedTarget {
    pub(crate) priority: u16,
    pub(crate) weight: u16,
    pub(crate) port: u16,
    pub(crate) host: Name,
}

impl ServiceRecords {
    fn read(service: &Lookup, rules: Rules) -> Self {
        let targets: Vec<PublishedTarget> = service
            .records()
            .iter()
            .filter_map(|record| match &record.data {
                RData::SRV(srv) => Some(PublishedTarget {
                    priority: srv.priority,
                    weight: srv.weight,
                    port: srv.port,
                    host: srv.target.to_lowercase(),
                }),
                _ => None,
            })
            .collect();
        match targets.as_slice() {
            [] => Self::Denied,
            [sole] if sole.host.is_root() && rules.honours_root_target() => Self::Absent,
            [sole] if sole.host.is_root() => Self::Denied,
            // Port 0 is no port, and `.` beside other targets declares nothing.
            _ => Self::Targets(
                targets.into_iter().filter(|target| target.port != 0 && !target.host.is_root()).collect(),
            ),
        }
    }
}

/// Where candidates come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    Guess,
    ServiceRecords,
}

impl Plan {
    /// From SRV records if one names a target; by guessing if no label has any.
    ///
    /// # Errors
    ///
    /// There is nothing to connect to, and nothing may be guessed.
    pub(crate) fn choose(publications: &[Publication]) -> Result<Self, Outcome> {
        let has = |wanted: fn(&ServiceRecords) -> bool| {
            publications.iter().any(|publication| wanted(&publication.service))
        };
        if publications.iter().any(Publication::has_targets) {
            Ok(Self::ServiceRecords)
        } else if has(|service| matches!(service, ServiceRecords::Absent)) {
            let detail = "the domain declares that it does not offer the service".to_owned();
            Err(Outcome::Unavailable { reason: Reason::DeclaredAbsent, detail })
        } else if has(|service| matches!(service, ServiceRecords::Targets(_))) {
            let detail = "no SRV record names a host and a port".to_owned();
            Err(Outcome::Unavailable { reason: Reason::Unreachable, detail })
        } else {
            Ok(Self::Guess)
        }
    }

    /// Whether a label has candidates, so that its policy matters.
    pub(crate) fn uses(self, publication: &Publication) -> bool {
        self == Self::Guess || publication.has_targets()
    }
}

/// How far an answer can be believed: Secure or Insecure.
///
/// # Errors
///
/// The answer is provably not what the zone says, or there is none.
pub(crate) fn security(lookup: &Lookup, rules: Rules) -> Result<SecurityStatus, Failure> {
    let because = || if lookup.reason.is_empty() { String::new() } else { format!(" ({})", lookup.reason) };
    match (lookup.security, &lookup.answer) {
        (SecurityStatus::Bogus, Answer::NoData | Answer::NxDomain | Answer::Records(_))
            if !rules.refuses_bogus() =>
        {
            Ok(SecurityStatus::Secure)
        }
        (SecurityStatus::Bogus, _) => {
            Err(Failure::new(Reason::DnssecBogus, format!("the answer is bogus{}", because())))
        }
        (SecurityStatus::Indeterminate, Answer::NoData | Answer::NxDomain | Answer::Records(_))
            if !rules.refuses_indeterminate() =>
        {
            Ok(SecurityStatus::Insecure)
        }
        (_, Answer::Failed(failure)) => {
            Err(Failure::new(Reason::LookupFailed, format!("the lookup failed: {failure}{}", because())))
        }
        (SecurityStatus::Indeterminate, _) => {
            let detail = format!("whether the answer should be signed is not known{}", because());
            Err(Failure::new(Reason::LookupFailed, detail))
        }
        (security @ (SecurityStatus::Insecure | SecurityStatus::Secure), _) => Ok(security),
    }
}

/// Puts before a failure what it is about.
pub(crate) fn about(what: &str, failure: Failure) -> Failure {
    Failure { detail: format!("{what}: {}", failure.detail), ..failure }
}
