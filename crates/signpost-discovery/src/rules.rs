//! The decisions that a defect can turn round, each asked for in exactly one place.

mod certificate;
mod choice;
mod dialogue;
mod record;
mod relay;

use signpost_validate::Flaw;

use crate::defect::Defect;

/// How the client decides. The default is honest; every defect turns one decision round.
///
/// The methods are named after what the honest client does, so that the code that asks reads as the
/// specification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    defects: [u64; WORDS],
}

/// One bit for each defect.
const WORDS: usize = Defect::ALL.len().div_ceil(64);

impl Rules {
    /// Whether this flaw is switched on.
    pub const fn has(self, defect: Defect) -> bool {
        let (word, bit) = place(defect);
        self.defects[word] & bit != 0
    }

    /// Whether the client follows the specification.
    pub const fn is_honest(self) -> bool {
        let mut word = 0;
        while word < WORDS {
            if self.defects[word] != 0 {
                return false;
            }
            word += 1;
        }
        true
    }

    /// The same rules with one more flaw.
    #[must_use]
    pub const fn with(mut self, defect: Defect) -> Self {
        let (word, bit) = place(defect);
        self.defects[word] |= bit;
        self
    }

    /// DNSSEC is validated here; the AD bit of an answer says nothing. Asked for by whoever chooses the resolver.
    pub const fn validates(self) -> bool {
        !self.has(Defect::TakesAdOnTrust)
    }

    /// Addresses are asked for; what stands beside an SRV record is not looked at. Asked for by whoever chooses the
    /// resolver.
    pub const fn asks_for_addresses(self) -> bool {
        !self.has(Defect::TakesAdditionalForAnswer)
    }

    /// Whether what is wrong is how names are resolved, and not what the client does with the answers.
    pub const fn resolves_wrongly(self) -> bool {
        self.resolver_flaw().is_some() || !self.validates() || !self.asks_for_addresses()
    }

    /// The one thing that is wrong with how names are resolved. Asked for by whoever chooses the resolver.
    pub const fn resolver_flaw(self) -> Option<Flaw> {
        let mut row = 0;
        while row < FLAWS.len() {
            let (defect, flaw) = FLAWS[row];
            if self.has(defect) {
                return Some(flaw);
            }
            row += 1;
        }
        None
    }

    /// The rules by which the client sets itself up again once it has worked: the same. Asked for by whoever remembers
    /// that it has.
    #[must_use]
    pub const fn after_success(self) -> Self {
        if self.has(Defect::TrustsWhatWorked) {
            self.with(Defect::SkipsPin)
        } else if self.has(Defect::InsistsOnTlsOnce) {
            self.with(Defect::IgnoresStrippedStarttls)
        } else {
            self
        }
    }

    /// The rules for a user who would be content with TLS where it is offered: the same, because the domain's policy
    /// binds whoever uses it. Asked for by whoever knows what the user wants.
    #[must_use]
    pub const fn for_a_lesser_stance(self) -> Self {
        if self.has(Defect::ObeysLesserStance) { self.with(Defect::IgnoresStrippedStarttls) } else { self }
    }

    pub(crate) const fn refuses_bogus(self) -> bool {
        !self.has(Defect::AcceptsBogus)
    }

    pub(crate) const fn refuses_indeterminate(self) -> bool {
        !self.has(Defect::TakesIndeterminateForUnsigned)
    }

    pub(crate) const fn tells_failure_from_absence(self) -> bool {
        !self.has(Defect::GuessesOnServfail)
    }

    pub(crate) const fn honours_root_target(self) -> bool {
        !self.has(Defect::IgnoresRootTarget)
    }

    pub(crate) const fn requires_version_tag(self) -> bool {
        !self.has(Defect::IgnoresVersionTag)
    }

    pub(crate) const fn joins_strings(self) -> bool {
        !self.has(Defect::ReadsFirstString)
    }

    pub(crate) const fn keeps_policy_with_unknown_name(self) -> bool {
        !self.has(Defect::DropsUnknownNames)
    }

    pub(crate) const fn ignores_unknown_names(self) -> bool {
        !self.has(Defect::RefusesUnknownNames)
    }

    pub(crate) const fn reports_weak_digests(self) -> bool {
        !self.has(Defect::HidesWeakDigest)
    }

    pub(crate) const fn refuses_second_policy(self) -> bool {
        !self.has(Defect::FirstPolicyOfTwo)
    }

    pub(crate) const fn refuses_malformed_policy(self) -> bool {
        !self.has(Defect::IgnoresMalformedPolicy)
    }

    pub(crate) const fn voids_insecure_policy_pins(self) -> bool {
        !self.has(Defect::TrustsInsecurePolicyPins)
    }

    pub(crate) const fn refuses_insecure_key_record(self) -> bool {
        !self.has(Defect::TrustsInsecureKeyRecord)
    }

    pub(crate) const fn uses_strongest_digest(self) -> bool {
        !self.has(Defect::PrefersSha1)
    }

    pub(crate) const fn honours_priority(self) -> bool {
        !self.has(Defect::PriorityIgnored)
    }

    pub(crate) const fn draws_by_weight(self) -> bool {
        !self.has(Defect::WeightIgnored)
    }

    pub(crate) const fn fails_over(self) -> bool {
        !self.has(Defect::NoFailover)
    }

    pub(crate) const fn asks_before_leaving_domain(self) -> bool {
        !self.has(Defect::OutOfDomain)
    }

    pub(crate) const fn stays_silent_after_tls_failure(self) -> bool {
        !self.has(Defect::ContinuesInClear)
    }

    pub(crate) const fn requires_offered_starttls(self) -> bool {
        !self.has(Defect::IgnoresStrippedStarttls)
    }

    pub(crate) const fn requires_accepted_starttls(self) -> bool {
        !self.has(Defect::IgnoresRefusedStarttls)
    }

    pub(crate) const fn forgets_capabilities(self) -> bool {
        !self.has(Defect::KeepsCapabilities)
    }

    pub(crate) const fn requires_offered_authentication(self) -> bool {
        !self.has(Defect::IgnoresAuthRequired)
    }

    pub(crate) const fn honours_allowed_mechanisms(self) -> bool {
        !self.has(Defect::IgnoresSaslRestriction)
    }

    pub(crate) const fn authenticates_first(self) -> bool {
        !self.has(Defect::SendsBeforeAuth)
    }

    pub(crate) const fn refuses_failed_key_lookup(self) -> bool {
        !self.has(Defect::IgnoresFailedKeyLookup)
    }

    pub(crate) const fn refuses_unusable_key_record(self) -> bool {
        !self.has(Defect::IgnoresUnusableKeyRecord)
    }

    pub(crate) const fn refuses_bogus_address(self) -> bool {
        !self.has(Defect::AcceptsBogusAddress)
    }

    pub(crate) const fn ends_with_the_published_targets(self) -> bool {
        !self.has(Defect::GuessesWhenUnreachable)
    }

    pub(crate) const fn requires_ehlo(self) -> bool {
        !self.has(Defect::FallsBackToHelo)
    }

    pub(crate) const fn judges_certificates(self) -> bool {
        !self.has(Defect::AcceptsAnyCertificate)
    }

    pub(crate) const fn checks_handshake_signature(self) -> bool {
        !self.has(Defect::SkipsHandshakeSignature)
    }

    pub(crate) const fn insists_on_pins(self) -> bool {
        !self.has(Defect::SkipsPin)
    }

    pub(crate) const fn builds_path_to_pin(self) -> bool {
        !self.has(Defect::PinsButSkipsChain)
    }

    pub(crate) const fn checks_names(self) -> bool {
        !self.has(Defect::IgnoresNameMismatch)
    }

    pub(crate) const fn checks_dates(self) -> bool {
        !self.has(Defect::TakesExpiredChain)
    }
}

impl From<Defect> for Rules {
    fn from(defect: Defect) -> Self {
        Self::default().with(defect)
    }
}

impl FromIterator<Defect> for Rules {
    fn from_iter<I: IntoIterator<Item = Defect>>(defects: I) -> Self {
        defects.into_iter().fold(Self::default(), Self::with)
    }
}

/// The defects that are flaws of how names are resolved.
const FLAWS: &[(Defect, Flaw)] = &[
    (Defect::BelievesAbsenceBehindAliases, Flaw::BelievesAbsenceBehindAliases),
    (Defect::BelievesEverAfter, Flaw::BelievesEverAfter),
    (Defect::BlursInsecureDenials, Flaw::BlursInsecureDenials),
    (Defect::FollowsForgedAlias, Flaw::FollowsForgedAlias),
    (Defect::ForgivesExpiry, Flaw::ForgivesExpiry),
    (Defect::GivesUpBeforeVerifying, Flaw::GivesUpBeforeVerifying),
    (Defect::HashesByTheFirstRecord, Flaw::HashesByTheFirstRecord),
    (Defect::KeepsAnswers, Flaw::KeepsAnswers),
    (Defect::KnowsNoSha384, Flaw::KnowsNoSha384),
    (Defect::OverlooksCut, Flaw::OverlooksCut),
    (Defect::OverlooksDname, Flaw::OverlooksDname),
    (Defect::OverlooksListedType, Flaw::OverlooksListedType),
    (Defect::RejectsSha1, Flaw::RejectsSha1),
    (Defect::RejectsUnknownAlgorithms, Flaw::RejectsUnknownAlgorithms),
    (Defect::RejectsUnsignedBeside, Flaw::RejectsUnsignedBeside),
    (Defect::SkipsEncloser, Flaw::SkipsEncloser),
    (Defect::SkipsNextCloser, Flaw::SkipsNextCloser),
    (Defect::SkipsWildcardDenial, Flaw::SkipsWildcardDenial),
    (Defect::TakesAnyUnknownDigestForUnsigned, Flaw::TakesAnyUnknownDigestForUnsigned),
    (Defect::TakesBogusForSecure, Flaw::TakesBogusForSecure),
    (Defect::TakesBogusForUnsigned, Flaw::TakesBogusForUnsigned),
    (Defect::TakesExpandedAliases, Flaw::TakesExpandedAliases),
    (Defect::TakesExpandedDenial, Flaw::TakesExpandedDenial),
    (Defect::TakesFailureForAbsence, Flaw::TakesFailureForAbsence),
    (Defect::TakesFirstLinkForAll, Flaw::TakesFirstLinkForAll),
    (Defect::TakesLastHashForAll, Flaw::TakesLastHashForAll),
    (Defect::TakesLastLinkForAll, Flaw::TakesLastLinkForAll),
    (Defect::TakesNextForCovered, Flaw::TakesNextForCovered),
    (Defect::TakesTagForKey, Flaw::TakesTagForKey),
    (Defect::TakesUnsignedForSecure, Flaw::TakesUnsignedForSecure),
    (Defect::TakesUnusualForUnsigned, Flaw::TakesUnusualForUnsigned),
    (Defect::TakesWildcardPastEncloser, Flaw::TakesWildcardPastEncloser),
    (Defect::TrustsRcode, Flaw::TrustsRcode),
    (Defect::WantsEveryAlgorithm, Flaw::WantsEveryAlgorithm),
];

/// The word that a defect's bit stands in, and the bit.
const fn place(defect: Defect) -> (usize, u64) {
    let number = defect as usize;
    (number / 64, 1 << (number % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_defect_turns_round_nothing_but_itself() {
        assert!(Rules::default().is_honest());
        for &defect in Defect::ALL {
            let rules = Rules::from(defect);
            let on: Vec<_> = Defect::ALL.iter().filter(|&&other| rules.has(other)).collect();
            assert_eq!(on, [&defect]);
        }
    }
}
