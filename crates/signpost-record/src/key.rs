//! Key records: the digest of a certificate to which chains must lead.

use core::fmt;

use data_encoding::BASE64;

use crate::element::{Element, elements};
use crate::{ErrorKind, RecordError};

/// A digest algorithm of key records, weakest first.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum DigestAlgorithm {
    /// SHA-1: usable, and weak.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl DigestAlgorithm {
    /// All of them, weakest first.
    pub const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// Octets of a digest.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Whether two certificates with one digest can be made.
    #[must_use]
    pub const fn is_weak(self) -> bool {
        matches!(self, Self::Sha1)
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }
}

/// A digest, decoded.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Digest {
    /// The algorithm.
    pub algorithm: DigestAlgorithm,
    octets: [u8; LONGEST_DECODED],
}

/// Octets that the longest base64 text may decode to before its padding is looked at.
const LONGEST_DECODED: usize = 66;

impl Digest {
    fn decode(algorithm: DigestAlgorithm, text: &str) -> Option<Self> {
        // The decoder takes several padded texts in a row for one; a digest has one text.
        if text.len() != BASE64.encode_len(algorithm.length()) || text.trim_end_matches('=').contains('=') {
            return None;
        }
        let mut octets = [0; LONGEST_DECODED];
        let room = octets.get_mut(..BASE64.decode_len(text.len()).ok()?)?;
        let length = BASE64.decode_mut(text.as_bytes(), room).ok()?;
        (length == algorithm.length()).then_some(Self { algorithm, octets })
    }

    /// The digest's octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.octets[..self.algorithm.length()]
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.algorithm.name(), BASE64.encode_display(self.as_bytes()))
    }
}

/// A key record that is well-formed: it describes one certificate by at least one digest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyRecord<'a> {
    digests: [Option<Digest>; 4],
    /// `uri`: where the certificate can be had.
    pub uri: Option<&'a str>,
}

impl<'a> KeyRecord<'a> {
    /// Reads the joined character-strings of one TXT record.
    ///
    /// Nothing comes back for a record whose first element is not `v=keyrecord`.
    ///
    /// # Errors
    ///
    /// The first mistake in a key record. One whose digest cannot be read is useless as a whole: to fall back to a
    /// weaker digest beside it would let a typing mistake weaken the pin.
    pub fn parse(text: &'a [u8]) -> Result<Option<Self>, RecordError> {
        let mut elements = elements(text);
        let Some(version) = elements.version("keyrecord", &["sha1", "sha256", "sha384", "sha512", "uri"])?
        else {
            return Ok(None);
        };
        let mut record = Self { digests: [None; 4], uri: None };
        for element in elements {
            record.take(&element?)?;
        }
        if record.digests.iter().all(Option::is_none) {
            return Err(RecordError { kind: ErrorKind::NoDigest, span: version.span });
        }
        Ok(Some(record))
    }

    fn take(&mut self, element: &Element<'a>) -> Result<(), RecordError> {
        let is_duplicate = if let Some(algorithm) = DigestAlgorithm::named(element.name) {
            let digest = Digest::decode(algorithm, element.value)
                .ok_or_else(|| element.value_error(ErrorKind::Digest))?;
            self.digests[algorithm as usize].replace(digest).is_some()
        } else if element.is_named(b"uri") {
            if element.value.is_empty() {
                return Err(element.value_error(ErrorKind::UnknownValue));
            }
            self.uri.replace(element.value).is_some()
        } else {
            element.is_named(b"v")
        };
        if is_duplicate {
            return Err(RecordError { kind: ErrorKind::Duplicate, span: element.span.clone() });
        }
        Ok(())
    }

    /// The digests, weakest first; there is at least one.
    pub fn digests(&self) -> impl DoubleEndedIterator<Item = Digest> + '_ {
        self.digests.iter().flatten().copied()
    }

    /// The only digest that counts.
    #[must_use]
    pub fn strongest(&self) -> Option<Digest> {
        self.digests().next_back()
    }
}

/// The canonical form: known elements only, in a fixed order.
impl fmt::Display for KeyRecord<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("v=keyrecord")?;
        for digest in self.digests() {
            write!(formatter, " {digest}")?;
        }
        match self.uri {
            Some(uri) => write!(formatter, " uri={uri}"),
            None => Ok(()),
        }
    }
}
