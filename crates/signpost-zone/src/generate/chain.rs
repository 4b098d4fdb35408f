//! A chain of certificates as a server presents it, from a PEM file.

use std::ops::Range;

use hickory_proto::rr::Name;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use signpost_pki::Digest;
use signpost_source::{Problem, Problems, Source};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

/// The certificates of a chain: that of the server first, each followed by its issuer's.
#[derive(Clone, Debug)]
pub struct Chain {
    certificates: Vec<Certificate>,
}

/// What is said of one certificate.
#[derive(Clone, Debug)]
struct Certificate {
    der: Vec<u8>,
    /// The subject's name as text, for comments.
    subject: String,
    /// Seconds since 1970.
    not_after: i64,
    names: Vec<String>,
    is_ca: bool,
    is_self_signed: bool,
    public_key: Vec<u8>,
}

/// Which certificate of a chain is pinned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pin {
    /// The CA that issued the server's certificate.
    Intermediate,
    /// The server's own certificate.
    Leaf,
    /// The root.
    Root,
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

impl Chain {
    /// Reads a PEM file (RFC 7468). What else it holds, such as a key, is not looked at.
    ///
    /// # Errors
    ///
    /// No certificate; one that cannot be read, or has expired at this time, in seconds since 1970; a chain out of order.
    pub fn read(source: &Source, now: i64) -> Result<Self, Problems> {
        let places: Vec<Range<usize>> =
            source.text.match_indices(BEGIN).map(|(place, begin)| place..place + begin.len()).collect();
        let Some(first) = places.first() else { return Err(source.problem(without_certificate(source))) };
        let place = |number: usize| places.get(number).unwrap_or(first).clone();
        let mut certificates: Vec<Certificate> = Vec::new();
        for (number, der) in CertificateDer::pem_slice_iter(source.text.as_bytes()).enumerate() {
            let unreadable = |reason: String| {
                source.problem(
                    Problem::at(place(number), format!("this is no certificate: {reason}")).help(
                        "copy it again, from `-----BEGIN CERTIFICATE-----` to `-----END CERTIFICATE-----`",
                    ),
                )
            };
            let der = der.map_err(|error| unreadable(error.to_string()))?;
            let (_, parsed) =
                X509Certificate::from_der(&der).map_err(|error| unreadable(error.to_string()))?;
            if let Some(below) = certificates.last() {
                let below = parse(&below.der);
                let is_issuer = below.is_some_and(|below| {
                    below.issuer().as_raw() == parsed.subject().as_raw()
                        && below.subject().as_raw() != parsed.subject().as_raw()
                });
                if !is_issuer {
                    return Err(source.problem(
                        Problem::at(
                            place(number),
                            format!("`{}` did not issue the certificate before it", parsed.subject()),
                        )
                        .help("put the server's certificate first, and behind each the one of its issuer"),
                    ));
                }
            }
            let not_after = parsed.validity().not_after.timestamp();
            if not_after < now {
                return Err(source.problem(
                    Problem::at(place(number), format!("`{}` has expired", parsed.subject()))
                        .help("renew the chain first: no client takes it, pinned or not"),
                ));
            }
            certificates.push(Certificate::new(&der, &parsed));
        }
        if certificates.len() < places.len() {
            let problem = Problem::at(place(certificates.len()), "this certificate has no end");
            return Err(source.problem(problem.help("copy it again, to `-----END CERTIFICATE-----`")));
        }
        if certificates.len() > 1 && certificates[0].is_ca {
            let problem = Problem::at(first.clone(), "the chain begins with the certificate of a CA");
            return Err(source.problem(problem.help("put the server's certificate first")));
        }
        Ok(Self { certificates })
    }

    fn pinned(&self, pin: Pin) -> Result<&Certificate, String> {
        let (first, last) = match &self.certificates[..] {
            [] => return Err("the chain holds no certificate".to_owned()),
            [only] => (only, only),
            [first, .., last] => (first, last),
        };
        match pin {
            Pin::Leaf => Ok(first),
            Pin::Root if last.is_self_signed => Ok(last),
            Pin::Root => Err(format!(
                "the chain ends with `{}`, which is no root: add the root's certificate at the end, and have the servers send it, \
                 or pin the intermediate",
                last.subject
            )),
            Pin::Intermediate => match self.certificates.get(1) {
                Some(issuer) if !issuer.is_self_signed => Ok(issuer),
                _ => Err("the chain has no intermediate: pin the root or the leaf".to_owned()),
            },
        }
    }

    /// The octets that are pinned.
    ///
    /// # Errors
    ///
    /// The chain has no such certificate; the text says what to do.
    pub(super) fn pinned_der(&self, pin: Pin) -> Result<&[u8], String> {
        Ok(&self.pinned(pin)?.der)
    }

    /// The subject of what is pinned, in one line.
    pub(super) fn pinned_subject(&self, pin: Pin) -> Result<&str, String> {
        Ok(&self.pinned(pin)?.subject)
    }

    /// The digest of the server's public key.
    pub(super) fn leaf_key_digest(&self) -> Vec<u8> {
        Digest::Sha256.of(self.certificates.first().map_or(&[][..], |leaf| &leaf.public_key))
    }

    /// Whether the server's certificate names a host (RFC 6125 section 6.4: a wildcard is one whole label, the first).
    pub(super) fn names(&self, host: &Name) -> bool {
        let host = host.to_ascii().trim_end_matches('.').to_ascii_lowercase();
        let names = self.certificates.first().map_or(&[][..], |leaf| &leaf.names);
        names.iter().any(|name| {
            let name = name.to_ascii_lowercase();
            match name.strip_prefix("*.") {
                Some(above) => host.split_once('.').is_some_and(|(_, rest)| rest == above),
                None => name == host,
            }
        })
    }

    /// When the server's certificate ends, in seconds since 1970.
    #[must_use]
    pub fn leaf_ends(&self) -> i64 {
        self.certificates.first().map_or(0, |leaf| leaf.not_after)
    }
}

impl Certificate {
    fn new(der: &[u8], parsed: &X509Certificate<'_>) -> Self {
        let names = parsed
            .subject_alternative_name()
            .ok()
            .flatten()
            .into_iter()
            .flat_map(|names| &names.value.general_names);
        let dns_name = |name: &GeneralName<'_>| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        };
        Self {
            der: der.to_vec(),
            // It goes into a comment of one line.
            subject: signpost_source::visible(&parsed.subject().to_string()).into_owned(),
            not_after: parsed.validity().not_after.timestamp(),
            names: names.filter_map(dns_name).collect(),
            is_ca: parsed.is_ca(),
            is_self_signed: parsed.subject().as_raw() == parsed.issuer().as_raw(),
            public_key: parsed.public_key().raw.to_vec(),
        }
    }
}

fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate)
}

/// What a file without certificates is.
fn without_certificate(source: &Source) -> Problem {
    let key =
        source.text.find("-----BEGIN ").filter(|place| source.text[*place..].contains("PRIVATE KEY-----"));
    match key {
        Some(place) => Problem::at(source.first_line(&(place..source.text.len())), "a private key and no certificate")
            .help("give the certificates, such as `fullchain.pem`; the key is nobody's business here"),
        None => Problem::at(0..0, "the file holds no certificate in PEM")
            .help("give the server's chain as it is configured there; `openssl x509 -inform der` turns DER into PEM"),
    }
}
