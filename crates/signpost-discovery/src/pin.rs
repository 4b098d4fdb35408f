//! The digest of a certificate that a policy vouches for.

use ring::digest;

/// The digest of a certificate's DER, published in a key record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pin {
    /// The digest's algorithm.
    pub algorithm: PinAlgorithm,
    /// The digest.
    pub value: Vec<u8>,
}

impl Pin {
    /// Whether `certificate` has this digest.
    pub fn matches(&self, certificate: &[u8]) -> bool {
        digest::digest(self.algorithm.digest(), certificate).as_ref() == self.value
    }
}

/// A digest algorithm of key records, from weakest to strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PinAlgorithm {
    /// 160 bits; two certificates with the same digest can be made.
    Sha1,
    /// 256 bits.
    Sha256,
    /// 384 bits.
    Sha384,
    /// 512 bits.
    Sha512,
}

impl PinAlgorithm {
    /// Whether collisions are known.
    pub const fn is_weak(self) -> bool {
        matches!(self, Self::Sha1)
    }

    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_the_digest_of_the_whole_certificate() {
        // FIPS 180-4, "abc".
        let value = data_encoding::HEXLOWER.decode(b"a9993e364706816aba3e25717850c26c9cd0d89d").unwrap();
        let pin = Pin { algorithm: PinAlgorithm::Sha1, value };
        assert!(pin.matches(b"abc"));
        assert!(!pin.matches(b"abcd"));
        assert!(!Pin { algorithm: PinAlgorithm::Sha256, ..pin }.matches(b"abc"));
    }
}
