//! Every kind of fault, grouped by mechanism. Each is read as scenarios write it.

use std::fmt;
use std::sync::LazyLock;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::Record;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{EnumAccess, Error as _, Visitor};
use serde::{Deserialize, Deserializer};
use strum::{EnumIter, IntoEnumIterator as _, IntoStaticStr, VariantNames};

use super::read::{self, OfGroup};

/// Declares a group of faults, each with the name and the parameters that scenarios use.
macro_rules! named_faults {
    ($(#[$meta:meta])* $name:ident {
        $($(#[$doc:meta])* $variant:ident $({ $($parameters:tt)* })? = $text:literal,)+
    }) => {
        $(#[$meta])*
        #[derive(
            Clone, Debug, Deserialize, EnumIter, Eq, IntoStaticStr, JsonSchema, PartialEq, VariantNames,
        )]
        #[serde(deny_unknown_fields)]
        #[non_exhaustive]
        pub enum $name {
            $(
                $(#[$doc])*
                #[serde(rename = $text)]
                #[strum(serialize = $text)]
                $variant $({ $($parameters)* })?,
            )+
        }

        impl $name {
            /// Every one of them, with default parameters.
            pub fn all() -> impl Iterator<Item = Self> {
                Self::iter()
            }

            /// The name in scenarios.
            #[must_use]
            pub fn name(&self) -> &'static str {
                self.into()
            }
        }
    };
}

/// Declares the groups, and reads a fault as the one of its group that has its name.
macro_rules! groups {
    ($($(#[$doc:meta])* $group:ident($faults:ident),)+) => {
        /// What is broken. Scenarios write the name of one fault of one group.
        #[derive(Clone, Debug, Eq, PartialEq)]
        #[non_exhaustive]
        pub enum AnswerFaultKind {
            $($(#[$doc])* $group($faults),)+
        }

        impl AnswerFaultKind {
            /// Every one of every group, with default parameters.
            pub fn all() -> impl Iterator<Item = Self> {
                std::iter::empty()$(.chain($faults::all().map(Self::$group)))+
            }

            /// The name in scenarios.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$group(fault) => fault.name(),)+
                }
            }

            /// Every name.
            #[must_use]
            pub fn names() -> &'static [&'static str] {
                static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| [$($faults::VARIANTS),+].concat());
                &NAMES
            }
        }

        impl<'de> Visitor<'de> for AnyGroup {
            type Value = AnswerFaultKind;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a kind of fault")
            }

            fn visit_enum<A: EnumAccess<'de>>(self, kinds: A) -> Result<AnswerFaultKind, A::Error> {
                let (name, parameters) = kinds.variant::<String>()?;
                $(if $faults::VARIANTS.contains(&name.as_str()) {
                    return $faults::deserialize(OfGroup { name, parameters }).map(AnswerFaultKind::$group);
                })+
                Err(A::Error::unknown_variant(&name, AnswerFaultKind::names()))
            }
        }

        impl JsonSchema for AnswerFaultKind {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                "AnswerFaultKind".into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let groups = [$($faults::json_schema(generator)),+];
                let kinds = groups.iter().filter_map(|group| group.get("oneOf")?.as_array());
                json_schema!({ "oneOf": kinds.flatten().collect::<Vec<_>>() })
            }
        }
    };
}

/// Visits a fault of whichever group.
struct AnyGroup;

impl<'de> Deserialize<'de> for AnswerFaultKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_enum("AnswerFaultKind", Self::names(), AnyGroup)
    }
}

groups! {
    /// Aliases.
    Alias(AliasFault),
    /// Denial of existence.
    Denial(DenialFault),
    /// The answered DNSKEY RRset.
    Dnskey(DnskeyFault),
    /// The answered DS RRset; the parent signs what it then says, where it says anything.
    Ds(DsFault),
    /// Records that somebody else wrote.
    Forge(ForgeFault),
    /// Messages on their way.
    Path(PathFault),
    /// What the publisher of a zone did; everything else follows honestly from it.
    Publish(PublishFault),
    /// Nothing but an RCODE is answered.
    Rcode(RcodeFault),
    /// RRsets whose signatures stay as they were.
    Record(RecordFault),
    /// Signatures.
    Signature(SignatureFault),
}

/// How far outside its validity a signature is, in seconds. Without it, a week: Unbound forgives a day (a tenth of the
/// validity, at most `val-sig-skew-max`).
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(transparent)]
#[schemars(inline)]
pub struct OutOfValidity(pub u32);

impl Default for OutOfValidity {
    fn default() -> Self {
        Self(7 * 86_400)
    }
}

/// By how many seconds a clock is ahead. Without it, five years.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(transparent)]
#[schemars(inline)]
pub struct ClockShift(pub i64);

impl Default for ClockShift {
    fn default() -> Self {
        Self(5 * 365 * 86_400)
    }
}

named_faults! {
    /// Faults of signatures. Except for the first two, the RRset is really signed again under the wrong fields.
    #[derive(Copy)]
    SignatureFault {
        /// One bit is flipped.
        Broken = "signature-broken",
        /// There is none.
        Missing = "signature-missing",
        /// The validity has ended.
        Expired {
            /// Seconds outside the validity; by default a week.
            #[serde(default)]
            seconds: OutOfValidity,
        } = "signature-expired",
        /// The validity has not begun.
        NotYetValid {
            /// Seconds outside the validity; by default a week.
            #[serde(default)]
            seconds: OutOfValidity,
        } = "signature-not-yet-valid",
        /// The validity ends before it begins.
        ExpiresBeforeInception = "signature-expires-before-inception",
        /// The validity begins this second.
        InceptionNow = "signature-inception-now",
        /// The validity is the longest that serial arithmetic allows, 2³¹ − 1 seconds.
        Longest = "signature-longest",
        /// The validity is longer than serial arithmetic allows.
        TooLong = "signature-too-long",
        /// The key tag is that of no key.
        KeyTagWrong = "signature-key-tag-wrong",
        /// The key is not in the DNSKEY RRset.
        KeyUnknown = "signature-key-unknown",
        /// The algorithm is RSA/SHA-256, which the key is not.
        AlgorithmWrong = "signature-algorithm-wrong",
        /// The algorithm is number 100, which nobody knows.
        AlgorithmUnknown = "signature-algorithm-unknown",
        /// The labels field counts one more than the owner has.
        LabelsTooMany = "signature-labels-too-many",
        /// The labels field counts one less, as if a wildcard had been expanded.
        LabelsTooFew = "signature-labels-too-few",
        /// The signer is a zone elsewhere.
        SignerUnrelated = "signature-signer-unrelated",
        /// The signer is the parent zone, with the parent's key.
        SignerParent = "signature-signer-parent",
        /// The type covered is another one.
        TypeCoveredWrong = "signature-type-covered-wrong",
        /// The original TTL was altered after signing.
        OriginalTtlAltered = "signature-original-ttl-altered",
        /// The signature is shorter than its algorithm makes them.
        LengthWrong = "signature-length-wrong",
        /// Nine broken ones stand before the good one.
        Flood = "signature-flood",
        /// An expired one and one of an unknown algorithm stand before the good one.
        Extra = "signature-extra",
        /// None in the whole zone that the owner names.
        ZoneMissing = "zone-signatures-missing",
        /// All expired in the whole zone that the owner names.
        ZoneExpired {
            /// Seconds outside the validity; by default a week.
            #[serde(default)]
            seconds: OutOfValidity,
        } = "zone-signatures-expired",
    }
}

impl SignatureFault {
    /// How far outside its validity a signature is where that is the fault; elsewhere as far as by default.
    pub(super) fn seconds(self) -> u32 {
        let (Self::Expired { seconds: OutOfValidity(seconds) }
        | Self::NotYetValid { seconds: OutOfValidity(seconds) }
        | Self::ZoneExpired { seconds: OutOfValidity(seconds) }) = self
        else {
            return OutOfValidity::default().0;
        };
        seconds
    }
}

named_faults! {
    /// Faults of RRsets under signatures that stay as they were.
    #[derive(Copy)]
    RecordFault {
        /// One bit of RDATA is flipped.
        Altered = "record-altered",
        /// A record is added.
        Added = "record-added",
        /// A record is left out of two or more.
        Dropped = "record-dropped",
        /// The TTL is raised.
        TtlRaised = "ttl-raised",
        /// The owner is written in other letters.
        OwnerCaseChanged = "owner-case-changed",
        /// The names within the RDATA are written in other letters.
        TargetCaseChanged = "target-case-changed",
    }
}

named_faults! {
    /// Faults of the answered DNSKEY RRset.
    #[derive(Copy)]
    DnskeyFault {
        /// The RRset is not there, and nothing proves that.
        Empty = "dnskey-empty",
        /// The zone signing key is left out; the key signing key signs the rest.
        ZskRemoved = "dnskey-zsk-removed",
        /// The key signing key is left out, and the zone signing key signs the rest.
        KskRemoved = "dnskey-ksk-removed",
        /// Somebody else's keys, signed by themselves.
        Attacker = "dnskey-attacker",
        /// Only the zone signing key signs, which no DS names.
        SignedByZsk = "dnskey-signed-by-zsk",
    }
}

named_faults! {
    /// Faults of the answered DS RRset.
    #[derive(Copy)]
    DsFault {
        /// DS and its denial are both left out.
        Stripped = "ds-stripped",
        /// DS is left out and an NSEC record without signature denies it.
        DeniedUnsigned = "ds-denied-unsigned",
        /// The digest is of another key.
        Wrong = "ds-wrong",
        /// The key tag is of no key.
        KeyTagWrong = "ds-key-tag-wrong",
        /// The algorithm is not the key's.
        AlgorithmWrong = "ds-algorithm-wrong",
        /// The only DS has an algorithm that nobody knows.
        AlgorithmUnknown = "ds-algorithm-unknown",
        /// The only DS has DSA, which nobody may use.
        AlgorithmDsa = "ds-algorithm-dsa",
        /// The only DS has RSA/MD5, which nobody may use.
        AlgorithmRsaMd5 = "ds-algorithm-rsamd5",
        /// The only DS has GOST R 34.10-2001, which nobody may use.
        AlgorithmGost = "ds-algorithm-gost",
        /// The only DS has a digest type that nobody knows.
        DigestTypeUnknown = "ds-digest-type-unknown",
        /// The only DS has SHA-384.
        Sha384Only = "ds-sha384-only",
        /// The only DS has SHA-1.
        Sha1Only = "ds-sha1-only",
        /// The DS with SHA-1 is right and the one with SHA-256 is wrong.
        Sha1GoodSha256Bad = "ds-sha1-good-sha256-bad",
        /// Beside the right DS stands a wrong one.
        GoodAndBad = "ds-good-and-bad",
        /// Beside the right DS stands one with a digest type that nobody knows.
        GoodAndUnknown = "ds-good-and-unknown",
        /// Beside the right DS stand sixteen wrong ones.
        Many = "ds-many",
        /// The child answers that there is none, with its own proof.
        AnsweredByChild = "ds-answered-by-child",
        /// The child is referred to instead of an answer.
        Referral = "ds-referral",
        /// An alias without signature stands in its place.
        Alias = "ds-alias",
    }
}

named_faults! {
    /// Faults of denial of existence, by NSEC or NSEC3.
    #[derive(Copy)]
    DenialFault {
        /// The NSEC or NSEC3 records and their signatures are left out.
        Stripped = "denial-stripped",
        /// The records have no signatures.
        SignatureMissing = "denial-signature-missing",
        /// One bit of their signatures is flipped.
        SignatureBroken = "denial-signature-broken",
        /// Their signatures have expired.
        SignatureExpired = "denial-signature-expired",
        /// The record that matches the closest encloser is left out (NSEC3).
        EncloserAbsent = "denial-encloser-absent",
        /// The record that covers the name, or the next closer name, is left out.
        NextCloserAbsent = "denial-next-closer-absent",
        /// The record about the wildcard is left out.
        WildcardAbsent = "denial-wildcard-absent",
        /// What exists is denied as a type, without proof.
        ForgedNoData = "forged-nodata",
        /// What exists is denied as a name, without proof.
        ForgedNoName = "forged-nxdomain",
        /// What exists is denied as a type by a signed record about another name.
        PiggyBacked = "nsec-piggy-backed",
        /// What exists is denied by the signed record before it, whose next name it is: as a type, and with NSEC3 as a name.
        EndsAtName = "nsec-ends-at-name",
        /// The record lists the type that is denied.
        TypeBitSet = "nsec-type-bit-set",
        /// The record lists CNAME, so that the answer should have been an alias.
        CnameBitSet = "nsec-cname-bit-set",
        /// A name is denied by the parent's record at the cut above it.
        FromParent = "nsec-from-parent",
        /// A name is denied by a record of the topmost zone.
        FromGrandparent = "nsec-from-grandparent",
        /// The records are the same, but another zone has signed them.
        FromAnotherZone = "nsec-from-another-zone",
        /// The next name is the owner itself, which is not the apex.
        SelfLoop = "nsec-self-loop",
        /// The next name is outside the zone.
        Overreach = "nsec-overreach",
        /// The type is denied by the wildcard's record, with the name as its owner as if it had been expanded (NSEC).
        FromWildcard = "nsec-from-wildcard",
        /// A name that a DNAME renames is said not to exist, by the record at the DNAME.
        BelowDname = "denial-below-dname",
        /// The RCODE is NXDOMAIN where a type is denied, and NOERROR where a name is.
        RcodeWrong = "denial-rcode-wrong",
        /// An empty non-terminal is said not to exist, with the proof of its lacking the type.
        EmptyNonTerminal = "empty-non-terminal-denied",
        /// One of the NSEC records is replaced by an NSEC3 record.
        Mixed = "denial-mixed",
        /// The owner is the hash of another name; signed again.
        OwnerHashWrong = "nsec3-owner-hash-wrong",
        /// The next hash is just after the owner's; signed again.
        NextHashWrong = "nsec3-next-hash-wrong",
        /// The hash algorithm is number 2; signed again.
        HashAlgorithmUnknown = "nsec3-hash-algorithm-unknown",
        /// An unknown flag is set; signed again.
        FlagsUnknown = "nsec3-flags-unknown",
        /// The number of iterations is raised to 2500 without signing again.
        IterationsAltered = "nsec3-iterations-altered",
        /// What exists is denied as a name by records under another salt, which would cover the hashes that there are under
        /// the salt of the first record.
        ParametersMixed = "nsec3-parameters-mixed",
        /// What exists is denied as a name by the record of its closest encloser and the last one of the chain (NSEC3).
        LastCoversAll = "nsec3-last-covers-all",
        /// The owner is in the parent's zone; signed again.
        OwnerOutsideZone = "nsec3-owner-outside-zone",
        /// The next hash has 19 octets; signed again.
        HashLengthWrong = "nsec3-hash-length-wrong",
        /// DS is left out, and the opt-out flag is set without signing again.
        OptOutForged = "nsec3-opt-out-forged",
        /// A wildcard is expanded without the denial of the name itself.
        WildcardProofStripped = "wildcard-proof-stripped",
        /// The wildcard's records stand at a name that has its own.
        WildcardReplayed = "wildcard-replayed",
        /// A wildcard stands for a name that has a closer encloser than the wildcard's, with the denial of the name itself.
        WildcardOverCloser = "wildcard-over-closer-encloser",
        /// A type that the wildcard has is denied by the record of the wildcard, which lists it.
        WildcardTypeDenied = "wildcard-type-denied",
        /// A wildcard of the parent zone stands for the name.
        WildcardFromParent = "wildcard-from-parent",
    }
}

named_faults! {
    /// Faults of aliases.
    #[derive(Copy)]
    AliasFault {
        /// A CNAME without signature stands before the answer.
        Injected = "cname-injected",
        /// A CNAME signed by the parent zone stands before the answer.
        FromParent = "cname-from-parent",
        /// A signed CNAME leads to itself.
        Loop = "cname-loop",
        /// The CNAME made from a DNAME leads elsewhere.
        DnameMismatch = "dname-cname-mismatch",
    }
}

named_faults! {
    /// Records that somebody else wrote. What answers the question stands in place of the answer; the rest goes into the
    /// additional section.
    ForgeFault {
        /// They stand there without signatures.
        Unsigned {
            /// Master-file lines with absolute names.
            #[serde(deserialize_with = "read::records")]
            #[schemars(with = "String")]
            records: Vec<Record>,
        } = "forge",
        /// They stand there under the signature of the RRset that they replace.
        KeepingSignature {
            /// Master-file lines with absolute names.
            #[serde(deserialize_with = "read::records")]
            #[schemars(with = "String")]
            records: Vec<Record>,
        } = "forge-keeping-signature",
        /// They stand there under a signature that names the zone's key but was made with another one.
        Signed {
            /// Master-file lines with absolute names.
            #[serde(deserialize_with = "read::records")]
            #[schemars(with = "String")]
            records: Vec<Record>,
        } = "forge-signed",
        /// They stand there without signatures, and the AD bit is set as if somebody had validated.
        AuthenticData {
            /// Master-file lines with absolute names.
            #[serde(deserialize_with = "read::records")]
            #[schemars(with = "String")]
            records: Vec<Record>,
        } = "forged-ad",
        /// They are added to the additional section.
        Additional {
            /// Master-file lines with absolute names.
            #[serde(deserialize_with = "read::records")]
            #[schemars(with = "String")]
            records: Vec<Record>,
        } = "additional-forged",
    }
}

impl ForgeFault {
    /// What is forged.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        let (Self::Unsigned { records }
        | Self::KeepingSignature { records }
        | Self::Signed { records }
        | Self::AuthenticData { records }
        | Self::Additional { records }) = self;
        records
    }

    /// What is forged, so that it can lead elsewhere.
    pub fn records_mut(&mut self) -> &mut Vec<Record> {
        let (Self::Unsigned { records }
        | Self::KeepingSignature { records }
        | Self::Signed { records }
        | Self::AuthenticData { records }
        | Self::Additional { records }) = self;
        records
    }
}

named_faults! {
    /// Nothing but an RCODE is answered.
    #[derive(Copy)]
    RcodeFault {
        /// Any RCODE.
        Other {
            /// Its mnemonic.
            #[serde(deserialize_with = "read::rcode")]
            #[schemars(with = "String")]
            rcode: ResponseCode,
        } = "rcode",
        /// REFUSED.
        Refused = "refused",
        /// SERVFAIL.
        ServFail = "servfail",
    }
}

impl RcodeFault {
    pub(crate) const fn rcode(self) -> ResponseCode {
        match self {
            Self::Other { rcode } => rcode,
            Self::Refused => ResponseCode::Refused,
            Self::ServFail => ResponseCode::ServFail,
        }
    }
}

named_faults! {
    /// Faults of messages on their way.
    #[derive(Copy)]
    PathFault {
        /// Nothing is ever answered.
        Timeout = "timeout",
        /// Nothing is answered by UDP.
        UdpDropped = "udp-dropped",
        /// Every answer by UDP is truncated, and TCP connections are closed at the question.
        TruncatedTcpRefused = "truncated-tcp-refused",
        /// Every DNSSEC record is left out.
        DnssecStripped = "dnssec-stripped",
        /// The DO bit is ignored.
        DoIgnored = "do-ignored",
        /// EDNS is ignored and not answered.
        EdnsDropped = "edns-dropped",
        /// EDNS is answered with FORMERR.
        EdnsFormErr = "edns-formerr",
        /// The message has another ID.
        IdWrong = "id-wrong",
        /// The message says that it is a query.
        QrClear = "qr-clear",
        /// The message answers another question.
        QuestionWrong = "question-wrong",
        /// The question comes back in other letters.
        QuestionCaseChanged = "question-case-changed",
        /// All records are of class CH.
        ClassWrong = "class-wrong",
        /// The message is cut in the middle of a record.
        Garbled = "garbled",
        /// The AD bit is set.
        AuthenticDataSet = "ad-set",
        /// A name server outside the zone and its address are added.
        ServerForged = "server-forged",
    }
}

named_faults! {
    /// What the publisher of a zone did.
    #[derive(Copy)]
    PublishFault {
        /// The zone bit of both keys is clear.
        ZoneBitClear = "dnskey-zone-bit-clear",
        /// The zone bit of the key signing key is clear.
        ZoneBitClearKsk = "dnskey-zone-bit-clear-ksk",
        /// The zone bit of the zone signing key is clear.
        ZoneBitClearZsk = "dnskey-zone-bit-clear-zsk",
        /// The key signing key is revoked, and DS names it as such.
        Revoked = "dnskey-revoked",
        /// The protocol field of both keys is 4.
        ProtocolWrong = "dnskey-protocol-wrong",
        /// The zone signing key has the number of RSA/SHA-256, in its signatures too.
        ZskAlgorithmWrong = "zsk-algorithm-wrong",
        /// The zone signing key has an unassigned algorithm, in its signatures too.
        ZskAlgorithmUnassigned = "zsk-algorithm-unassigned",
        /// The zone signing key has a reserved algorithm, in its signatures too.
        ZskAlgorithmReserved = "zsk-algorithm-reserved",
        /// One bit of the published key signing key is flipped; DS matches it.
        KskMaterialBroken = "ksk-material-broken",
        /// One bit of the published zone signing key is flipped.
        ZskMaterialBroken = "zsk-material-broken",
        /// The published zone signing key is too short.
        KeyTruncated = "zsk-truncated",
        /// A second key signing key signs nothing yet.
        StandbyKey = "dnskey-standby",
        /// A key signing key of another algorithm signs nothing yet.
        StandbyAlgorithm = "dnskey-standby-algorithm",
        /// A second zone signing key signs nothing yet.
        PrePublishedKey = "dnskey-pre-published",
        /// Two operators publish each other's keys; the data is signed by the second one's.
        MultiSigner = "dnskey-multi-signer",
        /// DS names the zone signing key, which signs everything.
        DsNamesZsk = "ds-names-zsk",
        /// Seven more keys have the tag of the zone signing key, which is the last of them.
        TagCollisions = "dnskey-tag-collisions",
        /// Two more keys have the tag of the zone signing key, one before and one after it.
        TagShared = "dnskey-tag-shared",
        /// Seven more records have the tag of the zone signing key and are no points of its curve.
        NoPoints = "dnskey-no-points",
        /// Forty more keys.
        ManyKeys = "dnskey-many",
        /// The zone is not signed although the parent has a DS for it.
        Unsigned = "zone-unsigned",
        /// 200 additional iterations of NSEC3.
        IterationsHigh = "nsec3-iterations-high",
        /// 3000 additional iterations of NSEC3.
        IterationsExcessive = "nsec3-iterations-excessive",
        /// No NSEC3PARAM record.
        Nsec3ParamMissing = "nsec3param-missing",
        /// The salt in the NSEC3PARAM record is not that of the chain.
        Nsec3ParamSaltWrong = "nsec3param-salt-wrong",
        /// The CDS record matches no key.
        CdsWrong = "cds-wrong",
        /// The CDS and CDNSKEY records ask for the removal of DS.
        CdsDelete = "cds-delete",
        /// The clock of every signer is wrong.
        ClockShifted {
            /// Seconds ahead; by default five years.
            #[serde(default)]
            seconds: ClockShift,
        } = "clock-shifted",
        /// The trust anchor is of another key.
        AnchorWrong = "trust-anchor-wrong",
    }
}
