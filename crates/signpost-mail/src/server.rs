//! Accepting connections.

use std::sync::Arc;
use std::time::Duration;

use signpost_transcript::{Event, Party, Recorder};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::ServerSpec;
use crate::connection::Connection;
use crate::maildrop::Maildrop;

/// Runs a server until the future is dropped; its connections end with it.
///
/// What clients do is recorded and never makes it fail. It needs a tokio runtime with I/O and time enabled.
pub async fn serve(spec: Arc<ServerSpec>, listener: TcpListener, recorder: Recorder) {
    let maildrop = Arc::new(Maildrop::new(&spec.mailbox));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of file descriptors, most likely: waiting gives connections time to end.
            #[expect(clippy::disallowed_methods, reason = "nothing tells when a file descriptor is free")]
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let connection = recorder.next_connection();
        recorder.record(Event::Accepted { connection, peer, server: spec.name.clone(), label: spec.label });
        if connections.len() >= spec.limits.connections {
            recorder.record(Event::Closed { connection, by: Party::Server });
            continue;
        }
        connections
            .spawn(Connection::new(Arc::clone(&spec), &maildrop, stream, recorder.clone(), connection).run());
    }
}
