//! Finding credentials where no command expected them.

use data_encoding::BASE64;

use crate::Account;

/// The mechanism and user of a credential in a line that was no command: the account's password as it is, or
/// inside base64.
pub(crate) fn find(line: &[u8], account: &Account) -> Option<(&'static str, String)> {
    if account.password.is_empty() {
        return None;
    }
    let password = account.password.as_bytes();
    for word in line.split(|byte| byte.is_ascii_whitespace()).filter(|word| word.len() >= 4) {
        let Ok(decoded) = BASE64.decode(word) else { continue };
        if contains(&decoded, password) {
            let mechanism = if decoded.contains(&0) { "PLAIN" } else { "LOGIN" };
            return Some((mechanism, user(&decoded, account)));
        }
    }
    contains(line, password).then(|| ("unknown", user(line, account)))
}

fn user(octets: &[u8], account: &Account) -> String {
    if contains(octets, account.user.as_bytes()) { account.user.clone() } else { String::new() }
}

fn contains(octets: &[u8], part: &[u8]) -> bool {
    octets.windows(part.len().max(1)).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_as_it_is_and_in_base64() {
        let account = Account { user: "alice@example.com".to_owned(), password: "correct horse".to_owned() };
        let check = |line: &str, expected: Option<(&'static str, &str)>| {
            let expected = expected.map(|(mechanism, user)| (mechanism, user.to_owned()));
            assert_eq!(find(line.as_bytes(), &account), expected, "{line}");
        };
        let plain = BASE64.encode(b"\0alice@example.com\0correct horse");
        check(&plain, Some(("PLAIN", "alice@example.com")));
        check(&format!("XYZZY {plain}"), Some(("PLAIN", "alice@example.com")));
        check(&BASE64.encode(b"correct horse"), Some(("LOGIN", "")));
        check("PASS correct horse", Some(("unknown", "")));
        check("PASS correct cow", None);
        check("", None);
    }
}
