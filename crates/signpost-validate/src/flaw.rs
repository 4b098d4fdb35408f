//! The ways in which a resolver can be wrong on purpose, by name.

/// How a validator that works turns its verdict into a wrong one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Flaw {
    /// Where an alias is secure, what it leads to is taken for absent without proof.
    BelievesAbsenceBehindAliases,
    /// What was validated once is passed on as Secure ever after, whatever is answered later.
    BelievesEverAfter,
    /// A name error that is not secure is passed on as an absent type.
    BlursInsecureDenials,
    /// The CNAME beside a DNAME is followed wherever it leads (RFC 6672 §5.3.1 wants the one that the DNAME makes).
    FollowsForgedAlias,
    /// A signature counts for a day after it has expired, as if every clock were slow (RFC 4035 §5.3.1 knows no grace).
    ForgivesExpiry,
    /// A denial with more iterations than are computed is passed on as insecure before its signature is verified (RFC 9276
    /// §3.2).
    GivesUpBeforeVerifying,
    /// What the first NSEC3 record says of salt and iterations is taken for what all say (RFC 5155 §5).
    HashesByTheFirstRecord,
    /// An answer is used for ever, whatever its TTL.
    KeepsAnswers,
    /// A DS RRset with nothing but SHA-384 digests leaves the zone unsigned, as an unknown digest does.
    KnowsNoSha384,
    /// The record at a zone cut denies what is below it (RFC 6840 §4.1, RFC 5155 §8.3).
    OverlooksCut,
    /// The record at a DNAME denies what is below it (RFC 6840 §4.1, RFC 5155 §8.3).
    OverlooksDname,
    /// An NSEC record of the wildcard denies a type that it lists (RFC 4035 §5.4).
    OverlooksListedType,
    /// A DS RRset with nothing but SHA-1 digests breaks the chain, as if SHA-1 were a wrong digest (RFC 4509 §3 and
    /// RFC 4035 §5.2 know only the unknown one, which leaves the zone unsigned).
    RejectsSha1,
    /// A DS RRset of nothing but unknown algorithms breaks the chain (RFC 4035 §5.2 takes the zone for unsigned).
    RejectsUnknownAlgorithms,
    /// Something unsigned beside a secure answer makes it bogus, as if all of a message were the answer.
    RejectsUnsignedBeside,
    /// An opt-out record that covers the name leaves it open, whether or not its closest encloser is proven (RFC 5155 §8.6).
    SkipsEncloser,
    /// A name error by NSEC3 needs no record that covers the next closer name (RFC 5155 §8.4).
    SkipsNextCloser,
    /// A name error needs no record that covers the wildcard (RFC 4035 §5.4, RFC 5155 §8.4).
    SkipsWildcardDenial,
    /// What cannot be validated is passed on as Secure: whoever asks never hears of it.
    TakesBogusForSecure,
    /// What cannot be validated is passed on as if the zone were not signed: the downgrade that DNSSEC is there to prevent.
    TakesBogusForUnsigned,
    /// A DS record with an unknown digest type leaves the zone unsigned, whatever stands beside it (RFC 4035 §5.2, RFC 6840
    /// §5.2).
    TakesAnyUnknownDigestForUnsigned,
    /// An alias that a wildcard was expanded to needs no proof that nothing is closer (RFC 4035 §5.3.4).
    TakesExpandedAliases,
    /// A wildcard's NSEC record denies a type of the name that it was expanded to (RFC 4592 §4.7).
    TakesExpandedDenial,
    /// A failed lookup is passed on as a proven absence.
    TakesFailureForAbsence,
    /// What an alias leads to is passed on as Secure where the alias is.
    TakesFirstLinkForAll,
    /// The last NSEC3 record covers every hash (RFC 5155 §1.3).
    TakesLastHashForAll,
    /// What an alias leads to is passed on as Secure where the end of the chain is, whatever lies between.
    TakesLastLinkForAll,
    /// An NSEC record covers its next name, too, and an NSEC3 record its next hash (RFC 4035 §5.4, RFC 5155 §1.3).
    TakesNextForCovered,
    /// What is proven to be unsigned is passed on as Secure.
    TakesUnsignedForSecure,
    /// What is valid but not of the most common shape is passed on as if the zone were not signed.
    TakesUnusualForUnsigned,
    /// A tag names one key: where two have it, nothing is believed (RFC 4035 §5.3.1 tries every key that fits).
    TakesTagForKey,
    /// A wildcard stands for every name below it that is denied, whatever lies between (RFC 4592 §3.3.1).
    TakesWildcardPastEncloser,
    /// Whatever is proven to be absent, the RCODE says what it is.
    TrustsRcode,
    /// The key set has to be signed by every algorithm that stands in it (RFC 6840 §5.11).
    WantsEveryAlgorithm,
}
