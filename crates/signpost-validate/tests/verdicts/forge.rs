//! A hierarchy written out message by message, so that any byte of it can be wrong.
//!
//! signpost-dns signs what a publisher could publish; here a zone signs what it should not, and a server sends
//! what nobody signed.

use std::collections::HashMap;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use hickory_proto::op::{Message, Metadata, ResponseCode};
use hickory_proto::rr::rdata::NULL;
use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::BinEncodable as _;
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use signpost_validate::Upstream;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

pub(crate) const KSK: u16 = 257;
pub(crate) const ZSK: u16 = 256;
pub(crate) const REVOKED: u16 = 0x80;

/// A P-256 key with the fields of its DNSKEY record.
pub(crate) struct Key {
    pair: EcdsaKeyPair,
    pub(crate) flags: u16,
    pub(crate) protocol: u8,
}

impl Key {
    pub(crate) fn new(flags: u16) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random);
        Self { pair: pair.unwrap(), flags, protocol: 3 }
    }

    pub(crate) fn rdata(&self) -> Vec<u8> {
        let mut rdata = self.flags.to_be_bytes().to_vec();
        rdata.extend([self.protocol, ALGORITHM]);
        // ring writes the point with the 0x04 that DNSKEY leaves out.
        rdata.extend(&self.pair.public_key().as_ref()[1..]);
        rdata
    }

    /// RFC 4034 appendix B.
    pub(crate) fn tag(&self) -> u16 {
        let sum: u32 = self
            .rdata()
            .chunks(2)
            .map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)))
            .sum();
        (sum + (sum >> 16)) as u16
    }

    /// The DS record of this key at `zone`, with the digest that `algorithm` is the number of.
    pub(crate) fn ds(&self, zone: &str, digest_type: u8) -> Vec<u8> {
        let algorithm = match digest_type {
            1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            2 => &digest::SHA256,
            _ => &digest::SHA384,
        };
        let mut input = wire(zone);
        input.extend(self.rdata());
        let mut rdata = self.tag().to_be_bytes().to_vec();
        rdata.extend([ALGORITHM, digest_type]);
        rdata.extend(digest::digest(algorithm, &input).as_ref());
        rdata
    }
}

const ALGORITHM: u8 = 13;
const TTL: u32 = 3600;

/// The records of one owner and type.
#[derive(Clone)]
pub(crate) struct Rrset {
    pub(crate) owner: &'static str,
    pub(crate) record_type: RecordType,
    pub(crate) data: Vec<Vec<u8>>,
}

impl Rrset {
    pub(crate) fn new(owner: &'static str, record_type: RecordType, data: impl Into<Vec<Vec<u8>>>) -> Self {
        Self { owner, record_type, data: data.into() }
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        self.data.iter().map(|data| record(self.owner, self.record_type, data.clone())).collect()
    }

    /// The RRSIG record that `key` makes over this RRset in the name of `signer`.
    pub(crate) fn signature(&self, signer: &str, key: &Key) -> Record {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as u32;
        let mut rdata = u16::from(self.record_type).to_be_bytes().to_vec();
        rdata.extend([ALGORITHM, name(self.owner).num_labels()]);
        rdata.extend(TTL.to_be_bytes());
        rdata.extend((now + 86_400).to_be_bytes());
        rdata.extend((now - 3600).to_be_bytes());
        rdata.extend(key.tag().to_be_bytes());
        rdata.extend(wire(signer));
        let mut signed = rdata.clone();
        let mut data = self.data.clone();
        data.sort();
        for data in data {
            signed.extend(wire(self.owner));
            signed.extend(u16::from(self.record_type).to_be_bytes());
            signed.extend(1_u16.to_be_bytes());
            signed.extend(TTL.to_be_bytes());
            signed.extend((data.len() as u16).to_be_bytes());
            signed.extend(data);
        }
        rdata.extend(key.pair.sign(&SystemRandom::new(), &signed).unwrap().as_ref());
        record(self.owner, RecordType::RRSIG, rdata)
    }

    pub(crate) fn signed(&self, signer: &str, key: &Key) -> Vec<Record> {
        let mut records = self.records();
        records.push(self.signature(signer, key));
        records
    }
}

/// The same signature with its last byte changed.
pub(crate) fn broken(signature: &Record) -> Record {
    let RData::Unknown { rdata, .. } = &signature.data else { unreachable!("records are written raw") };
    let mut rdata = rdata.anything.clone();
    *rdata.last_mut().unwrap() ^= 1;
    Record::from_rdata(signature.name.clone(), TTL, raw(RecordType::RRSIG, rdata))
}

pub(crate) fn address(last: u8) -> Vec<Vec<u8>> {
    vec![vec![192, 0, 2, last]]
}

pub(crate) fn soa(zone: &'static str) -> Rrset {
    let mut data = [wire("ns."), wire("hostmaster.")].concat();
    data.extend([1_u32, 3600, 600, 86_400, 60].iter().flat_map(|number| number.to_be_bytes()));
    Rrset::new(zone, RecordType::SOA, [data])
}

pub(crate) fn nsec(owner: &'static str, next: &str, types: &[RecordType]) -> Rrset {
    let mut map = [0_u8; 32];
    for record_type in types {
        let code = usize::from(u16::from(*record_type));
        map[code / 8] |= 0x80 >> (code % 8);
    }
    let length = map.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let mut data = wire(next);
    data.extend([0, length as u8]);
    data.extend(&map[..length]);
    Rrset::new(owner, RecordType::NSEC, [data])
}

/// What the server says to one question.
#[derive(Clone, Default)]
pub(crate) struct Reply {
    pub(crate) name_error: bool,
    pub(crate) answers: Vec<Record>,
    pub(crate) authorities: Vec<Record>,
}

/// Root, com, example.com with a signed address at `host.example.com`, and unsigned.com.
pub(crate) struct Forge {
    pub(crate) root: Key,
    pub(crate) com: Key,
    pub(crate) example: Key,
    pub(crate) replies: HashMap<(Name, RecordType), Reply>,
}

impl Forge {
    pub(crate) fn new() -> Self {
        let mut forge =
            Self { root: Key::new(KSK), com: Key::new(KSK), example: Key::new(KSK), replies: HashMap::new() };
        forge.sign();
        forge
    }

    /// Writes the honest replies, with the keys as they are now.
    pub(crate) fn sign(&mut self) {
        let keys = [(".", &self.root), ("com.", &self.com), ("example.com.", &self.example)];
        let mut replies = Vec::new();
        for (zone, key) in keys {
            let set = Rrset::new(zone, RecordType::DNSKEY, [key.rdata()]);
            replies.push((zone, RecordType::DNSKEY, positive(set.signed(zone, key))));
        }
        for ((parent, signer), (child, key)) in keys.into_iter().zip(keys.into_iter().skip(1)) {
            let set = Rrset::new(child, RecordType::DS, [key.ds(child, 2)]);
            replies.push((child, RecordType::DS, positive(set.signed(parent, signer))));
        }
        let host = Rrset::new(HOST, RecordType::A, address(1));
        replies.push((HOST, RecordType::A, positive(host.signed("example.com.", &self.example))));
        let leaf = nsec(HOST, "example.com.", &[RecordType::A, RecordType::RRSIG, RecordType::NSEC]);
        let no_ds = denial(&[soa("example.com."), leaf], "example.com.", &self.example);
        replies.push((HOST, RecordType::DS, no_ds));
        let cut = nsec("unsigned.com.", "com.", &[RecordType::NS, RecordType::RRSIG, RecordType::NSEC]);
        replies.push(("unsigned.com.", RecordType::DS, denial(&[soa("com."), cut], "com.", &self.com)));
        let unsigned = Rrset::new(UNSIGNED, RecordType::A, address(2));
        replies.push((UNSIGNED, RecordType::A, positive(unsigned.records())));
        let unsigned_denial = Reply { authorities: soa("unsigned.com.").records(), ..Reply::default() };
        replies.push((UNSIGNED, RecordType::DS, unsigned_denial));
        for (owner, record_type, reply) in replies {
            self.reply(owner, record_type, reply);
        }
    }

    pub(crate) fn reply(&mut self, owner: &str, record_type: RecordType, reply: Reply) {
        self.replies.insert((name(owner), record_type), reply);
    }

    pub(crate) async fn serve(self) -> Served {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let digest: Vec<String> =
            self.root.ds(".", 2)[4..].iter().map(|byte| format!("{byte:02X}")).collect();
        let anchor = format!(". IN DS {} 13 2 {}", self.root.tag(), digest.concat());
        let upstream = Upstream::new(socket.local_addr().unwrap(), anchor.parse().unwrap());
        let forge = Arc::new(self);
        Served { upstream, task: tokio::spawn(async move { forge.answer(socket).await }) }
    }

    async fn answer(&self, socket: UdpSocket) {
        let mut buffer = [0; 2048];
        loop {
            let Ok((length, peer)) = socket.recv_from(&mut buffer).await else { return };
            let request = Message::from_vec(&buffer[..length]).unwrap();
            let query = request.queries[0].clone();
            let key = (query.name().to_lowercase(), query.query_type());
            let mut response = request.clone();
            response.metadata = Metadata::response_from_request(&request.metadata);
            match self.replies.get(&key) {
                None => response.metadata.response_code = ResponseCode::ServFail,
                Some(reply) => {
                    if reply.name_error {
                        response.metadata.response_code = ResponseCode::NXDomain;
                    }
                    response.answers = reply.answers.clone();
                    response.authorities = reply.authorities.clone();
                }
            }
            let _ = socket.send_to(&response.to_vec().unwrap(), peer).await;
        }
    }
}

/// A forge on a socket, until dropped.
pub(crate) struct Served {
    pub(crate) upstream: Upstream,
    task: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) const HOST: &str = "host.example.com.";
pub(crate) const UNSIGNED: &str = "host.unsigned.com.";

pub(crate) fn positive(answers: Vec<Record>) -> Reply {
    Reply { answers, ..Reply::default() }
}

/// A denial of data made of these RRsets, all signed by `signer`.
pub(crate) fn denial(sets: &[Rrset], signer: &str, key: &Key) -> Reply {
    Reply { authorities: sets.iter().flat_map(|set| set.signed(signer, key)).collect(), ..Reply::default() }
}

pub(crate) fn name(text: &str) -> Name {
    Name::from_str(text).unwrap()
}

pub(crate) fn wire(text: &str) -> Vec<u8> {
    name(text).to_bytes().unwrap()
}

fn record(owner: &str, record_type: RecordType, data: Vec<u8>) -> Record {
    Record::from_rdata(name(owner), TTL, raw(record_type, data))
}

fn raw(record_type: RecordType, data: Vec<u8>) -> RData {
    RData::Unknown { code: record_type, rdata: NULL::with(data) }
}
