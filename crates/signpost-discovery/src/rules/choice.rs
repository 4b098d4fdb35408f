//! The decisions on what to look up, which targets there are and what their failures come to.

use signpost_protocol::{Label, TlsStart};

use super::Rules;
use crate::defect::Defect;

impl Rules {
    /// Whether a label counts although the other one has targets.
    pub(crate) fn looks_on_after_targets_at(self, tls: TlsStart) -> bool {
        !self.has(match tls {
            TlsStart::Implicit => Defect::StopsAtImplicitTls,
            TlsStart::Starttls => Defect::StopsAtStarttls,
        })
    }

    /// Whether trouble at one label ends in refusal although the other one answers.
    pub(crate) fn refuses_trouble_at(self, tls: TlsStart) -> bool {
        !self.has(match tls {
            TlsStart::Implicit => Defect::ForgivesTroubleAtImplicitTls,
            TlsStart::Starttls => Defect::ForgivesTroubleAtStarttls,
        })
    }

    /// Whether a label is asked for its policy.
    pub(crate) fn reads_policy_at(self, label: Label) -> bool {
        if label == Label::Mx {
            return self.reads_policy_of_exchanges();
        }
        label.tls() == TlsStart::Starttls || !self.has(Defect::PolicyOfStarttlsOnly)
    }

    pub(crate) const fn reads_policy_without_targets(self) -> bool {
        !self.has(Defect::PolicyBesideSrvOnly)
    }

    pub(crate) const fn uses_insecure_policy(self) -> bool {
        !self.has(Defect::DropsInsecurePolicy)
    }

    pub(crate) const fn binds_each_label_by_its_own(self) -> bool {
        !self.has(Defect::SpreadsPolicy)
    }

    pub(crate) const fn asks_for_keys_without_targets(self) -> bool {
        !self.has(Defect::AsksForKeysOfTargetsOnly)
    }

    pub(crate) const fn refuses_where_a_label_lacks_keys(self) -> bool {
        !self.has(Defect::DropsLabelsWithoutKeys)
    }

    pub(crate) const fn takes_all_addresses_for_one_target(self) -> bool {
        !self.has(Defect::TriesNextAddressAfterBrokenTls)
    }

    pub(crate) const fn keeps_pins_at_insecure_addresses(self) -> bool {
        !self.has(Defect::VoidsPinsAtInsecureAddresses)
    }

    pub(crate) const fn needs_webpki_without_pin(self) -> bool {
        !self.has(Defect::TrustsAnythingWithoutPin)
    }

    pub(crate) const fn binds_every_target(self) -> bool {
        !self.has(Defect::ForgetsPolicyOnFailover)
    }

    pub(crate) const fn binds_guessed_hosts(self) -> bool {
        !self.has(Defect::ForgetsPolicyAtGuess)
    }

    pub(crate) const fn skips_root_beside_others(self) -> bool {
        !self.has(Defect::RootAmongTargetsEndsAll)
    }

    pub(crate) const fn holds_root_for_its_label(self) -> bool {
        !self.has(Defect::RootAtOneLabelEndsAll)
    }

    pub(crate) const fn counts_root_as_record(self) -> bool {
        !self.has(Defect::GuessesBesideRootTarget)
    }

    pub(crate) const fn counts_odd_targets_as_records(self) -> bool {
        !self.has(Defect::GuessesBesideOddTargets)
    }

    pub(crate) const fn begins_tls_by_each_label(self) -> bool {
        !self.has(Defect::FirstTargetDecidesTls)
    }

    pub(crate) const fn skips_port_0(self) -> bool {
        !self.has(Defect::TakesPortZeroForStandard)
    }

    pub(crate) const fn takes_port_of_record(self) -> bool {
        !self.has(Defect::TakesStandardPort)
    }

    pub(crate) const fn takes_tls_from_label(self) -> bool {
        !self.has(Defect::TakesTlsFromPort)
    }

    pub(crate) const fn guesses_only_usual_hosts(self) -> bool {
        !self.has(Defect::GuessesOtherServices)
    }

    pub(crate) const fn guesses_only_below_domain(self) -> bool {
        !self.has(Defect::GuessesDomainItself)
    }

    pub(crate) const fn guesses_below_the_domain_itself(self) -> bool {
        !self.has(Defect::GuessesParentDomain)
    }

    pub(crate) const fn ends_guessing_at_failed_address(self) -> bool {
        !self.has(Defect::GuessesPastFailure)
    }

    pub(crate) const fn ends_with_an_attack(self) -> bool {
        !self.has(Defect::GuessesAfterAttack)
    }

    pub(crate) const fn survives_bogus_address(self) -> bool {
        !self.has(Defect::BogusAddressEndsAll)
    }

    pub(crate) const fn fails_over_within_priority(self) -> bool {
        !self.has(Defect::FailsOverByPriorityOnly)
    }

    pub(crate) const fn tries_every_port(self) -> bool {
        !self.has(Defect::TriesEachHostOnce)
    }

    pub(crate) const fn tries_every_address(self) -> bool {
        !self.has(Defect::TriesOneAddress)
    }

    pub(crate) const fn first_failure_is_not_all(self) -> bool {
        !self.has(Defect::FirstFailureDecides)
    }

    pub(crate) const fn remembers_failures(self) -> bool {
        !self.has(Defect::LastFailureDecides)
    }

    pub(crate) const fn attack_outweighs_silence(self) -> bool {
        !self.has(Defect::SilenceOutweighsAttack)
    }

    pub(crate) const fn question_outweighs_silence(self) -> bool {
        !self.has(Defect::SilenceOutweighsQuestion)
    }

    pub(crate) const fn folds_letters(self) -> bool {
        !self.has(Defect::AsksForOtherLetters)
    }

    /// Whether nobody further on sees in which letters a target came. Both flaws look at that.
    pub(crate) const fn reads_targets_without_case(self) -> bool {
        self.folds_letters() && self.compares_names_without_case()
    }

    pub(crate) const fn reads_every_target(self) -> bool {
        !self.has(Defect::ReadsTenTargets)
    }

    pub(crate) const fn reads_priorities_unsigned(self) -> bool {
        !self.has(Defect::ReadsPrioritiesSigned)
    }

    pub(crate) const fn adds_large_weights(self) -> bool {
        !self.has(Defect::AddsWeightsInSixteenBits)
    }

    pub(crate) const fn uses_weight_zero(self) -> bool {
        !self.has(Defect::SkipsWeightZero)
    }

    pub(crate) const fn ends_domain_at_label(self) -> bool {
        !self.has(Defect::TakesSuffixForDomain)
    }

    pub(crate) const fn reads_names_from_behind(self) -> bool {
        !self.has(Defect::TakesPrefixForDomain)
    }

    pub(crate) const fn counts_deep_hosts_in(self) -> bool {
        !self.has(Defect::AsksForDeepHosts)
    }

    pub(crate) const fn counts_domain_itself_in(self) -> bool {
        !self.has(Defect::AsksForDomainItself)
    }

    pub(crate) const fn puts_labels_together(self) -> bool {
        !self.has(Defect::ImplicitTlsFirst) && !self.has(Defect::StarttlsFirst)
    }

    /// Which label a client prefers that does.
    pub(crate) const fn prefers(self) -> TlsStart {
        if self.has(Defect::StarttlsFirst) { TlsStart::Starttls } else { TlsStart::Implicit }
    }

    pub(crate) const fn puts_labels_together_within_priority(self) -> bool {
        !self.has(Defect::ImplicitTlsFirstAmongEquals)
    }

    pub(crate) const fn honours_weights(self) -> bool {
        !self.has(Defect::DrawsEvenly)
    }

    pub(crate) const fn takes_heavier_first(self) -> bool {
        !self.has(Defect::DrawsInversely)
    }

    pub(crate) const fn draws_anew(self) -> bool {
        !self.has(Defect::TakesRecordOrder)
    }
}
