//! A lab on loopback and the programs that judge it.

#![expect(clippy::disallowed_methods, reason = "tests read the clock and bind for themselves")]

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant, SystemTime};

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RData, RecordType};
use hickory_proto::serialize::binary::{BinDecodable as _, BinEncodable as _};
use signpost_dns::{AnswerFault, Authority, Hierarchy, KeyPool, Responder, Scope, Zone, serve};
use signpost_transcript::Recorder;

pub(crate) fn name(text: &str) -> Name {
    let mut name = Name::from_ascii(text).unwrap();
    name.set_fqdn(true);
    name
}

pub(crate) fn now() -> u32 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u32::try_from(since.as_secs()).unwrap()
}

pub(crate) fn zones() -> Vec<Zone> {
    crate::resolver_world::zones()
}

pub(crate) fn hierarchy(faults: &[AnswerFault]) -> Arc<Hierarchy> {
    Arc::new(Hierarchy::build(zones(), KeyPool::global(), now(), faults).unwrap())
}

/// Responders on sockets, on a thread of their own, until dropped.
pub(crate) struct Lab {
    pub(crate) address: SocketAddr,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Lab {
    pub(crate) fn start(hierarchy: Arc<Hierarchy>) -> Self {
        Self::start_at(hierarchy, &[(Scope::Forward, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))]).unwrap()
    }

    /// Starts several scopes; the address is that of the first.
    pub(crate) fn start_at(
        hierarchy: Arc<Hierarchy>,
        scopes: &[(Scope, SocketAddr)],
    ) -> std::io::Result<Self> {
        let mut sockets = Vec::new();
        for (scope, address) in scopes {
            let tcp = std::net::TcpListener::bind(address)?;
            let udp = UdpSocket::bind(tcp.local_addr()?)?;
            tcp.set_nonblocking(true)?;
            udp.set_nonblocking(true)?;
            sockets.push((scope.clone(), udp, tcp));
        }
        let address = sockets[0].1.local_addr()?;
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                for (scope, udp, tcp) in sockets {
                    let responder = Arc::new(Responder::new(Arc::clone(&hierarchy), scope));
                    let udp = tokio::net::UdpSocket::from_std(udp).unwrap();
                    let tcp = tokio::net::TcpListener::from_std(tcp).unwrap();
                    tokio::spawn(serve(
                        Arc::new(Authority::new(responder, Recorder::new())),
                        udp,
                        tcp,
                        Recorder::new(),
                    ));
                }
                let _ = stopped.await;
            });
        });
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Whether a program is installed. A missing one is an error where `SIGNPOST_REQUIRE_PROGRAMS` says so.
pub(crate) fn has_program(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/sbin")])
        .any(|directory| directory.join(program).is_file());
    if !found {
        assert!(std::env::var_os("SIGNPOST_REQUIRE_PROGRAMS").is_none(), "{program} is not installed");
        println!("skipped: {program} is not installed");
    }
    found
}

/// Runs a program to its end, for a bounded time. `None`: it was still running and has been killed.
pub(crate) fn run_for(command: &mut Command, patience: Duration) -> Option<Output> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let id = child.id();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    match receiver.recv_timeout(patience) {
        Ok(output) => Some(output.unwrap()),
        Err(_) => {
            let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
            None
        }
    }
}

/// Runs a program to its end, which must come within 20 seconds.
pub(crate) fn run(command: &mut Command) -> Output {
    run_for(command, Duration::from_secs(20)).unwrap_or_else(|| panic!("{command:?} did not end"))
}

/// delv with the trust anchor of a hierarchy, all but the question.
pub(crate) fn delv(hierarchy: &Hierarchy, server: SocketAddr, directory: &tempfile::TempDir) -> Command {
    let anchors = directory.path().join("anchors");
    let dnskey = hierarchy.trust_anchor().dnskey_text();
    let fields: Vec<&str> = dnskey.split_whitespace().collect();
    let key = &fields[fields.iter().position(|field| *field == "DNSKEY").unwrap() + 1..];
    let text = format!(
        "trust-anchors {{ \".\" static-key {} {} {} \"{}\"; }};\n",
        key[0],
        key[1],
        key[2],
        key[3..].concat()
    );
    std::fs::write(&anchors, text).unwrap();
    let mut command = Command::new("delv");
    command.arg(format!("@{}", server.ip())).args(["-p", &server.port().to_string(), "-a"]).arg(&anchors);
    command.args(["+root=.", "-4"]);
    command
}

/// A program that runs until dropped.
pub(crate) struct Daemon {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) directory: tempfile::TempDir,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn unbound(hierarchy: &Hierarchy, upstream: &str) -> Daemon {
    let directory = tempfile::tempdir().unwrap();
    // An address of its own, so that the port found free now is not taken before the program binds it.
    static DAEMONS: AtomicU8 = AtomicU8::new(1);
    let [low, high, ..] = std::process::id().to_le_bytes();
    let host = Ipv4Addr::new(127, 64 | (high & 63), low, DAEMONS.fetch_add(1, Ordering::Relaxed));
    let address = UdpSocket::bind((host, 0)).unwrap().local_addr().unwrap();
    let root = directory.path().display();
    let config = format!(
        "server:\n interface: {}\n port: {}\n directory: \"{root}\"\n chroot: \"\"\n username: \"\"\n pidfile: \"\"\n\
         use-syslog: no\n logfile: \"{root}/log\"\n verbosity: 3\n val-log-level: 2\n do-not-query-localhost: no\n\
         access-control: 127.0.0.0/8 allow\n local-zone: \"test.\" nodefault\n do-ip6: no\n num-threads: 1\n outbound-msg-retry: 2\n\
         module-config: \"validator iterator\"\n trust-anchor: \"{}\"\n ede: yes\n{upstream}\nremote-control:\n control-enable: no\n",
        address.ip(),
        address.port(),
        hierarchy.trust_anchor().ds_text(),
    );
    let path = directory.path().join("unbound.conf");
    std::fs::write(&path, config).unwrap();
    let child = Command::new("unbound")
        .arg("-d")
        .arg("-c")
        .arg(&path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let daemon = Daemon { child: child.unwrap(), address, directory };
    let deadline = Instant::now() + Duration::from_secs(10);
    // It answers this name by itself, so that nothing of the lab is in its cache when the test begins.
    while ask(daemon.address, &name("localhost"), RecordType::A, false, Duration::from_millis(50)).is_none() {
        assert!(Instant::now() < deadline, "unbound did not start: {}", daemon.log());
    }
    daemon
}

impl Daemon {
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

/// One question by UDP with DO, repeated until the time is over.
pub(crate) fn ask(
    server: SocketAddr,
    name: &Name,
    record_type: RecordType,
    checking_disabled: bool,
    patience: Duration,
) -> Option<Message> {
    let mut message = Message::new(4711, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.metadata.checking_disabled = checking_disabled;
    message.add_query(Query::query(name.clone(), record_type));
    let mut edns = Edns::new();
    edns.set_max_payload(4096).set_dnssec_ok(true);
    message.set_edns(edns);
    let bytes = message.to_bytes().unwrap();
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.set_read_timeout(Some(patience)).unwrap();
    socket.send_to(&bytes, server).unwrap();
    let mut buffer = [0; 65535];
    let (length, _) = socket.recv_from(&mut buffer).ok()?;
    Message::from_bytes(&buffer[..length]).ok()
}

/// Points every address of the zones into a block of loopback.
pub(crate) fn move_addresses(zones: &mut [Zone], block: [u8; 3]) {
    for zone in zones {
        for record in &mut zone.records {
            if let RData::A(address) = &mut record.data {
                let [.., host] = address.octets();
                address.0 = Ipv4Addr::new(block[0], block[1], block[2], host);
            }
        }
    }
}
