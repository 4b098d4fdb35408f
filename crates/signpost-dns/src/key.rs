//! Keys of zones: made once per process, handed to zones with flags of their own.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hickory_proto::dnssec::crypto::{EcdsaSigningKey, Ed25519SigningKey, RsaSigningKey};
use hickory_proto::dnssec::{self, PublicKey, SigningKey, TBS};
use ring::digest;

use crate::wire;
use hickory_proto::rr::Name;

/// The algorithms that zones are signed with.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Algorithm {
    /// ECDSA P-256 with SHA-256, number 13 (RFC 6605).
    #[default]
    EcdsaP256Sha256,
    /// ECDSA P-384 with SHA-384, number 14 (RFC 6605).
    EcdsaP384Sha384,
    /// Ed25519, number 15 (RFC 8080).
    Ed25519,
    /// RSA with SHA-256, number 8 (RFC 5702).
    RsaSha256,
    /// RSA with SHA-512, number 10 (RFC 5702).
    RsaSha512,
}

impl Algorithm {
    /// Every algorithm that a zone can be signed with.
    pub const ALL: [Self; 5] =
        [Self::RsaSha256, Self::RsaSha512, Self::EcdsaP256Sha256, Self::EcdsaP384Sha384, Self::Ed25519];

    /// The number in the IANA registry.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::EcdsaP256Sha256 => 13,
            Self::EcdsaP384Sha384 => 14,
            Self::Ed25519 => 15,
            Self::RsaSha256 => 8,
            Self::RsaSha512 => 10,
        }
    }

    /// The algorithm with this number in the IANA registry, if zones can be signed with it.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.number() == number)
    }
}

/// Key pairs that every lab of the process shares, because making them costs more than signing a small zone.
///
/// The pair with a given number is always the same one within a pool, and no two pairs of a pool have the same key
/// tag under the flags that zones use, so that a wrong key is never right by chance.
#[derive(Debug, Default)]
pub struct KeyPool {
    pairs: Mutex<HashMap<Algorithm, Vec<Arc<KeyPair>>>>,
}

impl KeyPool {
    /// An empty pool; pairs are made when they are first asked for.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The pool of the process.
    #[must_use]
    pub fn global() -> &'static Self {
        static POOL: OnceLock<KeyPool> = OnceLock::new();
        POOL.get_or_init(Self::new)
    }

    /// A pool of the process beside that one, for zones that are to share no key with others: the same for one name each time.
    #[must_use]
    pub fn named(name: &str) -> Arc<Self> {
        static POOLS: OnceLock<Mutex<HashMap<String, Arc<KeyPool>>>> = OnceLock::new();
        // A panic elsewhere leaves whole entries only, so a poisoned lock is still good.
        let mut pools = POOLS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(pools.entry(name.to_owned()).or_default())
    }

    /// A pool beside that of the process, for keys that sign nothing: so many that the tags of one pool would be few.
    pub(crate) fn of_bystanders() -> &'static Self {
        static POOL: OnceLock<KeyPool> = OnceLock::new();
        POOL.get_or_init(Self::new)
    }

    pub(crate) fn pair(
        &self,
        algorithm: Algorithm,
        number: usize,
    ) -> Result<Arc<KeyPair>, dnssec::DnsSecError> {
        let mut pools = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = pools.entry(algorithm).or_default();
        if let Algorithm::RsaSha256 | Algorithm::RsaSha512 = algorithm {
            let number = number % RSA_KEYS.len();
            while pool.len() <= number {
                pool.push(Arc::new(KeyPair::rsa(algorithm, RSA_KEYS[pool.len()])?));
            }
            return Ok(Arc::clone(&pool[number]));
        }
        while pool.len() <= number {
            let candidate = KeyPair::generate(algorithm)?;
            let is_apart = |tag: u16| tag.abs_diff(candidate.base_tag()) > MOST_FLAG_DISTANCE;
            if pool.iter().all(|pair| is_apart(pair.base_tag())) && is_apart(COLLIDING_TAG) {
                pool.push(Arc::new(candidate));
            }
        }
        Ok(Arc::clone(&pool[number]))
    }
}

/// RSA pairs, which ring cannot make. They protect nothing, and zones of one lab may share them: neighbours never do.
const RSA_KEYS: [&[u8]; 6] = [
    include_bytes!("rsa-keys/1.der"),
    include_bytes!("rsa-keys/2.der"),
    include_bytes!("rsa-keys/3.der"),
    include_bytes!("rsa-keys/4.der"),
    include_bytes!("rsa-keys/5.der"),
    include_bytes!("rsa-keys/6.der"),
];

/// P-256 pairs that have one key tag as zone signing keys, in the canonical order of their DNSKEY records.
/// `examples/colliding_keys.rs` makes them. They protect nothing.
const COLLIDING_KEYS: [&[u8]; 8] = [
    include_bytes!("colliding-keys/1.der"),
    include_bytes!("colliding-keys/2.der"),
    include_bytes!("colliding-keys/3.der"),
    include_bytes!("colliding-keys/4.der"),
    include_bytes!("colliding-keys/5.der"),
    include_bytes!("colliding-keys/6.der"),
    include_bytes!("colliding-keys/7.der"),
    include_bytes!("colliding-keys/8.der"),
];

/// The tag of those keys, which no pair of a pool comes near.
const COLLIDING_TAG: u16 = 25_630;

/// Zone signing keys with one key tag, in the canonical order of their DNSKEY records.
pub(crate) fn colliding_keys() -> Result<Vec<ZoneKey>, dnssec::DnsSecError> {
    let keys = COLLIDING_KEYS.iter().map(|encoded| {
        let pair = KeyPair::ecdsa_p256(encoded)?;
        Ok(ZoneKey::new(Arc::new(pair), ZSK_FLAGS))
    });
    keys.collect()
}

/// Flags (SEP 1, REVOKE 128) and the protocol octet move a key tag by less than this.
const MOST_FLAG_DISTANCE: u16 = 512;

/// Flags of a key signing key: zone key and secure entry point.
pub(crate) const KSK_FLAGS: u16 = 257;
/// Flags of a zone signing key: zone key.
pub(crate) const ZSK_FLAGS: u16 = 256;

/// A private key with its public half as it stands in a DNSKEY record.
pub(crate) struct KeyPair {
    private: Box<dyn SigningKey>,
    public: Vec<u8>,
    algorithm: Algorithm,
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("KeyPair").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl KeyPair {
    fn generate(algorithm: Algorithm) -> Result<Self, dnssec::DnsSecError> {
        let private: Box<dyn SigningKey> = match algorithm {
            Algorithm::EcdsaP256Sha256 => ecdsa(dnssec::Algorithm::ECDSAP256SHA256)?,
            Algorithm::EcdsaP384Sha384 => ecdsa(dnssec::Algorithm::ECDSAP384SHA384)?,
            Algorithm::Ed25519 => {
                Box::new(Ed25519SigningKey::from_pkcs8(&Ed25519SigningKey::generate_pkcs8()?)?)
            }
            Algorithm::RsaSha256 | Algorithm::RsaSha512 => return Self::rsa(algorithm, RSA_KEYS[0]),
        };
        Self::new(private, algorithm)
    }

    fn ecdsa_p256(encoded: &[u8]) -> Result<Self, dnssec::DnsSecError> {
        let private = EcdsaSigningKey::from_pkcs8(&encoded.into(), dnssec::Algorithm::ECDSAP256SHA256)?;
        Self::new(Box::new(private), Algorithm::EcdsaP256Sha256)
    }

    fn rsa(algorithm: Algorithm, encoded: &[u8]) -> Result<Self, dnssec::DnsSecError> {
        let peer = match algorithm {
            Algorithm::RsaSha512 => dnssec::Algorithm::RSASHA512,
            _ => dnssec::Algorithm::RSASHA256,
        };
        Self::new(Box::new(RsaSigningKey::from_pkcs8(&encoded.into(), peer)?), algorithm)
    }

    fn new(private: Box<dyn SigningKey>, algorithm: Algorithm) -> Result<Self, dnssec::DnsSecError> {
        let public = private.to_public_key()?.public_bytes().to_vec();
        Ok(Self { private, public, algorithm })
    }

    fn base_tag(&self) -> u16 {
        key_tag(&dnskey(ZSK_FLAGS, 3, self.algorithm.number(), &self.public))
    }
}

fn ecdsa(algorithm: dnssec::Algorithm) -> Result<Box<dyn SigningKey>, dnssec::DnsSecError> {
    let encoded = EcdsaSigningKey::generate_pkcs8(algorithm)?;
    Ok(Box::new(EcdsaSigningKey::from_pkcs8(&encoded, algorithm)?))
}

/// A key pair in the role that a zone gives it.
#[derive(Clone, Debug)]
pub(crate) struct ZoneKey {
    pair: Arc<KeyPair>,
    /// RDATA of the DNSKEY record.
    pub(crate) dnskey: Vec<u8>,
    /// Key tag of the DNSKEY record.
    pub(crate) tag: u16,
}

impl ZoneKey {
    pub(crate) fn new(pair: Arc<KeyPair>, flags: u16) -> Self {
        let dnskey = dnskey(flags, 3, pair.algorithm.number(), &pair.public);
        let tag = key_tag(&dnskey);
        Self { pair, dnskey, tag }
    }

    /// The same key pair with another DNSKEY record, and so perhaps another tag.
    pub(crate) fn with_dnskey(&self, dnskey: Vec<u8>) -> Self {
        Self { pair: Arc::clone(&self.pair), tag: key_tag(&dnskey), dnskey }
    }

    /// The algorithm that the DNSKEY record names; a fault may have made it another than that of the pair.
    pub(crate) fn algorithm(&self) -> u8 {
        self.dnskey[3]
    }

    pub(crate) fn sign(&self, data: &[u8]) -> Result<Vec<u8>, dnssec::DnsSecError> {
        self.pair.private.sign(&TBS::from(data))
    }

    /// RDATA of a DS record for this key (RFC 4034 section 5.1.4).
    pub(crate) fn ds(&self, owner: &Name, digest_type: DigestType) -> Vec<u8> {
        let mut digested = wire::lowercase_name(owner);
        digested.extend_from_slice(&self.dnskey);
        let digest = digest::digest(digest_type.algorithm(), &digested);
        let mut rdata = Vec::with_capacity(4 + digest.as_ref().len());
        rdata.extend(self.tag.to_be_bytes());
        rdata.push(self.dnskey[3]);
        rdata.push(digest_type.number());
        rdata.extend_from_slice(digest.as_ref());
        rdata
    }
}

/// Digests of DS records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DigestType {
    Sha1,
    Sha256,
    Sha384,
}

impl DigestType {
    fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
        }
    }

    fn number(self) -> u8 {
        match self {
            Self::Sha1 => 1,
            Self::Sha256 => 2,
            Self::Sha384 => 4,
        }
    }
}

pub(crate) fn dnskey(flags: u16, protocol: u8, algorithm: u8, public: &[u8]) -> Vec<u8> {
    let mut rdata = Vec::with_capacity(4 + public.len());
    rdata.extend(flags.to_be_bytes());
    rdata.extend([protocol, algorithm]);
    rdata.extend_from_slice(public);
    rdata
}

/// The key tag of a DNSKEY record's RDATA (RFC 4034 appendix B).
pub(crate) fn key_tag(dnskey: &[u8]) -> u16 {
    let mut sum = 0u32;
    for (place, octet) in dnskey.iter().enumerate() {
        sum = sum.wrapping_add(if place % 2 == 0 { u32::from(*octet) << 8 } else { u32::from(*octet) });
    }
    sum = sum.wrapping_add(sum >> 16 & 0xffff);
    (sum & 0xffff) as u16
}

/// Whether a DNSKEY record of P-256 holds a point of the curve.
#[cfg(test)]
pub(crate) fn is_point(dnskey: &[u8]) -> bool {
    use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
    // Uncompressed, as DNSKEY records have it without saying so (RFC 6605 section 4).
    let point = [&[4], &dnskey[4..]].concat();
    let private = EphemeralPrivateKey::generate(&ECDH_P256, &ring::rand::SystemRandom::new()).unwrap();
    agree_ephemeral(private, &UnparsedPublicKey::new(&ECDH_P256, point), |_| ()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::dnssec::rdata::DNSKEY;

    #[test]
    fn tags_and_digests_are_those_of_hickory() {
        for algorithm in Algorithm::ALL {
            let key = ZoneKey::new(KeyPool::global().pair(algorithm, 0).unwrap(), KSK_FLAGS);
            let peer = DNSKEY::with_flags(KSK_FLAGS, key.pair.private.to_public_key().unwrap());
            assert_eq!(key.tag, peer.calculate_key_tag().unwrap());
            let owner = Name::from_ascii("Example.COM.").unwrap();
            let digest = peer.to_digest(&owner, dnssec::DigestType::SHA256).unwrap();
            assert_eq!(&key.ds(&owner, DigestType::Sha256)[4..], digest.as_ref());
        }
    }

    #[test]
    fn colliding_keys_are_points_of_the_curve_with_one_tag_in_canonical_order() {
        let keys = colliding_keys().unwrap();
        assert_eq!(keys.len(), 8);
        assert!(keys.iter().all(|key| key.tag == COLLIDING_TAG && is_point(&key.dnskey)));
        assert!(keys.is_sorted_by(|one, other| one.dnskey < other.dnskey));
    }

    #[test]
    fn a_number_is_one_pair() {
        let pool = KeyPool::new();
        let pair = pool.pair(Algorithm::Ed25519, 3).unwrap();
        assert!(Arc::ptr_eq(&pair, &pool.pair(Algorithm::Ed25519, 3).unwrap()));
    }
}
