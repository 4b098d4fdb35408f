//! Views on real sockets: what is answered, and what is believed of it, depends on the address that asks.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use camino::Utf8Path;
use hickory_proto::rr::{Name, RecordType};
use signpost_format::Service;
use signpost_lab::{Blueprint, Fault, FaultTable, Lab, Network, World, expand};
use signpost_source::{Files, Source};
use signpost_transcript::Event;
use signpost_validate::{Answer, AuditedValidator, Resolver as _, SecurityStatus, Stub, Upstream};

fn world() -> World {
    let suite = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    World::load(&Files::Folder(suite), "partitioned").unwrap()
}

/// Runs in a lab of the partitioned world, in a runtime as real cases have it.
fn inside(faults: &[Fault], case: impl AsyncFnOnce(Lab)) {
    let world = world();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let blueprint = Blueprint::new(&world, faults).unwrap();
        case(blueprint.start(Network::Loopback).unwrap()).await;
    });
}

fn upstream(lab: &Lab, server: SocketAddr, source: Option<IpAddr>) -> Upstream {
    let anchor = lab.dns().trust_anchor.join("\n").parse().unwrap();
    let mut upstream = Upstream::new(server, anchor);
    upstream.source = source;
    upstream
}

fn srv() -> Name {
    Name::from_ascii("_submission._tcp.example.com.").unwrap()
}

/// The target that a client which validates by itself believes, and how far.
async fn validated(lab: &Lab, source: Option<IpAddr>) -> (SecurityStatus, String) {
    let upstream = upstream(lab, lab.dns().authority, source);
    let lookup = AuditedValidator::new(&upstream).lookup(&srv(), RecordType::SRV).await;
    let Answer::Records(records) = &lookup.answer else { return (lookup.security, String::new()) };
    (lookup.security, records[0].data.to_string())
}

/// RCODE and AD of what the lab's own resolver answers.
async fn resolved(lab: &Lab, source: Option<IpAddr>) -> (String, bool) {
    let upstream = upstream(lab, lab.dns().resolver, source);
    let response = Stub::new(&upstream).ask(&srv(), RecordType::SRV).await.unwrap();
    (response.rcode, response.authentic_data)
}

fn fault(text: &str) -> Fault {
    numbered(1, text)
}

fn numbered(number: u32, text: &str) -> Fault {
    let table: FaultTable = Source::new("fault.toml", text).parse().unwrap();
    table.read(number, |text| expand(text, Some(Service::Submission)), &world()).unwrap()
}

#[test]
fn each_view_has_its_answer_and_its_chain() {
    inside(&[], async |mut lab| {
        for (view, target, security) in [
            (Some("outside"), "outside.example.com.", SecurityStatus::Secure),
            (Some("inside"), "inside.example.com.", SecurityStatus::Secure),
            (Some("guests"), "guests.example.com.", SecurityStatus::Insecure),
            (None, "outside.example.com.", SecurityStatus::Secure),
        ] {
            let source = lab.begin_run(view).unwrap();
            assert_eq!(source.is_some(), view.is_some());
            assert_eq!(lab.dns().source, source);
            let (believed, data) = validated(&lab, source).await;
            assert_eq!(believed, security, "{view:?}");
            assert!(data.ends_with(target), "{view:?}: {data}");
            // The resolver asks for each view anew, so that guests get no AD for what it validated for others.
            let is_secure = security == SecurityStatus::Secure;
            assert_eq!(resolved(&lab, source).await, ("NOERROR".to_owned(), is_secure), "{view:?}");
            let transcript = lab.take_transcript();
            let peers = transcript.events().filter_map(|event| match event {
                Event::Query { peer, .. } => Some(peer.ip()),
                _ => None,
            });
            let peers: Vec<IpAddr> = peers.collect();
            assert!(peers.len() > 1);
            assert!(source.is_none_or(|source| peers.iter().all(|peer| *peer == source)), "{peers:?}");
        }
    });
}

#[test]
fn an_answer_is_broken_in_one_view_only() {
    let broken = fault(
        "at = \"dns:_submission._tcp.example.com/SRV\"\nkind = \"signature-broken\"\nview = \"inside\"\n",
    );
    inside(&[broken], async |mut lab| {
        let source = lab.begin_run(Some("inside")).unwrap();
        assert_eq!(validated(&lab, source).await.0, SecurityStatus::Bogus);
        assert_eq!(resolved(&lab, source).await.0, "SERVFAIL");
        let source = lab.begin_run(Some("outside")).unwrap();
        assert_eq!(validated(&lab, source).await.0, SecurityStatus::Secure);
        assert_eq!(resolved(&lab, source).await, ("NOERROR".to_owned(), true));
    });
}

#[test]
fn a_zone_is_published_otherwise_in_one_view_only_and_its_transcripts_say_so() {
    let published = fault(
        "at = \"zone:example.com\"\nkind = \"publish\"\nview = \"outside\"\nrecords = \"_submission._tcp SRV 0 0 0 .\"\n",
    );
    inside(&[published], async |mut lab| {
        for (view, target, faults) in
            [("inside", "inside.example.com.", 0), ("outside", " .", 1), ("outside", " .", 1)]
        {
            let source = lab.begin_run(Some(view)).unwrap();
            let (security, data) = validated(&lab, source).await;
            assert_eq!(security, SecurityStatus::Secure);
            assert!(data.ends_with(target), "{view}: {data}");
            let transcript = lab.take_transcript();
            let seen = transcript.events().filter(|event| matches!(event, Event::Fault { .. })).count();
            assert_eq!(seen, faults, "{view}");
        }
    });
}

#[test]
fn two_faults_of_one_place_and_kind_are_told_apart() {
    let publish = |number, name: &str| {
        let records = format!("{name} A 192.0.2.10");
        let text = format!("at = \"zone:example.com\"\nkind = \"publish\"\nrecords = \"{records}\"\n");
        numbered(number, &text)
    };
    let broken = |number| {
        numbered(number, "at = \"dns:_submission._tcp.example.com/SRV\"\nkind = \"signature-extra\"\n")
    };
    inside(&[publish(1, "one"), publish(2, "two"), broken(3), broken(4)], async |mut lab| {
        let source = lab.begin_run(None).unwrap();
        validated(&lab, source).await;
        let transcript = lab.take_transcript();
        let numbers: BTreeSet<u32> = transcript
            .events()
            .filter_map(|event| match event {
                Event::Fault { number, .. } => Some(*number),
                _ => None,
            })
            .collect();
        assert_eq!(numbers, BTreeSet::from([1, 2, 3, 4]));
    });
}
