//! Verifies a presented chain, by the pins of a policy or by the WebPKI.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use crate::issuer;
use crate::naming;
use crate::outcome::Reason;
use crate::pin::Pin;
use crate::request::TrustStore;
use crate::rules::Rules;
use crate::untrusted::Untrusted;

/// How the peer of a handshake is to be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerificationRule {
    /// Whoever answers is believed. No honest client asks for this.
    Anyone,
    /// The chain must contain or chain to a certificate with one of these digests.
    Pinned(Vec<Pin>),
    /// The chain must lead to a certificate of the trust store.
    WebPki,
}

/// How many issuers a client verifies that takes longer chains as they are.
const WHAT_A_FLAWED_CLIENT_VERIFIES: usize = 10;

/// A [`ServerCertVerifier`] for one [`VerificationRule`].
pub struct PinVerifier {
    rule: VerificationRule,
    store: Arc<TrustStore>,
    rules: Rules,
    algorithms: WebPkiSupportedAlgorithms,
    /// The host that is to be reached, where another is named by SNI.
    host: Option<ServerName<'static>>,
    /// Further names that the host may have.
    aliases: Vec<ServerName<'static>>,
}

impl PinVerifier {
    /// A verifier that judges signatures by the algorithms of `provider`.
    pub fn new(
        rule: VerificationRule,
        store: Arc<TrustStore>,
        rules: Rules,
        provider: &CryptoProvider,
    ) -> Self {
        let algorithms = provider.signature_verification_algorithms;
        Self { rule, store, rules, algorithms, host: None, aliases: Vec::new() }
    }

    /// The same verifier, which looks for these names whatever is named by SNI: the host's, or one of the others.
    #[must_use]
    pub fn for_host(self, host: ServerName<'static>, aliases: Vec<ServerName<'static>>) -> Self {
        Self { host: Some(host), aliases, ..self }
    }

    /// Judges a chain as it was presented, its owner's certificate first.
    ///
    /// That the server has the key is judged later, by the signature of the handshake.
    ///
    /// # Errors
    ///
    /// One of the reasons that begin with `certificate-`, or `pin-mismatch`.
    pub fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Untrusted> {
        if !self.rules.judges_certificates() {
            return Ok(());
        }
        if matches!(self.rule, VerificationRule::WebPki) && !self.rules.needs_webpki_without_pin() {
            return Ok(());
        }
        if intermediates.len() > WHAT_A_FLAWED_CLIENT_VERIFIES && !self.rules.verifies_long_chains() {
            return Ok(());
        }
        if !self.rules.finds_issuers_in_any_order() && !issuer::are_in_order(end_entity, intermediates) {
            return Err(Untrusted::new(
                Reason::CertificateUntrusted,
                "a certificate is not followed by its issuer",
            ));
        }
        let chain = Chain { end_entity, intermediates, now, verifier: self };
        match &self.rule {
            VerificationRule::Anyone => Ok(()),
            VerificationRule::Pinned(pins) => match chain.verify_pinned(pins, name) {
                Err(_) if !self.rules.insists_on_pins() => chain.verify_webpki(name),
                verified => verified,
            },
            VerificationRule::WebPki => chain.verify_webpki(name),
        }
    }
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let host = self.host.as_ref().unwrap_or(server_name);
        let verified =
            self.aliases.iter().fold(self.verify(end_entity, intermediates, host, now), |verified, alias| {
                verified.or_else(|_| self.verify(end_entity, intermediates, alias, now))
            });
        match verified {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            Err(untrusted) => Err(CertificateError::Other(OtherError(Arc::new(untrusted))).into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match verify_tls12_signature(message, certificate, signature, &self.algorithms) {
            Err(_) if self.waives_possession(certificate) => Ok(HandshakeSignatureValid::assertion()),
            Err(error) if self.passes_over(&error) => Ok(HandshakeSignatureValid::assertion()),
            result => result,
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match verify_tls13_signature(message, certificate, signature, &self.algorithms) {
            Err(_) if !self.rules.checks_tls13_signatures() || self.waives_possession(certificate) => {
                Ok(HandshakeSignatureValid::assertion())
            }
            Err(error) if self.passes_over(&error) => Ok(HandshakeSignatureValid::assertion()),
            result => result,
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl PinVerifier {
    /// Whether a flawed client does without the proof that the server has the key.
    fn waives_possession(&self, certificate: &CertificateDer<'_>) -> bool {
        let is_pinned = |pins| is_pinned(certificate, pins, self.rules);
        !self.rules.checks_handshake_signature()
            || (!self.rules.wants_possession_of_pinned()
                && matches!(&self.rule, VerificationRule::Pinned(pins) if is_pinned(pins)))
    }

    /// Whether a flawed client does not see why a certificate cannot be read: the library reads it no further, so that the
    /// signature goes unseen as well.
    fn passes_over(&self, error: &rustls::Error) -> bool {
        !self.rules.checks_critical_extensions()
            && matches!(error, rustls::Error::InvalidCertificate(CertificateError::Other(_)))
    }
}

impl fmt::Debug for PinVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinVerifier").field("rule", &self.rule).finish_non_exhaustive()
    }
}

struct Chain<'a> {
    end_entity: &'a CertificateDer<'a>,
    intermediates: &'a [CertificateDer<'a>],
    now: UnixTime,
    verifier: &'a PinVerifier,
}

impl Chain<'_> {
    fn verify_pinned(&self, pins: &[Pin], name: &ServerName<'_>) -> Result<(), Untrusted> {
        // The owner's own certificate is vouched for by the pin alone: names and dates are what an issuer says
        // of it, and no issuer is asked (RFC 7671 §5.1).
        if is_pinned(self.end_entity, pins, self.verifier.rules) {
            return self.verify_pinned_end_entity(name);
        }
        let rules = self.verifier.rules;
        // Servers need not send their root, so the pinned certificate may be known only here. Several may have a pinned
        // digest, as after a roll-over: it is enough that one of them leads to the end entity.
        let presented = self.intermediates.iter();
        let local = self.verifier.store.certificates.iter();
        let mut pinned: Vec<&CertificateDer<'_>> =
            presented.chain(local).filter(|certificate| is_pinned(certificate, pins, rules)).collect();
        pinned.dedup();
        if !rules.pins_intermediates() {
            pinned.retain(|certificate| issuer::is_self_issued(certificate));
        }
        if !rules.builds_path_to_pin() && !pinned.is_empty() {
            return self.verify_name(name);
        }
        if !rules.wants_pin_on_path() && !pinned.is_empty() && self.verify_webpki(name).is_ok() {
            return Ok(());
        }
        let mut refusal = Untrusted::new(
            Reason::PinMismatch,
            "no presented or local certificate has a digest that the policy pins",
        );
        for certificate in pinned {
            match self.verify_below(certificate) {
                Ok(()) if !rules.ends_path_at_pin() && !issuer::is_self_issued(certificate) => {
                    return self.verify_webpki(name);
                }
                Ok(()) if !rules.wants_name_under_pin() => return Ok(()),
                Ok(()) => return self.verify_name(name),
                // A certificate that leads nowhere says less than one that leads to the pin and breaks a rule.
                Err(other) if refusal.reason == Reason::PinMismatch => refusal = other,
                Err(_) => {}
            }
        }
        Err(refusal)
    }

    /// What flawed clients still want of a certificate that is pinned itself.
    fn verify_pinned_end_entity(&self, name: &ServerName<'_>) -> Result<(), Untrusted> {
        let rules = self.verifier.rules;
        if !rules.waives_dates_of_pinned() && !issuer::is_in_time(self.end_entity, self.now) {
            return Err(Untrusted::new(
                Reason::CertificateExpired,
                "the pinned certificate is not within its dates",
            ));
        }
        if rules.waives_name_of_pinned() { Ok(()) } else { self.verify_name(name) }
    }

    /// Builds a path from the end entity to a pinned issuer, and asks whether the issuer may be one.
    ///
    /// The pinned certificate is the only anchor, so that a path either ends there or is none: that the WebPKI would
    /// accept the chain, or that the pinned certificate was presented beside it, proves nothing.
    fn verify_below(&self, pinned: &CertificateDer<'_>) -> Result<(), Untrusted> {
        let rules = self.verifier.rules;
        if !rules.verifies_signatures_of_issuers()
            && issuer::lead_by_name(self.end_entity, self.intermediates, pinned)
        {
            return Ok(());
        }
        let anchor = anchor_from_trusted_cert(pinned).map_err(|error| {
            Untrusted::new(
                Reason::CertificateUntrusted,
                format!("the pinned certificate cannot be used: {error}"),
            )
        })?;
        let anchors = [anchor];
        let lead_to_pin = |length_limit| {
            self.build_path(&anchors, length_limit).map_err(|error| match error {
                // A name that fits with a signature that does not is as far from the pin as another name.
                Error::UnknownIssuer
                | Error::InvalidSignatureForPublicKey
                | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => Untrusted::new(
                    Reason::PinMismatch,
                    "the presented chain does not lead to the pinned certificate",
                ),
                error => refusal(&error),
            })
        };
        // A certificate that the path does not lead to anyway is not worth judging.
        lead_to_pin(None)?;
        if !rules.checks_pinned_ca() {
            return Ok(());
        }
        // How many issuers may follow below the anchor is known only once it has been read, so that the path is then
        // looked for once more: there may be a shorter one.
        let dates = (rules.checks_dates() && rules.checks_dates_of_issuers()).then_some(self.now);
        match issuer::check_anchor(pinned, dates, rules)? {
            None => Ok(()),
            limit => lead_to_pin(limit),
        }
    }

    fn verify_webpki(&self, name: &ServerName<'_>) -> Result<(), Untrusted> {
        let store = &self.verifier.store;
        let mut anchors = store.anchors.clone();
        // One unusable certificate in a store must not void the others.
        anchors.extend(store.certificates.iter().filter_map(|root| anchor_from_trusted_cert(root).ok()));
        self.build_path(&anchors, None).map_err(|error| refusal(&error))?;
        self.verify_name(name)
    }

    fn build_path(&self, anchors: &[TrustAnchor<'_>], length_limit: Option<u32>) -> Result<(), Error> {
        let certificate = match EndEntityCert::try_from(self.end_entity) {
            Err(error) if self.overlooked(&error).is_some() => return Ok(()),
            read => read?,
        };
        let check_issuers = |path: &webpki::VerifiedPath<'_>| {
            let issuers = path.intermediate_certificates().map(|issuer| issuer.der());
            issuer::check_path(issuers, length_limit, self.verifier.rules)
        };
        let build = |time| {
            certificate
                .verify_for_usage(
                    self.verifier.algorithms.all,
                    anchors,
                    self.intermediates,
                    time,
                    KeyUsage::server_auth(),
                    None,
                    Some(&check_issuers),
                )
                .map(|_| ())
        };
        match build(self.now) {
            Err(error) => match self.overlooked(&error) {
                None => Err(error),
                Some(Overlooked::Rule) => Ok(()),
                Some(Overlooked::Dates(date)) => match build(date) {
                    // No moment suits the whole chain, and the flawed client does not look for one.
                    Err(Error::CertExpired { .. } | Error::CertNotValidYet { .. }) => Ok(()),
                    result => result,
                },
            },
            Ok(()) => Ok(()),
        }
    }

    /// What a flawed client does not see in what is wrong with a path.
    fn overlooked(&self, error: &Error) -> Option<Overlooked> {
        let rules = self.verifier.rules;
        let is_of_issuer = || issuer::is_in_time(self.end_entity, self.now);
        let sees_dates = rules.checks_dates() && (rules.checks_dates_of_issuers() || !is_of_issuer());
        let (sees, overlooked) = match error {
            Error::CertExpired { not_after: date, .. } => (sees_dates, Overlooked::Dates(*date)),
            Error::CertNotValidYet { not_before: date, .. } => {
                (sees_dates && rules.checks_not_before(), Overlooked::Dates(*date))
            }
            Error::EndEntityUsedAsCa => (rules.checks_ca_flag(), Overlooked::Rule),
            Error::UnsupportedCriticalExtension => (rules.checks_critical_extensions(), Overlooked::Rule),
            Error::NameConstraintViolation => (rules.checks_name_constraints(), Overlooked::Rule),
            Error::PathLenConstraintViolated => (rules.checks_path_length(), Overlooked::Rule),
            Error::RequiredEkuNotFoundContext(_) => (rules.checks_purpose(), Overlooked::Rule),
            _ => return None,
        };
        (!sees).then_some(overlooked)
    }

    fn verify_name(&self, name: &ServerName<'_>) -> Result<(), Untrusted> {
        let result = EndEntityCert::try_from(self.end_entity)
            .and_then(|certificate| certificate.verify_is_valid_for_subject_name(name));
        let rules = self.verifier.rules;
        match result {
            Err(Error::UnsupportedCriticalExtension) if !rules.checks_critical_extensions() => Ok(()),
            Err(_) if !rules.checks_names() || naming::is_taken_for(self.end_entity, name, rules) => Ok(()),
            Ok(()) if naming::is_overlooked(self.end_entity, name, rules) => Err(Untrusted::new(
                Reason::CertificateNameMismatch,
                "the certificate does not name the host as this client reads it",
            )),
            result => result.map_err(|error| refusal(&error)),
        }
    }
}

/// What a flawed client does not see.
enum Overlooked {
    /// That the path is out of its dates: it looks at another moment.
    Dates(UnixTime),
    /// That a rule is broken.
    Rule,
}

fn is_pinned(certificate: &CertificateDer<'_>, pins: &[Pin], rules: Rules) -> bool {
    let is_by_key = || {
        X509Certificate::from_der(certificate)
            .is_ok_and(|(_, read)| pins.iter().any(|pin| pin.matches(read.public_key().raw)))
    };
    pins.iter().any(|pin| pin.matches(certificate)) || (!rules.pins_whole_certificates() && is_by_key())
}

fn refusal(error: &Error) -> Untrusted {
    let reason = match error {
        Error::CertExpired { .. } | Error::CertNotValidYet { .. } => Reason::CertificateExpired,
        Error::CertNotValidForName(_) => Reason::CertificateNameMismatch,
        _ => Reason::CertificateUntrusted,
    };
    Untrusted::new(reason, describe(error))
}

fn describe(error: &Error) -> String {
    match error {
        Error::CertExpired { .. } => "a certificate of the chain is expired".to_owned(),
        Error::CertNotValidForName(_) => "the certificate does not name the host".to_owned(),
        Error::CertNotValidYet { .. } => "a certificate of the chain is not valid yet".to_owned(),
        Error::UnknownIssuer => "no path leads from the certificate to a trusted one".to_owned(),
        error => error.to_string(),
    }
}
