//! One server on a free port of loopback, and a client that follows a script.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::pki_types::{ServerName, UnixTime};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use signpost_mail::{Account, ServerFault, ServerSpec, serve};
use signpost_pki::{CertificateSpec, Pki};
use signpost_protocol::Label;
use signpost_serve::Limits;
use signpost_transcript::{Event, Recorder};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

pub(crate) const HOST: &str = "submit1.example.com";
pub(crate) const USER: &str = "alice@example.com";
pub(crate) const PASSWORD: &str = "correct horse";
/// Base64 of NUL, user, NUL, password.
pub(crate) const PLAIN: &str = "AGFsaWNlQGV4YW1wbGUuY29tAGNvcnJlY3QgaG9yc2U=";

/// No test waits longer than this for anything.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Lab {
    pub(crate) address: SocketAddr,
    pub(crate) recorder: Recorder,
    pub(crate) pki: Pki,
    specs: watch::Sender<Arc<ServerSpec>>,
    server: JoinHandle<()>,
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Lab {
    pub(crate) async fn start(label: Label, faults: Vec<ServerFault>) -> Self {
        let limits = Limits { linger: Duration::from_secs(5), ..Limits::default() };
        Self::with_limits(label, faults, limits).await
    }

    pub(crate) async fn with_limits(label: Label, faults: Vec<ServerFault>, limits: Limits) -> Self {
        let specs = [
            CertificateSpec { ca: true, trusted: true, ..CertificateSpec::new("root") },
            CertificateSpec {
                issuer: Some("root".to_owned()),
                names: vec![HOST.to_owned(), "localhost".to_owned()],
                ..CertificateSpec::new("submit1")
            },
            CertificateSpec { names: vec![HOST.to_owned()], ..CertificateSpec::new("self-signed") },
        ];
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let pki = Pki::build(&specs, &[], UnixTime::since_unix_epoch(now)).unwrap();
        let identity = pki.identity("submit1").unwrap();
        let spec = ServerSpec {
            name: "submit1".to_owned(),
            label,
            identity: identity.name.clone().into(),
            tls: Arc::new(identity.server_config().unwrap()),
            hostname: HOST.to_owned(),
            hosts: vec![HOST.to_owned()],
            account: Account { user: USER.to_owned(), password: PASSWORD.to_owned() },
            mechanisms: vec!["PLAIN".to_owned(), "LOGIN".to_owned()],
            mailbox: vec![
                b"Subject: one\r\n\r\nfirst\r\n.hidden\r\nlast\r\n".to_vec(),
                b"Subject: two\r\n\r\nsecond\r\n".to_vec(),
            ],
            faults,
            limits: signpost_mail::Limits { serving: limits, ..signpost_mail::Limits::default() },
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let recorder = Recorder::new();
        let specs = watch::Sender::new(Arc::new(spec));
        let server = tokio::spawn(serve(specs.subscribe(), listener, recorder.clone()));
        Self { address, recorder, pki, specs, server }
    }

    /// Makes the server another one from the next connection on.
    pub(crate) fn change(&self, change: impl FnOnce(&mut ServerSpec)) {
        self.specs.send_modify(|spec| {
            let mut next = ServerSpec::clone(spec);
            change(&mut next);
            *spec = Arc::new(next);
        });
    }

    pub(crate) async fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).await.unwrap();
        Client { stream: BufReader::new(Box::new(stream)), read: Vec::new() }
    }

    /// Follows a script, one instruction a line:
    /// `C: text` sends a line; `S: text` expects a line that begins so; `S..: text` reads lines up to and including
    /// one that begins so; `+ text` and `- text` say that one of the lines read last begins so, or that none does;
    /// `TLS` and `TLS fails` shake hands; `EOF` expects the end.
    pub(crate) async fn play(&self, script: &str) -> Client {
        let mut client = self.connect().await;
        self.go_on(&mut client, script).await;
        client
    }

    pub(crate) async fn go_on(&self, client: &mut Client, script: &str) {
        for instruction in script.lines().map(str::trim_start).filter(|line| !line.is_empty()) {
            if let Some(text) = instruction.strip_prefix("C: ") {
                client.say(&format!("{text}\r\n")).await;
            } else if let Some(text) = instruction.strip_prefix("S: ") {
                client.read.clear();
                client.expect(text, instruction).await;
            } else if let Some(text) = instruction.strip_prefix("S..: ") {
                client.read.clear();
                while !client.line().await.starts_with(text) {}
            } else if let Some(text) = instruction.strip_prefix("+ ") {
                assert!(client.read.iter().any(|line| line.starts_with(text)), "{text} in {:?}", client.read);
            } else if let Some(text) = instruction.strip_prefix("- ") {
                assert!(
                    !client.read.iter().any(|line| line.starts_with(text)),
                    "{text} in {:?}",
                    client.read
                );
            } else if instruction == "TLS" {
                client.shake_hands(&self.trusting()).await.unwrap();
            } else if instruction == "TLS fails" {
                client.shake_hands(&self.trusting()).await.unwrap_err();
            } else if instruction == "EOF" {
                let rest = client.rest().await;
                assert!(rest.is_empty(), "{}", rest.escape_ascii());
            } else {
                panic!("no such instruction: {instruction}");
            }
        }
    }

    /// A client that trusts the lab's root.
    pub(crate) fn trusting(&self) -> ClientConfig {
        client_config(self.pki.roots())
    }

    /// What the server saw, apart from bytes, as lines of the transcript.
    pub(crate) fn seen(&self) -> Vec<String> {
        let transcript = self.recorder.transcript();
        let events = transcript.events().filter(|event| !matches!(event, Event::Bytes { .. }));
        events.map(ToString::to_string).collect()
    }

    /// Waits until the server has seen the end of the first connection.
    pub(crate) async fn closed(&self) {
        let closed =
            || self.recorder.transcript().events().any(|event| matches!(event, Event::Closed { .. }));
        timeout(PATIENCE, async {
            while !closed() {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("the server sees the end of the connection");
    }

    pub(crate) fn saw(&self, line: &str) {
        let seen = self.seen();
        assert!(seen.iter().any(|one| one.starts_with(line)), "{line} in {seen:#?}");
    }

    pub(crate) fn never_saw(&self, part: &str) {
        let seen = self.seen();
        assert!(!seen.iter().any(|one| one.contains(part)), "{part} in {seen:#?}");
    }
}

pub(crate) fn client_config(roots: &[rustls::pki_types::CertificateDer<'static>]) -> ClientConfig {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone()).unwrap();
    }
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(store)
        .with_no_client_auth()
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(crate) struct Client {
    stream: BufReader<Box<dyn Stream>>,
    pub(crate) read: Vec<String>,
}

impl Client {
    pub(crate) async fn say(&mut self, text: &str) {
        self.stream.get_mut().write_all(text.as_bytes()).await.unwrap();
        self.stream.get_mut().flush().await.unwrap();
    }

    pub(crate) async fn line(&mut self) -> String {
        let mut line = Vec::new();
        timeout(PATIENCE, self.stream.read_until(b'\n', &mut line)).await.expect("a line in time").unwrap();
        let text = String::from_utf8(line).unwrap();
        let content = text.strip_suffix("\r\n").unwrap_or_else(|| panic!("`{text}` is no line"));
        self.read.push(content.to_owned());
        content.to_owned()
    }

    async fn expect(&mut self, text: &str, instruction: &str) {
        let line = self.line().await;
        assert!(line.starts_with(text), "{instruction}: {line}");
    }

    /// All that comes until the end, which may be an abrupt one.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        self.rest_and_end().await.0
    }

    pub(crate) async fn rest_and_end(&mut self) -> (Vec<u8>, std::io::Result<usize>) {
        let mut rest = Vec::new();
        let end = timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await.expect("the end in time");
        (rest, end)
    }

    /// What was read and not yet used.
    pub(crate) fn buffered(&self) -> &[u8] {
        self.stream.buffer()
    }

    pub(crate) async fn shake_hands(&mut self, config: &ClientConfig) -> Result<(), std::io::Error> {
        // What is buffered is plaintext that a careless client would take for the first words inside TLS.
        let stream = std::mem::replace(&mut self.stream, BufReader::new(Box::new(tokio::io::empty())));
        let connector = TlsConnector::from(Arc::new(config.clone()));
        let connecting = connector.connect(ServerName::try_from(HOST).unwrap(), stream.into_inner());
        let (result, stream): (_, Box<dyn Stream>) =
            match timeout(PATIENCE, connecting.into_fallible()).await.expect("a handshake in time") {
                Ok(stream) => (Ok(()), Box::new(stream)),
                Err((error, stream)) => (Err(error), stream),
            };
        self.stream = BufReader::new(stream);
        result
    }
}

pub(crate) fn fault(kind: &str) -> Vec<ServerFault> {
    fault_with(kind, json!({}))
}

pub(crate) fn fault_with(kind: &str, params: Value) -> Vec<ServerFault> {
    // A kind that takes nothing is read from its name alone.
    let kind = if params == json!({}) {
        serde_json::from_value(json!(kind)).or_else(|_| serde_json::from_value(json!({ kind: params })))
    } else {
        serde_json::from_value(json!({ kind: params }))
    };
    vec![ServerFault { number: 1, at: "mail:*".to_owned(), kind: kind.unwrap() }]
}
