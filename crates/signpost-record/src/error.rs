//! What is wrong with a record, and where.

use core::fmt;
use core::ops::Range;

/// A mistake in a record: what, and at which octets of its text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecordError {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Octets of the joined text.
    pub span: Range<usize>,
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A digest that is not padded base64 of exactly the digest's length.
    Digest,
    /// A value of `STARTTLS` that is no domain name.
    DomainName,
    /// A known name for the second time.
    Duplicate,
    /// A value of `SASL` that is no list of mechanism names.
    Mechanism,
    /// A key record without any known digest.
    NoDigest,
    /// An element without an equals sign.
    NoEqualsSign,
    /// An element that begins with the equals sign.
    NoName,
    /// A control octet, or one outside ASCII.
    NotVisible,
    /// Something other than a space directly behind the service in `v=`.
    Separator,
    /// A value that the name does not know.
    UnknownValue,
}

impl ErrorKind {
    /// What would be right, for people.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Digest => {
                "expected padded base64 with 28 characters for sha1, 44 for sha256, 64 for sha384, 88 for sha512"
            }
            Self::DomainName => {
                "expected labels of letters, digits, `-` and `_`, such as `_certroot.example.com`"
            }
            Self::Duplicate => "keep one of the two",
            Self::Mechanism => "expected mechanism names separated by commas, such as `PLAIN,SCRAM-SHA-256`",
            Self::NoDigest => "add one of sha256=, sha384=, sha512= (or sha1=, which is weak)",
            Self::NoEqualsSign => "write `name=value`, without spaces around the equals sign",
            Self::NoName => "write a name before the equals sign",
            Self::NotVisible => "write visible ASCII only, with a space between elements",
            Self::Separator => "put a space, and nothing else, behind the first element",
            Self::UnknownValue => "expected `Required`; leave the element out if it is not",
        }
    }

    /// Slug of the rule that is broken.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Digest => "key/digest-has-exact-length",
            Self::DomainName | Self::Mechanism | Self::UnknownValue => "grammar/known-values-only",
            Self::Duplicate => "grammar/known-name-at-most-once",
            Self::NoDigest => "key/no-usable-record-is-refused",
            Self::NoEqualsSign | Self::NoName => "grammar/element-has-equals-sign",
            Self::NotVisible => "grammar/visible-ascii-only",
            Self::Separator => "grammar/first-element-ends-with-space",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Digest => "not a digest of this length",
            Self::DomainName => "not a domain name",
            Self::Duplicate => "a known name is given twice",
            Self::Mechanism => "not a list of SASL mechanisms",
            Self::NoDigest => "the key record has no digest",
            Self::NoEqualsSign => "the element has no equals sign",
            Self::NoName => "the element has no name",
            Self::NotVisible => "not a visible ASCII character",
            Self::Separator => "not a space behind the first element",
            Self::UnknownValue => "the value is not one that this name knows",
        })
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "octets {} to {}: {}", self.span.start, self.span.end, self.kind)
    }
}

impl core::error::Error for RecordError {}
