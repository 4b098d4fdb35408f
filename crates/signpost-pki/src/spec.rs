//! What a world says about one certificate.

/// One certificate of a hierarchy.
///
/// Only [`name`](Self::name) has no default: `CertificateSpec { names: vec![…], ..CertificateSpec::new("leaf") }`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CertificateSpec {
    /// Its name in the world, unique, also the common name of its subject.
    pub name: String,
    /// Name of the certificate that issued it; `None`: self-signed.
    pub issuer: Option<String>,
    /// DNS-IDs of the subject alternative name (RFC 6125 §1.8), a wildcard as the left-most label included.
    pub names: Vec<String>,
    /// Whether it is a CA: `cA` of the basic constraints.
    pub ca: bool,
    /// Whether the subject's WebPKI store holds it.
    pub trusted: bool,
    /// `pathLenConstraint`: how many intermediates may follow below it. Only for a CA.
    pub path_length: Option<u8>,
    /// Permitted DNS subtrees of the name constraints (RFC 5280 §4.2.1.10); empty: unconstrained. Only for a CA.
    pub permitted_names: Vec<String>,
}

impl CertificateSpec {
    /// A self-signed certificate without names that is neither CA nor trusted.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}
