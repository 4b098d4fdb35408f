//! TLS records and speech on one raw socket, in pieces of any size.

#![no_main]

use libfuzzer_sys::fuzz_target;
use signpost_serve::{Parted, Records};

/// The octets of a record before its fragment (RFC 8446 section 5.1).
const HEADER: usize = 5;

// The first octet says how long the pieces are.
fuzz_target!(|input: &[u8]| {
    let Some((&size, octets)) = input.split_first() else { return };
    let cut = parted(octets.chunks(usize::from(size) + 1));
    assert_eq!(cut, parted(std::iter::once(octets)), "how the octets are cut changes nothing");

    // Nothing is lost, added or moved; only the beginning of a header may wait for its end.
    let Parted { records, speech } = cut;
    let (before, behind) = octets.split_at(records.len());
    assert_eq!(records, before);
    if speech.is_empty() {
        assert!(behind.len() < HEADER, "{} octets are kept back", behind.len());
    } else {
        assert_eq!(speech, behind);
    }

    // What counts as records is nothing else: each has a header that TLS has, and all but the last are whole.
    let mut rest = records.as_slice();
    while let Some((header, fragment)) = rest.split_first_chunk::<HEADER>() {
        let [content_type, major, _, high, low] = *header;
        assert!((20..=24).contains(&content_type) && major == 3, "{header:?} begins no record");
        let length = usize::from(u16::from_be_bytes([high, low]));
        assert!(length <= (1 << 14) + 2048);
        assert!(length <= fragment.len() || speech.is_empty(), "speech within a record");
        rest = fragment.get(length..).unwrap_or_default();
    }
    assert!(rest.is_empty(), "half a header counts as a record");
});

fn parted<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Parted {
    let mut reader = Records::default();
    let mut all = Parted::default();
    for piece in pieces {
        let parted = reader.part(piece);
        all.records.extend(parted.records);
        all.speech.extend(parted.speech);
    }
    all
}
