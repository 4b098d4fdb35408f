//! OAUTHBEARER (RFC 7628): a token in place of a password.

/// What a client says to a server's error, which ends the exchange (RFC 7628 §3.2.3).
pub const ACKNOWLEDGEMENT: &[u8] = b"\x01";

/// The client's only message.
#[must_use]
pub fn message(user: &str, token: &str) -> String {
    let user = user.replace('=', "=3D").replace(',', "=2C");
    format!("n,a={user},\x01auth=Bearer {token}\x01\x01")
}

/// The user and the token of a client's message, if it is one.
#[must_use]
pub fn read(message: &[u8]) -> Option<(String, &str)> {
    let (header, pairs) = std::str::from_utf8(message).ok()?.split_once('\x01')?;
    let mut header = header.splitn(3, ',');
    let (_binding, identity) = (header.next()?, header.next()?);
    let user = identity.strip_prefix("a=").unwrap_or_default().replace("=2C", ",").replace("=3D", "=");
    let pairs = pairs.strip_suffix("\x01\x01")?;
    let value = pairs.split('\x01').find_map(|pair| pair.strip_prefix("auth="))?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| (user, token.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let message = message("a,b=c@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
        assert!(message.starts_with("n,a=a=2Cb=3Dc@example.com,\x01auth=Bearer "));
        let (user, token) = read(message.as_bytes()).unwrap();
        assert_eq!(
            (user.as_str(), token),
            ("a,b=c@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==")
        );
    }

    #[test]
    fn the_example_of_the_standard_is_read() {
        // RFC 7628 §4.1.
        let message = b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01\
                        auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01";
        let (user, token) = read(message).unwrap();
        assert_eq!(
            (user.as_str(), token),
            ("user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==")
        );
    }

    #[test]
    fn what_is_no_message_is_none() {
        for text in [&b""[..], b"\x01", b"n,,\x01\x01\x01", b"n,,\x01auth=Basic x\x01\x01", b"n,a=\xff,\x01"]
        {
            assert_eq!(read(text), None, "{}", text.escape_ascii());
        }
    }
}
