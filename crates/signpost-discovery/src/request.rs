//! What the user wants.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use hickory_proto::rr::Name;
use rustls_pki_types::{CertificateDer, TrustAnchor};

/// Everything that a discovery is told.
#[derive(Clone, Debug)]
pub struct Request {
    /// The user's address: its domain is looked up, and it is the first login name.
    pub address: Address,
    /// The user's password.
    pub password: Password,
    /// What is to be set up.
    pub service: Service,
    /// The certificates that stand for the WebPKI.
    pub roots: TrustStore,
    /// The ports to guess when nothing is published.
    pub ports: StandardPorts,
    /// Whether a policy whose only pins are SHA-1 digests is refused.
    pub strict: bool,
    /// How far to go.
    pub mode: Mode,
    /// Time limits.
    pub limits: Limits,
    /// The message to submit, header and body, with any line endings.
    pub message: Vec<u8>,
}

impl Request {
    /// A request with the standard ports, default limits, a message of its own and no trusted root.
    pub fn new(address: Address, password: Password, service: Service) -> Self {
        let message = format!(
            "From: <{address}>\r\nTo: <{address}>\r\nSubject: Your new account\r\n\r\n\
             This message was sent to try out the settings of your account. They work.\r\n"
        );
        Self {
            address,
            password,
            service,
            roots: TrustStore::default(),
            ports: StandardPorts::default(),
            strict: false,
            mode: Mode::Exchange,
            limits: Limits::default(),
            message: message.into_bytes(),
        }
    }
}

/// What is to be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Service {
    /// Retrieval by POP3 (RFC 1939).
    Pop3,
    /// Message submission (RFC 6409).
    Submission,
}

impl Service {
    /// The service labels to ask, the one with implicit TLS first (RFC 6186 §3, RFC 8314 §5.1).
    pub(crate) const fn labels(self) -> [Label; 2] {
        match self {
            Self::Pop3 => [
                Label { name: "pop3s", protection: Protection::Tls },
                Label { name: "pop3", protection: Protection::StartTls },
            ],
            Self::Submission => [
                Label { name: "submissions", protection: Protection::Tls },
                Label { name: "submission", protection: Protection::StartTls },
            ],
        }
    }

    /// The usual host names, below the domain, in the order in which they are guessed.
    pub(crate) const fn usual_hosts(self) -> [&'static str; 3] {
        match self {
            Self::Pop3 => ["pop3", "pop", "mail"],
            Self::Submission => ["submission", "smtp", "mail"],
        }
    }
}

/// A service label without its underscore, and what it promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) name: &'static str,
    pub(crate) protection: Protection,
}

impl Label {
    /// `_label._tcp.domain`.
    pub(crate) fn owner(self, domain: &Name) -> Option<Name> {
        let prefix = Name::from_ascii(format!("_{}._tcp", self.name)).ok()?;
        prefix.append_domain(domain).ok()
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "_{}", self.name)
    }
}

/// How TLS begins. There is no third way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protection {
    /// By the command STARTTLS or STLS.
    StartTls,
    /// With the first byte.
    Tls,
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::StartTls => "starttls",
            Self::Tls => "tls",
        })
    }
}

/// How far to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Find the server, verify it and log in.
    Configure,
    /// Then submit or retrieve one message as well.
    Exchange,
}

/// What stands for the standard ports when guessing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandardPorts {
    /// POP3 with STLS.
    pub pop3: u16,
    /// POP3 over TLS.
    pub pop3s: u16,
    /// Submission with STARTTLS.
    pub submission: u16,
    /// Submission over TLS.
    pub submissions: u16,
}

impl StandardPorts {
    /// The port of a service with one way of TLS.
    pub(crate) const fn port(self, service: Service, protection: Protection) -> u16 {
        match (service, protection) {
            (Service::Pop3, Protection::StartTls) => self.pop3,
            (Service::Pop3, Protection::Tls) => self.pop3s,
            (Service::Submission, Protection::StartTls) => self.submission,
            (Service::Submission, Protection::Tls) => self.submissions,
        }
    }
}

impl Default for StandardPorts {
    fn default() -> Self {
        Self { pop3: 110, pop3s: 995, submission: 587, submissions: 465 }
    }
}

/// Time limits. The core knows no clock; the driver keeps them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For one connection set-up, one handshake or one wait for a server to say something.
    pub step: Duration,
    /// For everything.
    pub overall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { step: Duration::from_secs(10), overall: Duration::from_secs(60) }
    }
}

/// What the WebPKI trusts.
#[derive(Clone, Debug, Default)]
pub struct TrustStore {
    /// Whole certificates: trusted by themselves, and where a pinned one is looked for that the server does
    /// not send.
    pub certificates: Vec<CertificateDer<'static>>,
    /// Anchors of which only name and key are known; a pin cannot be looked for among them.
    pub anchors: Vec<TrustAnchor<'static>>,
}

impl From<Vec<CertificateDer<'static>>> for TrustStore {
    fn from(certificates: Vec<CertificateDer<'static>>) -> Self {
        Self { certificates, anchors: Vec::new() }
    }
}

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
        // The longest name that is made of the domain is `_submissions._tcp.` before it.
        if Service::Submission.labels()[0].owner(&domain).is_none() {
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

    #[test]
    fn a_password_is_never_shown() {
        let password: Password = "secret".parse().unwrap();
        assert!(!format!("{password:?}").contains("secret"));
        for bad in ["", "a\0b", "a\r\nb"] {
            assert_eq!(bad.parse::<Password>(), Err(PasswordError));
        }
    }
}
