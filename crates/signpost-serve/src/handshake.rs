//! The TLS handshake over the raw socket, honest or not.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::{Accepted, AcceptedAlert, Acceptor};
use signpost_transcript::Party;
use tokio::time::Instant;

use crate::Handshake;
use crate::hello::oldest_version;
use crate::socket::{Over, Socket};

/// What a handshake showed, also if it failed.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Whether the client sent any TLS record.
    pub(crate) begun: bool,
    /// The name that the client asked for.
    pub(crate) sni: Option<String>,
    /// The oldest version of TLS that the client offered, as rustls names it.
    pub(crate) oldest: Option<String>,
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

/// Answers the client's handshake; returns the TLS version. TLS that came as far as a ServerHello is set on the socket, also
/// where it then fails.
pub(crate) async fn shake_hands(
    socket: &mut Socket,
    config: Arc<ServerConfig>,
    answer: Handshake,
    progress: &mut Progress,
) -> Result<String, Failure> {
    socket.expect_records();
    let deadline = Instant::now() + socket.limits().handshake;
    let accepted = client_hello(socket, deadline, progress).await?;
    progress.sni = accepted.client_hello().server_name().map(str::to_owned);
    if answer != Handshake::Honest {
        return Err(misbehave(socket, answer, deadline, progress).await);
    }
    match accepted.into_connection(config) {
        Ok(tls) => socket.set_tls(Some(tls)),
        Err((error, alert)) => return Err(refuse(socket, &error, alert).await),
    }
    loop {
        socket.flush().await?;
        match socket.tls() {
            Some(tls) if tls.is_handshaking() => {}
            Some(tls) => {
                return Ok(tls.protocol_version().map_or_else(String::new, |version| format!("{version:?}")));
            }
            None => return Err(Failure::new(SPOKE_IN_CLEAR)),
        }
        let records = read_records(socket, deadline, progress).await?;
        if let Err(error) = socket.decrypt(&records, &mut progress.plaintext) {
            // The TLS library has an alert for the client.
            socket.flush().await?;
            return Err(Failure::new(error.to_string()));
        }
    }
}

/// No record of any TLS version, and no line of any text protocol.
const GARBAGE: &[u8] = b"\x00\xffsignpost says nothing that a TLS client could read\x00\xff";
/// A record of one alert: level fatal, description handshake_failure (RFC 8446 §6).
pub(crate) const ALERT: &[u8] = &[21, 3, 3, 0, 2, 2, 40];
/// The same of the description protocol_version.
const VERSION_ALERT: &[u8] = &[21, 3, 3, 0, 2, 2, 70];
const SPOKE_IN_CLEAR: &str = "the client spoke in clear";

/// Whether octets are the beginning of a ClientHello and not of a line: a record of handshake messages, of a version that TLS
/// knows (RFC 8446 §5.1).
pub(crate) fn begins_handshake(bytes: &[u8]) -> bool {
    bytes.starts_with(&[22, 3])
}

/// The oldest version that a ClientHello offers, as rustls names it, if these records hold all of it.
pub(crate) fn oldest_offered(records: &[u8]) -> Option<String> {
    oldest_version(records).map(|version| format!("{version:?}"))
}

/// The name that a ClientHello asks for, if these records hold all of it.
pub(crate) fn asked_for(mut records: &[u8]) -> Option<String> {
    let mut acceptor = Acceptor::default();
    while !records.is_empty() {
        acceptor.read_tls(&mut records).ok()?;
    }
    let accepted = acceptor.accept().ok().flatten()?;
    accepted.client_hello().server_name().map(str::to_owned)
}

async fn client_hello(
    socket: &mut Socket,
    deadline: Instant,
    progress: &mut Progress,
) -> Result<Accepted, Failure> {
    let mut acceptor = Acceptor::default();
    let mut heard = Vec::new();
    loop {
        match acceptor.accept() {
            Ok(Some(accepted)) => return Ok(accepted),
            Ok(None) => {}
            Err((error, alert)) => return Err(refuse(socket, &error, alert).await),
        }
        let records = read_records(socket, deadline, progress).await?;
        heard.extend_from_slice(&records);
        progress.oldest = oldest_offered(&heard);
        let mut records = records.as_slice();
        while !records.is_empty() {
            acceptor.read_tls(&mut records).map_err(|error| Failure::new(error.to_string()))?;
        }
    }
}

/// Does something else than to send a ServerHello. The ClientHello was read before, so that the client has really begun
/// and its SNI is known, whatever it is then met with.
async fn misbehave(
    socket: &mut Socket,
    answer: Handshake,
    deadline: Instant,
    progress: &mut Progress,
) -> Failure {
    let (octets, reason): (&[u8], _) = match &answer {
        Handshake::Alert | Handshake::VersionAlert => {
            let alert = if answer == Handshake::Alert { ALERT } else { VERSION_ALERT };
            let sent = socket.write(alert).await;
            return sent.map_or_else(Failure::from, |()| Failure::new("the fault sent an alert"));
        }
        Handshake::Cut => {
            return Failure {
                over: Some(Over(Party::Server)),
                ..Failure::new("the fault cut the connection")
            };
        }
        Handshake::Honest | Handshake::Silent => loop {
            // Only what is no TLS would be news.
            if let Err(failure) = read_records(socket, deadline, progress).await {
                let reason = format!("the fault kept silent, and {}", failure.reason);
                return Failure { reason, ..failure };
            }
        },
        Handshake::Clear(octets) => (octets, "the fault spoke in clear"),
        Handshake::Garbage => (GARBAGE, "the fault sent garbage"),
    };
    // No TLS has begun, so this goes out in clear.
    socket.say(octets).await.map_or_else(Failure::from, |()| Failure::new(reason))
}

async fn refuse(socket: &mut Socket, error: &rustls::Error, mut alert: AcceptedAlert) -> Failure {
    let mut record = Vec::new();
    // Writing to a vector cannot fail.
    let _ = alert.write(&mut record);
    socket.write(&record).await.map_or_else(Failure::from, |()| Failure::new(error.to_string()))
}

async fn read_records(
    socket: &mut Socket,
    deadline: Instant,
    progress: &mut Progress,
) -> Result<Vec<u8>, Failure> {
    let bytes = socket.read(deadline).await?;
    let parted = socket.part(&bytes);
    progress.begun |= !parted.records.is_empty();
    if parted.speech.is_empty() {
        return Ok(parted.records);
    }
    progress.speech.extend_from_slice(&parted.speech);
    if parted.records.is_empty() {
        return Err(Failure::new(SPOKE_IN_CLEAR));
    }
    // The records before the speech may hold the alert that says why.
    if let Err(error) = socket.decrypt(&parted.records, &mut progress.plaintext) {
        return Err(Failure::new(error.to_string()));
    }
    Err(Failure::new(SPOKE_IN_CLEAR))
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
