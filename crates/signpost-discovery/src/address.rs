//! Whose account is to be set up.

use std::fmt;
use std::str::FromStr;

use hickory_proto::rr::Name;
use signpost_protocol::Label;

/// An e-mail address that can be looked up and put into a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    local_part: String,
    domain_text: String,
    domain: Name,
}

impl Address {
    /// What stands before the at sign: the second login name.
    pub fn local_part(&self) -> &str {
        &self.local_part
    }

    /// The domain that is looked up, absolute.
    pub fn domain(&self) -> &Name {
        &self.domain
    }

    /// The domain as the user wrote it, without the final dot.
    pub(crate) fn domain_text(&self) -> &str {
        &self.domain_text
    }

    /// Where the domain publishes what it offers under a label: `_label._tcp.domain`.
    pub(crate) fn owner(&self, label: Label) -> Option<Name> {
        owner(label, &self.domain)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    /// Takes `dot-atom@domain` (RFC 5322 §3.4.1). Quoted local parts would need quoting in every protocol that
    /// they go through, and domains must already be A-labels.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (local_part, domain_text) = text.rsplit_once('@').ok_or(AddressError::NoAtSign)?;
        let is_atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
        let is_dot_atom = local_part.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom));
        if !is_dot_atom || local_part.len() > 64 {
            return Err(AddressError::LocalPart);
        }
        let is_label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        let relative = domain_text.strip_suffix('.').unwrap_or(domain_text);
        if !relative.split('.').all(is_label) {
            return Err(AddressError::Domain);
        }
        let mut domain = Name::from_ascii(relative).map_err(|_| AddressError::Domain)?.to_lowercase();
        domain.set_fqdn(true);
        // A domain that leaves no room for the labels can publish nothing.
        if Label::ALL.iter().any(|label| owner(*label, &domain).is_none()) {
            return Err(AddressError::Domain);
        }
        Ok(Self { local_part: local_part.to_owned(), domain_text: relative.to_owned(), domain })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local_part, self.domain_text)
    }
}

fn owner(label: Label, domain: &Name) -> Option<Name> {
    let prefix = Name::from_ascii(format!("_{label}._tcp")).ok()?;
    prefix.append_domain(domain).ok()
}

/// Why a text is no [`Address`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The part after the at sign cannot be looked up.
    #[error("what follows the at sign is no domain name of letters, digits and hyphens")]
    Domain,
    /// The part before the at sign cannot be put into a command as it is.
    #[error("what precedes the at sign is no dot-atom (RFC 5322)")]
    LocalPart,
    /// There is no at sign.
    #[error("an e-mail address has an at sign")]
    NoAtSign,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_dot_atom_and_a_domain() {
        for good in ["alice@example.com", "a.b+tag@EXAMPLE.com.", "x@com"] {
            assert!(good.parse::<Address>().is_ok(), "{good}");
        }
        for bad in [
            "alice",
            "@example.com",
            "a@",
            "a b@example.com",
            "a..b@example.com",
            "a\r\n@example.com",
            "a@exa mple.com",
            "a@example..com",
            "\"a\"@example.com",
            "a@müller.example",
            "a@.",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad:?}");
        }
        let long =
            format!("a@{}.com", ["x".repeat(60), "y".repeat(60), "z".repeat(60), "w".repeat(55)].join("."));
        assert_eq!(long.parse::<Address>(), Err(AddressError::Domain));
    }

    #[test]
    fn the_domain_is_looked_up_in_lower_case() {
        let address: Address = "Alice@Example.COM".parse().unwrap();
        assert_eq!(address.domain().to_ascii(), "example.com.");
        assert_eq!(address.to_string(), "Alice@Example.COM");
    }
}
