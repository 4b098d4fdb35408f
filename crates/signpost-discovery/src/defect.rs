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
    AcceptsAliasTarget = "accepts-alias-target": "Accepts a certificate of the host that an alias leads to.",
    AcceptsAnyCertificate = "accepts-any-certificate": "Accepts every certificate.",
    AcceptsBogus = "accepts-bogus": "Uses answers that are provably not what the zone says.",
    AcceptsBogusAddress = "accepts-bogus-address": "Connects to addresses that cannot be believed.",
    AsksCapabilitiesOnce = "asks-capabilities-once": "Asks inside TLS what the server offers only if it has not heard of a login before.",
    AsksForDeepHosts = "asks-for-deep-hosts": "Takes a host more than one label below the domain for one outside of it.",
    AsksForDomainItself = "asks-for-domain-itself": "Takes the domain's own name for one outside of it.",
    AsksForOtherLetters = "asks-for-other-letters": "Takes a host for one outside of the domain where the user wrote the domain in other letters.",
    AsksForUserInClear = "asks-for-user-in-clear": "Asks a server that offers no TLS whether it knows the user before giving up on it.",
    BeginsTlsAfterAnything = "begins-tls-after-anything": "Begins TLS whatever the answer to STARTTLS is.",
    BeginsTlsAfterSuccess = "begins-tls-after-success": "Begins TLS after any answer to STARTTLS that begins like a success.",
    BeginsTlsUnanswered = "begins-tls-unanswered": "Begins TLS when the answer to STARTTLS does not come, or not whole.",
    BelievesEverAfter = "believes-ever-after": "Resolves: takes for validated what it once validated, whatever is answered later.",
    BelievesPreauth = "believes-preauth": "Goes on in clear where the greeting says that it is logged in already.",
    BlursInsecureDenials = "blurs-insecure-denials": "Resolves: passes on a name error that is not secure as an absent type.",
    BogusAddressEndsAll = "bogus-address-ends-all": "Gives up when the address of one target cannot be believed.",
    ChecksDatesOfEndEntityOnly = "checks-dates-of-end-entity-only": "Checks the dates of the server's own certificate and of no issuer.",
    ChecksTls12SignaturesOnly = "checks-tls-1-2-signatures-only": "Checks that the server has the key of its certificate in TLS 1.2 and not in TLS 1.3.",
    ComparesIssuerNames = "compares-issuer-names": "Follows the names of the issuers up to the pin and verifies no signature.",
    ComparesMechanismsWithCase = "compares-mechanisms-with-case": "Takes a mechanism of the policy in other letters for another one.",
    ComparesPreferencesAsText = "compares-preferences-as-text": "Orders exchanges by their preferences as text, in which 10 comes before 9.",
    CompletesSingleLabels = "completes-single-labels": "Puts the domain behind an owner of key records that is written in one label.",
    ContinuesInClear = "continues-in-clear-after-tls-failure": "Goes on in clear on a connection whose handshake failed.",
    CountsEndEntityInPathLength = "counts-end-entity-in-path-length": "Counts the server's own certificate among the CAs below a pinned one.",
    CountsForeignText = "counts-foreign-text": "Takes a TXT record beside the policy, whatever its first element, for a second policy.",
    CutsLongerDigests = "cuts-longer-digests": "Takes the first octets of a digest that is too long.",
    DecodesHexadecimal = "decodes-hexadecimal": "Takes a digest in hexadecimal as well.",
    DecodesLooseBits = "decodes-loose-bits": "Takes base64 whose last character has bits left over.",
    DecodesUrlAlphabet = "decodes-url-alphabet": "Takes base64 of the alphabet for URLs, without padding as is usual there.",
    DecodesWithoutPadding = "decodes-without-padding": "Takes base64 without its padding.",
    DemandsTlsOfEveryExchange = "demands-tls-of-every-exchange": "Delays what an exchange offers no TLS for, although no policy says that it does.",
    DrawsEvenly = "draws-evenly": "Draws among the targets of a priority as if all weights were equal.",
    DrawsInversely = "draws-inversely": "Takes the lightest target of a priority first, as if the weight were a cost.",
    DropsBufferedPlaintext = "drops-buffered-plaintext": "Throws plain text behind the go-ahead for TLS away and goes on.",
    DropsInsecureMx = "drops-insecure-mx": "Takes unsigned MX records for none, and the domain for its own exchange.",
    DropsInsecurePolicy = "drops-insecure-policy": "Ignores an unsigned policy, with what it adds.",
    DropsLabelsWithoutKeys = "drops-labels-without-keys": "Leaves out a label whose key records are missing, unusable, Bogus or not to be had, and goes on with the other.",
    DropsUnknownNames = "drops-policy-with-unknown-name": "Takes a policy with an element that it does not know for somebody else's.",
    ExpectsOnlyAnswers = "expects-only-answers": "Takes data that it did not ask for for a mistake of the server.",
    ExpectsWholeReplies = "expects-whole-replies": "Takes what comes in one piece for a whole reply.",
    FailedHandshakeGoesOnByCommand = "failed-handshake-goes-on-by-command": "Connects again and tries STARTTLS where TLS from the first byte has failed.",
    FailsOverByPriorityOnly = "fails-over-by-priority-only": "Goes on to the next priority when a target cannot be reached, past others of the same.",
    FallsBackToHelo = "falls-back-to-helo": "Goes on in clear with HELO when EHLO is rejected.",
    FallsBackToPassword = "falls-back-to-password": "Sends the password to a server that broke an exchange in which it would not have had to be sent.",
    FallsBackToStarttlsPort = "falls-back-to-starttls-port": "Goes on in clear at the port of STARTTLS when implicit TLS fails.",
    FindsNamesAnywhere = "finds-names-anywhere": "Looks for `STARTTLS=` and the like anywhere in a record, also within another name.",
    FindsPinBesidePath = "finds-pin-beside-path": "Takes what the WebPKI accepts if a pinned certificate is sent along, on the path or beside it.",
    FindsVersionAnywhere = "finds-version-anywhere": "Looks for `v=` among all elements of a record.",
    FirstFailureDecides = "first-failure-decides": "Says of several failures the first, whatever it was.",
    FirstMechanismOnly = "first-mechanism-only": "Reads only the first mechanism of SASL.",
    FirstOfTwoNames = "first-of-two-names": "Takes the first of two elements with one name.",
    FirstPolicyOfTwo = "first-policy-of-two": "Uses the first of two policy records instead of refusing both.",
    FirstTargetDecidesTls = "first-target-decides-tls": "Begins TLS at every target as at the first, whatever its label.",
    FirstTextOnly = "first-text-only": "Looks only at the first TXT record of an answer.",
    FoldsNoNames = "folds-no-names": "Takes a known name in other letters for an unknown one.",
    FoldsNoValues = "folds-no-values": "Takes `Required` in other letters for an unknown value.",
    FoldsNoVersions = "folds-no-versions": "Takes a `v=` whose value is written in other letters for another service's.",
    FollowsForgedAlias = "follows-forged-alias": "Resolves: follows the CNAME beside a DNAME wherever it leads.",
    ForgetsPolicyAtGuess = "forgets-policy-at-guess": "Guesses as if there were no policy.",
    ForgetsPolicyOnFailover = "forgets-policy-on-failover": "Holds the policy against the first target only.",
    ForgivesTroubleAtImplicitTls = "forgives-trouble-at-implicit-tls": "Takes a failed lookup at the label of implicit TLS for an absence where the other label answers.",
    ForgivesTroubleAtStarttls = "forgives-trouble-at-starttls": "Takes a failed lookup at the label of STARTTLS for an absence where the other label answers.",
    GivesUpBeforeVerifying = "gives-up-before-verifying": "Resolves: calls a denial with many iterations insecure before it has verified the signature.",
    GivesUpWhatIsPutOff = "gives-up-what-is-put-off": "Gives a message up that an exchange put off.",
    GoesElsewhereAfterRejection = "goes-elsewhere-after-rejection": "Tries an address and password that one host rejected at the next.",
    GuessesAfterAttack = "guesses-after-attack": "Guesses host names when every published server fails, by attacks too.",
    GuessesBesideOddTargets = "guesses-beside-odd-targets": "Takes SRV records that name no port for an absence of the record and guesses host names.",
    GuessesBesideRootTarget = "guesses-beside-root-target": "Guesses host names where one label is declared absent and the other has no record.",
    GuessesDomainItself = "guesses-domain-itself": "Guesses the domain's own name as well.",
    GuessesExchanges = "guesses-exchanges": "Looks for exchanges under the usual names of mail servers where a domain has no MX record.",
    GuessesOnServfail = "guesses-on-servfail": "Takes a failed SRV lookup for an absence and guesses host names.",
    GuessesOtherServices = "guesses-other-services": "Guesses the usual host of another service, `webmail`, as well.",
    GuessesParentDomain = "guesses-parent-domain": "Guesses the usual hosts of the domain above as well.",
    GuessesPastFailure = "guesses-past-failure": "Goes on to the next usual host when the address of one cannot be looked up.",
    GuessesWhenUnreachable = "guesses-when-unreachable": "Guesses host names when no published server can be reached.",
    HashesByTheFirstRecord = "hashes-by-the-first-record": "Resolves: takes the salt and the iterations of the first NSEC3 record for those of all.",
    HidesWeakDigest = "hides-weak-digest": "Says nothing of a pin that rests on SHA-1 alone.",
    HighestPreferenceFirst = "highest-preference-first": "Tries the exchange first whose preference is the highest number.",
    HurriesServers = "hurries-servers": "Gives servers half the time that it should.",
    IgnoresAbsentKeyRecord = "ignores-absent-key-record": "Takes key records that provably do not exist for a policy without pins.",
    IgnoresAuthRequired = "ignores-auth-required": "Submits without logging in when the server offers no AUTH.",
    IgnoresAuthRequiredOfImplicitTls = "ignores-auth-required-of-implicit-tls": "Submits without logging in when a server of implicit TLS offers no AUTH.",
    IgnoresCaFlag = "ignores-ca-flag": "Takes any certificate for a CA.",
    IgnoresCriticalExtensions = "ignores-critical-extensions": "Passes over a critical extension that it does not know.",
    IgnoresEmptyValues = "ignores-empty-values": "Takes an element with an empty value for none.",
    IgnoresFailedKeyLookup = "ignores-failed-key-lookup": "Takes a failed lookup of key records for a policy without pins.",
    IgnoresFailedPolicyLookup = "ignores-failed-policy-lookup": "Takes a failed lookup of the policy for no policy.",
    IgnoresFailedPolicyLookupOfImplicitTls = "ignores-failed-policy-lookup-of-implicit-tls": "Takes a failed lookup of the policy at a label of implicit TLS for no policy.",
    IgnoresHalfALine = "ignores-half-a-line": "Overlooks plain text behind the go-ahead for TLS that is no whole line.",
    IgnoresHiddenCapabilities = "ignores-hidden-capabilities": "Takes a server that does not list what it offers for one without TLS, and goes on in clear.",
    IgnoresInsecureKeyRecord = "ignores-insecure-key-record": "Takes a policy that names an unsigned key record for one without pins.",
    IgnoresKeyUsage = "ignores-key-usage": "Does not look whether a CA's key may sign certificates.",
    IgnoresLoginDisabled = "ignores-login-disabled": "Logs in by the command LOGIN although the server says that it is disabled.",
    IgnoresMalformedPolicy = "ignores-malformed-policy": "Takes a malformed policy record for no policy.",
    IgnoresMalformedPolicyIfInsecure = "ignores-malformed-policy-if-insecure": "Takes a malformed policy for none where it is not signed.",
    IgnoresMalformedPolicyOfImplicitTls = "ignores-malformed-policy-of-implicit-tls": "Takes a malformed policy at a label of implicit TLS for none.",
    IgnoresMxPolicy = "ignores-mx-policy": "Looks for no policy of mail between servers.",
    IgnoresNameConstraints = "ignores-name-constraints": "Does not look for which names a CA may issue.",
    IgnoresNameMismatch = "ignores-name-mismatch": "Accepts a certificate of another host.",
    IgnoresNameMismatchOfImplicitTls = "ignores-name-mismatch-of-implicit-tls": "Accepts a certificate of another host where TLS begins with the connection.",
    IgnoresNotBefore = "ignores-not-before": "Looks only whether certificates have expired.",
    IgnoresOddFirstElement = "ignores-odd-first-element": "Takes a policy whose `v=` does not end with a space for another service's.",
    IgnoresPathLength = "ignores-path-length": "Does not look how many CAs a CA permits below.",
    IgnoresPurpose = "ignores-purpose": "Does not look whether a certificate is for servers.",
    IgnoresRecordWithUri = "ignores-record-with-uri": "Leaves out a key record that names a URI: its certificate would have to be fetched.",
    IgnoresRefusedStarttls = "ignores-refused-starttls": "Goes on in clear when the server says no to STARTTLS.",
    IgnoresRootTarget = "ignores-root-target": "Takes the SRV target `.` for an absence of the record and guesses host names.",
    IgnoresSaslAtPop3 = "ignores-sasl-at-pop3": "Logs in to POP3 by USER and PASS whatever mechanisms the policy names.",
    IgnoresSaslOfImplicitTls = "ignores-sasl-of-implicit-tls": "Logs in by mechanisms that a policy excludes at a label of implicit TLS.",
    IgnoresSaslRestriction = "ignores-sasl-restriction": "Logs in by mechanisms that the policy excludes.",
    IgnoresServerSignature = "ignores-server-signature": "Logs in by SCRAM whatever signature the server has.",
    IgnoresStrippedStarttls = "ignores-stripped-starttls": "Goes on in clear when STARTTLS is not offered.",
    IgnoresUnknownValues = "ignores-unknown-values": "Takes a known name with an unknown value for an unknown name.",
    IgnoresUnusableKeyRecord = "ignores-unusable-key-record": "Takes key records without a usable digest for a policy without pins.",
    IgnoresVersionTag = "ignores-v-tag": "Takes any TXT record with STARTTLS= for a policy, whatever its first element.",
    ImplicitTlsFirst = "implicit-tls-first": "Tries every target of implicit TLS before any of STARTTLS, whatever their priorities.",
    ImplicitTlsFirstAmongEquals = "implicit-tls-first-among-equals": "Tries the targets of implicit TLS first within a priority, whatever their weights.",
    InsistsOnFarewell = "insists-on-farewell": "Takes it for a failure when the farewell is not answered well.",
    InsistsOnTlsOnce = "insists-on-tls-once": "Once an account has worked, goes on in clear when STARTTLS is not offered.",
    JoinsStringsWithSpace = "joins-strings-with-space": "Puts a space between the character-strings of a TXT record.",
    JudgesAbovePin = "judges-above-pin": "Refuses a pinned intermediate if the WebPKI does not accept what is above it.",
    JudgesEveryExchange = "judges-every-exchange": "Wants a certificate of the WebPKI from an exchange that no policy binds.",
    JudgesFirstTargetOnly = "judges-first-target-only": "Accepts every certificate of any target but the first.",
    JudgesNamedTargetsOnly = "judges-named-targets-only": "Accepts every certificate of a guessed host.",
    JudgesOnlyAfterStarttls = "judges-only-after-starttls": "Accepts every certificate where TLS begins at once.",
    KeepsAnswers = "keeps-answers": "Resolves: uses an answer for ever, whatever its TTL.",
    KeepsCapabilities = "keeps-capabilities-from-before-tls": "Uses what the server offered before TLS.",
    KeepsCapabilitiesIfRefused = "keeps-capabilities-if-refused": "Uses what the server offered before TLS where it does not say inside what it offers.",
    KeepsFirstSni = "keeps-first-sni": "Names the first target by SNI at every other one, too.",
    KeepsMailForNoDomain = "keeps-mail-for-no-domain": "Keeps mail for a domain that does not exist, to try again later.",
    KeepsMailForNullMx = "keeps-mail-for-null-mx": "Takes the exchange `.` for a host that cannot be reached now.",
    KeepsPolicyBeforeMistake = "keeps-policy-before-mistake": "Keeps of a malformed policy what stands before the mistake.",
    KeepsRejectedMessage = "keeps-rejected-message": "Takes an exchange's no for one that holds now only.",
    KeepsToTheDomain = "keeps-to-the-domain": "Delays what unsigned MX records would bring out of the recipient's domain.",
    KnowsNoLongerDigests = "knows-no-longer-digests": "Knows sha1 and sha256 and takes the longer digests for unknown names.",
    KnowsNoSha384 = "knows-no-sha384": "Resolves: takes a zone for unsigned whose DS record has SHA-384.",
    KnowsOneRejection = "knows-one-rejection": "Takes a rejection of the login in unusual words for trouble of the server, and tries the next.",
    LastFailureDecides = "last-failure-decides": "Says of several failures the last, whatever it was.",
    LastMechanismOnly = "last-mechanism-only": "Reads only the last mechanism of SASL.",
    LastOfTwoNames = "last-of-two-names": "Takes the last of two elements with one name.",
    LastPolicyOfTwo = "last-policy-of-two": "Uses the last of two policy records instead of refusing both.",
    LastTextOnly = "last-text-only": "Looks only at the last TXT record of an answer.",
    LiftsSaslIfNothingIsListed = "lifts-sasl-if-nothing-is-listed": "Logs in as the protocol knows it, in spite of SASL, where the server does not list what it offers.",
    LiftsSaslIfRefused = "lifts-sasl-if-refused": "Logs in by mechanisms that the policy excludes once the server has refused those that it allows.",
    LocalPartAfterAnyFailure = "local-part-after-any-failure": "Tries the local part as login name after a temporary failure too.",
    LocalPartFirst = "local-part-first": "Tries the local part as login name before the address.",
    MatchesAddress = "matches-address": "Takes the address of a server in a certificate for its name.",
    MatchesCommonName = "matches-common-name": "Takes the common name of a certificate for the name of its host.",
    MatchesEmail = "matches-email": "Takes the domain of an e-mail address in a certificate for the name of its host.",
    MatchesFirstNameOnly = "matches-first-name-only": "Looks only at the first name of a certificate.",
    MatchesMechanismsByPart = "matches-mechanisms-by-part": "Takes a mechanism for allowed whose name is part of one that the policy names.",
    MatchesNamesAtEnd = "matches-names-at-end": "Accepts a certificate whose name ends with that of the host, in the middle of a label.",
    MatchesNamesAtStart = "matches-names-at-start": "Accepts a certificate whose name begins with that of the host.",
    MatchesNamesByOctet = "matches-names-by-octet": "Takes names in other letters for other names.",
    MatchesNamesByPrefix = "matches-names-by-prefix": "Takes a name that begins with a known one and a hyphen for the known one.",
    MatchesNamesOfParents = "matches-names-of-parents": "Accepts a certificate of a domain that the host is below.",
    MatchesNamesOfSubdomains = "matches-names-of-subdomains": "Accepts a certificate of a host below the host.",
    MatchesServiceByPrefix = "matches-service-by-prefix": "Takes a record whose `v=` begins with the service's name for its policy.",
    MatchesUri = "matches-uri": "Takes the host of a URI in a certificate for the name of its host.",
    MatchesValuesByPrefix = "matches-values-by-prefix": "Takes a value that begins with `Required` for it.",
    MergesLabelPins = "merges-label-pins": "Takes a pin of either label's policy for the targets of both.",
    MergesPolicies = "merges-policies": "Uses two policy records together instead of refusing both.",
    NamesUserInHelo = "names-user-in-helo": "Says HELO by the user's address when EHLO is rejected, before giving up.",
    NoFailover = "no-failover": "Gives up when the first published target does not fit.",
    ObeysLesserStance = "obeys-lesser-stance": "Goes on in clear where the user asked for less than the policy demands.",
    OffersOlderTlsAgain = "offers-older-tls-again": "Connects again and offers older versions where TLS from the first byte has failed.",
    OnePolicyForBothLabels = "one-policy-for-both-labels": "Lets the first policy that it finds bind the targets of both labels.",
    OneSpaceSeparates = "one-space-separates": "Takes a second space in a row, or one at an end of the record, for an empty element.",
    OutOfDomain = "out-of-domain-without-asking": "Connects to a host outside the domain that an unsigned SRV record names.",
    OverlooksCut = "overlooks-cut": "Resolves: believes the record at a zone cut that what is below does not exist.",
    OverlooksDname = "overlooks-dname": "Resolves: believes the record at a DNAME that what is below does not exist.",
    OverlooksListedType = "overlooks-listed-type": "Resolves: believes a wildcard's NSEC record that denies a type which it lists.",
    PinsButSkipsChain = "pins-but-skips-chain": "Looks for the pinned certificate among the presented ones without building a path to it.",
    PinsBySecureKeyRecord = "pins-by-secure-key-record": "Uses the pins of a signed key record, whoever names it.",
    PinsPublicKeys = "pins-public-keys": "Takes the digest of a public key for a pin, as HTTP and TLSA with selector 1 have it.",
    PinsRootsOnly = "pins-roots-only": "Looks for the pin among self-signed certificates only.",
    PolicyBesideSrvOnly = "policy-beside-srv-only": "Does not look at the policy of a label without targets.",
    PolicyOfStarttlsOnly = "policy-of-starttls-only": "Asks for the policy at the label of STARTTLS only.",
    PrefersAuthInClear = "prefers-auth-in-clear": "Logs in before TLS where the server offers it.",
    PrefersSha1 = "prefers-sha1": "Uses the weakest digest of a key record.",
    PriorityIgnored = "priority-ignored": "Draws among all targets whatever their priority.",
    ReadsFirst255Octets = "reads-first-255-octets": "Reads no more than 255 octets of a record.",
    ReadsFirstDemandOnly = "reads-first-demand-only": "Looks only at the element that follows `v=`.",
    ReadsFirstString = "reads-first-string-only": "Reads only the first character-string of a TXT record.",
    ReadsGreetingAsOneLine = "reads-greeting-as-one-line": "Takes a greeting of several lines for none.",
    ReadsMechanismsWithCase = "reads-mechanisms-with-case": "Takes a mechanism that the server offers in other letters for an unknown one.",
    ReadsStrongestDigestOnly = "reads-strongest-digest-only": "Looks at the strongest digest of a key record and at nothing that stands beside it.",
    ReconnectsInClear = "reconnects-in-clear": "Connects again without TLS when the handshake has failed.",
    RefusesAnyNameTwice = "refuses-any-name-twice": "Takes a record for malformed that gives an unknown name twice.",
    RefusesFinalDot = "refuses-final-dot": "Takes a domain name with a final dot for malformed.",
    RefusesLoginForMx = "refuses-login-for-mx": "Takes a policy for mx that speaks of logging in for malformed.",
    RefusesOtherMechanisms = "refuses-other-mechanisms": "Takes a policy that names a mechanism which it does not know for malformed.",
    RefusesSecondKeyRecord = "refuses-second-key-record": "Refuses several key records, as if they were policies.",
    RefusesUnknownDigests = "refuses-unknown-digests": "Takes a digest by an unknown algorithm for one that cannot be read.",
    RefusesUnknownNames = "refuses-unknown-names": "Takes an element with an unknown name for a mistake in the policy.",
    RefusesUnreadableKeyRecord = "refuses-unreadable-key-record": "Refuses all key records where one of them cannot be read.",
    RefusesWildcards = "refuses-wildcards": "Takes a wildcard in a certificate for no name at all.",
    RejectsSha1 = "rejects-sha1": "Resolves: takes a DS record with SHA-1 for a wrong one.",
    RejectsUnsignedBeside = "rejects-unsigned-beside": "Resolves: takes an answer for bogus because of what stands unsigned beside it.",
    ReportsSha1OnlyIfNothingElse = "reports-sha1-only-if-nothing-else": "Says nothing of a pin that rests on SHA-1 where another record has a better one.",
    ResubmitsAfterTemporaryFailure = "resubmits-after-temporary-failure": "Submits a message elsewhere whose end was answered with a temporary failure.",
    ResubmitsWithoutReply = "resubmits-without-reply": "Submits a message elsewhere whose end was not answered.",
    RetriesInClear = "retries-in-clear": "Connects again without TLS when the first command inside TLS fails.",
    RetriesWithoutPin = "retries-without-pin": "Connects again with the WebPKI alone when the certificate does not lead to the pin.",
    RootAmongTargetsEndsAll = "root-among-targets-ends-all": "Takes the target `.` beside others for a declaration of absence.",
    RootAtOneLabelEndsAll = "root-at-one-label-ends-all": "Takes the target `.` at one label for the absence of the service at both.",
    SemicolonsSeparate = "semicolons-separate": "Takes a semicolon for a separator, as in DMARC.",
    SendsAliasAsSni = "sends-alias-as-sni": "Names the host that an alias leads to by SNI.",
    SendsBeforeAuth = "sends-before-auth": "Submits before it logs in.",
    SendsDomainAsSni = "sends-domain-as-sni": "Names the domain of the user's address by SNI.",
    SendsNoSni = "sends-no-sni": "Names no host by SNI.",
    SilenceOutweighsAttack = "silence-outweighs-attack": "Says that no server can be reached as soon as one cannot, whatever became of the others.",
    SkipsHandshakeSignature = "skips-handshake-signature": "Does not check that the server has the key of its certificate.",
    SkipsLineEnds = "skips-line-ends": "Skips the ends of lines within base64, as decoders for mail do.",
    SkipsMalformedBesidePolicy = "skips-malformed-beside-policy": "Ignores a malformed policy record beside one that can be read.",
    SkipsNextCloser = "skips-next-closer": "Resolves: believes a name error by NSEC3 that leaves the next closer name open.",
    SkipsPin = "skips-pin": "Takes what the WebPKI accepts although it does not lead to the pin.",
    SkipsPinOfImplicitTls = "skips-pin-of-implicit-tls": "Takes what the WebPKI accepts at a target of implicit TLS although it does not lead to the pin.",
    SkipsUnreadableDigest = "skips-unreadable-digest": "Goes by the other digests of a key record where one cannot be read.",
    SkipsWildcardDenial = "skips-wildcard-denial": "Resolves: believes a name error that leaves the wildcard open.",
    SkipsWords = "skips-words": "Skips an element without an equals sign.",
    SpeaksBehindStarttls = "speaks-behind-starttls": "Sends the next command together with STARTTLS.",
    SpeaksWhereUnwelcome = "speaks-where-unwelcome": "Goes on with a server whatever its greeting says.",
    SpreadsPolicy = "spreads-policy": "Lets the policy of one label bind the other, which has none.",
    StarttlsFirst = "starttls-first": "Tries every target of STARTTLS before any of implicit TLS, whatever their priorities.",
    StopsAtImplicitTls = "stops-at-implicit-tls": "Does not look at the label of STARTTLS where that of implicit TLS has targets.",
    StopsAtNul = "stops-at-nul": "Takes a NUL octet for the end of a record.",
    StopsAtStarttls = "stops-at-starttls": "Does not look at the label of implicit TLS where that of STARTTLS has targets.",
    StopsWhereUnwelcome = "stops-where-unwelcome": "Gives up at the first server that does not welcome it.",
    StripsControlOctets = "strips-control-octets": "Takes control octets out of a record before it reads it.",
    StrongestDigestOfAllRecords = "strongest-digest-of-all-records": "Uses only those key records whose digest is the strongest among all.",
    SubmitsAfterRejection = "submits-after-rejection": "Submits although the login was rejected.",
    SubmitsWithoutKnownMechanism = "submits-without-known-mechanism": "Submits without logging in when it knows none of the offered mechanisms.",
    TabsSeparate = "tabs-separate": "Takes a tab for a separator.",
    TakesAdOnTrust = "takes-ad-on-trust": "Takes an answer with the AD bit for validated, and validates only the others.",
    TakesAdditionalForAnswer = "takes-additional-for-answer": "Believes the addresses beside an SRV record instead of asking for them.",
    TakesAnyAuthValue = "takes-any-auth-value": "Takes any value of SMTP-AUTH for `Required`.",
    TakesAnyDigest = "takes-any-digest": "Takes a certificate that any digest of a key record fits.",
    TakesAnyNonce = "takes-any-nonce": "Goes on with SCRAM where the nonce of the server does not begin with its own.",
    TakesAnySuccessForLogin = "takes-any-success-for-login": "Takes every answer to a login that begins like success for one.",
    TakesAnyUnknownDigestForUnsigned = "takes-any-unknown-digest-for-unsigned": "Resolves: takes a zone for unsigned where one of its DS records has an unknown digest type.",
    TakesBogusForSecure = "takes-bogus-for-secure": "Resolves: passes on as validated what it found bogus.",
    TakesBogusForUnsigned = "takes-bogus-for-unsigned": "Resolves: passes on as unsigned what it found bogus.",
    TakesChallengeForLogin = "takes-challenge-for-login": "Takes a challenge after the last answer of a mechanism for a login.",
    TakesCloseForLogin = "takes-close-for-login": "Takes a connection that ends in answer to the login for a success.",
    TakesExpandedDenial = "takes-expanded-denial": "Resolves: believes a wildcard's NSEC record of a name that it was expanded to.",
    TakesExpiredChain = "takes-expired-chain": "Ignores the dates of certificates.",
    TakesFailureForAbsence = "takes-failure-for-absence": "Resolves: passes on a failed lookup as an absence.",
    TakesFewIterations = "takes-few-iterations": "Goes on with SCRAM however few iterations the server wants.",
    TakesFirstDigest = "takes-first-digest": "Uses the first digest of a key record.",
    TakesFirstLinkForAll = "takes-first-link-for-all": "Resolves: takes what an alias leads to for as secure as the alias.",
    TakesFirstPolicyIfInsecure = "takes-first-policy-if-insecure": "Uses the first of two policy records where they are not signed.",
    TakesIndeterminateForUnsigned = "takes-indeterminate-for-unsigned": "Takes a domain for unsigned when it cannot find out whether it is signed.",
    TakesLastDigest = "takes-last-digest": "Uses the last digest of a key record.",
    TakesLastHashForAll = "takes-last-hash-for-all": "Resolves: takes the last NSEC3 record for one that covers every hash.",
    TakesLastLinkForAll = "takes-last-link-for-all": "Resolves: takes what an alias leads to for as secure as the end of the chain.",
    TakesLikePoliciesForOne = "takes-like-policies-for-one": "Uses two policy records that say the same.",
    TakesManyIterations = "takes-many-iterations": "Goes on with SCRAM however many iterations the server wants.",
    TakesNextForCovered = "takes-next-for-covered": "Resolves: takes the next name of an NSEC record, or the next hash of an NSEC3 record, for one that it covers.",
    TakesOtherLabelsPolicy = "takes-other-labels-policy": "Takes a policy that names the service's other label for its own.",
    TakesPinnedCaForGranted = "takes-pinned-ca-for-granted": "Takes a pinned CA for an anchor that nothing is asked of.",
    TakesPortZeroForStandard = "takes-port-0-for-standard": "Takes the port 0 of an SRV record for the standard port.",
    TakesPreferredMechanism = "takes-preferred-mechanism": "Looks whether the server offers a mechanism that the policy allows, and takes the one that it likes best.",
    TakesPrefixForDomain = "takes-prefix-for-domain": "Takes a host for one of the domain whose name begins with the domain's.",
    TakesRecordOrder = "takes-record-order": "Takes the targets of a priority in the order of the answer.",
    TakesRejectionForSilence = "takes-rejection-for-silence": "Says that no server can be reached where one rejects the credentials.",
    TakesStandardPort = "takes-standard-port": "Connects to the standard port, whatever the SRV record says.",
    TakesSuffixForDomain = "takes-suffix-for-domain": "Takes a host for one of the domain whose name ends with the domain's letters.",
    TakesTlsFromPort = "takes-tls-from-port": "Begins TLS as is usual at the port, whatever the label.",
    TakesUnsignedForSecure = "takes-unsigned-for-secure": "Resolves: passes on as validated what is proven to be unsigned.",
    TakesUnusualForUnsigned = "takes-unusual-for-unsigned": "Resolves: passes on as unsigned what is valid, but rare.",
    TakesUriForPin = "takes-uri-for-pin": "Takes a key record with a URI and no digest for one that pins nothing.",
    TakesUserForMechanism = "takes-user-for-mechanism": "Takes USER for a mechanism that SASL may name.",
    TakesUserForPlain = "takes-user-for-plain": "Logs in by USER and PASS where SASL names PLAIN.",
    TakesUtf8 = "takes-utf8": "Takes text in UTF-8 for visible.",
    TakesWildcardPastEncloser = "takes-wildcard-past-encloser": "Resolves: believes a wildcard's answer for a name that has a closer encloser.",
    TakesYesUnsigned = "takes-yes-unsigned": "Takes a yes for a login by SCRAM where no signature of the server came before.",
    TellsDigestByLength = "tells-digest-by-length": "Takes the algorithm of a digest from its length, whatever its name.",
    TriesBrokenTlsAgain = "tries-broken-tls-again": "Connects again and asks for TLS once more where the handshake behind STARTTLS has failed.",
    TriesBrokenTlsByCommand = "tries-broken-tls-by-command": "Tries STARTTLS at a port where TLS from the first byte has failed, if the other label leads there too.",
    TriesEachHostOnce = "tries-each-host-once": "Skips a target whose host was tried already, at another port.",
    TriesNextAfterRejection = "tries-next-after-rejection": "Brings a message that one exchange rejected to the next one.",
    TriesOneAddress = "tries-one-address": "Gives a target up when its first address does not answer.",
    TrimsEqualsSign = "trims-equals-sign": "Takes spaces round the equals sign for nothing.",
    TrustsAnythingWithoutPin = "trusts-anything-without-pin": "Accepts every certificate where nothing is pinned.",
    TrustsDigestsInClear = "trusts-digests-in-clear": "Logs in where TLS is not to be had by a mechanism that does not show the password.",
    TrustsInsecureKeyRecord = "trusts-insecure-key-record": "Uses the pins of an unsigned key record.",
    TrustsInsecurePolicyPins = "trusts-insecure-policy-pins": "Uses the pins that an unsigned policy names.",
    TrustsRcode = "trusts-rcode": "Resolves: takes the RCODE for what the proof says.",
    TrustsUri = "trusts-uri": "Lets the WebPKI decide where the key record names a URI, whatever its digest.",
    TrustsWhatWorked = "trusts-what-worked": "Once an account has worked, takes what the WebPKI accepts although it does not lead to the pin.",
    UsesApop = "uses-apop": "Logs in by APOP inside TLS where the greeting has a timestamp.",
    UsesApopInClear = "uses-apop-in-clear": "Logs in by APOP in clear where the greeting has a timestamp and TLS is not to be had.",
    UsesInjectedPlaintext = "uses-injected-plaintext": "Takes plain text from before the handshake for text under TLS.",
    VersionAtFirstOctet = "version-at-first-octet": "Takes a record that begins with a space for another service's.",
    VoidsPinsAtInsecureAddresses = "voids-pins-at-insecure-addresses": "Forgets the pins of a target whose address is Insecure, as DANE does.",
    WaivesNameUnderPin = "waives-name-under-pin": "Takes any host's certificate that leads to a pinned CA.",
    WaivesPossessionOfPinned = "waives-possession-of-pinned": "Does not check that the server has the key of a certificate that is pinned itself.",
    WantsDatesOfPinned = "wants-dates-of-pinned": "Refuses an end-entity certificate that is pinned itself once it has expired.",
    WantsDomainInCertificate = "wants-domain-in-certificate": "Looks for the recipient's domain in the certificate of an exchange, and not for the exchange.",
    WantsLoginAtExchanges = "wants-login-at-exchanges": "Delays what an exchange offers no AUTH for where the policy for mx says SMTP-AUTH=Required.",
    WantsMxRecords = "wants-mx-records": "Gives mail up for a domain that has no MX record.",
    WantsNameOfPinned = "wants-name-of-pinned": "Refuses an end-entity certificate that is pinned itself if it names another host.",
    WeightIgnored = "weight-ignored": "Takes the heaviest target of a priority instead of drawing.",
    WildcardCoversParent = "wildcard-covers-parent": "Lets a wildcard stand for no label at all.",
    WildcardInAnyLabel = "wildcard-in-any-label": "Lets a wildcard stand for a label in any place.",
    WildcardInPartOfLabel = "wildcard-in-part-of-label": "Lets a wildcard stand for a part of the left-most label.",
    WildcardSpansLabels = "wildcard-spans-labels": "Lets a wildcard stand for several labels.",
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
