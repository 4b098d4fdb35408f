//! A signed hierarchy on loopback, and the three validators in front of it.

use std::net::SocketAddr;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use hickory_proto::rr::{Name, RecordType};
use signpost_dns::{
    Algorithm, AnswerFault, Authority, Denial, Hierarchy, KeyPool, Responder, Scope, Signing, Zone, serve,
};
use signpost_transcript::Recorder;
use signpost_validate::{
    Answer, AuditedValidator, DomainValidator, HickoryValidator, Lookup, Resolver, TrustAnchor, Upstream,
};
use tokio::net::{TcpListener, UdpSocket};

const SOA: &str =
    "@ 3600 IN SOA ns.example. hostmaster.example. 1 3600 600 86400 60\n@ 3600 IN NS ns.example.\n";

const ROOT: &str = "ns.example. 3600 IN A 192.0.2.53\n";

/// Every shape of answer that a client of service discovery meets.
const EXAMPLE_COM: &str = "
_submission._tcp   3600 IN SRV 1 1 587 submit1
_submission._tcp   3600 IN TXT \"v=submission STARTTLS=_certroot.example.com\"
_certroot          3600 IN TXT \"v=keyrecord sha256=AAAA\"
submit1            3600 IN A 192.0.2.11
alias              3600 IN CNAME submit1
away               3600 IN CNAME host.example.org.
astray             3600 IN CNAME host.unsigned.com.
astray-denied      3600 IN CNAME nowhere.unsigned.com.
alias-denied       3600 IN CNAME nowhere.example.org.
moved              3600 IN DNAME example.org.
first              3600 IN CNAME second
second             3600 IN CNAME submit1
*.wild             3600 IN SRV 1 1 587 submit1
below.exists.wild  3600 IN A 192.0.2.12
*._wild            3600 IN CNAME submit1
deep.ent           3600 IN TXT \"an empty non-terminal above\"
loop1              3600 IN CNAME loop2
loop2              3600 IN CNAME loop1
big                3600 IN TXT \"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"
big                3600 IN TXT \"1123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"
big                3600 IN TXT \"2123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"
big                3600 IN TXT \"3123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"
big                3600 IN TXT \"4123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"
big                3600 IN TXT \"5123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"
big                3600 IN TXT \"6123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"
big                3600 IN TXT \"7123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"
big                3600 IN TXT \"8123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"
big                3600 IN TXT \"9123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"
big                3600 IN TXT \"a123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"
big                3600 IN TXT \"b123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"
";

const HOST: &str = "host 3600 IN A 192.0.2.21\n_submission._tcp 3600 IN SRV 1 1 587 host\n";

/// The hierarchy: root, com, org, example.com, example.org, unsigned.com.
pub(crate) struct Lab {
    pub(crate) upstream: Upstream,
    pub(crate) responder: Arc<Responder>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Lab {
    pub(crate) async fn start(denial: Denial, algorithm: Algorithm, faults: &[AnswerFault]) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let zone = |origin: &str, text: &str| {
            let mut zone = Zone::parse(Name::from_str(origin).unwrap(), &format!("{SOA}{text}")).unwrap();
            zone.signing = Signing::Signed { algorithm, denial };
            zone
        };
        let mut unsigned = zone("unsigned.com.", HOST);
        unsigned.signing = Signing::Unsigned;
        let mut root = zone(".", ROOT);
        // A debug build of hickory-net asserts that no zone with NSEC3 is the root.
        root.signing = Signing::Signed { algorithm, denial: Denial::Nsec };
        let zones = vec![
            root,
            zone("com.", ""),
            zone("org.", ""),
            zone("example.com.", EXAMPLE_COM),
            zone("example.org.", HOST),
            unsigned,
        ];
        let hierarchy = Hierarchy::build(zones, KeyPool::global(), now.try_into().unwrap(), faults).unwrap();
        let trust_anchor: TrustAnchor = hierarchy.trust_anchor().ds_text().parse().unwrap();
        let responder = Arc::new(Responder::new(Arc::new(hierarchy), Scope::Forward));
        let (udp, tcp) = sockets().await;
        let server = udp.local_addr().unwrap();
        let authority = Authority::new(Arc::clone(&responder), Recorder::new());
        let task = tokio::spawn(serve(Arc::new(authority), udp, tcp, Recorder::new()));
        Self { upstream: Upstream::new(server, trust_anchor), responder, server: task }
    }

    pub(crate) fn validators(&self) -> [Box<dyn Resolver>; 3] {
        [
            Box::new(HickoryValidator::new(&self.upstream)),
            Box::new(DomainValidator::new(&self.upstream)),
            Box::new(AuditedValidator::new(&self.upstream)),
        ]
    }
}

/// UDP and TCP on one free port of loopback.
pub(crate) async fn sockets() -> (UdpSocket, TcpListener) {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = tcp.local_addr().unwrap();
        if let Ok(udp) = UdpSocket::bind(address).await {
            return (udp, tcp);
        }
    }
}

pub(crate) async fn ask(resolver: &dyn Resolver, name: &str, record_type: RecordType) -> Lookup {
    resolver.lookup(&Name::from_str(name).unwrap(), record_type).await
}

/// A verdict in a few words: security, and what was found.
pub(crate) fn describe(lookup: &Lookup) -> String {
    let found = match &lookup.answer {
        Answer::Failed(failure) => failure.to_string(),
        Answer::NoData => "no data".into(),
        Answer::NxDomain => "no name".into(),
        Answer::Records(records) => {
            let data: Vec<String> = records.iter().map(|record| record.data.to_string()).collect();
            data.join(" | ")
        }
    };
    format!("{}: {found}", lookup.security)
}
