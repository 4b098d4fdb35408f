//! Which versions of TLS a ClientHello offers: the library reads only those that it speaks itself.

use rustls::ProtocolVersion;

/// The oldest version that these records of a ClientHello offer, if they hold all of it.
///
/// Versions that nobody knows are passed over: clients sprinkle them in, so that servers learn to (RFC 8701).
pub(crate) fn oldest_version(records: &[u8]) -> Option<ProtocolVersion> {
    let handshake = handshake_of(records)?;
    let mut message = Octets(&handshake);
    let _message_type = message.take(1)?;
    let mut hello = message.vector(3)?;
    let legacy = version(hello.take(2)?);
    let _random = hello.take(32)?;
    let (_session, _suites, _compression) = (hello.vector(1)?, hello.vector(2)?, hello.vector(1)?);
    // Extensions may be left out altogether (RFC 5246 section 7.4.1.2).
    let mut extensions = hello.vector(2).unwrap_or(Octets(&[]));
    while let Some(number) = extensions.take(2) {
        let mut content = extensions.vector(2)?;
        if number == SUPPORTED_VERSIONS {
            let known =
                content.vector(1)?.0.chunks_exact(2).map(version).filter(|version| is_known(*version));
            return known.min_by_key(|version| u16::from(*version));
        }
    }
    // What is lower than this is not offered by a word.
    Some(legacy)
}

/// RFC 8446 section 4.2.1.
const SUPPORTED_VERSIONS: &[u8] = &[0, 43];

fn is_known(version: ProtocolVersion) -> bool {
    !matches!(version, ProtocolVersion::Unknown(_))
}

fn version(octets: &[u8]) -> ProtocolVersion {
    let number = octets.iter().fold(0, |number, octet| number << 8 | u16::from(*octet));
    ProtocolVersion::from(number)
}

/// The handshake messages within records (RFC 8446 section 5.1).
fn handshake_of(records: &[u8]) -> Option<Vec<u8>> {
    let mut records = Octets(records);
    let mut handshake = Vec::new();
    while !records.0.is_empty() {
        let _type_and_version = records.take(3)?;
        handshake.extend_from_slice(records.vector(2)?.0);
    }
    Some(handshake)
}

/// Octets that are read from the front.
struct Octets<'a>(&'a [u8]);

impl<'a> Octets<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A vector behind its length, which has this many octets (RFC 8446 section 3.4).
    fn vector(&mut self, octets_of_length: usize) -> Option<Octets<'a>> {
        let length = self.take(octets_of_length)?;
        let length = length.iter().fold(0, |length, octet| length << 8 | usize::from(*octet));
        self.take(length).map(Octets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(legacy: [u8; 2], extensions: &[u8]) -> Vec<u8> {
        let length = u8::try_from(extensions.len()).unwrap();
        let body = [&legacy[..], &[0; 32], &[0, 0, 2, 0, 0x2f, 1, 0, 0, length], extensions].concat();
        let length = u8::try_from(body.len()).unwrap();
        let handshake = [&[1, 0, 0, length][..], &body].concat();
        // In two records, the first of which ends within the message's own header.
        let (first, second) = handshake.split_at(3);
        let length = u8::try_from(second.len()).unwrap();
        [&[22, 3, 1, 0, 3][..], first, &[22, 3, 1, 0, length], second].concat()
    }

    #[test]
    fn the_oldest_of_the_versions_that_are_known_counts() {
        let supported = [0, 43, 0, 9, 8, 0x1a, 0x1a, 3, 4, 3, 3, 3, 2];
        assert_eq!(oldest_version(&hello([3, 3], &supported)), Some(ProtocolVersion::TLSv1_1));
        let after_another = [&[0, 23, 0, 0][..], &[0, 43, 0, 5, 4, 3, 4, 3, 3]].concat();
        assert_eq!(oldest_version(&hello([3, 3], &after_another)), Some(ProtocolVersion::TLSv1_2));
        assert_eq!(oldest_version(&hello([3, 1], &[])), Some(ProtocolVersion::TLSv1_0));
    }

    #[test]
    fn what_is_not_whole_offers_nothing() {
        let whole = hello([3, 3], &[0, 43, 0, 5, 4, 3, 4, 3, 3]);
        for length in 0..whole.len() {
            assert_eq!(oldest_version(&whole[..length]), None, "{length}");
        }
    }
}
