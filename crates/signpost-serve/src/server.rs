//! One server on one listener.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;
use signpost_transcript::{ConnectionId, Event, Party, Recorder, Transport};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::{Acceptor, Door, Limits, Presented, Session};

/// How one connection is received.
pub struct Reception {
    /// What is recorded of its acceptance.
    pub accepted: Event,
    /// Who speaks with the client.
    pub session: Box<dyn Session>,
    /// How TLS is done, should the session begin it.
    pub tls: Arc<ServerConfig>,
    /// Name of the certificate in `tls`, for the transcript.
    pub certificate: Presented,
    /// How long this client is waited for and how much it may say.
    pub limits: Limits,
}

/// Runs a server until the future is dropped; its connections end with it.
///
/// Every connection is received as `receive` says at that moment: what a server is can change without a new listener, and
/// connections that stand are not touched by it. What clients do is recorded and never makes it fail. It needs a tokio
/// runtime with I/O and time enabled.
pub async fn serve(
    listener: TcpListener,
    recorder: Recorder,
    receive: impl FnMut(ConnectionId, SocketAddr) -> Reception + Send,
) {
    let door = Door::open(recorder.clone());
    serve_behind(door, listener, recorder, receive).await;
}

/// As [`serve`], for those whom the door lets in. Others are hung up on at once: nothing of them is recorded but that they were
/// there, and they take no place from anybody.
pub async fn serve_behind(
    door: Door,
    listener: TcpListener,
    recorder: Recorder,
    mut receive: impl FnMut(ConnectionId, SocketAddr) -> Reception + Send,
) {
    let mut acceptor = Acceptor::new(listener, recorder.clone());
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = acceptor.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        if stream.local_addr().is_ok_and(|here| !door.admits(Transport::Tcp, peer, here)) {
            continue;
        }
        let connection = recorder.next_connection();
        let Reception { accepted, session, tls, certificate, limits } = receive(connection, peer);
        recorder.record(accepted);
        if connections.len() >= limits.connections {
            recorder.record(Event::Closed { connection, by: Party::Server });
            continue;
        }
        let recorder = recorder.clone();
        connections
            .spawn(Connection::new(stream, connection, recorder, limits, session, tls, certificate).run());
    }
}
