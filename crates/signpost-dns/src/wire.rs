//! Wire format of names and of the RDATA that signing needs.

use hickory_proto::ProtoError;
use hickory_proto::rr::{Name, RData, RecordType};
use hickory_proto::serialize::binary::{BinEncodable, BinEncoder, NameEncoding};

/// A name uncompressed and in lower case (RFC 4034 section 6.2).
pub(crate) fn lowercase_name(name: &Name) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(name.len() + 1);
    for label in name.iter() {
        // A label of a Name has at most 63 octets.
        bytes.push(label.len() as u8);
        bytes.extend(label.iter().map(u8::to_ascii_lowercase));
    }
    bytes.push(0);
    bytes
}

/// RDATA in canonical form: uncompressed, embedded names in lower case where RFC 4034 section 6.2 says so.
pub(crate) fn canonical_rdata(data: &RData) -> Result<Vec<u8>, ProtoError> {
    let mut bytes = Vec::new();
    let mut encoder = BinEncoder::new(&mut bytes);
    encoder.set_canonical_form(true);
    encoder.set_name_encoding(NameEncoding::Uncompressed);
    data.emit(&mut encoder)?;
    if data.record_type() == RecordType::DNAME {
        // The length octets of labels are below 64, so this lowers letters of labels only.
        bytes.make_ascii_lowercase();
    }
    Ok(bytes)
}

/// The name that an uncompressed wire form starts with.
pub(crate) fn read_name(bytes: &[u8]) -> Option<Name> {
    let mut labels: Vec<&[u8]> = Vec::new();
    let mut rest = bytes;
    loop {
        let (length, after) = rest.split_first()?;
        if *length == 0 {
            let mut name = Name::from_labels(labels).ok()?;
            name.set_fqdn(true);
            return Some(name);
        }
        let length = usize::from(*length);
        if length > 63 || after.len() < length {
            return None;
        }
        labels.push(&after[..length]);
        rest = &after[length..];
    }
}

/// The type bit maps of NSEC and NSEC3 (RFC 4034 section 4.1.2). `types` need not be sorted.
pub(crate) fn type_bit_maps(types: &[u16]) -> Vec<u8> {
    let mut types = types.to_vec();
    types.sort_unstable();
    types.dedup();
    let mut bytes = Vec::new();
    for window in types.chunk_by(|a, b| a >> 8 == b >> 8) {
        let mut map = [0u8; 32];
        let mut length = 0;
        for code in window {
            let [_, low] = code.to_be_bytes();
            let place = usize::from(low / 8);
            map[place] |= 0x80 >> (low % 8);
            length = place + 1;
        }
        // A window has at most 32 octets.
        bytes.extend([window[0].to_be_bytes()[0], length as u8]);
        bytes.extend_from_slice(&map[..length]);
    }
    bytes
}

/// The types that type bit maps list.
pub(crate) fn listed_types(mut maps: &[u8]) -> Vec<u16> {
    let mut types = Vec::new();
    while let [window, length, rest @ ..] = maps {
        let (map, after) = rest.split_at(usize::from(*length).min(rest.len()));
        for (place, octet) in map.iter().enumerate().take(32) {
            let set = (0..8).filter(|bit| octet & (0x80 >> bit) != 0);
            // A map has 32 octets at most, so the low octet of a type does not overflow.
            types.extend(set.map(|bit| u16::from_be_bytes([*window, (place * 8 + bit) as u8])));
        }
        maps = after;
    }
    types
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bit_map_of_rfc_4034_section_4_3() {
        // A, MX, RRSIG, NSEC and TYPE1234.
        let maps = type_bit_maps(&[1234, 1, 15, 46, 47]);
        let mut expected = vec![0, 6, 0x40, 0x01, 0, 0, 0, 0x03, 4, 27];
        expected.extend([0; 26]);
        expected.push(0x20);
        assert_eq!(maps, expected);
        assert_eq!(listed_types(&maps), [1, 15, 46, 47, 1234]);
    }

    #[test]
    fn names_survive_the_wire() {
        let name = Name::from_ascii("_submission._tcp.example.com.").unwrap();
        assert_eq!(read_name(&lowercase_name(&name)), Some(name));
        assert_eq!(read_name(&[0]), Some(Name::root()));
        assert_eq!(read_name(&[1]), None);
    }
}
