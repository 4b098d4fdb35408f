//! A secret that is never shown.

use std::fmt;
use std::str::FromStr;

/// A password that can be put into a command. Its debug form does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// The password itself.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Password {
    type Err = PasswordError;

    /// Takes anything but control characters: NUL ends a field of PLAIN (RFC 4616), CR and LF end a command.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(PasswordError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A text that is no [`Password`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password is not empty and has no control characters")]
pub struct PasswordError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let password: Password = "secret".parse().unwrap();
        assert!(!format!("{password:?}").contains("secret"));
        for bad in ["", "a\0b", "a\r\nb"] {
            assert_eq!(bad.parse::<Password>(), Err(PasswordError));
        }
    }
}
