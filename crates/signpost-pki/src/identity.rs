//! What a server presents, ready for a TLS library.

use std::sync::Arc;

use data_encoding::BASE64;
use rustls::ServerConfig;
use rustls::crypto::ring as provider;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A chain and the private key behind it.
#[derive(Debug)]
pub struct Identity {
    /// Name of the end-entity certificate in the world.
    pub name: String,
    /// What is presented: the end-entity certificate first, each followed by its issuer, the root included
    /// unless a fault leaves it out.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key that the server holds; another one than the certificate's under `replaced-key`.
    pub key: PrivatePkcs8KeyDer<'static>,
    pub(crate) root_sent: bool,
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            chain: self.chain.clone(),
            key: self.key.clone_key(),
            root_sent: self.root_sent,
        }
    }
}

impl Identity {
    /// The same identity that does not send its root, as most servers do. A self-signed end-entity certificate
    /// is still sent.
    #[must_use]
    pub fn without_root(mut self) -> Self {
        if self.root_sent && self.chain.len() > 1 {
            self.chain.pop();
            self.root_sent = false;
        }
        self
    }

    /// A TLS 1.2 and 1.3 server that presents this identity in every handshake, whatever name the client asks
    /// for: nothing is resumed, so that no client gets in by an earlier session.
    ///
    /// # Errors
    /// If the TLS library cannot use the key.
    pub fn server_config(&self) -> Result<ServerConfig, rustls::Error> {
        // A resolver, since `with_single_cert` would refuse a key that is not the certificate's.
        config(Arc::new(SingleCertAndKey::from(self.certified_key()?)))
    }

    /// The same, but who asks for none of `names` by SNI, or for nothing, is presented `otherwise`.
    ///
    /// # Errors
    /// If the TLS library cannot use one of the keys.
    pub fn server_config_by_name(
        &self,
        names: &[String],
        otherwise: &Self,
    ) -> Result<ServerConfig, rustls::Error> {
        config(Arc::new(ByName {
            names: names.to_vec(),
            own: Arc::new(self.certified_key()?),
            otherwise: Arc::new(otherwise.certified_key()?),
        }))
    }

    fn certified_key(&self) -> Result<CertifiedKey, rustls::Error> {
        let key = provider::sign::any_supported_type(&PrivateKeyDer::Pkcs8(self.key.clone_key()))?;
        Ok(CertifiedKey::new(self.chain.clone(), key))
    }
}

fn config(resolver: Arc<dyn ResolvesServerCert>) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// Chooses what is presented by the name that is asked for.
#[derive(Debug)]
struct ByName {
    names: Vec<String>,
    own: Arc<CertifiedKey>,
    otherwise: Arc<CertifiedKey>,
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asked = hello.server_name().unwrap_or_default();
        let is_own = self.names.iter().any(|name| name.eq_ignore_ascii_case(asked));
        Some(Arc::clone(if is_own { &self.own } else { &self.otherwise }))
    }
}

/// Certificates as a PEM bundle (RFC 7468).
#[must_use]
pub fn pem<'a>(certificates: impl IntoIterator<Item = &'a CertificateDer<'static>>) -> String {
    let mut text = String::new();
    for certificate in certificates {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        for line in certificate.chunks(48) {
            BASE64.encode_append(line, &mut text);
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}
