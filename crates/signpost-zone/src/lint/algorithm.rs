//! The algorithms of keys and delegations.

use hickory_proto::dnssec::PublicKey as _;
use hickory_proto::dnssec::rdata::DNSSECRData;
use hickory_proto::rr::{RData, RecordType};

use super::finding::Sink;
use super::view::View;
use crate::namespace::Located;

/// The keys of each zone with the numbers of their algorithms.
fn keys<'v>(view: &'v View<'_>) -> impl Iterator<Item = (Located<'v>, u8)> {
    view.names.of_type(RecordType::DNSKEY).filter_map(|located| match &located.entry.record.data {
        RData::DNSSEC(DNSSECRData::DNSKEY(key)) => Some((located, u8::from(key.public_key().algorithm()))),
        _ => None,
    })
}

pub(super) fn forbidden(view: &View<'_>, sink: &mut Sink<'_>) {
    for (located, algorithm) in keys(view) {
        let name = match algorithm {
            1 => "RSA/MD5",
            3 => "DSA/SHA1",
            5 => "RSA/SHA-1",
            6 => "DSA-NSEC3-SHA1",
            7 => "RSASHA1-NSEC3-SHA1",
            12 => "GOST R 34.10-2001",
            _ => continue,
        };
        sink.at(located, &algorithm.to_string(), || format!("a key for {name} (algorithm {algorithm})"));
    }
}

pub(super) fn not_recommended(view: &View<'_>, sink: &mut Sink<'_>) {
    for (located, algorithm) in keys(view).filter(|(_, algorithm)| *algorithm == 10) {
        sink.at(located, &algorithm.to_string(), || "a key for RSA/SHA-512 (algorithm 10)".to_owned());
    }
}

pub(super) fn digest_forbidden(view: &View<'_>, sink: &mut Sink<'_>) {
    for located in view.names.of_type(RecordType::DS) {
        let RData::DNSSEC(DNSSECRData::DS(ds)) = &located.entry.record.data else { continue };
        let digest = u8::from(ds.digest_type());
        let name = match digest {
            1 => "SHA-1",
            3 => "GOST R 34.11-94",
            _ => continue,
        };
        // Beside a digest that counts, validators leave a weaker one out (RFC 4509 section 3).
        sink.at(located, "", || format!("a delegation by {name} (digest type {digest})"));
    }
}
