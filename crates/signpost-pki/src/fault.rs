//! Faults of certificates: which there are, and what each does.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use strum::{EnumIter, IntoEnumIterator as _, IntoStaticStr, VariantNames};

/// One fault at one certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateFault {
    /// The scenario's `at`, verbatim, for messages and the transcript.
    pub at: String,
    /// Name of the certificate in the world.
    pub certificate: String,
    /// What is done to it.
    pub kind: CertificateFaultKind,
}

impl CertificateFault {
    /// A fault whose `at` is `pki:CERTIFICATE`.
    #[must_use]
    pub fn new(certificate: &str, kind: CertificateFaultKind) -> Self {
        Self { at: format!("pki:{certificate}"), certificate: certificate.to_owned(), kind }
    }
}

/// What is wrong with a certificate. Names and parameters are those of scenario files.
#[derive(
    Clone, Debug, Deserialize, EnumIter, Eq, Hash, IntoStaticStr, JsonSchema, PartialEq, VariantNames,
)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[strum(serialize_all = "kebab-case")]
#[non_exhaustive]
pub enum CertificateFaultKind {
    /// The chain is sent with its root before the intermediates.
    ChainOutOfOrder,
    /// The host's name stands in the subject's common name only; there is no subject alternative name.
    CommonNameOnly,
    /// It has a critical extension that nobody knows.
    CriticalExtensionUnknown,
    /// `notAfter` is one day ago.
    Expired,
    /// Forged: reissued by other keys under the names of its real issuers, and above them the real root is sent, whose
    /// key has signed none of it.
    ForgedIssuer,
    /// Forged: reissued under a root that has the real root's distinguished name but another key.
    ForgedRoot,
    /// The certificate that issued it expired one day ago; beside it another is sent that has not, of the same name and key, by a
    /// root that WebPKI trusts too.
    IssuerCrossSigned,
    /// The certificate that issued it expired one day ago.
    IssuerExpired,
    /// The certificate that issued it states key usages, and `keyCertSign` is not among them.
    IssuerMayNotSign,
    /// The certificate that issued it says `cA` FALSE.
    IssuerNotCa,
    /// The certificate that issued it permits no CA below (`pathLenConstraint` 0), and it is one.
    IssuerPathLengthExceeded,
    /// Forged: issued by somebody's end-entity certificate, itself genuinely issued by the same CA.
    LeafAsIssuer,
    /// Forged: same names, under a root that nobody trusts or pins, by way of so many CAs that a hundred certificates are sent.
    LongChain,
    /// The chain is sent without its intermediates.
    MissingIntermediate,
    /// A CA between it and its issuer permits only other names: `names`, by default `elsewhere.example`.
    NameConstraintsViolated {
        /// The names that the constraint permits.
        #[serde(default)]
        names: HostNames,
    },
    /// `notBefore` is tomorrow.
    NotYetValid,
    /// The host's name stands in the subject alternative name in another `form` than a DNS-ID: `uri` (the default),
    /// `email` or `service` (SRV-ID); or the `address` of the server stands there, and no name.
    OtherIdentifier {
        /// What it stands in.
        #[serde(default)]
        form: IdentifierForm,
    },
    /// It holds other names: `names`, by default `elsewhere.example`.
    OtherName {
        /// The names that it gets.
        #[serde(default)]
        names: HostNames,
    },
    /// Forged: a genuine certificate for the same names, from another root that WebPKI trusts too.
    OtherRoot,
    /// Between it and its issuer stand two CAs, the upper of which permits none below.
    PathLengthExceeded,
    /// Forged: the real chain, but the server holds another key, so it cannot prove possession.
    ReplacedKey,
    /// Forged: same names, under a root that nobody trusts or pins, and the real root sent along, to which nothing
    /// in the chain leads.
    RootBesideChain,
    /// Forged: a genuine certificate for the same names, from another root that WebPKI trusts too, and the real root
    /// sent along, to which nothing in the chain leads.
    RootBesideOtherChain,
    /// The chain is sent without its root.
    RootNotSent,
    /// Forged: same names, self-signed.
    SelfSigned,
    /// Forged: same names, under a root that nobody trusts or pins.
    UnknownRoot,
    /// The extended key usage permits TLS clients only.
    WrongPurpose,
}

impl CertificateFaultKind {
    /// Every kind, in alphabetical order, with default parameters.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// Every name.
    #[must_use]
    pub const fn names() -> &'static [&'static str] {
        Self::VARIANTS
    }

    /// The kind as scenario files write it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.into()
    }

    /// Whether an attacker presents this while the owner's own certificate, and its published digest, stay as
    /// they are. Otherwise it is the owner's mistake, and what is published is the mistaken certificate.
    #[must_use]
    pub const fn is_forgery(&self) -> bool {
        matches!(
            self,
            Self::ForgedIssuer
                | Self::ForgedRoot
                | Self::LeafAsIssuer
                | Self::LongChain
                | Self::OtherRoot
                | Self::ReplacedKey
                | Self::RootBesideChain
                | Self::RootBesideOtherChain
                | Self::SelfSigned
                | Self::UnknownRoot
        )
    }

    /// Whether the rules reject a certificate with this fault, where nothing more is known. A client that has the root
    /// needs none to be sent, and no order either; everything else is for somebody else, or is not to be believed.
    #[must_use]
    pub const fn is_rejected(&self) -> bool {
        !matches!(self, Self::ChainOutOfOrder | Self::RootNotSent)
    }

    pub(crate) const fn needs_ca(&self) -> bool {
        matches!(self, Self::IssuerPathLengthExceeded)
    }

    pub(crate) const fn needs_issuer(&self) -> bool {
        matches!(
            self,
            Self::ForgedIssuer
                | Self::IssuerCrossSigned
                | Self::IssuerExpired
                | Self::IssuerMayNotSign
                | Self::IssuerNotCa
                | Self::IssuerPathLengthExceeded
                | Self::LeafAsIssuer
                | Self::NameConstraintsViolated { .. }
                | Self::PathLengthExceeded
                | Self::RootNotSent
        )
    }

    pub(crate) const fn needs_intermediate(&self) -> bool {
        matches!(self, Self::ChainOutOfOrder | Self::IssuerCrossSigned | Self::MissingIntermediate)
    }

    pub(crate) const fn needs_names(&self) -> bool {
        matches!(
            self,
            Self::CommonNameOnly | Self::NameConstraintsViolated { .. } | Self::OtherIdentifier { .. }
        )
    }
}

impl fmt::Display for CertificateFaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What a host's name can stand in beside a DNS-ID.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum IdentifierForm {
    /// No name at all, but the addresses at which the certificate is presented (iPAddress).
    Address,
    /// The address of its postmaster (rfc822Name).
    Email,
    /// A service at the host (SRV-ID, RFC 4985): the one that the name begins with, or `_imap` where it begins with none.
    Service,
    /// The authority of a URI.
    #[default]
    Uri,
}

/// At least one host name; whether they are host names is seen when the certificate is issued.
#[derive(Clone, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq)]
#[serde(try_from = "Vec<String>")]
#[schemars(inline)]
pub struct HostNames(Vec<String>);

impl HostNames {
    pub(crate) fn as_slice(&self) -> &[String] {
        &self.0
    }
}

impl Default for HostNames {
    fn default() -> Self {
        Self(vec!["elsewhere.example".to_owned()])
    }
}

impl TryFrom<Vec<String>> for HostNames {
    type Error = NoHostNames;

    fn try_from(names: Vec<String>) -> Result<Self, NoHostNames> {
        if names.is_empty() { Err(NoHostNames) } else { Ok(Self(names)) }
    }
}

/// A list of no names.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the list is empty: expected at least one host name")]
pub struct NoHostNames;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<CertificateFaultKind, String> {
        serde_json::from_str(text)
            .map_err(|error| error.to_string().split(" at line").next().unwrap_or_default().to_owned())
    }

    #[test]
    fn name_then_read_is_identity() {
        for kind in CertificateFaultKind::all() {
            let parameters = match kind {
                CertificateFaultKind::NameConstraintsViolated { .. }
                | CertificateFaultKind::OtherIdentifier { .. }
                | CertificateFaultKind::OtherName { .. } => "{}",
                _ => "null",
            };
            assert_eq!(read(&format!("{{ \"{kind}\": {parameters} }}")).unwrap(), kind);
        }
    }

    #[test]
    fn a_root_that_is_not_sent_is_all_that_the_rules_let_pass() {
        let passed: Vec<_> = CertificateFaultKind::all().filter(|kind| !kind.is_rejected()).collect();
        assert_eq!(passed, [CertificateFaultKind::ChainOutOfOrder, CertificateFaultKind::RootNotSent]);
        assert!(CertificateFaultKind::all().all(|kind| kind.is_rejected() || !kind.is_forgery()));
    }

    #[test]
    fn an_unknown_kind_names_the_known_ones() {
        let message = read("\"expierd\"").unwrap_err();
        assert!(
            message.starts_with("unknown variant `expierd`") && message.contains(" `expired`, "),
            "{message}"
        );
    }

    #[test]
    fn names_are_refused_where_they_mean_nothing() {
        assert!(read(r#"{ "expired": { "names": ["a.example"] } }"#).is_err());
        let error = read(r#"{ "other-name": { "names": [] } }"#).unwrap_err();
        assert_eq!(error, "the list is empty: expected at least one host name");
        let error = read(r#"{ "other-name": { "name": "a.example" } }"#).unwrap_err();
        assert_eq!(error, "unknown field `name`, expected `names`");
    }
}
