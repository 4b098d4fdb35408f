//! Digests of certificates, under the names of the key records.

use std::fmt;
use std::str::FromStr;

/// A digest of a certificate's DER, as key records name it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Digest {
    /// SHA-1, 20 octets. Weak: two certificates with one digest can be made.
    Sha1,
    /// SHA-256, 32 octets.
    Sha256,
    /// SHA-384, 48 octets.
    Sha384,
    /// SHA-512, 64 octets.
    Sha512,
}

impl Digest {
    /// All of them, weakest first.
    pub const ALL: &[Self] = &[Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The name in a key record: `sha1`, `sha256`, `sha384`, `sha512`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// The digest of some octets.
    #[must_use]
    pub fn of(self, octets: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha1 => &ring::digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &ring::digest::SHA256,
            Self::Sha384 => &ring::digest::SHA384,
            Self::Sha512 => &ring::digest::SHA512,
        };
        ring::digest::digest(algorithm, octets).as_ref().to_vec()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Digest {
    type Err = UnknownDigest;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|digest| digest.name() == name)
            .ok_or_else(|| UnknownDigest(name.to_owned()))
    }
}

/// A digest that key records do not know.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown digest `{0}`: expected one of {known}", known = Digest::ALL.iter().map(|digest| digest.name()).collect::<Vec<_>>().join(", "))]
pub struct UnknownDigest(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_the_algorithms() {
        let lengths: Vec<usize> = Digest::ALL.iter().map(|digest| digest.of(b"").len()).collect();
        assert_eq!(lengths, [20, 32, 48, 64]);
    }

    #[test]
    fn name_then_parse_is_identity() {
        for digest in Digest::ALL {
            assert_eq!(digest.name().parse::<Digest>().unwrap(), *digest);
        }
        assert_eq!(
            "md5".parse::<Digest>().unwrap_err().to_string(),
            "unknown digest `md5`: expected one of sha1, sha256, sha384, sha512"
        );
    }
}
