//! Whether to go on, and where to.

use crate::outcome::{Outcome, Reason};
use crate::publication::{Publication, ServiceRecords};

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
