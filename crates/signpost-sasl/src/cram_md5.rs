//! CRAM-MD5 (RFC 2195).

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;

/// The client's answer to a challenge.
#[must_use]
pub fn response(user: &str, password: &str, challenge: &[u8]) -> String {
    format!("{user} {}", digest(password, challenge))
}

/// The user and the digest of an answer, if it is one.
#[must_use]
pub fn read(response: &[u8]) -> Option<(&str, &str)> {
    let (user, digest) = std::str::from_utf8(response).ok()?.rsplit_once(' ')?;
    let is_digest = digest.len() == 32 && digest.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_digest.then_some((user, digest))
}

/// The keyed digest of a challenge, in lower-case hexadecimal.
#[must_use]
pub fn digest(password: &str, challenge: &[u8]) -> String {
    HEXLOWER.encode(&keyed(password, challenge))
}

/// The same as octets.
#[must_use]
pub fn keyed(password: &str, challenge: &[u8]) -> [u8; 16] {
    // HMAC takes keys of any length, so there is no error to have.
    let Ok(mut hmac) = Hmac::<Md5>::new_from_slice(password.as_bytes()) else { return [0; 16] };
    hmac.update(challenge);
    hmac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_comes_out() {
        // RFC 2195 §2.
        let challenge = b"<1896.697170952@postoffice.reston.mci.net>";
        let answer = response("tim", "tanstaaftanstaaf", challenge);
        assert_eq!(answer, "tim b913a602c7eda7a495b4e6e7334d3890");
        assert_eq!(read(answer.as_bytes()), Some(("tim", "b913a602c7eda7a495b4e6e7334d3890")));
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for text in [&b""[..], b"tim", b"tim b913", b"b913a602c7eda7a495b4e6e7334d3890", b"\xff \xff"] {
            assert_eq!(read(text), None, "{}", text.escape_ascii());
        }
    }
}
