//! Performs what the client asks for: DNS by a validating resolver, TCP and time by tokio, TLS by rustls.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustls::crypto::CryptoProvider;
use rustls::{CertificateError, ClientConfig};
use rustls_pki_types::ServerName;
use signpost_machine::{explain, is_exhausted};
use signpost_protocol::TlsStart;
use signpost_validate::Resolver;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::action::Action;
use crate::client::Client;
use crate::event::Event;
use crate::outcome::{Outcome, Reason};
use crate::request::{Request, TrustStore};
use crate::rules::Rules;
use crate::untrusted::Untrusted;
use crate::verifier::PinVerifier;

/// Discovers, verifies and tries out the server for a request.
///
/// `entropy` gives a random number at each call. It always ends within [`Limits::overall`](crate::Limits::overall), whatever servers do.
///
/// # Errors
///
/// If this machine has no socket left to connect with. Nothing was learnt of the servers then.
pub async fn drive(
    request: Request,
    rules: Rules,
    resolver: Arc<dyn Resolver>,
    entropy: impl FnMut() -> u64 + Send + 'static,
) -> Result<Outcome, Exhausted> {
    let roots = Arc::new(request.roots.clone());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let peer = Peer {
        roots,
        rules,
        provider,
        connection: Connection::None,
        tls: TlsStart::Implicit,
        exhausted: None,
    };
    let client = Client::new(Arc::new(request), rules, Duration::ZERO, entropy);
    Driver { client, start: Instant::now(), peer }.run(resolver).await
}

/// This machine has nothing left to connect with.
#[derive(Debug, thiserror::Error)]
#[error("nothing is left to connect with: {}", explain(.0))]
pub struct Exhausted(#[source] io::Error);

struct Driver {
    client: Client,
    /// The moment from which the client's time is counted.
    start: Instant,
    peer: Peer,
}

/// The server that is connected to, and what its certificates are judged by.
struct Peer {
    roots: Arc<TrustStore>,
    rules: Rules,
    provider: Arc<CryptoProvider>,
    connection: Connection,
    /// How TLS begins on it, if it begins now: at once where nothing was said before.
    tls: TlsStart,
    /// Why no connection could even be begun.
    exhausted: Option<io::Error>,
}

enum Connection {
    Clear(TcpStream),
    None,
    Tls(Box<TlsStream<TcpStream>>),
}

impl Driver {
    async fn run(&mut self, resolver: Arc<dyn Resolver>) -> Result<Outcome, Exhausted> {
        let mut questions = FuturesUnordered::new();
        loop {
            while let Some(action) = self.client.next_action(self.start.elapsed()) {
                match action {
                    Action::Done(outcome) => return Ok(outcome),
                    Action::Query { name, record_type } => {
                        let resolver = Arc::clone(&resolver);
                        questions.push(async move {
                            let lookup = resolver.lookup(&name, record_type).await;
                            Event::Answer { name, record_type, lookup }
                        });
                    }
                    action => {
                        let limit = self.limit();
                        let event = in_time(limit, self.peer.perform(action)).await;
                        if let Some(error) = self.peer.exhausted.take() {
                            return Err(Exhausted(error));
                        }
                        self.tell(event);
                    }
                }
            }
            // The client asks and speaks by turns, so there is one thing to wait for.
            let limit = self.limit();
            let event = match in_time(limit, questions.next()).await {
                Ok(None) => in_time(limit, self.peer.receive()).await.map(Some),
                answered => answered,
            };
            self.tell(event);
        }
    }

    /// When the client wants to be called although nothing has happened.
    fn limit(&self) -> Option<Instant> {
        self.client.next_timeout().and_then(|limit| self.start.checked_add(limit))
    }

    /// Tells the client what happened, if anything did, or that its time is over.
    fn tell(&mut self, event: Result<Option<Event>, TimeOver>) {
        match event {
            Ok(Some(event)) => self.client.handle(self.start.elapsed(), event),
            Ok(None) => {}
            Err(TimeOver) => self.client.handle_timeout(self.start.elapsed()),
        }
    }
}

/// The moment came until which something was waited for.
struct TimeOver;

async fn in_time<T>(limit: Option<Instant>, work: impl Future<Output = T>) -> Result<T, TimeOver> {
    match limit {
        Some(limit) => timeout_at(limit, work).await.map_err(|_| TimeOver),
        None => Ok(work.await),
    }
}

impl Peer {
    /// Does what concerns the connection. What is broken off half done leaves no connection behind.
    async fn perform(&mut self, action: Action) -> Option<Event> {
        match action {
            Action::Close => self.close().await,
            Action::Connect(address) => return self.connect(address).await,
            Action::Done(_) | Action::Query { .. } => {}
            Action::Send(bytes) => self.send(&bytes).await,
            Action::StartTls { server_name, aliases, sni, rule } => {
                let verifier = PinVerifier::new(
                    rule,
                    Arc::clone(&self.roots),
                    self.rules.for_handshake(self.tls),
                    &self.provider,
                )
                .for_host(server_name.clone(), aliases);
                return self.start_tls(server_name, sni, verifier).await;
            }
        }
        None
    }

    async fn connect(&mut self, address: SocketAddr) -> Option<Event> {
        #[expect(clippy::disallowed_methods, reason = "the driver is what connects")]
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // Dialogues of short lines wait for each other otherwise. Without it they are only slower.
                let _ = stream.set_nodelay(true);
                self.connection = Connection::Clear(stream);
                self.tls = TlsStart::Implicit;
                Some(Event::Connected)
            }
            // To the client that would be a server that is down, and it would go on to the next.
            Err(error) if is_exhausted(&error) => {
                self.exhausted = Some(error);
                None
            }
            Err(error) => Some(Event::ConnectFailed(format!("{address}: {error}"))),
        }
    }

    async fn close(&mut self) {
        // A server that does not take the farewell gets none.
        let _ = match std::mem::replace(&mut self.connection, Connection::None) {
            Connection::Clear(mut stream) => stream.shutdown().await,
            Connection::None => return,
            Connection::Tls(mut stream) => stream.shutdown().await,
        };
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.tls = TlsStart::Starttls;
        // What the server had to say before it closed can still be read; reading tells that it closed.
        let _ = match &mut self.connection {
            Connection::Clear(stream) => write(stream, bytes).await,
            Connection::None => return,
            Connection::Tls(stream) => write(stream, bytes).await,
        };
    }

    async fn receive(&mut self) -> Event {
        let mut buffer = vec![0; 4096];
        let read = match &mut self.connection {
            Connection::Clear(stream) => stream.read(&mut buffer).await,
            // Nobody is connected: nothing will ever come, and the client's time ends the wait.
            Connection::None => std::future::pending().await,
            Connection::Tls(stream) => stream.read(&mut buffer).await,
        };
        match read {
            Ok(0) | Err(_) => Event::Closed,
            Ok(length) => {
                buffer.truncate(length);
                Event::Received(buffer)
            }
        }
    }

    /// Begins TLS. No event: there is no connection.
    async fn start_tls(
        &mut self,
        server_name: ServerName<'static>,
        sni: Option<ServerName<'static>>,
        verifier: PinVerifier,
    ) -> Option<Event> {
        let Connection::Clear(stream) = std::mem::replace(&mut self.connection, Connection::None) else {
            return None;
        };
        if let Some(bytes) = pending(&stream).await {
            self.connection = Connection::Clear(stream);
            return Some(Event::Received(bytes));
        }
        let mut config = match self.config(verifier) {
            Ok(config) => config,
            Err(error) => return Some(Event::TlsFailed(untrusted(&error))),
        };
        config.enable_sni = sni.is_some();
        let named = sni.unwrap_or(server_name);
        match TlsConnector::from(Arc::new(config)).connect(named, stream).into_fallible().await {
            Ok(stream) => {
                self.connection = Connection::Tls(Box::new(stream));
                Some(Event::TlsEstablished)
            }
            Err((error, stream)) => {
                // To be closed, or whatever else the client wants with it.
                self.connection = Connection::Clear(stream);
                Some(Event::TlsFailed(why(&error)))
            }
        }
    }

    fn config(&self, verifier: PinVerifier) -> Result<ClientConfig, rustls::Error> {
        // TLS 1.2 and 1.3 are all that rustls speaks.
        Ok(ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth())
    }
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// What has come before this side began the handshake: in TLS the client speaks first.
async fn pending(stream: &TcpStream) -> Option<Vec<u8>> {
    // What is on its way is no more than a turn of the runtime away.
    tokio::task::yield_now().await;
    let mut buffer = vec![0; 4096];
    match stream.try_read(&mut buffer) {
        Ok(length) if length > 0 => {
            buffer.truncate(length);
            Some(buffer)
        }
        Ok(_) | Err(_) => None,
    }
}

fn why(error: &io::Error) -> Untrusted {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(error) => untrusted(error),
        None => Untrusted::new(Reason::TlsFailed, error.to_string()),
    }
}

fn untrusted(error: &rustls::Error) -> Untrusted {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::Other(other)) => {
            match other.0.downcast_ref::<Untrusted>() {
                Some(untrusted) => untrusted.clone(),
                None => Untrusted::new(Reason::CertificateUntrusted, error.to_string()),
            }
        }
        rustls::Error::InvalidCertificate(_) => {
            Untrusted::new(Reason::CertificateUntrusted, error.to_string())
        }
        error => Untrusted::new(Reason::TlsFailed, error.to_string()),
    }
}
