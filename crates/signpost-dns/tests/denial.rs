//! Denial of existence in random zones, checked by a reader of the RFCs that knows nothing of how it was made.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hickory_proto::dnssec::Nsec3HashAlgorithm;
use hickory_proto::dnssec::rdata::{DNSSECRData, NSEC, NSEC3, RRSIG};
use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable as _, BinEncodable as _};
use proptest::prelude::*;
use signpost_dns::{Algorithm, Denial, Hierarchy, KeyPool, Responder, Scope, Signing, Zone};
use signpost_transcript::Transport;

fn name(text: &str) -> Name {
    let mut name = Name::from_ascii(text).unwrap();
    name.set_fqdn(true);
    name
}

/// Names of up to three labels out of few, so that wildcards, empty non-terminals and cuts meet often.
fn owner() -> impl Strategy<Value = Name> {
    let label = prop::sample::select(vec!["a", "b", "c", "m", "z", "*"]);
    prop::collection::vec(label, 1..=3).prop_map(|labels| name(&format!("{}.example.", labels.join("."))))
}

fn denial() -> impl Strategy<Value = Denial> {
    prop_oneof![
        Just(Denial::Nsec),
        (0u16..3, prop::option::of(any::<[u8; 4]>()), any::<bool>())
            .prop_map(|(iterations, salt, opt_out)| Denial::Nsec3 { iterations, salt, opt_out }),
    ]
}

#[derive(Clone, Debug)]
struct World {
    records: Vec<(Name, &'static str)>,
    denial: Denial,
}

fn world() -> impl Strategy<Value = World> {
    let rdata = prop::sample::select(vec!["A 192.0.2.1", "TXT x", "NS ns.example.", "MX 1 a.example."]);
    (prop::collection::vec((owner(), rdata), 0..12), denial())
        .prop_map(|(records, denial)| World { records, denial })
}

impl World {
    fn responder(&self) -> Responder {
        let mut text = "@ 300 SOA ns h 1 2 3 4 300\n@ 300 NS ns\nns 300 A 192.0.2.9\n".to_owned();
        for (owner, rdata) in &self.records {
            // A cut at a wildcard has no meaning that RFC 4592 section 4.2 would settle.
            if !(owner.is_wildcard() && rdata.starts_with("NS")) {
                text += &format!("{owner} 300 {rdata}\n");
            }
        }
        let mut zone = Zone::parse(name("example."), &text).unwrap();
        zone.signing = Signing::Signed { algorithm: Algorithm::Ed25519, denial: self.denial };
        let hierarchy = Hierarchy::build(vec![zone], KeyPool::global(), 1_800_000_000, &[]).unwrap();
        Responder::new(Arc::new(hierarchy), Scope::Zone(name("example.")))
    }
}

fn ask(responder: &Responder, name: &Name, record_type: RecordType) -> Message {
    let mut message = Message::new(1, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(name.clone(), record_type));
    let mut edns = Edns::new();
    edns.set_dnssec_ok(true);
    message.set_edns(edns);
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 53));
    let reply = responder.respond(&message.to_bytes().unwrap(), peer, Transport::Tcp);
    Message::from_bytes(&reply.message.unwrap()).unwrap()
}

/// What a validator can conclude about a name, by NSEC or by NSEC3.
trait Proof {
    /// The types at a name that has a record of its own.
    fn types_at(&self, name: &Name) -> Option<Vec<RecordType>>;
    /// Whether the name itself is shown not to exist.
    fn denies(&self, name: &Name) -> bool;
    /// Whether the name is shown to exist without records.
    fn is_empty_non_terminal(&self, name: &Name) -> bool;
    /// The longest ancestor that is shown to exist.
    fn closest_encloser(&self, name: &Name) -> Name;
    /// Whether a record with opt-out covers the name.
    fn opts_out(&self, name: &Name) -> bool;
}

struct NsecProof(Vec<(Name, NSEC)>);

impl NsecProof {
    fn covering(&self, name: &Name) -> Option<&(Name, NSEC)> {
        self.0.iter().find(|(owner, nsec)| {
            let next = nsec.next_domain_name();
            // RFC 6840 section 4.1: what stands at a cut says nothing of names below it.
            let is_ancestor_cut = owner.zone_of(name)
                && nsec.type_set().contains(RecordType::NS)
                && !nsec.type_set().contains(RecordType::SOA);
            owner < name && (name < next || next <= owner) && !is_ancestor_cut
        })
    }
}

impl Proof for NsecProof {
    fn types_at(&self, name: &Name) -> Option<Vec<RecordType>> {
        self.0.iter().find(|(owner, _)| owner == name).map(|(_, nsec)| nsec.type_bit_maps().collect())
    }

    fn denies(&self, name: &Name) -> bool {
        self.covering(name).is_some_and(|(_, nsec)| !name.zone_of(nsec.next_domain_name()))
    }

    fn is_empty_non_terminal(&self, name: &Name) -> bool {
        self.covering(name).is_some_and(|(_, nsec)| name.zone_of(nsec.next_domain_name()))
    }

    fn closest_encloser(&self, name: &Name) -> Name {
        let Some((owner, nsec)) = self.covering(name) else { return Name::root() };
        let mut encloser = name.base_name();
        while !encloser.zone_of(owner) && !encloser.zone_of(nsec.next_domain_name()) {
            encloser = encloser.base_name();
        }
        encloser
    }

    fn opts_out(&self, _: &Name) -> bool {
        false
    }
}

struct Nsec3Proof(Vec<(Vec<u8>, NSEC3)>);

impl Nsec3Proof {
    fn hash(&self, name: &Name) -> Vec<u8> {
        let nsec3 = &self.0[0].1;
        Nsec3HashAlgorithm::SHA1.hash(nsec3.salt(), name, nsec3.iterations()).unwrap().as_ref().to_vec()
    }

    fn covering(&self, name: &Name) -> Option<&NSEC3> {
        let hash = self.hash(name);
        let covers = |(owner, nsec3): &&(Vec<u8>, NSEC3)| {
            let next = nsec3.next_hashed_owner_name();
            if owner.as_slice() < next {
                *owner < hash && hash.as_slice() < next
            } else {
                *owner < hash || hash.as_slice() < next
            }
        };
        self.0.iter().find(covers).map(|(_, nsec3)| nsec3)
    }
}

impl Proof for Nsec3Proof {
    fn types_at(&self, name: &Name) -> Option<Vec<RecordType>> {
        let hash = self.hash(name);
        self.0.iter().find(|(owner, _)| *owner == hash).map(|(_, nsec3)| nsec3.type_bit_maps().collect())
    }

    fn denies(&self, name: &Name) -> bool {
        let encloser = self.closest_encloser(name);
        let mut next_closer = name.clone();
        while next_closer.base_name() != encloser {
            next_closer = next_closer.base_name();
        }
        self.covering(&next_closer).is_some()
    }

    fn is_empty_non_terminal(&self, _: &Name) -> bool {
        false
    }

    fn closest_encloser(&self, name: &Name) -> Name {
        let mut encloser = name.base_name();
        while !encloser.is_root() && self.types_at(&encloser).is_none() {
            encloser = encloser.base_name();
        }
        encloser
    }

    fn opts_out(&self, name: &Name) -> bool {
        let encloser = self.closest_encloser(name);
        let mut next_closer = name.clone();
        while next_closer.base_name() != encloser {
            next_closer = next_closer.base_name();
        }
        self.covering(&next_closer).is_some_and(NSEC3::opt_out)
    }
}

fn proof(message: &Message) -> Box<dyn Proof> {
    let mut nsec = Vec::new();
    let mut nsec3 = Vec::new();
    for record in &message.authorities {
        match &record.data {
            RData::DNSSEC(DNSSECRData::NSEC(data)) => nsec.push((record.name.clone(), data.clone())),
            RData::DNSSEC(DNSSECRData::NSEC3(data)) => {
                let label = record.name.iter().next().unwrap().to_ascii_lowercase();
                nsec3.push((data_encoding::BASE32_DNSSEC.decode(&label).unwrap(), data.clone()));
            }
            _ => {}
        }
    }
    assert!(nsec.is_empty() || nsec3.is_empty(), "a zone has one chain");
    if nsec3.is_empty() { Box::new(NsecProof(nsec)) } else { Box::new(Nsec3Proof(nsec3)) }
}

fn wildcard_below(encloser: &Name) -> Name {
    encloser.prepend_label("*").unwrap()
}

/// The zone read naively: which names own what, below no cut.
struct Truth(Vec<Record>);

impl Truth {
    fn new(world: &World) -> Self {
        let text: Vec<Record> = world
            .records
            .iter()
            .filter(|(owner, rdata)| !(owner.is_wildcard() && rdata.starts_with("NS")))
            .map(|(owner, rdata)| {
                let (record_type, rest) = rdata.split_once(' ').unwrap();
                let record_type: RecordType = record_type.parse().unwrap();
                Record::from_rdata(owner.clone(), 300, RData::try_from_str(record_type, rest).unwrap())
            })
            .collect();
        Self(text)
    }

    fn has(&self, name: &Name, record_type: RecordType) -> bool {
        self.0.iter().any(|record| record.name == *name && record.record_type() == record_type)
    }

    fn cut_above(&self, name: &Name) -> Option<Name> {
        let is_cut = |record: &&Record| record.record_type() == RecordType::NS && record.name.zone_of(name);
        self.0.iter().filter(is_cut).map(|record| record.name.clone()).min_by_key(|name| name.iter().len())
    }

    fn exists(&self, name: &Name) -> bool {
        name.zone_of(&self::name("example.")) || name.zone_of(&self::name("ns.example."))
            // What lies below a cut is glue, and glue makes no name exist.
            || self.0.iter().any(|record| {
                let seen = self.cut_above(&record.name).unwrap_or_else(|| record.name.clone());
                name.zone_of(&seen)
            })
    }

    fn closest_encloser(&self, name: &Name) -> Name {
        let mut encloser = name.base_name();
        while !self.exists(&encloser) {
            encloser = encloser.base_name();
        }
        encloser
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_denial_is_proven_and_true(world in world(), asked in owner(), record_type in prop::sample::select(vec![
        RecordType::A, RecordType::SRV, RecordType::TXT,
    ])) {
        let message = ask(&world.responder(), &asked, record_type);
        let truth = Truth::new(&world);
        let proof = proof(&message);
        let rcode = message.metadata.response_code;
        if let Some(cut) = truth.cut_above(&asked) {
            // A referral: the delegation, and the proof that it has no DS.
            prop_assert_eq!(rcode, ResponseCode::NoError);
            prop_assert!(!message.metadata.authoritative && message.answers.is_empty());
            let referred = message.authorities.iter().any(|record| record.record_type() == RecordType::NS && record.name == cut);
            prop_assert!(referred);
            match proof.types_at(&cut) {
                Some(types) => {
                    prop_assert!(types.contains(&RecordType::NS));
                    prop_assert!(!types.contains(&RecordType::DS) && !types.contains(&RecordType::SOA));
                }
                None => prop_assert!(proof.opts_out(&cut), "opt-out covers the delegation"),
            }
            return Ok(());
        }
        prop_assert!(message.metadata.authoritative);
        let encloser = truth.closest_encloser(&asked);
        let wildcard = wildcard_below(&encloser);
        if truth.exists(&asked) {
            prop_assert_eq!(rcode, ResponseCode::NoError);
            if truth.has(&asked, record_type) {
                prop_assert!(!message.answers.is_empty() && message.authorities.is_empty());
            } else if let Some(types) = proof.types_at(&asked) {
                prop_assert!(message.answers.is_empty() && !types.contains(&record_type));
            } else {
                // An opt-out chain leaves out empty non-terminals above unsigned delegations alone.
                prop_assert!(proof.is_empty_non_terminal(&asked) || proof.opts_out(&asked));
            }
        } else if truth.exists(&wildcard) {
            prop_assert_eq!(rcode, ResponseCode::NoError);
            if truth.has(&wildcard, record_type) {
                let covering = message.answers.iter().find_map(|record| match &record.data {
                    RData::DNSSEC(DNSSECRData::RRSIG(rrsig)) => Some(RRSIG::clone(rrsig)),
                    _ => None,
                });
                prop_assert_eq!(usize::from(covering.unwrap().input().num_labels), encloser.iter().len());
            } else {
                let types = proof.types_at(&wildcard);
                let lacks = types.is_some_and(|types| !types.contains(&record_type));
                prop_assert!(lacks || proof.is_empty_non_terminal(&wildcard) || proof.opts_out(&wildcard));
            }
            // With NSEC3 the encloser of an expansion is known from the labels of the signature alone.
            if world.denial == Denial::Nsec || message.answers.is_empty() {
                prop_assert!(proof.denies(&asked));
            }
        } else {
            prop_assert_eq!(rcode, ResponseCode::NXDomain);
            prop_assert!(proof.denies(&asked));
            let proven = proof.closest_encloser(&asked);
            prop_assert!(proven == encloser || proof.opts_out(&asked));
            let wildcard = wildcard_below(&proven);
            prop_assert!(proof.denies(&wildcard));
        }
    }
}
