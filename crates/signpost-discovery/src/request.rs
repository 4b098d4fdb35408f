//! What the user wants.

use std::collections::BTreeMap;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, TrustAnchor};
use signpost_protocol::{Label, Service};

use crate::address::Address;
use crate::manner::Manner;
use crate::password::Password;

/// Everything that a discovery is told.
#[derive(Clone, Debug)]
pub struct Request {
    /// The user's address: its domain is looked up, and it is the first login name. Of a message that is brought to another
    /// domain, the recipient's.
    pub address: Address,
    /// The user's password; who brings a message to another domain has none.
    pub password: Option<Password>,
    /// Who is named as the sender of the message; by default the user.
    pub sender: Option<Address>,
    /// What is to be set up, or mail between servers.
    pub service: Service,
    /// The certificates that stand for the WebPKI.
    pub roots: TrustStore,
    /// The ports to guess when nothing is published.
    pub ports: Ports,
    /// Whether a policy whose only pins are SHA-1 digests is refused.
    pub strict: bool,
    /// How to go about what the specification leaves free.
    pub manner: Manner,
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
        Self { password: Some(password), ..Self::for_message(address, service, message.into_bytes()) }
    }

    /// A request to bring a message to an exchange of the recipient's domain (RFC 5321 section 5.1), with the standard port,
    /// default limits and no trusted root.
    pub fn relay(recipient: Address, sender: Address, message: Vec<u8>) -> Self {
        Self { sender: Some(sender), ..Self::for_message(recipient, Service::Mx, message) }
    }

    fn for_message(address: Address, service: Service, message: Vec<u8>) -> Self {
        Self {
            address,
            password: None,
            sender: None,
            service,
            roots: TrustStore::default(),
            ports: Ports::default(),
            strict: false,
            manner: Manner::default(),
            mode: Mode::Exchange,
            limits: Limits::default(),
            message,
        }
    }

    /// Whether a message is brought to another domain, for which nobody logs in.
    pub(crate) fn is_relay(&self) -> bool {
        self.service == Service::Mx
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

/// The ports to guess: the registered ones, but for those that others stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports(BTreeMap<Label, u16>);

impl Ports {
    /// The port at which a label's server is guessed.
    pub fn port(&self, label: Label) -> u16 {
        self.0.get(&label).copied().unwrap_or_else(|| label.port())
    }

    /// Lets `port` stand for the registered one.
    pub fn set(&mut self, label: Label, port: u16) {
        self.0.insert(label, port);
    }
}

/// Time limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For one connection set-up, one handshake or one wait for a server to say something. Questions have no such
    /// limit here: a lookup always ends by itself.
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
