//! Faults of certificates: which there are, and what each does.

use std::fmt;
use std::str::FromStr;

use crate::FaultError;

/// One fault at one certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// The scenario's `at`, verbatim, for messages and the transcript.
    pub at: String,
    /// Name of the certificate in the world.
    pub certificate: String,
    /// What is done to it.
    pub kind: FaultKind,
    /// The kind's parameters.
    pub params: FaultParams,
}

impl Fault {
    /// A fault whose `at` is `pki:CERTIFICATE`.
    ///
    /// # Errors
    /// If the kind does not take one of the parameters, or a parameter says nothing.
    pub fn new(certificate: &str, kind: FaultKind, params: FaultParams) -> Result<Self, FaultError> {
        if params.names.is_some() && !kind.takes_names() {
            return Err(FaultError::Superfluous { kind, parameter: "names" });
        }
        if params.names.as_ref().is_some_and(Vec::is_empty) {
            return Err(FaultError::NoNames);
        }
        Ok(Self { at: format!("pki:{certificate}"), certificate: certificate.to_owned(), kind, params })
    }
}

/// What a scenario may say about a fault beside its kind.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FaultParams {
    /// `names`: the names that the certificate gets, or that the constraint permits.
    pub names: Option<Vec<String>>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What is wrong with a certificate. Names are those of scenario files.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum FaultKind { $($(#[$doc])* $variant,)* }

        impl FaultKind {
            /// Every kind, in alphabetical order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The kind as scenario files write it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

kinds! {
    /// The host's name stands in the subject's common name only; there is no subject alternative name.
    CommonNameOnly = "common-name-only",
    /// `notAfter` is one day ago.
    Expired = "expired",
    /// Forged: reissued under a root that has the real root's distinguished name but another key.
    ForgedRoot = "forged-root",
    /// The certificate that issued it expired one day ago.
    IssuerExpired = "issuer-expired",
    /// The certificate that issued it says `cA` FALSE.
    IssuerNotCa = "issuer-not-ca",
    /// Forged: issued by somebody's end-entity certificate, itself genuinely issued by the same CA.
    LeafAsIssuer = "leaf-as-issuer",
    /// The chain is sent without its intermediates.
    MissingIntermediate = "missing-intermediate",
    /// A CA between it and its issuer permits only other names: `names`, by default `elsewhere.example`.
    NameConstraintsViolated = "name-constraints-violated",
    /// `notBefore` is tomorrow.
    NotYetValid = "not-yet-valid",
    /// It holds other names: `names`, by default `elsewhere.example`.
    OtherName = "other-name",
    /// Forged: a genuine certificate for the same names, from another root that WebPKI trusts too.
    OtherRoot = "other-root",
    /// Between it and its issuer stand two CAs, the upper of which permits none below.
    PathLengthExceeded = "path-length-exceeded",
    /// Forged: the real chain, but the server holds another key, so it cannot prove possession.
    ReplacedKey = "replaced-key",
    /// Forged: same names, under a root that nobody trusts or pins, and the real root sent along, to which nothing
    /// in the chain leads.
    RootBesideChain = "root-beside-chain",
    /// The chain is sent without its root.
    RootNotSent = "root-not-sent",
    /// Forged: same names, self-signed.
    SelfSigned = "self-signed",
    /// Forged: same names, under a root that nobody trusts or pins.
    UnknownRoot = "unknown-root",
    /// The extended key usage permits TLS clients only.
    WrongPurpose = "wrong-purpose",
}

impl FaultKind {
    /// Whether an attacker presents this while the owner's own certificate, and its published digest, stay as
    /// they are. Otherwise it is the owner's mistake, and what is published is the mistaken certificate.
    #[must_use]
    pub const fn is_forgery(self) -> bool {
        matches!(
            self,
            Self::ForgedRoot
                | Self::LeafAsIssuer
                | Self::OtherRoot
                | Self::ReplacedKey
                | Self::RootBesideChain
                | Self::SelfSigned
                | Self::UnknownRoot
        )
    }

    /// Whether `names` means something.
    #[must_use]
    pub const fn takes_names(self) -> bool {
        matches!(self, Self::NameConstraintsViolated | Self::OtherName)
    }

    pub(crate) const fn needs_issuer(self) -> bool {
        matches!(
            self,
            Self::IssuerExpired
                | Self::IssuerNotCa
                | Self::LeafAsIssuer
                | Self::NameConstraintsViolated
                | Self::PathLengthExceeded
                | Self::RootNotSent
        )
    }

    pub(crate) const fn needs_names(self) -> bool {
        matches!(self, Self::CommonNameOnly | Self::NameConstraintsViolated)
    }

    pub(crate) fn names() -> String {
        Self::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for FaultKind {
    type Err = FaultError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| FaultError::UnknownKind(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_then_parse_is_identity() {
        for kind in FaultKind::ALL {
            assert_eq!(kind.name().parse::<FaultKind>().unwrap(), *kind);
        }
    }

    #[test]
    fn an_unknown_kind_names_the_known_ones() {
        let message = "expierd".parse::<FaultKind>().unwrap_err().to_string();
        assert!(message.starts_with("unknown kind `expierd`") && message.contains(" expired, "), "{message}");
    }

    #[test]
    fn names_are_refused_where_they_mean_nothing() {
        let params = FaultParams { names: Some(vec!["a.example".to_owned()]) };
        let error = Fault::new("leaf", FaultKind::Expired, params).unwrap_err();
        assert_eq!(error.to_string(), "`expired` takes no `names`");
        let params = FaultParams { names: Some(Vec::new()) };
        let error = Fault::new("leaf", FaultKind::OtherName, params).unwrap_err();
        assert_eq!(error.to_string(), "`names` is empty: expected at least one host name");
    }
}
