//! Writes the seeds of messages: real questions of every kind. Zones and records are there already, in scenarios and fixtures.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_proto::rr::{DNSClass, Name, RecordType};

fn main() -> std::io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let questions = questions(&here.join("../../../scenarios/resolver"))?;
    let messages: Vec<Vec<u8>> =
        messages(questions).iter().map(|message| message.to_vec().expect("it fits")).collect();
    let mut datagrams = messages.clone();
    // Cut in the header, in the name, and before the end.
    datagrams.extend([5, 14, 25].map(|length| messages[0][..length].to_vec()));
    write(&here.join("seeds/datagram"), datagrams.into_iter().map(|message| [vec![0], message].concat()))?;

    let framed = |message: &Vec<u8>| {
        let length = u16::try_from(message.len()).expect("it fits");
        [length.to_be_bytes().to_vec(), message.clone()].concat()
    };
    let one = messages.iter().step_by(5).map(|message| [vec![0, 255], framed(message)].concat());
    let pipelined = [vec![0, 3], messages.iter().take(8).flat_map(framed).collect()].concat();
    let unfinished = [vec![0, 0], framed(&messages[0]), vec![0, 200, 1, 2, 3]].concat();
    let empty = vec![0, 0, 0, 0, 0, 0];
    write(&here.join("seeds/stream"), one.chain([pipelined, unfinished, empty]))
}

/// What the scenarios for resolvers ask, by name and type.
fn questions(scenarios: &Path) -> std::io::Result<BTreeSet<(Name, u16)>> {
    let mut questions = BTreeSet::new();
    for entry in fs::read_dir(scenarios)? {
        let scenario: toml::Table =
            fs::read_to_string(entry?.path())?.parse().expect("the suite's scenarios can be read");
        // One of several steps asks in each of them, and its questions are asked elsewhere too.
        let Some(question) = scenario.get("question").and_then(toml::Value::as_str) else { continue };
        let (name, record_type) = question.split_once('/').expect("NAME/TYPE");
        let mut name = Name::from_ascii(name).expect("a name");
        name.set_fqdn(true);
        questions.insert((name, record_type.parse::<RecordType>().expect("a type").into()));
    }
    Ok(questions)
}

/// Every question as validators ask it, one of them in every other way, and what is no question.
fn messages(asked: BTreeSet<(Name, u16)>) -> Vec<Message> {
    let asked = asked.into_iter().map(|(name, record_type)| query(name, record_type.into()));
    let mut messages: Vec<Message> = asked.map(|message| with_edns(message, 1232, 0)).collect();
    let name = Name::from_ascii("_submission._tcp.example.com.").expect("a name");
    let srv = || query(name.clone(), RecordType::SRV);
    messages.push(srv());
    messages.extend(
        [(512, 0), (0, 0), (4096, 0), (1232, 1)].map(|(size, version)| with_edns(srv(), size, version)),
    );
    for record_type in
        [RecordType::ANY, RecordType::AXFR, RecordType::IXFR, RecordType::RRSIG, RecordType::OPT]
    {
        messages.push(with_edns(query(name.clone(), record_type), 1232, 0));
    }
    for op_code in [OpCode::Notify, OpCode::Update, OpCode::Status] {
        let mut message = srv();
        message.metadata.op_code = op_code;
        messages.push(message);
    }
    let mut chaos = srv();
    chaos.queries[0].query_class = DNSClass::CH;
    let mut twice = srv();
    twice.add_query(twice.queries[0].clone());
    let mut response = srv();
    response.metadata.message_type = MessageType::Response;
    let mut mixed = srv();
    mixed.queries[0].name = Name::from_ascii("_SubMission._TCP.Example.COM.").expect("a name");
    messages.extend([chaos, twice, response, mixed]);
    messages
}

fn query(name: Name, record_type: RecordType) -> Message {
    let mut message = Message::new(0x5349, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name, record_type));
    message
}

fn with_edns(mut message: Message, payload: u16, version: u8) -> Message {
    let mut edns = Edns::new();
    edns.set_max_payload(payload).set_dnssec_ok(true).set_version(version);
    message.set_edns(edns);
    message
}

fn write(folder: &Path, seeds: impl Iterator<Item = Vec<u8>>) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for (number, seed) in seeds.enumerate() {
        fs::write(folder.join(format!("{number:02}")), seed)?;
    }
    Ok(())
}
