//! The decisions about what is said to a server, and about trying it again.

use super::Rules;
use crate::defect::Defect;
use crate::request::Limits;

impl Rules {
    pub(crate) const fn refuses_buffered_plaintext(self) -> bool {
        !self.has(Defect::DropsBufferedPlaintext) && self.reads_nothing_from_before_tls()
    }

    pub(crate) const fn reads_nothing_from_before_tls(self) -> bool {
        !self.has(Defect::UsesInjectedPlaintext)
    }

    pub(crate) const fn sees_half_a_line(self) -> bool {
        !self.has(Defect::IgnoresHalfALine)
    }

    pub(crate) const fn asks_again_inside_tls(self) -> bool {
        !self.has(Defect::AsksCapabilitiesOnce)
    }

    pub(crate) const fn names_nobody_in_clear(self) -> bool {
        !self.has(Defect::AsksForUserInClear)
    }

    pub(crate) const fn introduces_nobody_in_clear(self) -> bool {
        !self.has(Defect::NamesUserInHelo)
    }

    pub(crate) const fn wants_an_answer_inside_tls(self) -> bool {
        !self.has(Defect::KeepsCapabilitiesIfRefused)
    }

    pub(crate) const fn heeds_login_disabled(self) -> bool {
        !self.has(Defect::IgnoresLoginDisabled)
    }

    pub(crate) const fn bears_what_was_not_asked(self) -> bool {
        !self.has(Defect::ExpectsOnlyAnswers)
    }

    pub(crate) const fn reads_greetings_to_their_end(self) -> bool {
        !self.has(Defect::ReadsGreetingAsOneLine)
    }

    pub(crate) const fn wants_the_word_for_a_login(self) -> bool {
        !self.has(Defect::TakesAnySuccessForLogin)
    }

    pub(crate) const fn tells_a_challenge_from_a_login(self) -> bool {
        !self.has(Defect::TakesChallengeForLogin)
    }

    pub(crate) const fn keeps_to_sasl_where_nothing_is_listed(self) -> bool {
        !self.has(Defect::LiftsSaslIfNothingIsListed)
    }

    pub(crate) const fn is_content_with_a_yes(self) -> bool {
        !self.has(Defect::SubmitsTwice)
    }

    pub(crate) const fn refuses_preauth(self) -> bool {
        !self.has(Defect::BelievesPreauth)
    }

    pub(crate) const fn heeds_the_answer_to_starttls(self) -> bool {
        !self.has(Defect::BeginsTlsAfterAnything)
    }

    pub(crate) const fn reads_the_answer_to_starttls(self) -> bool {
        !self.has(Defect::BeginsTlsAfterSuccess)
    }

    pub(crate) const fn waits_for_the_go_ahead(self) -> bool {
        !self.has(Defect::BeginsTlsUnanswered)
    }

    pub(crate) const fn reads_the_go_ahead_to_its_end(self) -> bool {
        !self.has(Defect::ReadsGoAheadAsOneLine)
    }

    pub(crate) const fn waits_for_the_rest(self) -> bool {
        !self.has(Defect::ExpectsWholeReplies)
    }

    pub(crate) const fn heeds_the_greeting(self) -> bool {
        !self.has(Defect::SpeaksWhereUnwelcome)
    }

    pub(crate) const fn leaves_behind_a_farewell(self) -> bool {
        !self.has(Defect::SpeaksBehindFarewell)
    }

    pub(crate) const fn goes_on_where_unwelcome(self) -> bool {
        !self.has(Defect::StopsWhereUnwelcome)
    }

    pub(crate) const fn waits_for_a_yes(self) -> bool {
        !self.has(Defect::TakesCloseForLogin)
    }

    pub(crate) const fn tells_rejection_from_silence(self) -> bool {
        !self.has(Defect::TakesRejectionForSilence)
    }

    pub(crate) const fn stays_with_implicit_tls(self) -> bool {
        !self.has(Defect::FailedHandshakeGoesOnByCommand)
    }

    pub(crate) const fn leaves_broken_targets(self) -> bool {
        !self.has(Defect::TriesBrokenTlsByCommand)
    }

    pub(crate) const fn stays_at_the_published_port(self) -> bool {
        !self.has(Defect::FallsBackToStarttlsPort)
    }

    pub(crate) const fn keeps_what_was_rejected(self) -> bool {
        !self.has(Defect::GoesElsewhereAfterRejection)
    }

    pub(crate) const fn tries_tls_where_nothing_is_listed(self) -> bool {
        !self.has(Defect::IgnoresHiddenCapabilities)
    }

    pub(crate) const fn leaves_without_an_answer(self) -> bool {
        !self.has(Defect::InsistsOnFarewell)
    }

    pub(crate) const fn knows_every_rejection(self) -> bool {
        !self.has(Defect::KnowsOneRejection)
    }

    pub(crate) const fn tells_later_from_no(self) -> bool {
        !self.has(Defect::LocalPartAfterAnyFailure)
    }

    pub(crate) const fn keeps_letters_of_the_address(self) -> bool {
        !self.has(Defect::LowersLoginName)
    }

    pub(crate) const fn wants_messages_whole(self) -> bool {
        !self.has(Defect::TakesCutMessageForWhole)
    }

    pub(crate) const fn reads_every_response_code(self) -> bool {
        !self.has(Defect::ReadsCodesOfRfc2449Only)
    }

    pub(crate) const fn begins_with_the_address(self) -> bool {
        !self.has(Defect::LocalPartFirst)
    }

    pub(crate) const fn logs_in_inside_tls_only(self) -> bool {
        !self.has(Defect::PrefersAuthInClear)
    }

    pub(crate) const fn stays_away_after_tls_failure(self) -> bool {
        !self.has(Defect::ReconnectsInClear)
    }

    pub(crate) const fn submits_once_if_put_off(self) -> bool {
        !self.has(Defect::ResubmitsAfterTemporaryFailure)
    }

    pub(crate) const fn submits_once_if_not_answered(self) -> bool {
        !self.has(Defect::ResubmitsWithoutReply)
    }

    pub(crate) const fn stays_at_the_versions(self) -> bool {
        !self.has(Defect::OffersOlderTlsAgain)
    }

    pub(crate) const fn stays_away_from_broken_tls(self) -> bool {
        !self.has(Defect::TriesBrokenTlsAgain)
    }

    pub(crate) const fn stays_away_after_an_error(self) -> bool {
        !self.has(Defect::RetriesInClear)
    }

    pub(crate) const fn insists_on_pins_again(self) -> bool {
        !self.has(Defect::RetriesWithoutPin)
    }

    pub(crate) const fn says_nothing_behind_starttls(self) -> bool {
        !self.has(Defect::SpeaksBehindStarttls)
    }

    pub(crate) const fn ends_with_a_rejection(self) -> bool {
        !self.has(Defect::SubmitsAfterRejection)
    }

    pub(crate) const fn insists_on_a_known_mechanism(self) -> bool {
        !self.has(Defect::SubmitsWithoutKnownMechanism)
    }

    pub(crate) const fn keeps_digests_for_tls(self) -> bool {
        !self.has(Defect::TrustsDigestsInClear)
    }

    pub(crate) const fn verifies_server_signature(self) -> bool {
        !self.has(Defect::IgnoresServerSignature)
    }

    pub(crate) const fn waits_for_server_signature(self) -> bool {
        !self.has(Defect::TakesYesUnsigned)
    }

    pub(crate) const fn verifies_server_nonce(self) -> bool {
        !self.has(Defect::TakesAnyNonce)
    }

    pub(crate) const fn refuses_few_iterations(self) -> bool {
        !self.has(Defect::TakesFewIterations)
    }

    pub(crate) const fn refuses_many_iterations(self) -> bool {
        !self.has(Defect::TakesManyIterations)
    }

    pub(crate) const fn leaves_where_an_exchange_is_broken(self) -> bool {
        !self.has(Defect::FallsBackToPassword)
    }

    pub(crate) const fn avoids_apop(self) -> bool {
        !self.has(Defect::UsesApop)
    }

    pub(crate) const fn avoids_apop_as_last_resort(self) -> bool {
        !self.has(Defect::UsesApopAsLastResort)
    }

    pub(crate) const fn avoids_apop_in_clear(self) -> bool {
        !self.has(Defect::UsesApopInClear)
    }

    /// How long servers are waited for.
    pub(crate) fn patience(self, limits: Limits) -> Limits {
        if self.has(Defect::HurriesServers) { Limits { step: limits.step / 2, ..limits } } else { limits }
    }
}
