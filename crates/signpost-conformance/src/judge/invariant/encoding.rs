//! The forms in which a text travels: what stands for it there, and what stood there before it was written so.

use data_encoding::{
    BASE32_NOPAD, BASE32HEX_NOPAD, BASE64_NOPAD, BASE64URL_NOPAD, Encoding, HEXLOWER, HEXLOWER_PERMISSIVE,
};

/// What marks an octet that is written as two hexadecimal digits: in quoted-printable (RFC 2045), xtext (RFC 3461) and URIs.
pub(super) const MARKS: [u8; 3] = [b'=', b'+', b'%'];

/// The octets with what the mark escapes put back. The soft line breaks of quoted-printable vanish.
pub(super) fn unescaped(octets: &[u8], mark: u8) -> Vec<u8> {
    let mut plain = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let [first, behind @ ..] = rest {
        rest = behind;
        let escaped = behind.get(..2).filter(|_| *first == mark);
        let octet = escaped.and_then(|digits| HEXLOWER_PERMISSIVE.decode(digits).ok());
        if octet.is_some() || (mark == b'=' && escaped == Some(b"\r\n")) {
            plain.extend(octet.into_iter().flatten());
            rest = &behind[2..];
        } else {
            plain.push(*first);
        }
    }
    plain
}

/// The lower-case hexadecimal digits of a text.
pub(super) fn hexadecimal(part: &[u8]) -> Vec<u8> {
    HEXLOWER.encode(part).into_bytes()
}

/// The characters that stand for `part` in the base64 of anything that has `before` octets, modulo 3, in front of it:
/// those that depend on nothing else.
pub(super) fn inside_base64(part: &[u8], before: usize) -> Vec<u8> {
    inside(&BASE64_NOPAD, part, before)
}

/// The same for base32 of both alphabets, in lower case, wherever the part stands: what resolvers, which take no other
/// letters, are asked for.
pub(super) fn inside_base32(part: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    [BASE32_NOPAD, BASE32HEX_NOPAD]
        .into_iter()
        .flat_map(move |base32| (0..5).map(move |before| inside(&base32, part, before).to_ascii_lowercase()))
}

fn inside(encoding: &Encoding, part: &[u8], before: usize) -> Vec<u8> {
    let bits = encoding.bit_width();
    let text = encoding.encode(&[&vec![0; before][..], part].concat()).into_bytes();
    let first = (before * 8).div_ceil(bits);
    let last = (before + part.len()) * 8 / bits;
    text.get(first..last).unwrap_or_default().to_vec()
}

/// The octets that a word stands for, if it is base64 of either alphabet, however it is padded.
pub(super) fn from_base64(word: &[u8]) -> Option<Vec<u8>> {
    let end = word.iter().rposition(|&character| character != b'=')? + 1;
    let word = word.get(..end)?;
    BASE64_NOPAD.decode(word).or_else(|_| BASE64URL_NOPAD.decode(word)).ok()
}

/// The octets that a word stands for, if it is hexadecimal.
pub(super) fn from_hexadecimal(word: &[u8]) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(word).ok()
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::*;

    #[test]
    fn what_stands_for_a_part_does_not_depend_on_what_is_around_it() {
        let part = b"correct-horse-battery";
        let contains =
            |text: &str, part: &[u8]| text.as_bytes().windows(part.len()).any(|window| window == part);
        for before in 0..9 {
            for behind in 0..4 {
                let message = [&vec![b'a'; before][..], part, &vec![b'z'; behind]].concat();
                let inside = inside_base64(part, before % 3);
                assert!(contains(&BASE64.encode(&message), &inside), "{before} {behind}");
                let other = BASE64.encode(&[&vec![b'a'; before][..], b"correct-horse-buttery"].concat());
                assert!(!contains(&other, &inside), "{before}");
            }
        }
    }

    #[test]
    fn what_is_escaped_is_put_back_and_the_rest_stays() {
        for (octets, mark, plain) in [
            (&b"a=40b=3D=\r\nc="[..], b'=', &b"a@b=c="[..]),
            (b"a+40b+2Bc+4", b'+', b"a@b+c+4"),
            (b"100% %7e%7E%", b'%', b"100% ~~%"),
            (b"a=40", b'+', b"a=40"),
            (b"", b'%', b""),
        ] {
            assert_eq!(unescaped(octets, mark), plain, "{}", octets.escape_ascii());
        }
    }

    #[test]
    fn words_are_read_however_they_are_padded() {
        for word in ["YWxpY2U=", "YWxpY2U", "YWxpY2U==="] {
            assert_eq!(from_base64(word.as_bytes()).as_deref(), Some(&b"alice"[..]));
        }
        assert_eq!(from_base64(b"Pz8_"), from_base64(b"Pz8/"));
        assert_eq!(from_base64(b"PLAIN"), None);
        assert_eq!(from_base64(b"="), None);
        assert_eq!(from_hexadecimal(b"616C696365").as_deref(), Some(&b"alice"[..]));
    }
}
