//! What can be wrong with a hierarchy.

use std::fmt;

use crate::CertificateFaultKind;

/// A hierarchy that cannot be built, and the certificate or fault that is the reason.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PkiError {
    /// Name of the certificate in the world.
    pub certificate: String,
    /// The `at` of the fault; `None`: the world itself is wrong.
    pub fault: Option<String>,
    kind: PkiErrorKind,
}

impl PkiError {
    pub(crate) fn certificate(certificate: &str, kind: PkiErrorKind) -> Self {
        Self { certificate: certificate.to_owned(), fault: None, kind }
    }

    pub(crate) fn fault(certificate: &str, at: &str, kind: PkiErrorKind) -> Self {
        Self { certificate: certificate.to_owned(), fault: Some(at.to_owned()), kind }
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &PkiErrorKind {
        &self.kind
    }
}

impl fmt::Display for PkiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            Some(at) => write!(formatter, "fault at `{at}`: {}", self.kind),
            None => write!(formatter, "certificate `{}`: {}", self.certificate, self.kind),
        }
    }
}

impl std::error::Error for PkiError {}

/// Why a hierarchy cannot be built.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PkiErrorKind {
    /// Two certificates have one name.
    #[error("the name is given twice")]
    Duplicate,
    /// A fault is put at a certificate that the world lacks.
    #[error("the world has no certificate `{name}`; it has {known}")]
    UnknownCertificate {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The issuer is not in the world.
    #[error("the world has no issuer `{issuer}`; it has {known}")]
    UnknownIssuer {
        /// The name asked for.
        issuer: String,
        /// The names there are.
        known: String,
    },
    /// The issuers form a ring.
    #[error("it is its own issuer, by way of {through}")]
    Cycle {
        /// The ring, in order.
        through: String,
    },
    /// The issuer is no CA: in a world that is a slip; as an attack it is the fault `leaf-as-issuer`.
    #[error("its issuer `{issuer}` lacks `ca = true`")]
    IssuerNotCa {
        /// Name of the issuer.
        issuer: String,
    },
    /// A path length or name constraint on a certificate that is no CA.
    #[error("`{key}` is only for a certificate with `ca = true`")]
    CaOnly {
        /// The key of the world file.
        key: &'static str,
    },
    /// A name that cannot be a DNS-ID.
    #[error("`{name}` is not a host name")]
    BadName {
        /// The name.
        name: String,
    },
    /// A fault that needs an issuer, at a certificate that is self-signed.
    #[error("`{fault}` needs a certificate with an issuer, and `{certificate}` is self-signed")]
    SelfSigned {
        /// The fault.
        fault: CertificateFaultKind,
        /// The certificate.
        certificate: String,
    },
    /// A fault of what stands between a certificate and its root, where nothing does.
    #[error("`{fault}` needs an intermediate, and `{certificate}` is issued by its root")]
    NoIntermediate {
        /// The fault.
        fault: CertificateFaultKind,
        /// The certificate.
        certificate: String,
    },
    /// A fault that needs names, at a certificate without.
    #[error("`{fault}` needs a certificate with `names`, and `{certificate}` has none")]
    NoNames {
        /// The fault.
        fault: CertificateFaultKind,
        /// The certificate.
        certificate: String,
    },
    /// A fault that needs a CA, at another certificate.
    #[error("`{fault}` needs a CA, and `{certificate}` is none")]
    NoCa {
        /// The fault.
        fault: CertificateFaultKind,
        /// The certificate.
        certificate: String,
    },
    /// Two forgeries of one certificate exclude each other.
    #[error("`{second}` cannot be put on top of `{first}`")]
    Exclusive {
        /// The fault that came first.
        first: CertificateFaultKind,
        /// The one that came later.
        second: CertificateFaultKind,
    },
    /// The library that writes certificates refused.
    #[error("cannot be written: {0}")]
    Encoding(String),
}
