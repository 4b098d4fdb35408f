//! What one server is.

use std::sync::Arc;

use rustls::ServerConfig;

use signpost_protocol::Label;
use signpost_serve::Presented;

use crate::ServerFault;

/// One mail server on one port.
#[derive(Clone, Debug)]
pub struct ServerSpec {
    /// Its name in the world and in the transcript.
    pub name: String,
    /// What it offers there, and how TLS begins.
    pub label: Label,
    /// Name of its certificate, for the transcript.
    pub identity: Presented,
    /// How it does TLS.
    pub tls: Arc<ServerConfig>,
    /// The host name that it calls itself.
    pub hostname: String,
    /// The names by which clients are led to it, for the transcript.
    pub hosts: Vec<String>,
    /// Who may log in.
    pub account: Account,
    /// The SASL mechanisms that it offers where it lets anybody log in.
    pub mechanisms: Vec<String>,
    /// The messages that wait for the user, as they travel: lines ended by CRLF, not dot-stuffed. A server forgets
    /// those that a session deletes.
    pub mailbox: Vec<Vec<u8>>,
    /// What it does wrong.
    pub faults: Vec<ServerFault>,
    /// How long it waits and how much it takes.
    pub limits: Limits,
}

/// A user of the server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Account {
    /// The user name, usually the address.
    pub user: String,
    /// The password.
    pub password: String,
}

/// How long a server waits and how much it takes, so that no client can hold or fill the lab.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Octets in one line, its end included. Not less than what RFC 4954 §4 demands for `AUTH`: 12288.
    pub line: usize,
    /// Octets in one message.
    pub message: usize,
    /// What holds for servers of any protocol.
    pub serving: signpost_serve::Limits,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line: 16 << 10, message: 1 << 20, serving: signpost_serve::Limits::default() }
    }
}
