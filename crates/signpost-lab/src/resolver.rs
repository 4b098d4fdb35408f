//! The lab's validating resolver, for subjects that leave DNSSEC to one: Bogus becomes SERVFAIL, Secure sets AD.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use signpost_dns::{Answerer, Reply, Responder};
use signpost_transcript::{Endpoint, Event, Gap, Recorder, Transport};
use signpost_validate::{Resolver, SecurityStatus, Shortage};

/// The AD bit in the fourth octet of a message (RFC 6840 §5.7).
const AUTHENTIC_DATA: u8 = 0x20;

/// What validates, what answers, and where it is recorded.
pub(crate) struct ValidatingResolver {
    /// Asks the responder through the inner sockets, whose exchanges go to `inner`.
    pub(crate) everybody: Box<dyn Resolver>,
    /// The same for those who ask from the address of a view, asking from it in their place. Each has a memory of its
    /// own, because what holds in one view need not hold in another.
    pub(crate) of_views: HashMap<IpAddr, Box<dyn Resolver>>,
    pub(crate) responder: Arc<Responder>,
    pub(crate) inner: Recorder,
    pub(crate) recorder: Recorder,
    /// Of all validators. They remember what they found, so that one shortage stands behind each later answer, too.
    pub(crate) shortage: Shortage,
}

/// One that says nothing has nothing to say of the message: it is no query.
impl Answerer for ValidatingResolver {
    async fn answer(&self, request: &[u8], peer: SocketAddr, transport: Transport) -> Reply {
        self.message(request, peer, transport).await.map_or_else(Reply::none, Reply::unrecorded)
    }
}

impl ValidatingResolver {
    async fn message(&self, request: &[u8], peer: SocketAddr, transport: Transport) -> Option<Vec<u8>> {
        let parsed = Message::from_vec(request).ok()?;
        if parsed.metadata.message_type != MessageType::Query || parsed.metadata.op_code != OpCode::Query {
            return None;
        }
        let [question] = &parsed.queries[..] else { return None };
        let dnssec_ok = parsed.edns.as_ref().is_some_and(|edns| edns.flags().dnssec_ok);
        let query = self.recorder.next_query();
        self.recorder.record(Event::Query {
            query,
            endpoint: Endpoint::Resolver,
            peer,
            transport,
            name: plain(&question.name().to_lowercase().to_ascii()),
            record_type: question.query_type().to_string(),
            dnssec_ok,
            checking_disabled: parsed.metadata.checking_disabled,
        });
        let validator = self.of_views.get(&peer.ip()).unwrap_or(&self.everybody);
        let lookup = validator.lookup(question.name(), question.query_type()).await;
        self.pass_faults_on();
        if let Some(error) = self.shortage.noted() {
            self.recorder.record(Event::Gap(Gap::Harness { error: format!("ask its own servers: {error}") }));
        }
        // What the validator believes is what the responder says again, aliases included, in the client's own terms.
        let believed =
            if lookup.is_failure() { None } else { self.responder.respond(request, peer, transport).message };
        let message = match believed {
            Some(mut message) if message.len() > 3 => {
                let wanted = dnssec_ok || parsed.metadata.authentic_data;
                message[3] &= !AUTHENTIC_DATA;
                if lookup.security == SecurityStatus::Secure && wanted {
                    message[3] |= AUTHENTIC_DATA;
                }
                message
            }
            _ => server_failure(&parsed)?,
        };
        self.record_answer(query, &message);
        Some(message)
    }

    /// The faults that altered what the validator saw altered what the subject gets, and what is missing of them is missing
    /// here, too.
    fn pass_faults_on(&self) {
        for observation in self.inner.take().observations {
            if matches!(observation.event, Event::Fault { .. } | Event::Gap(_)) {
                self.recorder.record(observation.event);
            }
        }
    }

    fn record_answer(&self, query: u32, message: &[u8]) {
        let Ok(answer) = Message::from_vec(message) else { return };
        let count = |records: &[hickory_proto::rr::Record]| u16::try_from(records.len()).unwrap_or(u16::MAX);
        self.recorder.record(Event::Answer {
            query,
            rcode: mnemonic(answer.metadata.response_code),
            answers: count(&answer.answers),
            authorities: count(&answer.authorities),
            authentic_data: answer.metadata.authentic_data,
            truncated: answer.metadata.truncation,
        });
    }
}

fn server_failure(request: &Message) -> Option<Vec<u8>> {
    let mut message = Message::response(request.metadata.id, OpCode::Query);
    message.metadata.response_code = ResponseCode::ServFail;
    message.metadata.recursion_desired = request.metadata.recursion_desired;
    message.metadata.recursion_available = true;
    message.queries.clone_from(&request.queries);
    message.to_vec().ok()
}

fn mnemonic(code: ResponseCode) -> String {
    match code {
        ResponseCode::NoError => "NOERROR".to_owned(),
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        other => other.to_str().to_uppercase(),
    }
}

/// A name as transcripts write it: without the final dot, unless it is the root.
fn plain(name: &str) -> String {
    match name.strip_suffix('.') {
        Some("") | None => name.to_owned(),
        Some(relative) => relative.to_owned(),
    }
}
