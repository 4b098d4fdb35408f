//! The decisions on mail between servers.

use super::Rules;
use crate::defect::Defect;

impl Rules {
    pub(crate) const fn compares_preferences_as_numbers(self) -> bool {
        !self.has(Defect::ComparesPreferencesAsText)
    }

    pub(crate) const fn forgoes_tls_without_policy(self) -> bool {
        !self.has(Defect::DemandsTlsOfEveryExchange)
    }

    pub(crate) const fn tells_put_off_from_rejected(self) -> bool {
        !self.has(Defect::GivesUpWhatIsPutOff)
    }

    pub(crate) const fn takes_the_domain_for_its_only_exchange(self) -> bool {
        !self.has(Defect::GuessesExchanges)
    }

    pub(crate) const fn takes_the_lowest_preference_first(self) -> bool {
        !self.has(Defect::HighestPreferenceFirst)
    }

    pub(crate) const fn reads_policy_of_exchanges(self) -> bool {
        !self.has(Defect::IgnoresMxPolicy)
    }

    pub(crate) const fn takes_any_certificate_without_policy(self) -> bool {
        !self.has(Defect::JudgesEveryExchange)
    }

    pub(crate) const fn gives_up_where_there_is_no_domain(self) -> bool {
        !self.has(Defect::KeepsMailForNoDomain)
    }

    pub(crate) const fn knows_the_null_mx(self) -> bool {
        !self.has(Defect::KeepsMailForNullMx)
    }

    pub(crate) const fn tells_rejected_from_put_off(self) -> bool {
        !self.has(Defect::KeepsRejectedMessage)
    }

    pub(crate) const fn bears_login_in_policy_for_mx(self) -> bool {
        !self.has(Defect::RefusesLoginForMx)
    }

    pub(crate) const fn ends_with_a_rejected_message(self) -> bool {
        !self.has(Defect::TriesNextAfterRejection)
    }

    pub(crate) const fn brings_mail_without_login(self) -> bool {
        !self.has(Defect::WantsLoginAtExchanges)
    }

    pub(crate) const fn knows_the_implicit_exchange(self) -> bool {
        !self.has(Defect::WantsMxRecords)
    }

    pub(crate) const fn uses_insecure_exchanges(self) -> bool {
        !self.has(Defect::DropsInsecureMx)
    }

    pub(crate) const fn follows_exchanges_anywhere(self) -> bool {
        !self.has(Defect::KeepsToTheDomain)
    }

    pub(crate) const fn looks_for_the_exchange_in_its_certificate(self) -> bool {
        !self.has(Defect::WantsDomainInCertificate)
    }
}
