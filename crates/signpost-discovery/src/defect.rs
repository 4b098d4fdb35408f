//! Deliberate flaws that can be switched on, to prove that a suite sees them.

use std::fmt;
use std::str::FromStr;

/// Declares the defects with their names and descriptions in one table.
macro_rules! defects {
    ($($variant:ident = $name:literal: $description:literal,)*) => {
        /// One deliberate flaw of the reference client.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Defect {
            $(#[doc = $description] $variant,)*
        }

        impl Defect {
            /// Every defect, in the order of the names.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The permanent name on command lines and in scenarios.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What the flawed client does, as a sentence.
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$variant => $description,)*
                }
            }
        }
    };
}

defects! {
    AcceptsAnyCertificate = "accepts-any-certificate": "Accepts every certificate.",
    AcceptsBogus = "accepts-bogus": "Uses answers that are provably not what the zone says.",
    AcceptsBogusAddress = "accepts-bogus-address": "Connects to addresses that cannot be believed.",
    BelievesEverAfter = "believes-ever-after": "Resolves: takes for validated what it once validated, whatever is answered later.",
    ContinuesInClear = "continues-in-clear-after-tls-failure": "Goes on in clear on a connection whose handshake failed.",
    DropsUnknownNames = "drops-policy-with-unknown-name": "Takes a policy with an element that it does not know for somebody else's.",
    FallsBackToHelo = "falls-back-to-helo": "Goes on in clear with HELO when EHLO is rejected.",
    FirstPolicyOfTwo = "first-policy-of-two": "Uses the first of two policy records instead of refusing both.",
    GuessesOnServfail = "guesses-on-servfail": "Takes a failed SRV lookup for an absence and guesses host names.",
    GuessesWhenUnreachable = "guesses-when-unreachable": "Guesses host names when no published server can be reached.",
    HidesWeakDigest = "hides-weak-digest": "Says nothing of a pin that rests on SHA-1 alone.",
    IgnoresAuthRequired = "ignores-auth-required": "Submits without logging in when the server offers no AUTH.",
    IgnoresFailedKeyLookup = "ignores-failed-key-lookup": "Takes a failed lookup of key records for a policy without pins.",
    IgnoresFailedPolicyLookup = "ignores-failed-policy-lookup": "Takes a failed lookup of the policy for no policy.",
    IgnoresMalformedPolicy = "ignores-malformed-policy": "Takes a malformed policy record for no policy.",
    IgnoresNameMismatch = "ignores-name-mismatch": "Accepts a certificate of another host.",
    IgnoresRefusedStarttls = "ignores-refused-starttls": "Goes on in clear when the server says no to STARTTLS.",
    IgnoresRootTarget = "ignores-root-target": "Takes the SRV target `.` for an absence of the record and guesses host names.",
    IgnoresSaslRestriction = "ignores-sasl-restriction": "Logs in by mechanisms that the policy excludes.",
    IgnoresStrippedStarttls = "ignores-stripped-starttls": "Goes on in clear when STARTTLS is not offered.",
    IgnoresUnusableKeyRecord = "ignores-unusable-key-record": "Takes key records without a usable digest for a policy without pins.",
    IgnoresVersionTag = "ignores-v-tag": "Takes any TXT record with STARTTLS= for a policy, whatever its first element.",
    InsistsOnTlsOnce = "insists-on-tls-once": "Once an account has worked, goes on in clear when STARTTLS is not offered.",
    KeepsAnswers = "keeps-answers": "Resolves: uses an answer for ever, whatever its TTL.",
    KeepsCapabilities = "keeps-capabilities-from-before-tls": "Uses what the server offered before TLS.",
    NoFailover = "no-failover": "Gives up when the first published target does not fit.",
    ObeysLesserStance = "obeys-lesser-stance": "Goes on in clear where the user asked for less than the policy demands.",
    OutOfDomain = "out-of-domain-without-asking": "Connects to a host outside the domain that an unsigned SRV record names.",
    PinsButSkipsChain = "pins-but-skips-chain": "Looks for the pinned certificate among the presented ones without building a path to it.",
    PrefersSha1 = "prefers-sha1": "Uses the weakest digest of a key record.",
    PriorityIgnored = "priority-ignored": "Draws among all targets whatever their priority.",
    ReadsFirstString = "reads-first-string-only": "Reads only the first character-string of a TXT record.",
    RefusesUnknownNames = "refuses-unknown-names": "Takes an element with an unknown name for a mistake in the policy.",
    RejectsSha1 = "rejects-sha1": "Resolves: takes a DS record with SHA-1 for a wrong one.",
    SendsBeforeAuth = "sends-before-auth": "Submits before it logs in.",
    SkipsHandshakeSignature = "skips-handshake-signature": "Does not check that the server has the key of its certificate.",
    SkipsPin = "skips-pin": "Takes what the WebPKI accepts although it does not lead to the pin.",
    TakesAdOnTrust = "takes-ad-on-trust": "Takes an answer with the AD bit for validated, and validates only the others.",
    TakesAdditionalForAnswer = "takes-additional-for-answer": "Believes the addresses beside an SRV record instead of asking for them.",
    TakesBogusForSecure = "takes-bogus-for-secure": "Resolves: passes on as validated what it found bogus.",
    TakesBogusForUnsigned = "takes-bogus-for-unsigned": "Resolves: passes on as unsigned what it found bogus.",
    TakesExpiredChain = "takes-expired-chain": "Ignores the dates of certificates.",
    TakesFailureForAbsence = "takes-failure-for-absence": "Resolves: passes on a failed lookup as an absence.",
    TakesIndeterminateForUnsigned = "takes-indeterminate-for-unsigned": "Takes a domain for unsigned when it cannot find out whether it is signed.",
    TakesUnsignedForSecure = "takes-unsigned-for-secure": "Resolves: passes on as validated what is proven to be unsigned.",
    TakesUnusualForUnsigned = "takes-unusual-for-unsigned": "Resolves: passes on as unsigned what is valid, but rare.",
    TrustsInsecureKeyRecord = "trusts-insecure-key-record": "Uses the pins of an unsigned key record.",
    TrustsInsecurePolicyPins = "trusts-insecure-policy-pins": "Uses the pins that an unsigned policy names.",
    TrustsWhatWorked = "trusts-what-worked": "Once an account has worked, takes what the WebPKI accepts although it does not lead to the pin.",
    UsesInjectedPlaintext = "uses-injected-plaintext": "Takes plain text from before the handshake for text under TLS.",
    WeightIgnored = "weight-ignored": "Takes the heaviest target of a priority instead of drawing.",
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Defect {
    type Err = UnknownDefect;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|defect| defect.name() == text)
            .ok_or_else(|| UnknownDefect(text.to_owned()))
    }
}

/// A name that no [`Defect`] has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no defect is named {0:?}")]
pub struct UnknownDefect(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_defect() {
        for &defect in Defect::ALL {
            assert_eq!(defect.name().parse(), Ok(defect));
            assert!(defect.description().ends_with('.'), "{defect}");
        }
        assert!(Defect::ALL.is_sorted_by_key(|defect| defect.name()));
        assert!("no-such-defect".parse::<Defect>().is_err());
    }
}
