//! Makes the keys of `src/colliding-keys`: eight P-256 pairs that have one key tag as zone signing keys.
//!
//! ```sh
//! cargo run --release -p signpost-dns --example colliding_keys -- crates/signpost-dns/src/colliding-keys
//! ```
//!
//! Tags have 16 bits, so of some eighty thousand keys eight share one, which takes seconds. They are numbered in the
//! canonical order of their DNSKEY records (RFC 4034 section 6.3), so that the last is the last that a validator tries.

use std::collections::HashMap;
use std::path::PathBuf;

use hickory_proto::dnssec::crypto::EcdsaSigningKey;
use hickory_proto::dnssec::rdata::DNSKEY;
use hickory_proto::dnssec::{Algorithm, PublicKey as _, SigningKey as _};

const ZSK_FLAGS: u16 = 256;
const WANTED: usize = 8;

/// What the DNSKEY record holds of a key, and the pair.
type Found = (Vec<u8>, Vec<u8>);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    let mut by_tag: HashMap<u16, Vec<Found>> = HashMap::new();
    loop {
        let encoded = EcdsaSigningKey::generate_pkcs8(Algorithm::ECDSAP256SHA256)?;
        let public = EcdsaSigningKey::from_pkcs8(&encoded, Algorithm::ECDSAP256SHA256)?.to_public_key()?;
        let octets = public.public_bytes().to_vec();
        let tag = DNSKEY::with_flags(ZSK_FLAGS, public).calculate_key_tag()?;
        let alike = by_tag.entry(tag).or_default();
        alike.push((octets, encoded.secret_pkcs8_der().to_vec()));
        if alike.len() == WANTED {
            alike.sort();
            for (place, (_, encoded)) in alike.iter().enumerate() {
                std::fs::write(folder.join(format!("{}.der", place + 1)), encoded)?;
            }
            println!("{WANTED} keys with the tag {tag}");
            return Ok(());
        }
    }
}
