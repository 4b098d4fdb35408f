//! CRAM-MD5 (RFC 2195), and the digest of APOP (RFC 1939 §7), which is older and worse.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::{Digest as _, Md5};

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
    // HMAC takes keys of any length, so there is no error to have.
    let Ok(mut hmac) = Hmac::<Md5>::new_from_slice(password.as_bytes()) else { return String::new() };
    hmac.update(challenge);
    HEXLOWER.encode(&hmac.finalize().into_bytes())
}

/// The digest of APOP: of the timestamp of the greeting, with its angle brackets, and the password behind it.
#[must_use]
pub fn apop(timestamp: &str, password: &str) -> String {
    HEXLOWER.encode(&Md5::digest([timestamp.as_bytes(), password.as_bytes()].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standards_come_out() {
        // RFC 2195 §2.
        let challenge = b"<1896.697170952@postoffice.reston.mci.net>";
        let answer = response("tim", "tanstaaftanstaaf", challenge);
        assert_eq!(answer, "tim b913a602c7eda7a495b4e6e7334d3890");
        assert_eq!(read(answer.as_bytes()), Some(("tim", "b913a602c7eda7a495b4e6e7334d3890")));
        // RFC 1939 §7.
        assert_eq!(apop("<1896.697170952@dbc.mtview.ca.us>", "tanstaaf"), "c4c9334bac560ecc979e58001b3e22fb");
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for text in [&b""[..], b"tim", b"tim b913", b"b913a602c7eda7a495b4e6e7334d3890", b"\xff \xff"] {
            assert_eq!(read(text), None, "{}", text.escape_ascii());
        }
    }
}
