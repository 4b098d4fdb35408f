//! What is generated passes the rules, name servers' checkers load it, and what cannot be generated is told.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use hickory_proto::rr::Name;
use rustls_pki_types::{CertificateDer, UnixTime};
use signpost_pki::{CertificateSpec, Pki, pem};
use signpost_protocol::{Label, Service};
use signpost_source::Source;
use signpost_zone::ZoneFile;
use signpost_zone::generate::{Chain, Generated, Pin, Plan, StsMode, generate};
use signpost_zone::lint::{Settings, lint};

const NOW: i64 = 1_800_000_000;

fn name(text: &str) -> Name {
    let mut name = Name::from_ascii(text).unwrap();
    name.set_fqdn(true);
    name
}

/// A chain of three, the server's certificate first.
fn certificates() -> Vec<CertificateDer<'static>> {
    let specs = [
        CertificateSpec { ca: true, ..CertificateSpec::new("root") },
        CertificateSpec { ca: true, issuer: Some("root".to_owned()), ..CertificateSpec::new("intermediate") },
        CertificateSpec {
            issuer: Some("intermediate".to_owned()),
            names: vec!["mail.example.com".to_owned(), "*.hosts.example.com".to_owned()],
            ..CertificateSpec::new("leaf")
        },
    ];
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW.unsigned_abs()));
    Pki::build(&specs, &[], now).unwrap().identity("leaf").unwrap().chain.clone()
}

fn chain() -> Chain {
    Chain::read(&Source::new("chain.pem", pem(&certificates())), NOW).unwrap()
}

fn plan(chain: &Chain) -> Plan {
    Plan {
        domain: name("example.com"),
        services: [Service::Imap, Service::Submission].into(),
        servers: vec![name("mail.example.com")],
        without: BTreeSet::new(),
        ports: Vec::new(),
        exchanges: vec![name("mail.example.com")],
        chain: chain.clone(),
        pin: Pin::Root,
        ttl: 3600,
        mechanisms: None,
        tlsa: true,
        mta_sts: Some(StsMode::Testing),
        tls_reports: Some("mailto:tls@example.com".to_owned()),
        autoconfig: true,
    }
}

/// A zone that holds what is generated, and what an operator has beside it.
fn zone(generated: &Generated) -> String {
    let head = "$ORIGIN example.com.\n$TTL 3600\n@ SOA ns hostmaster 1 7200 900 1209600 300\n@ NS ns\n\
                @ DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==\n\
                ns A 192.0.2.1\nmail A 192.0.2.2\na.hosts A 192.0.2.3\nmta-sts A 192.0.2.4\n";
    format!("{head}{}", generated.master_file())
}

/// Every combination of what can be asked for.
fn each_plan(mut check: impl FnMut(&Plan)) {
    let chain = chain();
    for choice in 0_u32..1 << 9 {
        let is = |bit: u32| choice & (1 << bit) != 0;
        let mut plan = plan(&chain);
        plan.pin = [Pin::Root, Pin::Intermediate, Pin::Leaf][choice as usize % 3];
        if is(0) {
            plan.servers.push(name("a.hosts.example.com"));
        }
        if is(1) {
            plan.without = [Label::Imap, Label::Submission].into();
        }
        if is(2) {
            plan.exchanges.push(name("a.hosts.example.com"));
        }
        plan.tlsa = is(3);
        if is(4) {
            plan.mta_sts = Some(StsMode::Enforce);
            plan.tls_reports = None;
        }
        if is(5) {
            plan.mechanisms = Some("SCRAM-SHA-256,PLAIN".to_owned());
        }
        if is(6) {
            plan.services = [Service::Pop3].into();
            plan.without.clear();
            plan.ports = vec![(Label::Pop3, 2110)];
        }
        if is(7) {
            plan.ttl = 300;
        }
        if is(8) {
            plan.exchanges.clear();
            plan.mta_sts = None;
        }
        check(&plan);
    }
}

#[test]
fn what_is_generated_breaks_no_rule() {
    each_plan(|plan| {
        let text = zone(&generate(plan).unwrap());
        let zone = ZoneFile::read(Source::new("example.com.db", text.clone()), None, false).unwrap();
        let findings = lint(&[zone], &Settings { now: None, advice: true });
        let shown: Vec<_> =
            findings.list.iter().map(|finding| (finding.rule.code, &finding.message)).collect();
        assert!(shown.is_empty(), "{shown:?}\n{text}");
    });
}

/// The program of BIND, and that of Knot DNS where it is installed.
#[test]
fn checkers_of_name_servers_load_what_is_generated() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("example.com.db");
    std::fs::write(&file, zone(&generate(&plan(&chain())).unwrap())).unwrap();
    for (program, arguments) in
        [("named-checkzone", &["example.com"][..]), ("kzonecheck", &["-o", "example.com"])]
    {
        let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
        match Command::new(program).args(arguments).arg(&file).env("PATH", path).output() {
            Ok(output) => assert!(output.status.success(), "{output:?}"),
            Err(error) if program == "named-checkzone" => {
                assert!(std::env::var_os("SIGNPOST_REQUIRE_PROGRAMS").is_none(), "{program}: {error}");
            }
            Err(_) => println!("skipped: {program} is not installed"),
        }
    }
}

/// An operator reads this, so it is looked at as a whole.
#[test]
fn records_come_with_their_reasons() {
    let mut generated = generate(&plan(&chain())).unwrap();
    // Keys are made anew in each process.
    for record in &mut generated.records {
        let digest = ["sha256=", "2 0 1 ", "3 1 1 "]
            .iter()
            .find_map(|start| record.data.find(start).map(|at| at + start.len()));
        if let Some(at) = digest {
            record.data.replace_range(at.., "…");
        }
    }
    insta::assert_snapshot!(generated.master_file());
    let file = |wanted: &str| &generated.files.iter().find(|(name, _)| *name == wanted).unwrap().1;
    assert_eq!(
        file("mta-sts.txt"),
        "version: STSv1\r\nmode: testing\r\nmx: mail.example.com\r\nmax_age: 1209600\r\n"
    );
    insta::assert_snapshot!(file("config-v1.1.xml"));
}

#[test]
fn long_texts_are_split_where_strings_end() {
    let mut plan = plan(&chain());
    let names: Vec<String> = (0..30).map(|number| format!("MECHANISM-{number}")).collect();
    plan.mechanisms = Some(names.join(","));
    let generated = generate(&plan).unwrap();
    let long = generated.records.iter().find(|record| record.data.contains("SASL=")).unwrap();
    let strings: Vec<&str> = long.data.trim_matches('"').split("\" \"").collect();
    assert!(strings.len() == 2 && strings[0].len() == 255, "{strings:?}");
    assert!(strings.concat().ends_with("MECHANISM-29"));
}

#[test]
fn a_chain_that_is_none_is_told_at_its_place() {
    let [leaf, intermediate, root] = &certificates()[..] else { panic!("three certificates") };
    let key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n".to_owned();
    let cut = pem([leaf]).replace("-----END CERTIFICATE-----\n", "");
    for (text, line, expected) in [
        (String::new(), 1, "holds no certificate"),
        ("rubbish\n".repeat(9), 1, "holds no certificate"),
        (format!("\n{key}"), 2, "a private key and no certificate"),
        (pem([root, intermediate, leaf]), 1, "did not issue the certificate before it"),
        (pem([leaf, root]), 1, "did not issue the certificate before it"),
        (pem([leaf, leaf]), 1, "did not issue the certificate before it"),
        (pem([intermediate, root]), 1, "begins with the certificate of a CA"),
        (pem([leaf]).replace("MII", "MIJ"), 1, "this is no certificate"),
        (cut, 1, "certificate"),
    ] {
        let problems = Chain::read(&Source::new("chain.pem", text.clone()), NOW).unwrap_err();
        let frame = problems.to_string();
        assert!(frame.contains(expected) && problems.problems()[0].help.is_some(), "{frame}");
        assert!(line == 1 || frame.contains(&format!("chain.pem:{line}:")), "{frame}");
    }
    let late = Chain::read(&Source::new("chain.pem", pem([leaf])), NOW + 100 * 365 * 86_400).unwrap_err();
    assert!(late.to_string().contains("has expired"), "{late}");
    // A key beside the chain is as usual, and not looked at.
    assert!(Chain::read(&Source::new("both.pem", key + &pem([leaf, intermediate, root])), NOW).is_ok());
}

type Change = Box<dyn Fn(&mut Plan)>;

#[test]
fn what_cannot_be_published_is_told() {
    let chain = chain();
    let [leaf, intermediate, root] = &certificates()[..] else { panic!("three certificates") };
    let read = |certificates: &[&CertificateDer<'static>]| {
        Chain::read(&Source::new("chain.pem", pem(certificates.iter().copied())), NOW).unwrap()
    };
    let without_root = read(&[leaf, intermediate]);
    let alone = read(&[root]);
    let changes: [(&str, Change); 13] = [
        ("which is no root", Box::new(move |plan| plan.chain = without_root.clone())),
        (
            "no intermediate",
            Box::new(move |plan| (plan.chain, plan.pin) = (alone.clone(), Pin::Intermediate)),
        ),
        ("no server is named", Box::new(|plan| plan.servers.clear())),
        (
            "nothing is to be published",
            Box::new(|plan| {
                plan.services.clear();
                plan.exchanges.clear();
            }),
        ),
        ("no name of a host", Box::new(|plan| plan.servers = vec![name("*.example.com")])),
        ("named twice", Box::new(|plan| plan.servers.push(name("MAIL.example.com")))),
        ("offered at no label", Box::new(|plan| plan.without = [Label::Imap, Label::Imaps].into())),
        ("port 0", Box::new(|plan| plan.ports = vec![(Label::Imap, 0)])),
        ("port of another label", Box::new(|plan| plan.ports = vec![(Label::Submission, 465)])),
        ("no list of SASL mechanisms", Box::new(|plan| plan.mechanisms = Some("PLAIN LOGIN".to_owned()))),
        ("reports on TLS", Box::new(|plan| plan.tls_reports = Some("tls@example.com".to_owned()))),
        ("MTA-STS is about exchanges", Box::new(|plan| plan.exchanges.clear())),
        (
            "does not name other.example.com",
            Box::new(|plan| {
                plan.pin = Pin::Leaf;
                plan.servers = vec![name("other.example.com")];
            }),
        ),
    ];
    for (expected, change) in changes {
        let mut plan = plan(&chain);
        change(&mut plan);
        let told = generate(&plan).map(|generated| generated.master_file()).unwrap_err();
        assert!(told.contains(expected), "{expected}: {told}");
    }
}
