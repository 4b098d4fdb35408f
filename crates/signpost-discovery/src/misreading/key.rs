//! Misreadings of key records alone.

use data_encoding::{BASE64, BASE64_NOPAD, HEXLOWER_PERMISSIVE};
use signpost_record::DigestAlgorithm;

use super::Misreading;
use super::element::{halves, is_named, keep, replace, split};
use crate::defect::Defect;

pub(super) const MISREADINGS: &[(Defect, Misreading)] = &[
    (Defect::CutsLongerDigests, |text, _| Ok(Some(cut_digests(text)))),
    (Defect::DecodesHexadecimal, |text, _| {
        Ok(Some(rewrite_digests(text, |value| HEXLOWER_PERMISSIVE.decode(value.as_bytes()).ok())))
    }),
    (Defect::DecodesLooseBits, |text, _| {
        Ok(Some(rewrite_digests(text, |value| loose(value.trim_end_matches('='), value.ends_with('=')))))
    }),
    (Defect::DecodesUrlAlphabet, |text, _| {
        Ok(Some(rewrite_digests(text, |value| {
            BASE64_NOPAD.decode(value.replace('-', "+").replace('_', "/").as_bytes()).ok()
        })))
    }),
    (Defect::DecodesWithoutPadding, |text, _| {
        Ok(Some(rewrite_digests(text, |value| BASE64_NOPAD.decode(value.as_bytes()).ok())))
    }),
    (Defect::IgnoresRecordWithUri, |text, _| Ok((!names_uri(text)).then(|| text.to_vec()))),
    (Defect::KnowsNoLongerDigests, |text, _| {
        Ok(Some(keep(text, |element| !is_named(element, "sha384") && !is_named(element, "sha512"))))
    }),
    (Defect::LeavesUriOut, |text, _| Ok(Some(keep(text, |element| !is_named(element, "uri"))))),
    (Defect::ReadsStrongestDigestOnly, |text, _| {
        let strongest = split(text).into_iter().filter_map(algorithm).max();
        Ok(Some(keep(text, |element| algorithm(element).is_none() || algorithm(element) == strongest)))
    }),
    (Defect::RefusesUnknownDigests, |text, _| {
        let is_unknown = |element: &&[u8]| algorithm(element).is_none() && element.starts_with(b"sha");
        match split(text).iter().any(is_unknown) {
            true => Err("a digest is not known"),
            false => Ok(Some(text.to_vec())),
        }
    }),
    (Defect::SkipsLineEnds, |text, _| {
        Ok(Some(text.iter().copied().filter(|octet| !matches!(octet, b'\r' | b'\n')).collect()))
    }),
    (Defect::SkipsUnreadableDigest, |text, _| {
        Ok(Some(keep(text, |element| {
            algorithm(element).is_none_or(|algorithm| is_readable(algorithm, element))
        })))
    }),
    (Defect::TakesFirstDigest, |text, _| {
        let mut count = 0;
        Ok(Some(keep(text, |element| {
            count += usize::from(algorithm(element).is_some());
            algorithm(element).is_none() || count == 1
        })))
    }),
    (Defect::TakesLastDigest, |text, _| {
        let mut left = split(text).into_iter().filter_map(algorithm).count();
        Ok(Some(keep(text, |element| {
            let is_last = left == 1;
            left -= usize::from(algorithm(element).is_some());
            algorithm(element).is_none() || is_last
        })))
    }),
    (Defect::TellsDigestByLength, |text, _| Ok(Some(rename_digests(text)))),
];

/// Whether a record names a URI.
fn names_uri(text: &[u8]) -> bool {
    split(text).iter().any(|element| is_named(element, "uri"))
}

fn algorithm(element: &[u8]) -> Option<DigestAlgorithm> {
    DigestAlgorithm::ALL.into_iter().find(|algorithm| is_named(element, algorithm.name()))
}

fn is_readable(algorithm: DigestAlgorithm, element: &[u8]) -> bool {
    BASE64.decode(halves(element).1).is_ok_and(|digest| digest.len() == algorithm.length())
}

/// The record with the name before each digest that its length has.
fn rename_digests(text: &[u8]) -> Vec<u8> {
    replace(text, |element| {
        algorithm(element)?;
        let value = halves(element).1;
        let length = BASE64.decode(value).ok()?.len();
        let meant = DigestAlgorithm::ALL.into_iter().find(|algorithm| algorithm.length() == length)?;
        Some([meant.name().as_bytes(), b"=", value].concat())
    })
}

/// The record with as many octets of each digest as its name has.
fn cut_digests(text: &[u8]) -> Vec<u8> {
    replace(text, |element| {
        let algorithm = algorithm(element)?;
        let digest = BASE64.decode(halves(element).1).ok()?;
        let cut = digest.get(..algorithm.length())?;
        Some(format!("{}={}", algorithm.name(), BASE64.encode(cut)).into_bytes())
    })
}

/// The record with the canonical form of each digest that `decode` can read and the grammar cannot.
fn rewrite_digests(text: &[u8], decode: impl Fn(&str) -> Option<Vec<u8>>) -> Vec<u8> {
    replace(text, |element| {
        let algorithm = algorithm(element).filter(|algorithm| !is_readable(*algorithm, element))?;
        let digest = decode(std::str::from_utf8(halves(element).1).ok()?)?;
        (digest.len() == algorithm.length())
            .then(|| format!("{}={}", algorithm.name(), BASE64.encode(&digest)).into_bytes())
    })
}

/// What base64 comes to for a decoder that does not look at the bits that are left over.
fn loose(value: &str, is_padded: bool) -> Option<Vec<u8>> {
    let mut specification = data_encoding::Specification::new();
    specification.symbols.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    specification.check_trailing_bits = false;
    let encoding = specification.encoding().ok()?;
    encoding.decode(value.as_bytes()).ok().filter(|_| is_padded)
}
