//! Decisions about policies and key records. How their grammar is misread stands in `misreading`.

use signpost_protocol::{Label, TlsStart};
use signpost_validate::SecurityStatus;

use super::Rules;
use crate::defect::Defect;

impl Rules {
    pub(crate) const fn joins_without_separator(self) -> bool {
        !self.has(Defect::JoinsStringsWithSpace)
    }

    pub(crate) const fn looks_behind_first_text(self) -> bool {
        !self.has(Defect::FirstTextOnly)
    }

    pub(crate) const fn looks_before_last_text(self) -> bool {
        !self.has(Defect::LastTextOnly)
    }

    /// The rules for the policies of one label: the same, whatever the label and its security.
    #[must_use]
    pub(crate) fn for_policies(self, label: Label, security: SecurityStatus) -> Self {
        let is_insecure = security != SecurityStatus::Secure;
        let ignores_malformed = (is_insecure && self.has(Defect::IgnoresMalformedPolicyIfInsecure))
            || (label.tls() == TlsStart::Implicit && self.has(Defect::IgnoresMalformedPolicyOfImplicitTls));
        if ignores_malformed {
            self.with(Defect::IgnoresMalformedPolicy)
        } else if is_insecure && self.has(Defect::TakesFirstPolicyIfInsecure) {
            self.with(Defect::FirstPolicyOfTwo)
        } else {
            self
        }
    }

    /// The rules for a handshake with which TLS begins in this way: the same.
    #[must_use]
    pub(crate) fn for_handshake(self, tls: TlsStart) -> Self {
        if tls == TlsStart::Implicit && self.has(Defect::IgnoresNameMismatchOfImplicitTls) {
            self.with(Defect::IgnoresNameMismatch)
        } else {
            self
        }
    }

    pub(crate) fn refuses_failed_policy_lookup(self, label: Label) -> bool {
        !self.has(Defect::IgnoresFailedPolicyLookup)
            && (label.tls() != TlsStart::Implicit
                || !self.has(Defect::IgnoresFailedPolicyLookupOfImplicitTls))
    }

    /// The rules for a session in which TLS begins in this way: the same.
    #[must_use]
    pub(crate) fn for_session(self, tls: TlsStart) -> Self {
        if tls == TlsStart::Implicit && self.has(Defect::IgnoresAuthRequiredOfImplicitTls) {
            self.with(Defect::IgnoresAuthRequired)
        } else if tls == TlsStart::Implicit && self.has(Defect::HeedsGreetingsInClearOnly) {
            self.with(Defect::SpeaksWhereUnwelcome)
        } else {
            self
        }
    }

    /// The rules for a guessed host: the same.
    #[must_use]
    pub(crate) const fn for_guess(self) -> Self {
        if self.has(Defect::LocalPartFirstAtGuess) { self.with(Defect::LocalPartFirst) } else { self }
    }

    pub(crate) const fn passes_over_foreign_texts(self) -> bool {
        !self.has(Defect::CountsForeignText)
    }

    pub(crate) const fn refuses_malformed_beside_policy(self) -> bool {
        !self.has(Defect::SkipsMalformedBesidePolicy)
    }

    pub(crate) const fn refuses_to_choose_last_policy(self) -> bool {
        !self.has(Defect::LastPolicyOfTwo)
    }

    pub(crate) const fn refuses_to_merge_policies(self) -> bool {
        !self.has(Defect::MergesPolicies)
    }

    pub(crate) const fn refuses_like_policies(self) -> bool {
        !self.has(Defect::TakesLikePoliciesForOne)
    }

    pub(crate) const fn binds_by_own_policy(self) -> bool {
        !self.has(Defect::OnePolicyForBothLabels)
    }

    pub(crate) const fn takes_owners_as_written(self) -> bool {
        !self.has(Defect::CompletesSingleLabels)
    }

    pub(crate) const fn voids_pins_of_insecure_labels(self) -> bool {
        !self.has(Defect::PinsBySecureKeyRecord)
    }

    pub(crate) const fn keeps_pins_of_labels_apart(self) -> bool {
        !self.has(Defect::MergesLabelPins)
    }

    pub(crate) const fn keeps_mechanisms_of_labels_apart(self) -> bool {
        !self.has(Defect::PoolsMechanisms)
    }

    pub(crate) fn pins(self, tls: TlsStart) -> bool {
        tls != TlsStart::Implicit || !self.has(Defect::SkipsPinOfImplicitTls)
    }

    pub(crate) fn restricts_mechanisms(self, tls: TlsStart) -> bool {
        tls != TlsStart::Implicit || !self.has(Defect::IgnoresSaslOfImplicitTls)
    }

    pub(crate) const fn refuses_absent_key_record(self) -> bool {
        !self.has(Defect::IgnoresAbsentKeyRecord)
    }

    pub(crate) const fn takes_unsigned_key_record_for_trouble(self) -> bool {
        !self.has(Defect::IgnoresInsecureKeyRecord)
    }

    pub(crate) const fn takes_several_key_records(self) -> bool {
        !self.has(Defect::RefusesSecondKeyRecord)
    }

    pub(crate) const fn skips_unreadable_key_record(self) -> bool {
        !self.has(Defect::RefusesUnreadableKeyRecord)
    }

    pub(crate) const fn weighs_digests_within_a_record(self) -> bool {
        !self.has(Defect::StrongestDigestOfAllRecords)
    }

    pub(crate) const fn takes_one_digest_of_a_record(self) -> bool {
        !self.has(Defect::TakesAnyDigest)
    }

    pub(crate) const fn pins_whatever_uri_names(self) -> bool {
        !self.has(Defect::TrustsUri)
    }

    pub(crate) const fn wants_a_digest_beside_uri(self) -> bool {
        !self.has(Defect::TakesUriForPin)
    }

    pub(crate) const fn reports_each_weak_digest(self) -> bool {
        !self.has(Defect::ReportsSha1OnlyIfNothingElse)
    }

    pub(crate) const fn keeps_to_the_list_if_refused(self) -> bool {
        !self.has(Defect::LiftsSaslIfRefused)
    }

    pub(crate) const fn keeps_to_the_list_for_the_local_part(self) -> bool {
        !self.has(Defect::LiftsSaslForLocalPart)
    }

    pub(crate) const fn restricts_own_login(self) -> bool {
        !self.has(Defect::IgnoresSaslAtPop3)
    }

    pub(crate) const fn tells_own_login_from_mechanisms(self) -> bool {
        !self.has(Defect::TakesUserForMechanism)
    }

    pub(crate) const fn tells_own_login_from_plain(self) -> bool {
        !self.has(Defect::TakesUserForPlain)
    }

    pub(crate) const fn folds_allowed_mechanisms(self) -> bool {
        !self.has(Defect::ComparesMechanismsWithCase)
    }

    pub(crate) const fn folds_offered_mechanisms(self) -> bool {
        !self.has(Defect::ReadsMechanismsWithCase)
    }

    pub(crate) const fn prefers_among_allowed_mechanisms(self) -> bool {
        !self.has(Defect::TakesPreferredMechanism)
    }

    pub(crate) const fn reads_mechanisms_behind_the_first(self) -> bool {
        !self.has(Defect::FirstMechanismOnly)
    }

    pub(crate) const fn reads_mechanisms_before_the_last(self) -> bool {
        !self.has(Defect::LastMechanismOnly)
    }

    pub(crate) const fn compares_whole_mechanisms(self) -> bool {
        !self.has(Defect::MatchesMechanismsByPart)
    }
}
