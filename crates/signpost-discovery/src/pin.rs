//! The digest of a certificate that a policy vouches for.

use ring::digest;
use signpost_record::{Digest, DigestAlgorithm};

/// The digest of a certificate's DER, published in a key record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pin {
    /// The digest's algorithm.
    pub algorithm: DigestAlgorithm,
    /// The digest.
    pub value: Vec<u8>,
}

impl Pin {
    /// Whether `certificate` has this digest.
    pub fn matches(&self, certificate: &[u8]) -> bool {
        digest::digest(implementation(self.algorithm), certificate).as_ref() == self.value
    }
}

impl From<Digest> for Pin {
    fn from(digest: Digest) -> Self {
        Self { algorithm: digest.algorithm, value: digest.as_bytes().to_vec() }
    }
}

fn implementation(algorithm: DigestAlgorithm) -> &'static digest::Algorithm {
    match algorithm {
        DigestAlgorithm::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        DigestAlgorithm::Sha256 => &digest::SHA256,
        DigestAlgorithm::Sha384 => &digest::SHA384,
        DigestAlgorithm::Sha512 => &digest::SHA512,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_the_digest_of_the_whole_certificate() {
        // FIPS 180-4, "abc".
        let value = data_encoding::HEXLOWER.decode(b"a9993e364706816aba3e25717850c26c9cd0d89d").unwrap();
        let pin = Pin { algorithm: DigestAlgorithm::Sha1, value };
        assert!(pin.matches(b"abc"));
        assert!(!pin.matches(b"abcd"));
        assert!(!Pin { algorithm: DigestAlgorithm::Sha256, ..pin }.matches(b"abc"));
    }
}
