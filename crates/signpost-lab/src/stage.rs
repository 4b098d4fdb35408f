//! A lab as it is in one step of its case, and what passes on to whatever it is now.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use signpost_dns::{Answerer, Reply, Responder};
use signpost_mail::ServerSpec;
use signpost_transcript::{Event, Transport};
use tokio::sync::watch;

/// What answers and what listens in one step.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) responder: Arc<Responder>,
    /// By documentation address and world port.
    pub(crate) servers: BTreeMap<(Ipv4Addr, u16), Arc<ServerSpec>>,
    /// What is broken from the beginning of the step, and the view in which alone it is.
    pub(crate) standing: Vec<(Option<String>, Event)>,
}

/// Answers as whatever stands there now, so that sockets need not be bound anew when the world changes.
pub(crate) struct Current<A>(pub(crate) watch::Receiver<Arc<A>>);

impl<A: Answerer> Answerer for Current<A> {
    async fn answer(&self, request: &[u8], peer: SocketAddr, transport: Transport) -> Reply {
        let now = Arc::clone(&self.0.borrow());
        now.answer(request, peer, transport).await
    }
}
