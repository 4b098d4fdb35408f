//! What crowds do to the lab's own resolver: it turns away who is too many, and goes on for the rest.

#![expect(clippy::disallowed_methods, reason = "tests connect for themselves")]

use camino::Utf8Path;
use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RecordType};
use signpost_lab::{Blueprint, Network, World};
use signpost_source::Files;
use signpost_validate::{Stub, Upstream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

fn srv() -> Name {
    Name::from_ascii("_submission._tcp.example.com.").unwrap()
}

fn framed_question() -> Vec<u8> {
    let mut message = Message::new(1, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(srv(), RecordType::SRV));
    let message = message.to_vec().unwrap();
    [&u16::try_from(message.len()).unwrap().to_be_bytes()[..], &message].concat()
}

#[test]
fn a_crowd_of_connections_is_turned_away_and_datagrams_are_answered() {
    let suite = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let world = World::load(&Files::Folder(suite), "two-servers").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let blueprint = Blueprint::new(&world, &[]).unwrap();
        let lab = blueprint.start(Network::Loopback).unwrap();
        let address = lab.dns().resolver;
        let mut crowd = Vec::new();
        for _ in 0..256 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            // One that is answered has been taken.
            stream.write_all(&framed_question()).await.unwrap();
            stream.read_u16().await.unwrap();
            crowd.push(stream);
        }
        let mut late = TcpStream::connect(address).await.unwrap();
        let _ = late.write_all(&framed_question()).await;
        assert!(late.read_u16().await.is_err(), "one too many");

        let anchor = lab.dns().trust_anchor.join("\n").parse().unwrap();
        let response = Stub::new(&Upstream::new(address, anchor)).ask(&srv(), RecordType::SRV).await.unwrap();
        assert_eq!((response.rcode.as_str(), response.authentic_data), ("NOERROR", true));
    });
}
