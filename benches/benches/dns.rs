//! The DNS lab: raising a hierarchy, answering from small and large zones, signing beside dnssec-signzone and
//! ldns-signzone.

use std::fmt::Write as _;
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RecordType};
use hickory_proto::serialize::binary::BinEncodable as _;
use signpost_dns::{Algorithm, Denial, Hierarchy, KeyPool, Responder, Scope, Signing, Zone};
use signpost_transcript::Transport;

const NOW: u32 = 1_800_000_000;
const LARGE: usize = 50_000;

fn origin() -> Name {
    Name::from_ascii("example.").unwrap()
}

/// A zone of so many names with an address each.
fn zone_text(names: usize) -> String {
    let mut text = "$TTL 300\n@ SOA ns h 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n".to_owned();
    for number in 0..names {
        writeln!(text, "host{number} A 192.0.2.2").unwrap();
    }
    text
}

fn hierarchy(text: &str, denial: Denial) -> Hierarchy {
    let mut zone = Zone::parse(origin(), text).unwrap();
    zone.signing = Signing::Signed { algorithm: Algorithm::EcdsaP256Sha256, denial };
    Hierarchy::build(vec![zone], KeyPool::global(), NOW, &[]).unwrap()
}

/// Questions for names spread over the zone, of which none exists.
fn denied_questions(names: usize) -> Vec<Vec<u8>> {
    let question = |number: usize| {
        let mut message = Message::new(1, MessageType::Query, OpCode::Query);
        let name = Name::from_ascii(format!("host{}x.example.", number * 7919 % names)).unwrap();
        message.add_query(Query::query(name, RecordType::SRV));
        let mut edns = Edns::new();
        edns.set_max_payload(1232).set_dnssec_ok(true);
        message.set_edns(edns);
        message.to_bytes().unwrap()
    };
    (0..1024).map(question).collect()
}

fn raise(criterion: &mut Criterion) {
    let zones = [
        (".", include_str!("../../scenarios/worlds/resolver/root.zone")),
        ("com.", include_str!("../../scenarios/worlds/resolver/com.zone")),
        ("example.com.", include_str!("../../scenarios/worlds/resolver/example.com.zone")),
    ]
    .map(|(origin, text)| Zone::parse(Name::from_ascii(origin).unwrap(), text).unwrap());
    let build = || Hierarchy::build(zones.to_vec(), KeyPool::global(), NOW, &[]).unwrap();
    black_box(build());
    let mut group = criterion.benchmark_group("three zones");
    group.bench_function("indexed, to be signed when asked", |bencher| bencher.iter(build));
    group.bench_function("signed", |bencher| bencher.iter(|| build().sign_all()));
    group.finish();
}

fn deny(criterion: &mut Criterion) {
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 5353));
    let nsec3 = Denial::Nsec3 { iterations: 0, salt: None, opt_out: false };
    let mut group = criterion.benchmark_group("denial");
    for (label, denial) in [("NSEC", Denial::Nsec), ("NSEC3", nsec3)] {
        for names in [50, LARGE] {
            let hierarchy = hierarchy(&zone_text(names), denial);
            hierarchy.sign_all();
            let responder = Responder::new(Arc::new(hierarchy), Scope::Zone(origin()));
            let questions = denied_questions(names);
            let mut next = questions.iter().cycle();
            group.bench_function(BenchmarkId::new(label, names), |bencher| {
                bencher.iter(|| responder.respond(next.next().unwrap(), peer, Transport::Tcp));
            });
        }
    }
    group.finish();
}

fn sign(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("example.zone");
    std::fs::write(&file, zone_text(LARGE)).unwrap();
    let signed = directory.path().join("signed.zone");
    let mut group = criterion.benchmark_group("sign 50,000 names from file to file");
    group.sample_size(10);
    group.bench_function("signpost-dns", |bencher| {
        bencher.iter(|| {
            let hierarchy = hierarchy(&std::fs::read_to_string(&file).unwrap(), Denial::Nsec);
            std::fs::write(&signed, hierarchy.write_zone(&origin()).unwrap()).unwrap();
        });
    });
    let keygen = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(directory.path()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let run = |program: &str, arguments: &[&str]| {
        let start = Instant::now();
        let status = quiet(program, arguments, directory.path());
        assert!(status, "{program} failed");
        start.elapsed()
    };
    let bind = [
        keygen("dnssec-keygen", &["-a", "13", "-f", "KSK", "example"]),
        keygen("dnssec-keygen", &["-a", "13", "example"]),
    ];
    if let [Some(ksk), Some(zsk)] = &bind {
        group.bench_function("dnssec-signzone", |bencher| {
            let arguments = ["-S", "-x", "-o", "example", "-k", ksk, "-f", "bind.zone", "example.zone", zsk];
            bencher.iter_custom(|times| {
                (0..times).map(|_| run("dnssec-signzone", &arguments)).sum::<Duration>()
            });
        });
    }
    let ldns = [
        keygen("ldns-keygen", &["-a", "ECDSAP256SHA256", "-k", "example"]),
        keygen("ldns-keygen", &["-a", "ECDSAP256SHA256", "example"]),
    ];
    if let [Some(ksk), Some(zsk)] = &ldns {
        group.bench_function("ldns-signzone", |bencher| {
            let arguments = ["-o", "example", "-f", "ldns.zone", "example.zone", ksk, zsk];
            bencher
                .iter_custom(|times| (0..times).map(|_| run("ldns-signzone", &arguments)).sum::<Duration>());
        });
    }
    group.finish();
}

fn quiet(program: &str, arguments: &[&str], directory: &Path) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

criterion_group!(benches, raise, deny, sign);
criterion_main!(benches);
