//! A line protocol that this crate has never heard of, served over TLS and in clear, honestly and by a script.

#![expect(clippy::disallowed_methods, reason = "tests read the clock and make sockets for themselves")]

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::pki_types::{ServerName, UnixTime};
use rustls::{ClientConfig, RootCertStore};
use signpost_pki::{CertificateSpec, Pki};
use signpost_protocol::Label;
use signpost_serve::{Change, Effect, Handshake, Limits, Reception, Rule, Script, Session, serve};
use signpost_transcript::{Channel, Event, Party, Recorder};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

const HOST: &str = "echo.example.com";
/// No test waits longer than this for anything.
const PATIENCE: Duration = Duration::from_secs(10);

/// Says each line again; `tls` begins TLS, `bye` ends.
struct Echo {
    name: &'static str,
    implicit: bool,
    channel: Channel,
    script: Script<Place>,
    line: Vec<u8>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Place {
    Echo,
    Greeting,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Echo => "echo",
            Self::Greeting => "greeting",
        })
    }
}

impl Echo {
    fn greet(&mut self) -> Vec<Effect> {
        let greeting = format!("{}\n", self.name);
        let mut effects = self.script.say(Place::Greeting, self.channel, greeting.into_bytes());
        self.script.release(&mut effects);
        effects
    }
}

impl Session for Echo {
    fn open(&mut self) -> Vec<Effect> {
        if self.implicit { vec![Effect::StartTls(Handshake::Honest)] } else { self.greet() }
    }

    fn receive(&mut self, bytes: &[u8], channel: Channel) -> Vec<Effect> {
        assert_eq!(channel, self.channel);
        let mut effects = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if self.line.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                match line.as_slice() {
                    b"tls\n" => {
                        effects.extend(self.script.say(Place::Echo, channel, b"go on\n".to_vec()));
                        effects.push(Effect::StartTls(Handshake::Honest));
                    }
                    b"bye\n" => effects.extend(self.script.close()),
                    _ => effects.extend(self.script.say(Place::Echo, channel, line)),
                }
            }
        }
        self.script.release(&mut effects);
        effects
    }

    fn secured(&mut self) -> Vec<Effect> {
        self.channel = Channel::Tls;
        self.greet()
    }

    fn exposed(&mut self) {
        self.channel = Channel::Clear;
    }

    fn end(&mut self) -> Vec<Event> {
        Vec::new()
    }
}

/// What the server is.
#[derive(Clone)]
struct Spec {
    name: &'static str,
    implicit: bool,
    certificate: &'static str,
    rules: Vec<Rule<Place>>,
    limits: Limits,
}

impl Spec {
    fn honest(name: &'static str, certificate: &'static str) -> Self {
        let limits = Limits { linger: Duration::from_secs(5), ..Limits::default() };
        Self { name, implicit: true, certificate, rules: Vec::new(), limits }
    }

    fn with(mut self, place: Place, change: Change) -> Self {
        let (at, kind) = ("echo:*".to_owned(), "toy".to_owned());
        self.rules.push(Rule { number: 1, at, kind, place: Some(place), channel: None, change });
        self
    }
}

struct Lab {
    address: SocketAddr,
    recorder: Recorder,
    pki: Arc<Pki>,
    specs: watch::Sender<Spec>,
    server: JoinHandle<()>,
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Lab {
    async fn start(spec: Spec) -> Self {
        let root = |name: &str| CertificateSpec { ca: true, trusted: true, ..CertificateSpec::new(name) };
        let leaf = |name: &str, issuer: &str| CertificateSpec {
            issuer: Some(issuer.to_owned()),
            names: vec![HOST.to_owned()],
            ..CertificateSpec::new(name)
        };
        let stray = CertificateSpec { ca: true, ..CertificateSpec::new("stray") };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let certificates =
            [root("root"), stray, leaf("one", "root"), leaf("two", "root"), leaf("bad", "stray")];
        let pki = Arc::new(Pki::build(&certificates, &[], UnixTime::since_unix_epoch(now)).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let recorder = Recorder::new();
        let (specs, current) = watch::channel(spec);
        let of_server = Arc::clone(&pki);
        let server = tokio::spawn(serve(listener, recorder.clone(), move |connection, peer| {
            let Spec { name, implicit, certificate, rules, limits } = current.borrow().clone();
            Reception {
                // The transcript has labels of mail only, and an event of another kind would not count connections.
                accepted: Event::Accepted {
                    connection,
                    peer,
                    server: name.to_owned(),
                    label: Label::Submissions,
                    port: address.port(),
                    hosts: Vec::new(),
                },
                session: Box::new(Echo {
                    name,
                    implicit,
                    channel: Channel::Clear,
                    script: Script::new(rules),
                    line: Vec::new(),
                }),
                tls: Arc::new(of_server.identity(certificate).unwrap().server_config().unwrap()),
                certificate: certificate.to_owned().into(),
                limits,
            }
        }));
        Self { address, recorder, pki, specs, server }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Goes over to TLS; the stream survives a failure.
    async fn secure(&self, stream: TcpStream) -> Result<Box<dyn Stream>, TcpStream> {
        let mut roots = RootCertStore::empty();
        for root in self.pki.roots() {
            roots.add(root.clone()).unwrap();
        }
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connecting =
            TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(HOST).unwrap(), stream);
        match timeout(PATIENCE, connecting.into_fallible()).await.expect("a handshake in time") {
            Ok(stream) => Ok(Box::new(stream)),
            Err((_, stream)) => Err(stream),
        }
    }

    async fn connect_securely(&self) -> Box<dyn Stream> {
        let secured = self.secure(self.connect().await).await;
        secured.unwrap_or_else(|_| panic!("the certificate is good"))
    }

    async fn saw(&self, beginning: &str) {
        let seen = || self.recorder.transcript().events().any(|one| one.to_string().starts_with(beginning));
        timeout(PATIENCE, async {
            while !seen() {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap_or_else(|_| panic!("{beginning} in {:#?}", self.recorder.transcript()));
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn say(stream: &mut (impl AsyncWrite + Unpin + ?Sized), text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
}

async fn hear(stream: &mut (impl AsyncRead + Unpin + ?Sized), expected: &str) {
    let mut heard = vec![0; expected.len()];
    timeout(PATIENCE, stream.read_exact(&mut heard)).await.expect("octets in time").unwrap();
    assert_eq!(heard.escape_ascii().to_string(), expected.as_bytes().escape_ascii().to_string());
}

/// What is left, and whether the end was a proper one.
async fn rest(stream: &mut (impl AsyncRead + Unpin + ?Sized)) -> (Vec<u8>, bool) {
    let mut rest = Vec::new();
    let end = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("the end in time");
    (rest, end.is_ok())
}

#[tokio::test]
async fn a_protocol_of_somebody_else_is_served_inside_tls() {
    let lab = Lab::start(Spec::honest("first", "one")).await;
    let mut stream = lab.connect_securely().await;
    hear(&mut stream, "first\n").await;
    say(&mut stream, "hel").await;
    say(&mut stream, "lo\nworld\nbye\n").await;
    hear(&mut stream, "hello\nworld\n").await;
    assert_eq!(rest(&mut stream).await, (Vec::new(), true));
    drop(stream);
    for line in [
        "tcp #1 first:submissions accepted",
        "handshake #1 TLSv1_3 completed, SNI echo.example.com, certificate one",
        "tls #1 C: hel",
        "tls #1 S: world\\n",
        "tcp #1 closed by the server",
    ] {
        lab.saw(line).await;
    }
}

#[tokio::test]
async fn what_is_said_passes_the_script() {
    let spec = Spec::honest("first", "one")
        .with(Place::Greeting, Change::Replace(b"go away\n".to_vec()))
        .with(Place::Echo, Change::Cut { after: 3 });
    let lab = Lab::start(spec).await;
    let mut stream = lab.connect_securely().await;
    hear(&mut stream, "go away\n").await;
    say(&mut stream, "hello\n").await;
    assert_eq!(rest(&mut stream).await, (b"hel".to_vec(), false));
    lab.saw("fault toy at echo:*: the reply at greeting inside TLS was replaced").await;
    lab.saw("fault toy at echo:*: the connection was cut at echo inside TLS").await;

    let lab = Lab::start(Spec::honest("first", "one").with(Place::Echo, Change::Close { after: 3 })).await;
    let mut stream = lab.connect_securely().await;
    hear(&mut stream, "first\n").await;
    say(&mut stream, "hello\n").await;
    assert_eq!(rest(&mut stream).await, (b"hel".to_vec(), true));
}

#[tokio::test]
async fn what_a_server_is_changes_without_a_new_listener() {
    let lab = Lab::start(Spec::honest("first", "one")).await;
    let mut standing = lab.connect_securely().await;
    hear(&mut standing, "first\n").await;

    lab.specs.send_replace(Spec::honest("second", "two").with(Place::Echo, Change::Silence));
    let mut next = lab.connect_securely().await;
    hear(&mut next, "second\n").await;
    lab.saw("handshake #2 TLSv1_3 completed, SNI echo.example.com, certificate two").await;
    say(&mut next, "hello\n").await;
    lab.saw("fault toy").await;
    // A connection that stands goes on as it was received.
    say(&mut standing, "hello\n").await;
    hear(&mut standing, "hello\n").await;

    lab.specs.send_replace(Spec::honest("third", "bad"));
    assert!(lab.secure(lab.connect().await).await.is_err());
    lab.saw("handshake #3 failed, SNI echo.example.com, certificate bad").await;
}

#[tokio::test]
async fn speech_in_clear_after_a_failed_handshake_is_heard_and_answered() {
    let lab = Lab::start(Spec { implicit: false, ..Spec::honest("first", "bad") }).await;
    let mut stream = lab.connect().await;
    hear(&mut stream, "first\n").await;
    say(&mut stream, "tls\n").await;
    hear(&mut stream, "go on\n").await;
    let Err(mut stream) = lab.secure(stream).await else { panic!("the certificate is bad") };
    say(&mut stream, "secret\n").await;
    hear(&mut stream, "secret\n").await;
    lab.saw("handshake #1 failed").await;
    lab.saw("clear #1 C: secret\\n").await;
}

#[tokio::test]
async fn no_client_holds_or_fills_a_server() {
    let limits = Limits {
        connections: 1,
        handshake: Duration::from_millis(50),
        idle: Duration::from_millis(50),
        octets: 10 << 10,
        ..Spec::honest("first", "one").limits
    };
    let spec = Spec { limits, ..Spec::honest("first", "one") };

    let lab = Lab::start(spec.clone()).await;
    assert_eq!(rest(&mut lab.connect().await).await.0, b"", "an idle handshake");
    lab.saw("tcp #1 closed by the server").await;

    let lab = Lab::start(Spec { implicit: false, ..spec.clone() }).await;
    assert_eq!(rest(&mut lab.connect().await).await.0, b"first\n", "an idle conversation");
    lab.saw("tcp #1 closed by the server").await;

    let patient = Limits { idle: PATIENCE, ..limits };
    let lab = Lab::start(Spec { implicit: false, limits: patient, ..spec }).await;
    let mut first = lab.connect().await;
    hear(&mut first, "first\n").await;
    assert_eq!(rest(&mut lab.connect().await).await.0, b"", "a crowd");
    lab.saw("tcp #2 closed by the server").await;
    // More than twice the octets that a session takes, to a session that does not count.
    let _ = first.write_all(&[b'x'; 30 << 10]).await;
    lab.saw("tcp #1 closed by the server").await;
    let heard = |event: &Event| match event {
        Event::Bytes { by: Party::Client, bytes, .. } => bytes.len(),
        _ => 0,
    };
    assert!(lab.recorder.transcript().events().map(heard).sum::<usize>() <= 20 << 10);
}
