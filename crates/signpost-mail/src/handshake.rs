//! The TLS handshake over the raw socket, honest or not.

use std::sync::Arc;

use rustls::server::Acceptor;
use signpost_transcript::{Channel, Party};
use tokio::time::Instant;

use crate::BrokenHandshake;
use crate::connection::{Connection, Over};
use crate::dialogue::Handshake;

/// What a handshake showed, also if it failed.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Whether the client sent any TLS record.
    pub(crate) begun: bool,
    /// The name that the client asked for.
    pub(crate) sni: Option<String>,
    /// What the client said inside TLS right behind its last handshake message.
    pub(crate) plaintext: Vec<u8>,
    /// What the client said in clear.
    pub(crate) speech: Vec<u8>,
}

/// Why there was no handshake.
pub(crate) struct Failure {
    pub(crate) reason: String,
    /// Set if the connection is over, too.
    pub(crate) over: Option<Over>,
}

impl Failure {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), over: None }
    }
}

impl From<Over> for Failure {
    fn from(over: Over) -> Self {
        let reason = match over.0 {
            Party::Client => "the client closed the connection",
            Party::Server => "the client took too long",
        };
        Self { reason: reason.to_owned(), over: Some(over) }
    }
}

/// No record of any TLS version, and no line of any mail protocol.
const GARBAGE: &[u8] = b"\x00\xffsignpost says nothing that a TLS client could read\x00\xff";
/// A record of one alert: level fatal, description handshake_failure (RFC 8446 §6).
const ALERT: &[u8] = &[21, 3, 3, 0, 2, 2, 40];
const SPOKE_IN_CLEAR: &str = "the client spoke in clear";

impl Connection {
    /// Returns the TLS version.
    pub(crate) async fn shake_hands(
        &mut self,
        handshake: Handshake,
        deadline: Instant,
        progress: &mut Progress,
    ) -> Result<String, Failure> {
        let mut acceptor = Acceptor::default();
        let accepted = loop {
            match acceptor.accept() {
                Ok(Some(accepted)) => break accepted,
                Ok(None) => {}
                Err((error, mut alert)) => {
                    let mut record = Vec::new();
                    // Writing to a vector cannot fail.
                    let _ = alert.write(&mut record);
                    self.write(&record).await?;
                    return Err(Failure::new(error.to_string()));
                }
            }
            let parted = self.read_records(deadline, progress).await?;
            let mut records = parted.as_slice();
            while !records.is_empty() {
                acceptor.read_tls(&mut records).map_err(|error| Failure::new(error.to_string()))?;
            }
        };
        progress.sni = accepted.client_hello().server_name().map(str::to_owned);
        match handshake {
            Handshake::Honest => {}
            Handshake::Broken(BrokenHandshake::Alert) => {
                self.write(ALERT).await?;
                return Err(Failure::new("the fault sent an alert"));
            }
            Handshake::Broken(BrokenHandshake::Closed) => {
                let reason = "the fault cut the connection".to_owned();
                return Err(Failure { reason, over: Some(Over(Party::Server)) });
            }
            Handshake::Broken(BrokenHandshake::Garbage) => {
                self.record_bytes(Party::Server, Channel::Clear, GARBAGE);
                self.write(GARBAGE).await?;
                return Err(Failure::new("the fault sent garbage"));
            }
            Handshake::Cleartext(text) => {
                self.record_bytes(Party::Server, Channel::Clear, &text);
                self.write(&text).await?;
                return Err(Failure::new("the fault spoke in clear"));
            }
            Handshake::Silent => loop {
                // Only what is no TLS would be news.
                if let Err(failure) = self.read_records(deadline, progress).await {
                    let reason = format!("the fault kept silent, and {}", failure.reason);
                    return Err(Failure { reason, ..failure });
                }
            },
        }
        match accepted.into_connection(Arc::clone(&self.spec().tls)) {
            Ok(tls) => self.set_tls(tls),
            Err((error, mut alert)) => {
                let mut record = Vec::new();
                // Writing to a vector cannot fail.
                let _ = alert.write(&mut record);
                self.write(&record).await?;
                return Err(Failure::new(error.to_string()));
            }
        }
        loop {
            self.flush().await?;
            match self.tls() {
                Some(tls) if tls.is_handshaking() => {}
                Some(tls) => {
                    return Ok(tls
                        .protocol_version()
                        .map_or_else(String::new, |version| format!("{version:?}")));
                }
                None => return Err(Failure::new(SPOKE_IN_CLEAR)),
            }
            let records = self.read_records(deadline, progress).await?;
            if let Err(error) = self.decrypt(&records, &mut progress.plaintext) {
                self.flush().await?;
                return Err(Failure::new(error.to_string()));
            }
        }
    }

    async fn read_records(&mut self, deadline: Instant, progress: &mut Progress) -> Result<Vec<u8>, Failure> {
        let bytes = self.read(deadline).await?;
        let parted = self.part(&bytes);
        progress.begun |= !parted.records.is_empty();
        if parted.speech.is_empty() {
            return Ok(parted.records);
        }
        progress.speech.extend_from_slice(&parted.speech);
        if parted.records.is_empty() {
            return Err(Failure::new(SPOKE_IN_CLEAR));
        }
        // The records before the speech may hold the alert that says why.
        if let Err(error) = self.decrypt(&parted.records, &mut progress.plaintext) {
            return Err(Failure::new(error.to_string()));
        }
        Err(Failure::new(SPOKE_IN_CLEAR))
    }
}
