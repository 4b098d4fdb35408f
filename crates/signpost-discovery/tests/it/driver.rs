//! The driver, with real sockets and real TLS.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use hickory_proto::rr::rdata::{A, SRV, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use rcgen::{CertificateParams, CertifiedIssuer, Issuer, KeyPair};
use ring::digest;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use signpost_discovery::{Configured, Defect, Limits, Outcome, Reason, Request, Rules, drive};
use signpost_protocol::Service;
use signpost_validate::{Answer, Lookup, Resolver, SecurityStatus};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

const HOST: &str = "submit1.example.com";

/// Answers as the domain's owner would, all of it signed.
struct Zone {
    port: u16,
    key: String,
}

#[async_trait]
impl Resolver for Zone {
    async fn lookup(&self, name: &Name, record_type: RecordType) -> Lookup {
        let host = Name::from_ascii(format!("{HOST}.")).unwrap();
        let data = match (name.to_ascii().as_str(), record_type) {
            ("_submission._tcp.example.com.", RecordType::SRV) => RData::SRV(SRV::new(1, 1, self.port, host)),
            ("_submission._tcp.example.com.", RecordType::TXT) => {
                RData::TXT(TXT::new(vec!["v=submission STARTTLS=_certroot.example.com".to_owned()]))
            }
            ("_certroot.example.com.", RecordType::TXT) => RData::TXT(TXT::new(vec![self.key.clone()])),
            ("submit1.example.com.", RecordType::A) => RData::A(A([127, 0, 0, 1].into())),
            _ => return Lookup::new(SecurityStatus::Secure, Answer::NoData),
        };
        Lookup::new(SecurityStatus::Secure, Answer::Records(vec![Record::from_rdata(name.clone(), 60, data)]))
    }

    fn name(&self) -> &'static str {
        "table"
    }
}

/// How the server behaves.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    BreaksHandshake,
    Honest,
    InjectsAfterReply,
    InjectsWithReply,
    /// It has the certificate and not its key.
    OtherKey,
    Silent,
    SilentAfterStarttls,
}

struct Server {
    address: SocketAddr,
    root: CertificateDer<'static>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serves every connection in the same manner, with a chain of root and leaf.
    async fn start(manner: Manner) -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let issuer: &Issuer<'_, KeyPair> = &root;
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![HOST.to_owned()]).unwrap().signed_by(&key, issuer).unwrap();
        let key = if manner == Manner::OtherKey { KeyPair::generate().unwrap() } else { key };
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = vec![leaf.der().clone(), root.der().clone()];
        let key = provider.key_provider.load_private_key(key).unwrap();
        // Unlike the usual way, this one does not ask whether key and certificate belong together.
        let certified = SingleCertAndKey::from(CertifiedKey::new(chain, key));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(certified));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that breaks off is what most tests are about.
                let _ = converse(stream, manner, &acceptor, &log).await;
            }
        });
        Self { address, root: root.der().clone(), heard }
    }

    fn heard(&self, beginning: &str) -> bool {
        self.heard.lock().unwrap().iter().any(|line| line.starts_with(beginning))
    }

    async fn discover(&self, rules: Rules) -> Outcome {
        let digest = digest::digest(&digest::SHA256, &self.root);
        self.discover_pinned(digest.as_ref(), rules).await
    }

    async fn discover_pinned(&self, digest: &[u8], rules: Rules) -> Outcome {
        let key = format!("v=keyrecord sha256={}", data_encoding::BASE64.encode(digest));
        let zone = Zone { port: self.address.port(), key };
        let mut request = Request::new(
            "alice@example.com".parse().unwrap(),
            "secret".parse().unwrap(),
            Service::Submission,
        );
        request.limits = Limits { step: Duration::from_millis(400), overall: Duration::from_secs(5) };
        request.roots = vec![self.root.clone()].into();
        drive(request, rules, Arc::new(zone), || 0).await.unwrap()
    }
}

async fn converse(
    stream: TcpStream,
    manner: Manner,
    acceptor: &TlsAcceptor,
    heard: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    if manner == Manner::Silent {
        return read_to_end(&mut stream, heard).await;
    }
    stream.write_all(b"220 hello\r\n").await?;
    speak(&mut stream, "clear", heard, "250-hello\r\n250 STARTTLS\r\n").await?;
    match manner {
        Manner::BreaksHandshake => {
            stream.write_all(b"220 go\r\n").await?;
            let mut hello = [0; 1];
            tokio::io::AsyncReadExt::read_exact(&mut stream, &mut hello).await?;
            stream.write_all(b"454 never mind\r\n").await?;
            return read_to_end(&mut stream, heard).await;
        }
        Manner::InjectsWithReply => stream.write_all(b"220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n").await?,
        Manner::InjectsAfterReply => {
            stream.write_all(b"220 go\r\n").await?;
            stream.flush().await?;
            tokio::task::yield_now().await;
            stream.write_all(b"250-evil\r\n250 AUTH PLAIN\r\n").await?;
        }
        Manner::SilentAfterStarttls => {
            stream.write_all(b"220 go\r\n").await?;
            return read_to_end(&mut stream, heard).await;
        }
        _ => stream.write_all(b"220 go\r\n").await?,
    }
    let mut stream = BufReader::new(acceptor.accept(stream.into_inner()).await?);
    speak(&mut stream, "tls", heard, "250-hello\r\n250 AUTH PLAIN\r\n").await?;
    speak(&mut stream, "tls", heard, "").await
}

/// Answers commands until STARTTLS or the end.
async fn speak<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    channel: &str,
    heard: &Mutex<Vec<String>>,
    capabilities: &str,
) -> std::io::Result<()> {
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        heard.lock().unwrap().push(format!("{channel} {}", line.trim_end()));
        let command = std::mem::take(&mut line);
        let word = command.trim_end().split(' ').next().unwrap_or_default();
        let reply = match word {
            "EHLO" => capabilities,
            "STARTTLS" => return Ok(()),
            "AUTH" => "235 welcome\r\n",
            "DATA" => "354 go on\r\n",
            "MAIL" | "RCPT" | "." => "250 ok\r\n",
            _ => "",
        };
        stream.write_all(reply.as_bytes()).await?;
        stream.flush().await?;
    }
    Ok(())
}

async fn read_to_end<S: AsyncRead + Unpin>(
    stream: &mut BufReader<S>,
    heard: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    while stream.read_until(b'\n', &mut bytes).await? > 0 {
        heard.lock().unwrap().push(format!("clear {}", String::from_utf8_lossy(&bytes).trim_end()));
        bytes.clear();
    }
    Ok(())
}

#[track_caller]
fn check(outcome: &Outcome, reason: Reason) {
    assert_eq!(outcome.reason(), Some(reason), "{outcome:?}");
}

#[tokio::test]
async fn the_whole_way_over_real_tls() {
    let server = Server::start(Manner::Honest).await;
    let outcome = server.discover(Rules::default()).await;
    let Outcome::Configured(Configured { endpoint, user, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(
        (endpoint.host.as_str(), endpoint.port, user.as_str()),
        (HOST, server.address.port(), "alice@example.com")
    );
    assert!(server.heard("tls AUTH PLAIN") && server.heard("tls Subject:"));
}

#[tokio::test]
async fn the_verifier_judges_the_handshake() {
    let server = Server::start(Manner::Honest).await;
    let outcome = server.discover_pinned(&[0; 32], Rules::default()).await;
    check(&outcome, Reason::PinMismatch);
    assert!(!server.heard("tls"));
    // The same chain is fine by the WebPKI, which is all that the flawed client looks at.
    let outcome = server.discover_pinned(&[0; 32], Defect::SkipsPin.into()).await;
    assert!(matches!(outcome, Outcome::Configured(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_certificate_without_its_key_is_worth_nothing() {
    let server = Server::start(Manner::OtherKey).await;
    check(&server.discover(Rules::default()).await, Reason::CertificateUntrusted);
    let outcome = server.discover(Defect::SkipsHandshakeSignature.into()).await;
    assert!(matches!(outcome, Outcome::Configured(_)), "{outcome:?}");
}

#[tokio::test]
async fn injected_plaintext_never_reaches_the_session() {
    for manner in [Manner::InjectsWithReply, Manner::InjectsAfterReply] {
        let server = Server::start(manner).await;
        let outcome = server.discover(Rules::default()).await;
        // Text that comes with the reply is recognised as such; later text breaks the handshake.
        let reason = outcome.reason();
        assert!(
            reason == Some(Reason::PlaintextAfterStarttls)
                || manner == Manner::InjectsAfterReply && reason == Some(Reason::TlsFailed),
            "{outcome:?}"
        );
        assert!(!server.heard("tls"));
    }
}

#[tokio::test]
async fn the_flawed_client_believes_injected_plaintext() {
    let server = Server::start(Manner::InjectsWithReply).await;
    server.discover(Defect::UsesInjectedPlaintext.into()).await;
    assert!(server.heard("tls AUTH PLAIN"));
}

#[tokio::test]
async fn nothing_is_said_in_clear_after_a_broken_handshake() {
    let server = Server::start(Manner::BreaksHandshake).await;
    check(&server.discover(Rules::default()).await, Reason::TlsFailed);
    assert!(!server.heard("clear AUTH") && !server.heard("clear QUIT"));
    server.discover(Defect::ContinuesInClear.into()).await;
    // The last of these follows the handshake, perhaps on one line with its octets.
    let heard = server.heard.lock().unwrap();
    assert_eq!(heard.iter().filter(|line| line.contains("EHLO [127.0.0.1]")).count(), 3, "{heard:?}");
}

#[tokio::test]
async fn every_wait_ends() {
    let server = Server::start(Manner::Silent).await;
    check(&server.discover(Rules::default()).await, Reason::Unreachable);
    let server = Server::start(Manner::SilentAfterStarttls).await;
    check(&server.discover(Rules::default()).await, Reason::TlsFailed);
}

#[tokio::test]
async fn the_time_for_everything_ends() {
    let zone = Zone { port: 9, key: String::new() };
    let mut request =
        Request::new("alice@example.com".parse().unwrap(), "secret".parse().unwrap(), Service::Submission);
    request.limits.overall = Duration::ZERO;
    struct Never;
    #[async_trait]
    impl Resolver for Never {
        async fn lookup(&self, _: &Name, _: RecordType) -> Lookup {
            std::future::pending().await
        }

        fn name(&self) -> &'static str {
            "never"
        }
    }
    check(
        &drive(request.clone(), Rules::default(), Arc::new(Never), || 0).await.unwrap(),
        Reason::LookupFailed,
    );
    request.limits = Limits::default();
    // Nobody listens at the discard port of this machine.
    check(&drive(request, Rules::default(), Arc::new(zone), || 0).await.unwrap(), Reason::KeyRecordUnusable);
}
