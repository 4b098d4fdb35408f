//! Whether to go on, and where to.

use crate::manner::Manner;
use crate::outcome::{Outcome, Reason};
use crate::publication::{Publication, ServiceRecords};
use crate::rules::Rules;

/// Where candidates come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    Guess,
    ServiceRecords,
}

impl Plan {
    /// From SRV records if one names a target; by guessing, which is left to the client, if no label has any.
    ///
    /// # Errors
    ///
    /// There is nothing to connect to, and nothing may be guessed.
    pub(crate) fn choose(
        publications: &[Publication],
        manner: Manner,
        rules: Rules,
    ) -> Result<Self, Outcome> {
        let count = |wanted: fn(&ServiceRecords) -> bool| {
            publications.iter().filter(|publication| wanted(&publication.service)).count()
        };
        let absent = count(|service| matches!(service, ServiceRecords::Absent));
        if count(|service| matches!(service, ServiceRecords::NoDomain)) > 0 {
            let detail = "there is no such domain".to_owned();
            return Err(Outcome::Unavailable { reason: Reason::DomainUnknown, detail });
        }
        let declared = rules.counts_root_as_record() || absent == publications.len();
        let odd = count(|service| matches!(service, ServiceRecords::Targets(_)));
        if absent > 0 && !rules.holds_root_for_its_label() {
            Err(declared_absent())
        } else if publications.iter().any(Publication::has_targets) {
            Ok(Self::ServiceRecords)
        } else if absent > 0 && declared {
            Err(declared_absent())
        } else if odd > 0 && rules.counts_odd_targets_as_records() {
            let detail = "no SRV record names a host and a port".to_owned();
            Err(Outcome::Unavailable { reason: Reason::Unreachable, detail })
        } else if manner.guesses {
            Ok(Self::Guess)
        } else {
            let detail = "nothing is published, and nothing is guessed".to_owned();
            Err(Outcome::AskUser { reason: Reason::NothingFits, detail })
        }
    }

    /// Whether the policy of a label matters: always, whatever the other label says. A flawed client looks at those only that
    /// have candidates.
    pub(crate) fn heeds(self, publication: &Publication, rules: Rules) -> bool {
        self == Self::Guess || publication.has_targets() || rules.asks_for_keys_without_targets()
    }
}

fn declared_absent() -> Outcome {
    let detail = "the domain declares that it does not offer the service".to_owned();
    Outcome::Unavailable { reason: Reason::DeclaredAbsent, detail }
}
