//! One mail server on one listener.

use std::sync::Arc;

use signpost_serve::{Door, Reception};
use signpost_transcript::{Event, Recorder};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::ServerSpec;
use crate::maildrop::Maildrop;
use crate::session::MailSession;

/// Runs a server until the future is dropped; its connections end with it.
///
/// Every connection meets the server as `specs` has it at that moment: a new certificate or new faults need no new
/// listener, and connections that stand are not touched. Without a sender the server stays as it is. What a client deleted
/// stays deleted, unless the new spec has another mailbox.
///
/// What clients do is recorded and never makes it fail. It needs a tokio runtime with I/O and time enabled.
pub async fn serve(specs: watch::Receiver<Arc<ServerSpec>>, listener: TcpListener, recorder: Recorder) {
    let door = Door::open(recorder.clone());
    serve_behind(door, specs, listener, recorder).await;
}

/// As [`serve`], for those whom the door lets in.
pub async fn serve_behind(
    door: Door,
    specs: watch::Receiver<Arc<ServerSpec>>,
    listener: TcpListener,
    recorder: Recorder,
) {
    let port = listener.local_addr().map_or(0, |address| address.port());
    let mut maildrop = Arc::new(Maildrop::new(&specs.borrow().mailbox));
    signpost_serve::serve_behind(door, listener, recorder, move |connection, peer| {
        let spec = Arc::clone(&specs.borrow());
        if !maildrop.began_with(&spec.mailbox) {
            maildrop = Arc::new(maildrop.replaced_by(&spec.mailbox));
        }
        Reception {
            accepted: Event::Accepted {
                connection,
                peer,
                server: spec.name.clone(),
                label: spec.label,
                port,
                hosts: spec.hosts.clone(),
            },
            tls: Arc::clone(&spec.tls),
            certificate: spec.identity.clone(),
            limits: spec.limits.serving,
            session: Box::new(MailSession::new(spec, &maildrop, connection)),
        }
    })
    .await;
}
