//! The ways in which a resolver can be wrong on purpose, by name.

/// How a validator that works turns its verdict into a wrong one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Flaw {
    /// What was validated once is passed on as Secure ever after, whatever is answered later.
    BelievesEverAfter,
    /// An answer is used for ever, whatever its TTL.
    KeepsAnswers,
    /// A DS RRset with nothing but SHA-1 digests breaks the chain, as if SHA-1 were a wrong digest (RFC 4509 §3 and
    /// RFC 4035 §5.2 know only the unknown one, which leaves the zone unsigned).
    RejectsSha1,
    /// What cannot be validated is passed on as Secure: whoever asks never hears of it.
    TakesBogusForSecure,
    /// What cannot be validated is passed on as if the zone were not signed: the downgrade that DNSSEC is there to prevent.
    TakesBogusForUnsigned,
    /// A failed lookup is passed on as a proven absence.
    TakesFailureForAbsence,
    /// What is proven to be unsigned is passed on as Secure.
    TakesUnsignedForSecure,
    /// What is valid but not of the most common shape is passed on as if the zone were not signed.
    TakesUnusualForUnsigned,
}
