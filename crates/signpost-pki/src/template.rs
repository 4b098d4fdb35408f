//! One certificate before it is signed.

use std::net::IpAddr;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType, SerialNumber,
};
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::{CertificateSpec, Digest, IdentifierForm, PkiErrorKind};

/// What a certificate will say. Faults change it before it is issued.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) common_name: String,
    pub(crate) names: Vec<String>,
    /// What the names stand in; None: in DNS-IDs.
    pub(crate) form: Option<IdentifierForm>,
    /// What it names instead of hosts, in the form of addresses.
    pub(crate) addresses: Vec<IpAddr>,
    /// Whether it has a critical extension that nobody knows.
    pub(crate) riddle: bool,
    pub(crate) ca: bool,
    /// What is wrong with a CA's own words about itself.
    pub(crate) slip: Option<Slip>,
    pub(crate) path_length: Option<u8>,
    pub(crate) permitted_names: Vec<String>,
    pub(crate) purpose: Purpose,
    pub(crate) validity: Validity,
}

/// What the end-entity's key may be used for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    Client,
    Server,
}

/// What a CA says of itself, so that it is none. Each leaves the other as it should be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Slip {
    DeniesCa,
    MayNotSign,
}

/// When a certificate is good, seen from the time of the lab.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Validity {
    Expired,
    Now,
    NotYet,
}

impl Template {
    pub(crate) fn from_spec(spec: &CertificateSpec) -> Self {
        Self {
            common_name: spec.name.clone(),
            names: spec.names.clone(),
            form: None,
            addresses: Vec::new(),
            riddle: false,
            ca: spec.ca,
            slip: None,
            path_length: spec.path_length,
            permitted_names: spec.permitted_names.clone(),
            purpose: Purpose::Server,
            validity: Validity::Now,
        }
    }

    pub(crate) fn authority(common_name: impl Into<String>) -> Self {
        Self {
            common_name: common_name.into(),
            names: Vec::new(),
            form: None,
            addresses: Vec::new(),
            riddle: false,
            ca: true,
            slip: None,
            path_length: None,
            permitted_names: Vec::new(),
            purpose: Purpose::Server,
            validity: Validity::Now,
        }
    }

    /// Signs it by `issuer`, or by its own key.
    pub(crate) fn issue(
        &self,
        key: &KeyPair,
        issuer: Option<(&Template, &KeyPair)>,
        now: UnixTime,
    ) -> Result<CertificateDer<'static>, PkiErrorKind> {
        let params = self.params(key, issuer.map_or(key, |(_, key)| key), now)?;
        let certificate = match issuer {
            None => params.self_signed(key),
            Some((issuer, issuer_key)) => {
                let mut issuer_params = CertificateParams::default();
                issuer_params.distinguished_name = issuer.distinguished_name();
                params.signed_by(key, &Issuer::new(issuer_params, issuer_key))
            }
        };
        certificate.map(CertificateDer::from).map_err(encoding)
    }

    fn params(
        &self,
        key: &KeyPair,
        issuer_key: &KeyPair,
        now: UnixTime,
    ) -> Result<CertificateParams, PkiErrorKind> {
        let mut params = CertificateParams::default();
        params.distinguished_name = self.distinguished_name();
        params.subject_alt_names = if self.form == Some(IdentifierForm::Address) {
            self.addresses.iter().copied().map(SanType::IpAddress).collect()
        } else if self.form == Some(IdentifierForm::Service) {
            // The library knows no other names but those that are UTF-8, which these are not.
            params
                .custom_extensions
                .push(CustomExtension::from_oid_content(ALTERNATIVE_NAME, self.services()));
            Vec::new()
        } else {
            self.names
                .iter()
                .map(|name| self.identifier(dns_name(name)?))
                .collect::<Result<_, PkiErrorKind>>()?
        };
        if self.riddle {
            // An octet string of no octets, under an OID of the arc for documentation (RFC 5612).
            let mut riddle = CustomExtension::from_oid_content(RIDDLE, vec![4, 0]);
            riddle.set_criticality(true);
            params.custom_extensions.push(riddle);
        }
        params.use_authority_key_identifier_extension = true;
        if self.ca {
            params.is_ca = match self.slip {
                Some(Slip::DeniesCa) => IsCa::ExplicitNoCa,
                _ => IsCa::Ca(
                    self.path_length.map_or(BasicConstraints::Unconstrained, BasicConstraints::Constrained),
                ),
            };
            params.key_usages = match self.slip {
                Some(Slip::MayNotSign) => vec![KeyUsagePurpose::CrlSign],
                _ => vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign],
            };
            if !self.permitted_names.is_empty() {
                let subtrees = self.permitted_names.iter().cloned().map(GeneralSubtree::DnsName).collect();
                params.name_constraints =
                    Some(NameConstraints { permitted_subtrees: subtrees, excluded_subtrees: Vec::new() });
            }
        } else {
            params.is_ca = IsCa::ExplicitNoCa;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.extended_key_usages = vec![match self.purpose {
                Purpose::Client => ExtendedKeyUsagePurpose::ClientAuth,
                Purpose::Server => ExtendedKeyUsagePurpose::ServerAuth,
            }];
        }
        const DAY: Duration = Duration::from_secs(86_400);
        let now = rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(now.as_secs());
        let life = if self.ca { 3650 * DAY } else { 90 * DAY };
        (params.not_before, params.not_after) = match self.validity {
            Validity::Expired => (now - life, now - DAY),
            Validity::Now => (now - life / 3, now + life),
            Validity::NotYet => (now + DAY, now + life),
        };
        params.serial_number = Some(self.serial_number(key, issuer_key));
        Ok(params)
    }

    /// A subject alternative name of SRV-IDs (RFC 4985 section 2), as DER.
    fn services(&self) -> Vec<u8> {
        let names = self.names.iter().map(|name| {
            let name = if name.starts_with('_') { name.clone() } else { format!("_imap.{name}") };
            let value = tlv(EXPLICIT_0, &tlv(IA5_STRING, name.as_bytes()));
            tlv(EXPLICIT_0, &[SERVICE_NAME, &value].concat())
        });
        tlv(SEQUENCE, &names.collect::<Vec<_>>().concat())
    }

    fn identifier(&self, name: &str) -> Result<SanType, PkiErrorKind> {
        Ok(match self.form {
            None | Some(IdentifierForm::Address | IdentifierForm::Service) => {
                SanType::DnsName(name.try_into().map_err(encoding)?)
            }
            Some(IdentifierForm::Email) => {
                SanType::Rfc822Name(format!("postmaster@{name}").try_into().map_err(encoding)?)
            }
            Some(IdentifierForm::Uri) => {
                SanType::URI(format!("https://{name}/").try_into().map_err(encoding)?)
            }
        })
    }

    /// Made of all that tells certificates apart, since some libraries reject one serial number of one issuer on
    /// two certificates. Not random, so that a hierarchy built twice in one process is the same to the byte
    /// except for its signatures.
    fn serial_number(&self, key: &KeyPair, issuer_key: &KeyPair) -> SerialNumber {
        let mut content = format!("{self:?}").into_bytes();
        content.extend_from_slice(key.public_key_raw());
        content.extend_from_slice(issuer_key.public_key_raw());
        let mut serial = Digest::Sha256.of(&content);
        serial.truncate(16);
        // Positive, and of 16 octets whatever the digest begins with (RFC 5280 §4.1.2.2).
        serial[0] = serial[0] & 0x7f | 0x40;
        SerialNumber::from_slice(&serial)
    }

    fn distinguished_name(&self) -> DistinguishedName {
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, self.common_name.as_str());
        name
    }
}

/// `enterprises.32473.1`, which stands for nothing.
const RIDDLE: &[u64] = &[1, 3, 6, 1, 4, 1, 32473, 1];

/// `id-ce-subjectAltName`.
const ALTERNATIVE_NAME: &[u64] = &[2, 5, 29, 17];
/// `id-on-dnsSRV`, 1.3.6.1.5.5.7.8.7, as DER.
const SERVICE_NAME: &[u8] = &[0x06, 8, 0x2b, 6, 1, 5, 5, 7, 8, 7];
const IA5_STRING: u8 = 0x16;
const SEQUENCE: u8 = 0x30;
/// The tag of an `otherName`, and of the value within it.
const EXPLICIT_0: u8 = 0xa0;

/// An element of DER whose content is shorter than 2¹⁶ octets, as names are.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., high, low] = content.len().to_be_bytes();
    let mut element = match content.len() {
        0..=0x7f => vec![tag, low],
        0x80..=0xff => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    element.extend_from_slice(content);
    element
}

/// A host name as DNS-IDs hold it. Wildcards may stand anywhere: to refuse the odd ones is the client's part.
pub(crate) fn dns_name(name: &str) -> Result<&str, PkiErrorKind> {
    let good_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'*'))
    };
    if name.len() <= 253 && name.split('.').all(good_label) {
        Ok(name)
    } else {
        Err(PkiErrorKind::BadName { name: name.to_owned() })
    }
}

fn encoding(error: rcgen::Error) -> PkiErrorKind {
    PkiErrorKind::Encoding(error.to_string())
}
