//! Driving one session over a socket.

use std::io::{self, Write as _};
use std::sync::Arc;

use rustls::ServerConnection;
use signpost_transcript::{Channel, ConnectionId, Event, HandshakeOutcome, Party, Recorder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::ServerSpec;
use crate::dialogue::{Action, Handshake, Seen};
use crate::handshake::Progress;
use crate::maildrop::Maildrop;
use crate::records::Records;
use crate::session::Session;

/// A socket, what runs on it, and where that is recorded.
pub(crate) struct Connection {
    spec: Arc<ServerSpec>,
    stream: TcpStream,
    recorder: Recorder,
    id: ConnectionId,
    session: Session,
    /// Set when the client first has to speak TLS, and kept, so that speech behind it is seen.
    records: Option<Records>,
    tls: Option<Box<ServerConnection>>,
    /// Raw octets that arrived.
    octets: usize,
    /// TLS failed or ended: whatever comes now is not waited for as long.
    lingering: bool,
}

/// The connection is over, and this party ended it.
pub(crate) struct Over(pub(crate) Party);

const READ: usize = 16 << 10;

impl Connection {
    pub(crate) fn new(
        spec: Arc<ServerSpec>,
        maildrop: &Arc<Maildrop>,
        stream: TcpStream,
        recorder: Recorder,
        id: ConnectionId,
    ) -> Self {
        let session = Session::new(Arc::clone(&spec), maildrop);
        Self { spec, stream, recorder, id, session, records: None, tls: None, octets: 0, lingering: false }
    }

    pub(crate) async fn run(mut self) {
        // Replies that a fault splits shall arrive in segments of their own. Without it they still arrive.
        let _ = self.stream.set_nodelay(true);
        let Err(Over(by)) = self.converse().await;
        let channel = self.session.channel();
        for action in self.session.end() {
            if let Action::Observe(seen) = action {
                self.observe(seen, channel);
            }
        }
        self.recorder.record(Event::Closed { connection: self.id, by });
    }

    async fn converse(&mut self) -> Result<std::convert::Infallible, Over> {
        let actions = self.session.open();
        self.act(actions).await?;
        loop {
            let limit = if self.lingering { self.spec.limits.linger } else { self.spec.limits.idle };
            let bytes = self.read(Instant::now() + limit).await?;
            self.hear(&bytes).await?;
        }
    }

    /// Reads raw octets; an empty read or an error means that the client is gone.
    pub(crate) async fn read(&mut self, deadline: Instant) -> Result<Vec<u8>, Over> {
        let mut bytes = vec![0; READ];
        let read = timeout_at(deadline, self.stream.read(&mut bytes)).await;
        match read {
            Err(_) => Err(Over(Party::Server)),
            Ok(Err(_) | Ok(0)) => Err(Over(Party::Client)),
            Ok(Ok(length)) => {
                self.octets += length;
                if self.octets > self.spec.limits.connection.saturating_mul(2) {
                    return Err(Over(Party::Server));
                }
                bytes.truncate(length);
                Ok(bytes)
            }
        }
    }

    /// Takes raw octets, whatever they are.
    async fn hear(&mut self, bytes: &[u8]) -> Result<(), Over> {
        let Some(records) = &mut self.records else {
            return self.receive(bytes, Channel::Clear).await;
        };
        let parted = records.part(bytes);
        if !parted.records.is_empty() && self.tls.is_some() {
            let mut plaintext = Vec::new();
            let open = self.decrypt(&parted.records, &mut plaintext);
            self.flush().await?;
            if !plaintext.is_empty() {
                self.receive(&plaintext, Channel::Tls).await?;
            }
            if !matches!(open, Ok(true)) {
                self.leave_tls();
            }
        }
        if !parted.speech.is_empty() {
            self.leave_tls();
            self.receive(&parted.speech, Channel::Clear).await?;
        }
        Ok(())
    }

    /// Application octets of the client, and what the session does about them.
    pub(crate) async fn receive(&mut self, bytes: &[u8], channel: Channel) -> Result<(), Over> {
        self.record_bytes(Party::Client, channel, bytes);
        let actions = self.session.receive(bytes);
        // Boxed, since the client may begin TLS in what it says.
        Box::pin(self.act(actions)).await
    }

    /// Feeds TLS records in; returns whether the client keeps TLS open.
    pub(crate) fn decrypt(
        &mut self,
        mut records: &[u8],
        plaintext: &mut Vec<u8>,
    ) -> Result<bool, rustls::Error> {
        let Some(tls) = &mut self.tls else { return Ok(false) };
        let mut open = true;
        while !records.is_empty() && open {
            tls.read_tls(&mut records).map_err(|error| rustls::Error::General(error.to_string()))?;
            let state = tls.process_new_packets()?;
            open = !state.peer_has_closed();
            let start = plaintext.len();
            plaintext.resize(start + state.plaintext_bytes_to_read(), 0);
            io::Read::read_exact(&mut tls.reader(), &mut plaintext[start..])
                .map_err(|error| rustls::Error::General(error.to_string()))?;
        }
        Ok(open)
    }

    /// TLS is over, in whatever way: what comes now comes in clear, and the server listens a while.
    pub(crate) fn leave_tls(&mut self) {
        if !self.lingering {
            self.tls = None;
            self.lingering = true;
            self.session.exposed();
        }
    }

    pub(crate) async fn act(&mut self, actions: Vec<Action>) -> Result<(), Over> {
        for action in actions {
            match action {
                Action::Close => return Err(self.close().await),
                Action::Cut => return Err(self.cut().await),
                #[expect(clippy::disallowed_methods, reason = "to be slow is the fault")]
                Action::Delay(delay) => tokio::time::sleep(delay).await,
                Action::Observe(seen) => self.observe(seen, self.session.channel()),
                Action::Send(bytes) => self.say(&bytes).await?,
                Action::StartTls(handshake) => self.start_tls(handshake).await?,
            }
        }
        Ok(())
    }

    async fn start_tls(&mut self, handshake: Handshake) -> Result<(), Over> {
        self.records = Some(Records::default());
        let deadline = Instant::now() + self.spec.limits.handshake;
        let mut progress = Progress::default();
        let shaken = self.shake_hands(handshake, deadline, &mut progress).await;
        let (outcome, over) = match shaken {
            Ok(version) => (HandshakeOutcome::Completed { version }, None),
            Err(failure) => (HandshakeOutcome::Failed { reason: failure.reason }, failure.over),
        };
        let completed = matches!(outcome, HandshakeOutcome::Completed { .. });
        // Who leaves without a word of TLS, or speaks in clear where TLS was not asked for, has not seen a certificate and
        // has nothing that could have failed.
        let asked = !self.spec.label.is_implicit_tls() && !progress.speech.is_empty();
        if progress.begun || asked {
            self.recorder.record(Event::Handshake {
                connection: self.id,
                sni: progress.sni,
                certificate: self.spec.identity.clone(),
                outcome,
            });
        }
        if let Some(over) = over {
            return Err(over);
        }
        if completed {
            let actions = self.session.secured();
            Box::pin(self.act(actions)).await?;
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

    async fn say(&mut self, bytes: &[u8]) -> Result<(), Over> {
        self.record_bytes(Party::Server, self.session.channel(), bytes);
        match &mut self.tls {
            None => self.write(bytes).await,
            Some(_) => {
                // In pieces, since the TLS library buffers no more than 64 KiB.
                for piece in bytes.chunks(READ) {
                    if let Some(tls) = &mut self.tls {
                        tls.writer().write_all(piece).map_err(|_| Over(Party::Server))?;
                    }
                    self.flush().await?;
                }
                Ok(())
            }
        }
    }

    /// Sends what the TLS library has to send.
    pub(crate) async fn flush(&mut self) -> Result<(), Over> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        let mut records = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut records).map_err(|_| Over(Party::Server))?;
        }
        if records.is_empty() { Ok(()) } else { self.write(&records).await }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Over> {
        match timeout(self.spec.limits.idle, self.stream.write_all(bytes)).await {
            Err(_) => Err(Over(Party::Server)),
            Ok(Err(_)) => Err(Over(Party::Client)),
            Ok(Ok(())) => Ok(()),
        }
    }

    async fn close(&mut self) -> Over {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            let _ = self.flush().await;
        }
        self.cut().await
    }

    /// Ends the connection from the server's side, then listens until the client is gone too, since closing at once
    /// could destroy what the client has not read yet.
    async fn cut(&mut self) -> Over {
        // If the client is gone already there is nobody left to tell.
        let _ = self.stream.shutdown().await;
        let deadline = Instant::now() + self.spec.limits.linger;
        while let Ok(bytes) = self.read(deadline).await {
            let speech = match &mut self.records {
                Some(records) => {
                    let parted = records.part(&bytes);
                    let mut plaintext = Vec::new();
                    // What comes before an error was said all the same.
                    let _ = self.decrypt(&parted.records, &mut plaintext);
                    if !plaintext.is_empty() {
                        self.record_bytes(Party::Client, Channel::Tls, &plaintext);
                    }
                    parted.speech
                }
                None => bytes,
            };
            if !speech.is_empty() {
                self.record_bytes(Party::Client, Channel::Clear, &speech);
            }
        }
        Over(Party::Server)
    }

    pub(crate) fn record_bytes(&self, by: Party, channel: Channel, bytes: &[u8]) {
        self.recorder.record(Event::Bytes { connection: self.id, by, channel, bytes: bytes.to_vec() });
    }

    pub(crate) fn spec(&self) -> &Arc<ServerSpec> {
        &self.spec
    }

    pub(crate) fn part(&mut self, bytes: &[u8]) -> crate::records::Parted {
        self.records.get_or_insert_default().part(bytes)
    }

    pub(crate) fn set_tls(&mut self, tls: ServerConnection) {
        self.tls = Some(Box::new(tls));
    }

    pub(crate) fn tls(&self) -> Option<&ServerConnection> {
        self.tls.as_deref()
    }

    fn observe(&self, seen: Seen, channel: Channel) {
        let connection = self.id;
        self.recorder.record(match seen {
            Seen::Credential { mechanism, user, accepted } => {
                Event::Credential { connection, channel, mechanism, user, accepted }
            }
            Seen::Fault { at, kind, detail } => Event::Fault { at, kind: kind.name().to_owned(), detail },
            Seen::Mail { action, octets } => Event::Mail { connection, channel, action, octets },
        });
    }
}
