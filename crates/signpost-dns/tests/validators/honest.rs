//! Real validators judge the honest lab: everything that is signed is Secure, whatever is asked.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use crate::support::{Lab, ask, delv, has_program, hierarchy, name, run, unbound};
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;
use signpost_dns::{Hierarchy, KeyPool, Scope};

/// What is asked, what the answer is, and whether it can be Secure.
const QUESTIONS: &[(&str, RecordType, ResponseCode, bool)] = {
    use RecordType::*;
    use ResponseCode::{NXDomain, NoError};
    &[
        (".", SOA, NoError, true),
        ("com", DNSKEY, NoError, true),
        ("com", DS, NoError, true),
        ("example.com", DS, NoError, true),
        ("example.com", SOA, NoError, true),
        ("example.com", NS, NoError, true),
        ("_submission._tcp.example.com", SRV, NoError, true),
        ("_submission._tcp.example.com", TXT, NoError, true),
        ("_certroot.example.com", TXT, NoError, true),
        ("_mx._tcp.example.com", TXT, NoError, true),
        ("_pop3._tcp.example.com", SRV, NoError, true),
        ("submit1.example.com", A, NoError, true),
        ("big.example.com", TXT, NoError, true),
        // No such type: at a name, at the apex, at a cut, at an empty non-terminal.
        ("submit1.example.com", AAAA, NoError, true),
        ("example.com", A, NoError, true),
        ("_tcp.example.com", SRV, NoError, true),
        ("empty.example.com", A, NoError, true),
        ("deep.empty.example.com", A, NoError, true),
        ("submit1.example.com", DS, NoError, true),
        ("insecure.example.com", DS, NoError, true),
        // No such name: beside names, below a name, below an empty non-terminal, in the parents.
        ("nope.example.com", A, NXDomain, true),
        ("_pop3s._tcp.example.com", SRV, NXDomain, true),
        ("_pop3s._tcp.nope.example.com", SRV, NXDomain, true),
        ("_imaps._tcp.submit1.example.com", SRV, NXDomain, true),
        ("0.example.com", A, NXDomain, true),
        ("zzz.example.com", A, NXDomain, true),
        ("nope.com", A, NXDomain, true),
        ("nope", A, NXDomain, true),
        // Wildcards: expanded, with another type, over an existing name, alias, below an empty one.
        ("x.wild.example.com", TXT, NoError, true),
        ("x.y.wild.example.com", A, NoError, true),
        ("x.wild.example.com", SRV, NoError, true),
        ("host.wild.example.com", A, NoError, true),
        ("host.wild.example.com", TXT, NoError, true),
        ("x.host.wild.example.com", A, NXDomain, true),
        ("*.wild.example.com", A, NoError, true),
        ("wild.example.com", A, NoError, true),
        ("x.deep.empty.example.com", A, NoError, true),
        ("x.aliases.example.com", A, NoError, true),
        ("x.star.example.com", A, NoError, true),
        // Aliases.
        ("alias.example.com", A, NoError, true),
        ("alias.example.com", AAAA, NoError, true),
        ("astray.example.com", A, NXDomain, true),
        ("a.moved.example.com", A, NoError, true),
        ("b.moved.example.com", A, NXDomain, true),
        ("moved.example.com", A, NoError, true),
        ("abroad.example.com", A, NoError, false),
        // Without signatures.
        ("www.insecure.example.com", A, NoError, false),
        ("nope.insecure.example.com", A, NXDomain, false),
        // NSEC3.
        ("www.nsec3.example.com", A, NoError, true),
        ("www.nsec3.example.com", AAAA, NoError, true),
        ("_tcp.nsec3.example.com", SRV, NoError, true),
        ("nope.nsec3.example.com", A, NXDomain, true),
        ("_pop3s._tcp.nope.nsec3.example.com", SRV, NXDomain, true),
        ("x.wild.nsec3.example.com", A, NoError, true),
        ("x.wild.nsec3.example.com", TXT, NoError, true),
        ("wild.nsec3.example.com", A, NoError, true),
        ("alias.nsec3.example.com", A, NoError, true),
        ("nope.salted.example.com", A, NXDomain, true),
        ("x.y.wild.salted.example.com", A, NoError, true),
        ("_tcp.salted.example.com", A, NoError, true),
        // Opt-out: what a covering NSEC3 record with the flag denies is Insecure (RFC 5155 section 9.2).
        ("www.optout.example.com", A, NoError, true),
        ("www.optout.example.com", AAAA, NoError, true),
        ("nope.optout.example.com", A, NXDomain, false),
        ("insecure.optout.example.com", DS, NoError, false),
        ("www.insecure.optout.example.com", A, NoError, false),
        ("www.secure.optout.example.com", A, NoError, true),
        // Algorithms.
        ("www.rsasha256.example.com", A, NoError, true),
        ("nope.rsasha256.example.com", A, NXDomain, true),
        ("www.rsasha512.example.com", A, NoError, true),
        ("www.ecdsap384.example.com", A, NoError, true),
        ("nope.ecdsap384.example.com", A, NXDomain, true),
        ("www.ed25519.example.com", A, NoError, true),
        ("nope.ed25519.example.com", A, NXDomain, true),
    ]
};

#[test]
fn unbound_says_secure() {
    if !has_program("unbound") {
        return;
    }
    let hierarchy = hierarchy(&[]);
    let lab = Lab::start(hierarchy.clone());
    let forward =
        format!("forward-zone:\n name: \".\"\n forward-addr: {}@{}\n", lab.address.ip(), lab.address.port());
    judge_by_unbound(&hierarchy, &forward);
}

#[test]
fn unbound_says_secure_when_it_goes_from_the_root_itself() {
    if !has_program("unbound") {
        return;
    }
    let block = [127, 53, (std::process::id() % 251) as u8];
    let mut zones = crate::support::zones();
    // Every zone gets a server of its own, as the addresses of the zone files say it for the first three.
    for (place, zone) in zones.iter_mut().enumerate().skip(3) {
        let line = format!("ns A 192.0.2.{}", 100 + place);
        zone.publish(&line).unwrap();
    }
    crate::support::move_addresses(&mut zones, block);
    let hierarchy =
        std::sync::Arc::new(Hierarchy::build(zones, KeyPool::global(), crate::support::now(), &[]).unwrap());
    let scopes: Vec<(Scope, SocketAddr)> = hierarchy
        .origins()
        .map(|origin| {
            let host = match origin.to_string().as_str() {
                "." => 1,
                "com." => 2,
                "example.com." => 3,
                other => crate::support::zones()
                    .iter()
                    .position(|zone| zone.origin == name(other))
                    .and_then(|place| u8::try_from(100 + place).ok())
                    .unwrap(),
            };
            (Scope::Zone(origin.clone()), SocketAddr::from(([block[0], block[1], block[2], host], 53)))
        })
        .collect();
    let lab = match Lab::start_at(hierarchy.clone(), &scopes) {
        Ok(lab) => lab,
        Err(error) => {
            assert!(std::env::var_os("SIGNPOST_REQUIRE_PROGRAMS").is_none(), "port 53: {error}");
            println!("skipped: port 53 of loopback: {error}");
            return;
        }
    };
    let hints = tempfile::NamedTempFile::new().unwrap();
    let root = lab.address.ip();
    std::fs::write(
        hints.path(),
        format!(". 3600 NS a.root-servers.test.\na.root-servers.test. 3600 A {root}\n"),
    )
    .unwrap();
    judge_by_unbound(&hierarchy, &format!(" root-hints: \"{}\"\n", hints.path().display()));
}

fn judge_by_unbound(hierarchy: &Hierarchy, upstream: &str) {
    let daemon = unbound(hierarchy, upstream);
    let mut wrong = Vec::new();
    for (owner, record_type, rcode, secure) in QUESTIONS {
        let answer = ask(daemon.address, &name(owner), *record_type, false, Duration::from_secs(10));
        let Some(answer) = answer else {
            wrong.push(format!("{owner} {record_type}: no answer"));
            continue;
        };
        let seen = (answer.metadata.response_code, answer.metadata.authentic_data);
        if seen != (*rcode, *secure) {
            wrong.push(format!("{owner} {record_type}: {seen:?} instead of {:?}", (rcode, secure)));
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\n{}",
        wrong.join("\n"),
        if std::env::var_os("LAB_LOG").is_some() { daemon.log() } else { String::new() }
    );
}

#[test]
fn delv_says_secure() {
    if !has_program("delv") {
        return;
    }
    let hierarchy = hierarchy(&[]);
    let lab = Lab::start(hierarchy.clone());
    let directory = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for (owner, record_type, rcode, secure) in QUESTIONS {
        if owner.contains("optout")
            && !secure
            && (*rcode == ResponseCode::NXDomain || *record_type == RecordType::DS)
        {
            // delv calls such a denial fully validated and does not say that opt-out leaves it open.
            continue;
        }
        let output = run(delv(&hierarchy, lab.address, &directory).args([*owner, &record_type.to_string()]));
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        // What it says of each RRset of an alias chain stands on a line of its own.
        let validated = text.contains("fully validated") && !text.contains("unsigned answer");
        if validated != *secure || text.contains("broken") {
            wrong.push(format!("{owner} {record_type}: {text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn drill_says_secure() {
    if !has_program("drill") {
        return;
    }
    let hierarchy = hierarchy(&[]);
    let lab = Lab::start(hierarchy.clone());
    let directory = tempfile::tempdir().unwrap();
    let anchor = directory.path().join("anchor");
    std::fs::write(&anchor, format!("{}\n", hierarchy.trust_anchor().dnskey_text())).unwrap();
    let mut wrong = Vec::new();
    // drill walks from the RRset that was asked for: it follows no aliases, and never asks again by TCP.
    for (owner, record_type, _, secure) in QUESTIONS {
        if !secure
            || ["alias", "astray", ".moved", "aliases", "big"].iter().any(|label| owner.contains(label))
        {
            continue;
        }
        let output = run(Command::new("drill")
            .args(["-S", "-k"])
            .arg(&anchor)
            .args(["-p", &lab.address.port().to_string()])
            .arg(format!("@{}", lab.address.ip()))
            .args([*owner, &record_type.to_string()]));
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        if !output.status.success()
            || !text.contains("trusted")
            || text.contains("[B]")
            || text.contains("[S] self sig")
        {
            wrong.push(format!("{owner} {record_type}: {} {text}", output.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn zone_checkers_pass_what_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let mut zones = crate::support::zones();
    let delegation = "a.empty NS ns\nempty2 NS ns\n*.wild2 TXT x\nb.c.empty3 NS ns\n";
    for zone in zones.iter_mut().filter(|zone| zone.origin.to_string().contains("optout")) {
        zone.publish(delegation).unwrap();
    }
    let hierarchy = Hierarchy::build(zones.clone(), KeyPool::global(), crate::support::now(), &[]).unwrap();
    for (place, zone) in zones.into_iter().enumerate() {
        let path = directory.path().join(format!("zone{place}"));
        std::fs::write(&path, hierarchy.write_zone(&zone.origin).unwrap()).unwrap();
        let origin = zone.origin.to_string();
        if has_program("named-checkzone") {
            let output =
                run(Command::new("named-checkzone").args(["-k", "fail", "-n", "ignore", &origin]).arg(&path));
            assert!(output.status.success(), "{origin}: {output:?}");
        }
        if zone.signing == signpost_dns::Signing::Unsigned {
            continue;
        }
        if has_program("dnssec-verify") {
            let output = run(Command::new("dnssec-verify").args(["-o", &origin]).arg(&path));
            assert!(output.status.success(), "{origin}: {output:?}");
        }
        if has_program("ldns-verify-zone") {
            let output = run(Command::new("ldns-verify-zone").arg(&path));
            assert!(output.status.success(), "{origin}: {output:?}");
        }
    }
}
