//! A transcript with what the judge looks up in it.

use std::collections::HashMap;

use signpost_transcript::{ConnectionId, Event, Observation, Transcript};

/// A transcript and the server behind each connection.
pub(super) struct Index<'t> {
    transcript: &'t Transcript,
    servers: HashMap<ConnectionId, &'t str>,
}

impl<'t> Index<'t> {
    pub(super) fn new(transcript: &'t Transcript) -> Self {
        let servers = transcript
            .events()
            .filter_map(|event| match event {
                Event::Accepted { connection, server, .. } => Some((*connection, server.as_str())),
                _ => None,
            })
            .collect();
        Self { transcript, servers }
    }

    pub(super) fn observations(&self) -> impl Iterator<Item = &'t Observation> + use<'t> {
        self.transcript.observations.iter()
    }

    /// The name of the server that a connection went to.
    pub(super) fn server(&self, connection: ConnectionId) -> &'t str {
        self.servers.get(&connection).copied().unwrap_or("?")
    }
}
