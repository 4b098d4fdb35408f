//! A responder that stands for the authority and has every exchange recorded.

use std::net::SocketAddr;
use std::sync::Arc;

use signpost_transcript::{Endpoint, Recorder, Transport};

use crate::reply::Reply;
use crate::responder::Responder;
use crate::serve::Answerer;

/// Answers as its responder does, and records each exchange as one with the authority.
#[derive(Clone, Debug)]
pub struct Authority {
    responder: Arc<Responder>,
    recorder: Recorder,
}

impl Authority {
    /// An authority that says what the responder says.
    #[must_use]
    pub fn new(responder: Arc<Responder>, recorder: Recorder) -> Self {
        Self { responder, recorder }
    }
}

impl Answerer for Authority {
    async fn answer(&self, request: &[u8], peer: SocketAddr, transport: Transport) -> Reply {
        let reply = self.responder.respond(request, peer, transport);
        reply.record(&self.recorder, Endpoint::Authority, peer, transport);
        reply
    }
}
