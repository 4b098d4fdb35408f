//! Performs what the client asks for: DNS by a validating resolver, TCP by tokio, TLS by rustls.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustls::crypto::CryptoProvider;
use rustls::{CertificateError, ClientConfig};
use rustls_pki_types::ServerName;
use signpost_validate::Resolver;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::{Action, Client, Event};
use crate::outcome::{Outcome, Reason};
use crate::request::{Request, TrustStore};
use crate::rules::Rules;
use crate::verifier::{PinVerifier, Untrusted, VerificationRule};

/// Discovers, verifies and tries out the server for a request.
///
/// `entropy` gives a random number at each call. It always ends within [`Limits::overall`](crate::Limits::overall), whatever servers do.
pub async fn drive(
    request: Request,
    rules: Rules,
    resolver: Arc<dyn Resolver>,
    entropy: impl FnMut() -> u64 + Send + 'static,
) -> Outcome {
    let limits = request.limits;
    let roots = Arc::new(request.roots.clone());
    let mut driver = Driver {
        client: Client::new(Arc::new(request), rules, entropy),
        resolver,
        roots,
        rules,
        provider: Arc::new(rustls::crypto::ring::default_provider()),
        step: limits.step,
        connection: Connection::None,
    };
    match timeout(limits.overall, driver.run()).await {
        Ok(outcome) => outcome,
        Err(_) => {
            driver.client.handle(Event::DeadlinePassed);
            driver.outcome_without_waiting()
        }
    }
}

struct Driver {
    client: Client,
    resolver: Arc<dyn Resolver>,
    roots: Arc<TrustStore>,
    rules: Rules,
    provider: Arc<CryptoProvider>,
    step: Duration,
    connection: Connection,
}

enum Connection {
    Clear(TcpStream),
    None,
    Tls(Box<TlsStream<TcpStream>>),
}

impl Driver {
    async fn run(&mut self) -> Outcome {
        let resolver = Arc::clone(&self.resolver);
        let mut questions = FuturesUnordered::new();
        loop {
            while let Some(action) = self.client.next_action() {
                match action {
                    Action::Close => self.close().await,
                    Action::Connect(address) => self.connect(address).await,
                    Action::Done(outcome) => return outcome,
                    Action::Query { name, record_type } => {
                        let resolver = Arc::clone(&resolver);
                        questions.push(async move {
                            let lookup = resolver.lookup(&name, record_type).await;
                            Event::Answer { name, record_type, lookup }
                        });
                    }
                    Action::Send(bytes) => self.send(&bytes).await,
                    Action::StartTls { server_name, rule } => self.start_tls(server_name, rule).await,
                }
            }
            // The client asks and speaks by turns, so there is one thing to wait for.
            let event = match questions.next().await {
                Some(event) => event,
                None => self.receive().await,
            };
            self.client.handle(event);
        }
    }

    /// Takes the outcome when the time for waiting is over: the other actions only tidy up.
    fn outcome_without_waiting(&mut self) -> Outcome {
        while let Some(action) = self.client.next_action() {
            if let Action::Done(outcome) = action {
                return outcome;
            }
        }
        Outcome::Unavailable { reason: Reason::Unreachable, detail: "out of time".to_owned() }
    }

    async fn connect(&mut self, address: SocketAddr) {
        #[expect(clippy::disallowed_methods, reason = "the driver is what connects")]
        let event = match timeout(self.step, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Dialogues of short lines wait for each other otherwise. Without it they are only slower.
                let _ = stream.set_nodelay(true);
                self.connection = Connection::Clear(stream);
                Event::Connected
            }
            Ok(Err(error)) => Event::ConnectFailed(format!("{address}: {error}")),
            Err(_) => Event::TimedOut,
        };
        self.client.handle(event);
    }

    async fn close(&mut self) {
        let connection = std::mem::replace(&mut self.connection, Connection::None);
        // A server that does not take the farewell gets none.
        let _ = match connection {
            Connection::Clear(mut stream) => timeout(self.step, stream.shutdown()).await,
            Connection::None => return,
            Connection::Tls(mut stream) => timeout(self.step, stream.shutdown()).await,
        };
    }

    async fn send(&mut self, bytes: &[u8]) {
        let sent = match &mut self.connection {
            Connection::Clear(stream) => timeout(self.step, write(stream, bytes)).await,
            Connection::None => return,
            Connection::Tls(stream) => timeout(self.step, write(stream, bytes)).await,
        };
        match sent {
            // What the server had to say before it closed can still be read; reading tells that it closed.
            Ok(Ok(()) | Err(_)) => {}
            Err(_) => self.client.handle(Event::TimedOut),
        }
    }

    async fn receive(&mut self) -> Event {
        let mut buffer = vec![0; 4096];
        let read = match &mut self.connection {
            Connection::Clear(stream) => timeout(self.step, stream.read(&mut buffer)).await,
            // Nothing is asked and nobody is connected: nothing will ever happen.
            Connection::None => return Event::DeadlinePassed,
            Connection::Tls(stream) => timeout(self.step, stream.read(&mut buffer)).await,
        };
        match read {
            Ok(Ok(0) | Err(_)) => Event::Closed,
            Ok(Ok(length)) => {
                buffer.truncate(length);
                Event::Received(buffer)
            }
            Err(_) => Event::TimedOut,
        }
    }

    async fn start_tls(&mut self, server_name: ServerName<'static>, rule: VerificationRule) {
        let Connection::Clear(stream) = std::mem::replace(&mut self.connection, Connection::None) else {
            return;
        };
        if let Some(bytes) = pending(&stream).await {
            self.connection = Connection::Clear(stream);
            self.client.handle(Event::Received(bytes));
            return;
        }
        let config = match self.config(rule) {
            Ok(config) => config,
            Err(error) => return self.client.handle(Event::TlsFailed(untrusted(&error))),
        };
        let handshake = TlsConnector::from(Arc::new(config)).connect(server_name, stream).into_fallible();
        let event = match timeout(self.step, handshake).await {
            Ok(Ok(stream)) => {
                self.connection = Connection::Tls(Box::new(stream));
                Event::TlsEstablished
            }
            Ok(Err((error, stream))) => {
                // To be closed, or whatever else the client wants with it.
                self.connection = Connection::Clear(stream);
                Event::TlsFailed(why(&error))
            }
            Err(_) => Event::TlsFailed(Untrusted::new(Reason::TlsFailed, "the handshake takes too long")),
        };
        self.client.handle(event);
    }

    fn config(&self, rule: VerificationRule) -> Result<ClientConfig, rustls::Error> {
        let verifier = PinVerifier::new(rule, Arc::clone(&self.roots), self.rules, &self.provider);
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
