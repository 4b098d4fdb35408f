//! The octets of one connection: a raw socket, the TLS that may run over it, and the record of both.

use std::io::{self, Write as _};

use rustls::ServerConnection;
use signpost_transcript::{Channel, ConnectionId, Event, Party, Recorder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::Limits;
use crate::records::{Parted, Records};

/// A socket on which TLS may run.
///
/// TLS is not put between the session and the socket as a stream, as is usual, because a stream ends where TLS ends: what
/// a client says in clear behind a failed handshake would be a broken record to it and lost. That speech is what a judge
/// of clients most wants to hear. So octets are read raw, parted into records and speech, and only the records are fed to
/// the TLS library.
pub(crate) struct Socket {
    stream: TcpStream,
    id: ConnectionId,
    recorder: Recorder,
    limits: Limits,
    /// Set when the client first has to speak TLS, and kept, so that speech behind it is seen.
    records: Option<Records>,
    tls: Option<Box<ServerConnection>>,
    /// Raw octets that arrived.
    octets: usize,
}

/// The connection is over, and this party ended it.
pub(crate) struct Over(pub(crate) Party);

const READ: usize = 16 << 10;

impl Socket {
    pub(crate) fn new(stream: TcpStream, id: ConnectionId, recorder: Recorder, limits: Limits) -> Self {
        // Replies that a script splits shall arrive in segments of their own. Without it they still arrive.
        let _ = stream.set_nodelay(true);
        Self { stream, id, recorder, limits, records: None, tls: None, octets: 0 }
    }

    pub(crate) fn id(&self) -> ConnectionId {
        self.id
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether the client has said anything yet.
    pub(crate) fn has_heard(&self) -> bool {
        self.octets > 0
    }

    pub(crate) fn record(&self, event: Event) {
        self.recorder.record(event);
    }

    pub(crate) fn record_bytes(&self, by: Party, channel: Channel, bytes: &[u8]) {
        self.record(Event::Bytes { connection: self.id, by, channel, bytes: bytes.to_vec() });
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
                if self.octets > self.limits.raw_octets() {
                    return Err(Over(Party::Server));
                }
                bytes.truncate(length);
                Ok(bytes)
            }
        }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Over> {
        match timeout(self.limits.idle, self.stream.write_all(bytes)).await {
            Err(_) => Err(Over(Party::Server)),
            Ok(Err(_)) => Err(Over(Party::Client)),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// What the client has to say from here on is TLS.
    pub(crate) fn expect_records(&mut self) {
        self.records = Some(Records::default());
    }

    /// Whether TLS was ever expected here, whatever became of it.
    pub(crate) fn expects_records(&self) -> bool {
        self.records.is_some()
    }

    /// Parts raw octets. Where TLS was never expected, all of them are speech.
    pub(crate) fn part(&mut self, bytes: &[u8]) -> Parted {
        match &mut self.records {
            Some(records) => records.part(bytes),
            None => Parted { speech: bytes.to_vec(), ..Parted::default() },
        }
    }

    pub(crate) fn set_tls(&mut self, tls: Option<ServerConnection>) {
        self.tls = tls.map(Box::new);
    }

    pub(crate) fn tls(&self) -> Option<&ServerConnection> {
        self.tls.as_deref()
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

    /// Says this inside TLS where there is TLS, and in clear where there is none.
    pub(crate) async fn say(&mut self, bytes: &[u8]) -> Result<(), Over> {
        if self.tls.is_none() {
            self.record_bytes(Party::Server, Channel::Clear, bytes);
            return self.write(bytes).await;
        }
        self.record_bytes(Party::Server, Channel::Tls, bytes);
        // In pieces, since the TLS library buffers no more than 64 KiB.
        for piece in bytes.chunks(READ) {
            if let Some(tls) = &mut self.tls {
                tls.writer().write_all(piece).map_err(|_| Over(Party::Server))?;
            }
            self.flush().await?;
        }
        Ok(())
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

    /// Ends TLS properly.
    pub(crate) async fn close_tls(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            // Who is gone already need not be told.
            let _ = self.flush().await;
        }
    }

    /// Ends the connection from the server's side.
    ///
    /// Then it listens until the client is gone too, or has had its time. To close at once while octets of the client are
    /// still on the way would make the kernel reset the connection, and a reset can destroy the reply that the client has
    /// not read yet; and what a client says after the server's end may be what it should never have said.
    pub(crate) async fn shut_down(&mut self) -> Over {
        // If the client is gone already there is nobody left to tell.
        let _ = self.stream.shutdown().await;
        let deadline = Instant::now() + self.limits.linger;
        while let Ok(bytes) = self.read(deadline).await {
            let parted = self.part(&bytes);
            let mut plaintext = Vec::new();
            // What comes before an error was said all the same.
            let _ = self.decrypt(&parted.records, &mut plaintext);
            if !plaintext.is_empty() {
                self.record_bytes(Party::Client, Channel::Tls, &plaintext);
            }
            if !parted.speech.is_empty() {
                self.record_bytes(Party::Client, Channel::Clear, &parted.speech);
            }
        }
        Over(Party::Server)
    }
}
