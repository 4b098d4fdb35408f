//! Faults of messages on their way.

use std::sync::Arc;

use hickory_proto::rr::{Name, RecordType};
use signpost_transcript::Transport;

use super::PathFault;
use super::scene::Scene;
use crate::answer::Answer;
use crate::rrset::Rrset;
use crate::wire;

/// What happens to a message besides its records.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Delivery {
    /// It never leaves.
    pub(crate) is_silent: bool,
    /// The connection that it would have gone through is closed.
    pub(crate) hangs_up: bool,
    /// TC is set and the records are left out.
    pub(crate) is_truncated: bool,
    /// DNSSEC records are left out and DO is not answered.
    pub(crate) ignores_do: bool,
    /// There is no OPT record, and the client's size is not honoured.
    pub(crate) ignores_edns: bool,
    /// A request with EDNS gets FORMERR.
    pub(crate) rejects_edns: bool,
    /// All records are of class CH.
    pub(crate) is_of_chaos: bool,
    /// What is done to the octets in the end.
    pub(crate) octets: Option<Octets>,
}

/// What is done to the octets of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Octets {
    Cut,
    Id,
    Qr,
    Question,
    QuestionCase,
}

impl PathFault {
    pub(super) fn apply(
        self,
        scene: Scene<'_>,
        answer: &mut Answer,
        delivery: &mut Delivery,
    ) -> Option<String> {
        if !scene.is_asked() {
            return None;
        }
        let is_udp = scene.transport == Transport::Udp;
        match self {
            Self::Timeout => delivery.is_silent = true,
            Self::UdpDropped if is_udp => delivery.is_silent = true,
            Self::UdpDropped => return None,
            Self::TruncatedTcpRefused if is_udp => delivery.is_truncated = true,
            Self::TruncatedTcpRefused => (delivery.is_silent, delivery.hangs_up) = (true, true),
            Self::DnssecStripped => strip(answer),
            Self::DoIgnored => delivery.ignores_do = true,
            Self::EdnsDropped => (delivery.ignores_do, delivery.ignores_edns) = (true, true),
            Self::EdnsFormErr => delivery.rejects_edns = true,
            Self::IdWrong => delivery.octets = Some(Octets::Id),
            Self::QrClear => delivery.octets = Some(Octets::Qr),
            Self::QuestionWrong => delivery.octets = Some(Octets::Question),
            Self::QuestionCaseChanged => delivery.octets = Some(Octets::QuestionCase),
            Self::ClassWrong => delivery.is_of_chaos = true,
            Self::Garbled => delivery.octets = Some(Octets::Cut),
            Self::AuthenticDataSet => answer.authentic_data = true,
            Self::ServerForged => add_server(answer),
        }
        Some(self.name().to_owned())
    }
}

fn strip(answer: &mut Answer) {
    for section in [&mut answer.answer, &mut answer.authority, &mut answer.additional] {
        section.retain(|set| {
            !matches!(
                set.record_type,
                RecordType::DNSKEY
                    | RecordType::DS
                    | RecordType::NSEC
                    | RecordType::NSEC3
                    | RecordType::NSEC3PARAM
                    | RecordType::RRSIG
            )
        });
        for set in section {
            set.signatures = Arc::default();
        }
    }
}

/// A name server for the topmost zone, with an address of documentation (RFC 5737) that nothing routes.
fn add_server(answer: &mut Answer) {
    let mut server = Name::from_labels(["ns", "attacker", "test"]).unwrap_or_default();
    server.set_fqdn(true);
    let set = |owner: Name, record_type: RecordType, rdata: Vec<u8>| Rrset {
        owner,
        record_type,
        ttl: 3600,
        rdata: Arc::new(vec![rdata]),
        signatures: Arc::default(),
        zone: 0,
    };
    answer.authority.push(set(Name::root(), RecordType::NS, wire::lowercase_name(&server)));
    answer.additional.push(set(server, RecordType::A, vec![203, 0, 113, 53]));
}

impl Delivery {
    /// Does to the octets of a message what is to be done.
    pub(crate) fn spoil(&self, message: &mut Vec<u8>) {
        match self.octets {
            None => {}
            Some(Octets::Id) => xor(message, 1, 1),
            Some(Octets::Qr) => xor(message, 2, 0x80),
            // The first letter of the question's first label, or the type of a question for the root.
            Some(Octets::Question) => {
                let place = if message.get(12) == Some(&0) { 14 } else { 13 };
                xor(message, place, 1);
            }
            Some(Octets::QuestionCase) => {
                let mut place = 12;
                while let Some(length) = message.get(place).copied().filter(|length| (1..64).contains(length))
                {
                    let end = (place + 1 + usize::from(length)).min(message.len());
                    for octet in &mut message[place + 1..end] {
                        if octet.is_ascii_alphabetic() {
                            *octet ^= 0x20;
                        }
                    }
                    place = end;
                }
            }
            Some(Octets::Cut) => message.truncate((message.len() * 2 / 3).max(13)),
        }
    }
}

fn xor(message: &mut [u8], place: usize, bits: u8) {
    if let Some(octet) = message.get_mut(place) {
        *octet ^= bits;
    }
}
