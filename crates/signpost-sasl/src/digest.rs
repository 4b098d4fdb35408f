//! Digests without a key, and that of APOP (RFC 1939 §7).

use md5::{Digest as _, Md5};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

/// MD5 of the octets.
#[must_use]
pub fn md5(octets: &[u8]) -> [u8; 16] {
    Md5::digest(octets).into()
}

/// SHA-1 of the octets.
#[must_use]
pub fn sha1(octets: &[u8]) -> Vec<u8> {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, octets).as_ref().to_vec()
}

/// SHA-256 of the octets.
#[must_use]
pub fn sha256(octets: &[u8]) -> Vec<u8> {
    digest(&SHA256, octets).as_ref().to_vec()
}

/// The digest of APOP: of the timestamp of the greeting, with its angle brackets, and the password behind it.
#[must_use]
pub fn apop(timestamp: &str, password: &str) -> [u8; 16] {
    md5(&[timestamp.as_bytes(), password.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    #[test]
    fn the_example_of_the_standard_comes_out() {
        let digest = apop("<1896.697170952@dbc.mtview.ca.us>", "tanstaaf");
        assert_eq!(HEXLOWER.encode(&digest), "c4c9334bac560ecc979e58001b3e22fb");
    }
}
