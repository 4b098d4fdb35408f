//! How far something can be believed, why, and what is left of that when one thing rests on another.

use crate::SecurityStatus;

/// How far something can be believed.
#[derive(Clone, Debug)]
pub(crate) struct Belief {
    pub(crate) security: SecurityStatus,
    /// Why, for people; empty when there is nothing to explain.
    pub(crate) reason: String,
    /// A library panicked instead of judging, so that this says more of the library than of the answer.
    pub(crate) panicked: bool,
}

impl Belief {
    pub(crate) fn new(security: SecurityStatus, reason: impl Into<String>) -> Self {
        Self { security, reason: reason.into(), panicked: false }
    }

    /// Nothing speaks against it.
    pub(crate) fn secure() -> Self {
        Self::new(SecurityStatus::Secure, "")
    }

    /// Nothing vouches for what a library could not judge, so it counts as the worst.
    pub(crate) fn panicked() -> Self {
        Self { security: SecurityStatus::Bogus, reason: "the validator panicked".to_owned(), panicked: true }
    }

    /// What is to be believed of two answers of which this one depends on `first`.
    ///
    /// Whoever can forge one link of an alias chain leads it where he wants, and everything behind that link may be
    /// validly signed by himself. So a chain is worth what its weakest link is, never what its end is.
    pub(crate) fn after(self, first: Self) -> Self {
        if self.security < first.security || (self.security == first.security && first.reason.is_empty()) {
            self
        } else {
            first
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weakest_link_decides_and_says_why() {
        let check = |first: (SecurityStatus, &str), second: (SecurityStatus, &str), reason: &str| {
            let weakest = Belief::new(second.0, second.1).after(Belief::new(first.0, first.1));
            assert_eq!((weakest.security, weakest.reason.as_str()), (first.0.min(second.0), reason));
        };
        let (bogus, insecure, secure) =
            (SecurityStatus::Bogus, SecurityStatus::Insecure, SecurityStatus::Secure);
        check((insecure, "first"), (secure, "second"), "first");
        check((secure, "first"), (bogus, "second"), "second");
        check((bogus, "first"), (bogus, "second"), "first");
        check((bogus, ""), (bogus, "second"), "second");
    }

    #[test]
    fn a_panic_is_not_forgotten_behind_an_alias() {
        assert!(Belief::secure().after(Belief::panicked()).panicked);
        assert!(!Belief::new(SecurityStatus::Bogus, "forged").after(Belief::secure()).panicked);
    }
}
