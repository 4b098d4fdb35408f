//! What the responder says to one message, and what the transcript keeps of it.

use std::net::SocketAddr;

use hickory_proto::op::{Header, ResponseCode};
use hickory_proto::rr::RecordType;
use hickory_proto::serialize::binary::{BinDecodable as _, BinDecoder};
use signpost_transcript::{Endpoint, Event, Recorder, Transport};

use crate::question::Question;

/// What goes back for one message.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The message, without the length that TCP puts before it. `None`: nothing is said at all.
    pub message: Option<Vec<u8>>,
    /// Whether a TCP connection is closed now.
    pub hangs_up: bool,
    exchange: Option<Exchange>,
}

impl Reply {
    pub(crate) fn new(exchange: Exchange, message: Option<Vec<u8>>, hangs_up: bool) -> Self {
        Self { message, hangs_up, exchange: Some(exchange) }
    }

    /// Nothing is said.
    #[must_use]
    pub fn none() -> Self {
        Self { message: None, hangs_up: false, exchange: None }
    }

    /// A message of which [`Reply::record`] has nothing to record.
    #[must_use]
    pub fn unrecorded(message: Vec<u8>) -> Self {
        Self { message: Some(message), hangs_up: false, exchange: None }
    }

    /// Records the query, the faults that altered its answer, and the answer. What held no question leaves no trace.
    pub fn record(&self, recorder: &Recorder, endpoint: Endpoint, peer: SocketAddr, transport: Transport) {
        let Some(exchange) = &self.exchange else { return };
        let query = recorder.next_query();
        recorder.record(Event::Query {
            query,
            endpoint,
            peer,
            transport,
            name: exchange.name.clone(),
            record_type: exchange.record_type.clone(),
            dnssec_ok: exchange.dnssec_ok,
            checking_disabled: exchange.checking_disabled,
        });
        for applied in &exchange.faults {
            recorder.record(Event::Fault {
                number: applied.number,
                at: applied.at.clone(),
                kind: applied.kind.clone(),
                detail: applied.detail.clone(),
            });
        }
        recorder.record(Event::Answer {
            query,
            rcode: exchange.rcode.clone(),
            answers: exchange.answers,
            authorities: exchange.authorities,
            authentic_data: exchange.authentic_data,
            truncated: exchange.truncated,
        });
    }
}

/// A fault that altered an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Applied {
    pub(crate) number: u32,
    pub(crate) at: String,
    pub(crate) kind: String,
    pub(crate) detail: String,
}

/// One question and what was said to it.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    name: String,
    record_type: String,
    dnssec_ok: bool,
    checking_disabled: bool,
    pub(crate) faults: Vec<Applied>,
    rcode: String,
    answers: u16,
    authorities: u16,
    authentic_data: bool,
    truncated: bool,
}

impl Exchange {
    pub(crate) fn new(question: &Question, checking_disabled: bool) -> Self {
        let mut name = question.name.to_ascii().to_ascii_lowercase();
        if name.len() > 1 && name.ends_with('.') {
            name.pop();
        }
        Self {
            name,
            record_type: match question.record_type {
                RecordType::Unknown(code) => format!("TYPE{code}"),
                known => known.to_string(),
            },
            dnssec_ok: question.dnssec_ok,
            checking_disabled,
            faults: Vec::new(),
            rcode: "dropped".to_owned(),
            answers: 0,
            authorities: 0,
            authentic_data: false,
            truncated: false,
        }
    }

    /// Notes what the message says; without one, that nothing was said.
    pub(crate) fn describe(&mut self, rcode: ResponseCode, message: Option<&[u8]>) {
        let Some(header) = message.and_then(|message| Header::read(&mut BinDecoder::new(message)).ok())
        else {
            return;
        };
        // The header has the low bits only, which tell whether the path has put another code there.
        let sent = header.metadata.response_code;
        self.rcode = mnemonic(if sent.low() == rcode.low() { rcode } else { sent });
        self.answers = header.counts.answers;
        self.authorities = header.counts.authorities;
        self.authentic_data = header.metadata.authentic_data;
        self.truncated = header.metadata.truncation;
    }
}

/// The RCODE's mnemonic in the IANA registry.
pub(crate) fn mnemonic(rcode: ResponseCode) -> String {
    match rcode {
        ResponseCode::NoError => "NOERROR".to_owned(),
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        ResponseCode::YXDomain => "YXDOMAIN".to_owned(),
        ResponseCode::NotAuth => "NOTAUTH".to_owned(),
        ResponseCode::BADVERS | ResponseCode::BADSIG => "BADVERS".to_owned(),
        other => format!("RCODE{}", u16::from(other)),
    }
}
