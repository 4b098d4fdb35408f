//! What a path builder leaves unchecked about issuers.
//!
//! `webpki` takes an anchor for granted: it uses name, key and name constraints, nothing else. A pinned
//! certificate is no such anchor, it is a certificate that somebody published and then may have let expire. And
//! `webpki` looks at no issuer's key usage, since the CA flag is enough for the WebPKI.

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::Error;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;

use crate::outcome::Reason;
use crate::rules::Rules;
use crate::untrusted::Untrusted;

/// Checks that a pinned certificate may issue others at `now` (any time if none), and returns how many issuers
/// may follow below it.
pub(crate) fn check_anchor(
    anchor: &CertificateDer<'_>,
    now: Option<UnixTime>,
    rules: Rules,
) -> Result<Option<u32>, Untrusted> {
    let untrusted = |detail: &str| {
        Untrusted::new(Reason::CertificateUntrusted, format!("the pinned certificate {detail}"))
    };
    let (_, certificate) = X509Certificate::from_der(anchor).map_err(|_| untrusted("cannot be read"))?;
    if let Some(now) = now {
        match moment(&certificate, now) {
            Moment::After => {
                return Err(Untrusted::new(Reason::CertificateExpired, "the pinned certificate is expired"));
            }
            Moment::Before if rules.checks_not_before() => {
                let detail = "the pinned certificate is not valid yet";
                return Err(Untrusted::new(Reason::CertificateExpired, detail));
            }
            Moment::Before | Moment::Within => {}
        }
    }
    if certificate
        .extensions()
        .iter()
        .any(|extension| extension.critical && !is_processed(extension.parsed_extension()))
    {
        return Err(untrusted("has a critical extension that is not understood"));
    }
    let constraints = certificate.basic_constraints().map_err(|_| untrusted("cannot be read"))?;
    if rules.checks_ca_flag() && !constraints.as_ref().is_some_and(|constraints| constraints.value.ca) {
        return Err(untrusted("is no certification authority"));
    }
    if !may_sign_certificates(&certificate, rules).map_err(|_| untrusted("cannot be read"))? {
        return Err(untrusted("may not sign certificates"));
    }
    if let Some(usage) = certificate.extended_key_usage().map_err(|_| untrusted("cannot be read"))?
        && !usage.value.server_auth
        && !usage.value.any
    {
        return Err(untrusted("does not stand for servers"));
    }
    Ok(constraints.and_then(|constraints| constraints.value.path_len_constraint))
}

/// Checks the issuers between an end entity and its anchor, nearest to the end entity first.
pub(crate) fn check_path<'a>(
    issuers: impl Iterator<Item = CertificateDer<'a>>,
    length_limit: Option<u32>,
    rules: Rules,
) -> Result<(), Error> {
    let mut length = u32::from(!rules.counts_only_issuers());
    for issuer in issuers {
        let (_, certificate) = X509Certificate::from_der(&issuer).map_err(|_| Error::BadDer)?;
        if !may_sign_certificates(&certificate, rules)? {
            return Err(Error::EndEntityUsedAsCa);
        }
        length = length.saturating_add(1);
    }
    match length_limit {
        Some(limit) if length > limit => Err(Error::PathLenConstraintViolated),
        _ => Ok(()),
    }
}

/// RFC 5280 §4.2.1.3: an issuer that states key usages must state `keyCertSign`.
fn may_sign_certificates(certificate: &X509Certificate<'_>, rules: Rules) -> Result<bool, Error> {
    let usage = certificate.key_usage().map_err(|_| Error::ExtensionValueInvalid)?;
    Ok(!rules.checks_key_usage() || usage.is_none_or(|usage| usage.value.key_cert_sign()))
}

/// Where a moment lies in the validity of a certificate.
enum Moment {
    After,
    Before,
    Within,
}

fn moment(certificate: &X509Certificate<'_>, now: UnixTime) -> Moment {
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let validity = certificate.validity();
    if now < validity.not_before.timestamp() {
        Moment::Before
    } else if now > validity.not_after.timestamp() {
        Moment::After
    } else {
        Moment::Within
    }
}

/// Whether a certificate is within its dates.
pub(crate) fn is_in_time(certificate: &CertificateDer<'_>, now: UnixTime) -> bool {
    X509Certificate::from_der(certificate)
        .is_ok_and(|(_, certificate)| matches!(moment(&certificate, now), Moment::Within))
}

/// Whether a certificate names itself as its issuer.
pub(crate) fn is_self_issued(certificate: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(certificate)
        .is_ok_and(|(_, certificate)| certificate.subject().as_raw() == certificate.issuer().as_raw())
}

/// Whether each certificate names the next one as its issuer: what a flawed client expects.
pub(crate) fn are_in_order(end_entity: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> bool {
    let issuers = std::iter::once(end_entity).chain(intermediates);
    issuers.zip(intermediates).all(|(certificate, issuer)| {
        let read = X509Certificate::from_der(certificate).ok().zip(X509Certificate::from_der(issuer).ok());
        read.is_some_and(|((_, certificate), (_, issuer))| {
            certificate.issuer().as_raw() == issuer.subject().as_raw()
        })
    })
}

/// Whether the names of issuers lead from a certificate to another, whoever has signed: what a flawed client asks.
pub(crate) fn lead_by_name(
    end_entity: &CertificateDer<'_>,
    issuers: &[CertificateDer<'_>],
    anchor: &CertificateDer<'_>,
) -> bool {
    let read = |certificate: &CertificateDer<'_>| {
        let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
        Some((certificate.subject().as_raw().to_vec(), certificate.issuer().as_raw().to_vec()))
    };
    let (Some((_, mut wanted)), Some((goal, _))) = (read(end_entity), read(anchor)) else { return false };
    let known: Vec<_> = issuers.iter().filter_map(read).collect();
    // Each issuer is passed at most once, so that a ring ends too.
    for _ in 0..=known.len() {
        if wanted == goal {
            return true;
        }
        match known.iter().find(|(subject, _)| *subject == wanted) {
            Some((_, issuer)) => wanted.clone_from(issuer),
            None => return false,
        }
    }
    false
}

/// Whether the anchor's extension is looked at by somebody: here, or name constraints by the path builder.
fn is_processed(extension: &ParsedExtension<'_>) -> bool {
    matches!(
        extension,
        ParsedExtension::BasicConstraints(_)
            | ParsedExtension::ExtendedKeyUsage(_)
            | ParsedExtension::KeyUsage(_)
            | ParsedExtension::NameConstraints(_)
            | ParsedExtension::SubjectAlternativeName(_)
    )
}
