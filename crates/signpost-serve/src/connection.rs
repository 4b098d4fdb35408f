//! Driving one session over one socket.

use std::convert::Infallible;
use std::sync::Arc;

use rustls::ServerConfig;
use signpost_transcript::{Channel, ConnectionId, Event, HandshakeOutcome, Party, Recorder};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::handshake::{ALERT, Progress, asked_for, begins_handshake, oldest_offered, shake_hands};
use crate::socket::{Over, Socket};
use crate::{Effect, Handshake, Limits, Presented, Session};

/// A socket and who speaks on it.
pub(crate) struct Connection {
    socket: Socket,
    session: Box<dyn Session>,
    config: Arc<ServerConfig>,
    certificate: Presented,
    /// TLS failed or ended: whatever comes now is not waited for as long.
    lingering: bool,
}

impl Connection {
    pub(crate) fn new(
        stream: TcpStream,
        id: ConnectionId,
        recorder: Recorder,
        limits: Limits,
        session: Box<dyn Session>,
        config: Arc<ServerConfig>,
        certificate: Presented,
    ) -> Self {
        let socket = Socket::new(stream, id, recorder, limits);
        Self { socket, session, config, certificate, lingering: false }
    }

    pub(crate) async fn run(mut self) {
        let Err(Over(by)) = self.converse().await;
        for event in self.session.end() {
            self.socket.record(event);
        }
        self.socket.record(Event::Closed { connection: self.socket.id(), by });
    }

    async fn converse(&mut self) -> Result<Infallible, Over> {
        let effects = self.session.open();
        self.act(effects).await?;
        loop {
            let limits = self.socket.limits();
            let limit = if self.lingering { limits.linger } else { limits.idle };
            let bytes = self.socket.read(Instant::now() + limit).await?;
            self.hear(&bytes).await?;
        }
    }

    /// Takes raw octets, whatever they are.
    async fn hear(&mut self, bytes: &[u8]) -> Result<(), Over> {
        if !self.socket.expects_records() && begins_handshake(bytes) {
            return self.hear_unasked_hello(bytes).await;
        }
        let parted = self.socket.part(bytes);
        if !parted.records.is_empty() && self.socket.tls().is_some() {
            let mut plaintext = Vec::new();
            let open = self.socket.decrypt(&parted.records, &mut plaintext);
            self.socket.flush().await?;
            if !plaintext.is_empty() {
                self.receive(&plaintext, Channel::Tls).await?;
            }
            if !matches!(open, Ok(true)) {
                self.leave_tls();
            }
        }
        if !parted.speech.is_empty() {
            if self.socket.expects_records() {
                self.leave_tls();
            }
            self.receive(&parted.speech, Channel::Clear).await?;
        }
        Ok(())
    }

    /// The client begins TLS although nobody gave it the go-ahead. That is written down as the handshake that it is, and
    /// refused, so that the client has an answer to go on from.
    async fn hear_unasked_hello(&mut self, bytes: &[u8]) -> Result<(), Over> {
        self.socket.expect_records();
        let parted = self.socket.part(bytes);
        let sni = asked_for(&parted.records);
        self.socket.record(Event::Handshake {
            connection: self.socket.id(),
            certificate: self.certificate.to(sni.as_deref()).to_owned(),
            sni,
            oldest: oldest_offered(&parted.records),
            outcome: HandshakeOutcome::Failed { reason: "nobody gave the go-ahead for TLS".to_owned() },
        });
        self.socket.write(ALERT).await?;
        self.leave_tls();
        if parted.speech.is_empty() { Ok(()) } else { self.receive(&parted.speech, Channel::Clear).await }
    }

    /// What the client said, and what the session does about it.
    async fn receive(&mut self, bytes: &[u8], channel: Channel) -> Result<(), Over> {
        self.socket.record_bytes(Party::Client, channel, bytes);
        let effects = self.session.receive(bytes, channel);
        // Boxed, since the client may begin TLS in what it says.
        Box::pin(self.act(effects)).await
    }

    /// TLS is over, in whatever way: what comes now comes in clear, and the server listens a while. A client that does
    /// right closes the connection now; one that does wrong goes on, and shall be seen to.
    fn leave_tls(&mut self) {
        if !self.lingering {
            self.socket.set_tls(None);
            self.lingering = true;
            self.session.exposed();
        }
    }

    async fn act(&mut self, effects: Vec<Effect>) -> Result<(), Over> {
        for effect in effects {
            match effect {
                Effect::Close => {
                    self.socket.close_tls().await;
                    return Err(self.socket.shut_down().await);
                }
                Effect::Cut => return Err(self.socket.shut_down().await),
                #[expect(clippy::disallowed_methods, reason = "to be slow is the fault")]
                Effect::Delay(delay) => tokio::time::sleep(delay).await,
                Effect::Observe(event) => self.socket.record(event),
                Effect::Send(bytes) => self.socket.say(&bytes).await?,
                Effect::StartTls(handshake) => self.start_tls(handshake).await?,
            }
        }
        Ok(())
    }

    async fn start_tls(&mut self, handshake: Handshake) -> Result<(), Over> {
        // TLS that begins a connection was not asked for by a word.
        let asked = self.socket.has_heard();
        // A client that is listened to only for its mistakes may begin anew, if the session lets it.
        self.lingering = false;
        let mut progress = Progress::default();
        let config = Arc::clone(&self.config);
        let shaken = shake_hands(&mut self.socket, config, handshake, &mut progress).await;
        let (outcome, over) = match shaken {
            Ok(version) => (HandshakeOutcome::Completed { version }, None),
            Err(failure) => (HandshakeOutcome::Failed { reason: failure.reason }, failure.over),
        };
        let completed = matches!(outcome, HandshakeOutcome::Completed { .. });
        // Who leaves without a word of TLS, or speaks in clear where TLS was not asked for, has not seen a certificate and
        // has nothing that could have failed.
        if progress.begun || (asked && !progress.speech.is_empty()) {
            self.socket.record(Event::Handshake {
                connection: self.socket.id(),
                certificate: self.certificate.to(progress.sni.as_deref()).to_owned(),
                sni: progress.sni,
                oldest: progress.oldest,
                outcome,
            });
        }
        if let Some(over) = over {
            return Err(over);
        }
        if completed {
            let effects = self.session.secured();
            Box::pin(self.act(effects)).await?;
            if !progress.plaintext.is_empty() {
                self.receive(&progress.plaintext, Channel::Tls).await?;
            }
        } else {
            self.leave_tls();
        }
        if !progress.speech.is_empty() {
            self.leave_tls();
            self.receive(&progress.speech, Channel::Clear).await?;
        }
        Ok(())
    }
}
