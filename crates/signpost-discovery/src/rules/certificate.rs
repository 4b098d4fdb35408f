//! What is decided about certificates, the names in them, and SNI.

use crate::defect::Defect;
use crate::rules::Rules;

impl Rules {
    pub(crate) const fn verifies_long_chains(self) -> bool {
        !self.has(Defect::AcceptsLongChains)
    }

    pub(crate) const fn checks_dates_of_issuers(self) -> bool {
        !self.has(Defect::ChecksDatesOfEndEntityOnly)
    }

    pub(crate) const fn checks_tls13_signatures(self) -> bool {
        !self.has(Defect::ChecksTls12SignaturesOnly)
    }

    pub(crate) const fn counts_only_issuers(self) -> bool {
        !self.has(Defect::CountsEndEntityInPathLength)
    }

    pub(crate) const fn verifies_signatures_of_issuers(self) -> bool {
        !self.has(Defect::ComparesIssuerNames)
    }

    pub(crate) const fn finds_issuers_in_any_order(self) -> bool {
        !self.has(Defect::ExpectsChainInOrder)
    }

    pub(crate) const fn wants_pin_on_path(self) -> bool {
        !self.has(Defect::FindsPinBesidePath)
    }

    pub(crate) const fn checks_ca_flag(self) -> bool {
        !self.has(Defect::IgnoresCaFlag)
    }

    pub(crate) const fn checks_key_usage(self) -> bool {
        !self.has(Defect::IgnoresKeyUsage)
    }

    pub(crate) const fn checks_critical_extensions(self) -> bool {
        !self.has(Defect::IgnoresCriticalExtensions)
    }

    pub(crate) const fn checks_name_constraints(self) -> bool {
        !self.has(Defect::IgnoresNameConstraints)
    }

    pub(crate) const fn checks_not_before(self) -> bool {
        !self.has(Defect::IgnoresNotBefore)
    }

    pub(crate) const fn checks_path_length(self) -> bool {
        !self.has(Defect::IgnoresPathLength)
    }

    pub(crate) const fn checks_purpose(self) -> bool {
        !self.has(Defect::IgnoresPurpose)
    }

    pub(crate) const fn pins_whole_certificates(self) -> bool {
        !self.has(Defect::PinsPublicKeys)
    }

    pub(crate) const fn ends_path_at_pin(self) -> bool {
        !self.has(Defect::JudgesAbovePin)
    }

    pub(crate) const fn judges_later_targets(self) -> bool {
        !self.has(Defect::JudgesFirstTargetOnly)
    }

    pub(crate) const fn judges_guessed_hosts(self) -> bool {
        !self.has(Defect::JudgesNamedTargetsOnly)
    }

    pub(crate) const fn judges_at_implicit_tls(self) -> bool {
        !self.has(Defect::JudgesOnlyAfterStarttls)
    }

    pub(crate) const fn names_each_target_by_sni(self) -> bool {
        !self.has(Defect::KeepsFirstSni)
    }

    pub(crate) const fn forgets_addresses(self) -> bool {
        !self.has(Defect::MatchesAddress)
    }

    pub(crate) const fn forgets_common_name(self) -> bool {
        !self.has(Defect::MatchesCommonName)
    }

    pub(crate) const fn forgets_email_addresses(self) -> bool {
        !self.has(Defect::MatchesEmail)
    }

    pub(crate) const fn looks_at_every_name(self) -> bool {
        !self.has(Defect::MatchesFirstNameOnly)
    }

    pub(crate) const fn ends_names_at_labels(self) -> bool {
        !self.has(Defect::MatchesNamesAtEnd)
    }

    pub(crate) const fn reads_names_to_their_end(self) -> bool {
        !self.has(Defect::MatchesNamesAtStart)
    }

    pub(crate) const fn compares_names_without_case(self) -> bool {
        !self.has(Defect::MatchesNamesByOctet)
    }

    pub(crate) const fn tells_host_from_its_parents(self) -> bool {
        !self.has(Defect::MatchesNamesOfParents)
    }

    pub(crate) const fn tells_host_from_hosts_below(self) -> bool {
        !self.has(Defect::MatchesNamesOfSubdomains)
    }

    pub(crate) const fn forgets_uris(self) -> bool {
        !self.has(Defect::MatchesUri)
    }

    pub(crate) const fn pins_intermediates(self) -> bool {
        !self.has(Defect::PinsRootsOnly)
    }

    pub(crate) const fn reads_wildcards(self) -> bool {
        !self.has(Defect::RefusesWildcards)
    }

    pub(crate) const fn names_the_target_and_no_alias(self) -> bool {
        !self.has(Defect::SendsAliasAsSni)
    }

    pub(crate) const fn names_the_target_and_no_domain(self) -> bool {
        !self.has(Defect::SendsDomainAsSni)
    }

    pub(crate) const fn sends_sni(self) -> bool {
        !self.has(Defect::SendsNoSni)
    }

    pub(crate) const fn forgets_srv_ids(self) -> bool {
        !self.has(Defect::TakesAnySrvId)
    }

    pub(crate) const fn checks_pinned_ca(self) -> bool {
        !self.has(Defect::TakesPinnedCaForGranted)
    }

    pub(crate) const fn wants_name_under_pin(self) -> bool {
        !self.has(Defect::WaivesNameUnderPin)
    }

    pub(crate) const fn wants_possession_of_pinned(self) -> bool {
        !self.has(Defect::WaivesPossessionOfPinned)
    }

    pub(crate) const fn waives_dates_of_pinned(self) -> bool {
        !self.has(Defect::WantsDatesOfPinned)
    }

    pub(crate) const fn waives_name_of_pinned(self) -> bool {
        !self.has(Defect::WantsNameOfPinned)
    }

    pub(crate) const fn wants_a_label_for_a_wildcard(self) -> bool {
        !self.has(Defect::WildcardCoversParent)
    }

    pub(crate) const fn keeps_wildcards_left(self) -> bool {
        !self.has(Defect::WildcardInAnyLabel)
    }

    pub(crate) const fn wants_whole_labels_for_wildcards(self) -> bool {
        !self.has(Defect::WildcardInPartOfLabel)
    }

    pub(crate) const fn confines_wildcards_to_a_label(self) -> bool {
        !self.has(Defect::WildcardSpansLabels)
    }

    pub(crate) const fn ignores_alias_targets(self) -> bool {
        !self.has(Defect::AcceptsAliasTarget)
    }
}
