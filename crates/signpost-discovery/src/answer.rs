//! Whether an answer may be used.

use signpost_validate::{Answer, Lookup, SecurityStatus};

use crate::failure::Failure;
use crate::outcome::Reason;
use crate::rules::Rules;

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
