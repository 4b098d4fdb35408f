//! What every implementation needs to know.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use signpost_machine::{explain, is_exhausted};

use crate::TrustAnchor;

/// Whom to ask, whom to believe and how long to wait.
///
/// Time is the system's: `domain` reads the clock inside its signature check and offers no way to set it.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// The server that gets every question, over UDP first.
    pub server: SocketAddr,
    /// The own address that questions come from, where answers depend on it. `None`: the system's choice.
    pub source: Option<IpAddr>,
    /// Where chains of signatures start.
    pub trust_anchor: TrustAnchor,
    /// The longest wait for one reply to one message.
    pub timeout: Duration,
    /// How often a question is sent before the lookup counts as timed out; 0 means 1.
    pub attempts: usize,
    /// Where it is noted that this machine had no socket left to ask with.
    pub shortage: Shortage,
}

/// A note that this machine had nothing left to ask with. Clones share it.
///
/// To a validator that is a server that cannot be reached, and what it says then is no finding about the answer. So whoever
/// judges by its word has to look here.
#[derive(Clone, Debug, Default)]
pub struct Shortage(Arc<OnceLock<String>>);

impl Shortage {
    /// What the system said the first time.
    #[must_use]
    pub fn noted(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }

    /// Notes an error if it is of this kind.
    pub(crate) fn note(&self, error: &io::Error) {
        if is_exhausted(error) {
            self.0.get_or_init(|| explain(error));
        }
    }
}

impl Upstream {
    /// A server and an anchor with waits that suit loopback: 500 ms, two attempts.
    pub fn new(server: SocketAddr, trust_anchor: TrustAnchor) -> Self {
        Self {
            server,
            source: None,
            trust_anchor,
            timeout: Duration::from_millis(500),
            attempts: 2,
            shortage: Shortage::default(),
        }
    }

    /// The longest wait for one answer to one question, all attempts and a change to TCP included.
    pub(crate) fn question_limit(&self) -> Duration {
        self.timeout.saturating_mul(u32::try_from(self.attempts.max(1)).unwrap_or(u32::MAX).saturating_add(1))
    }

    /// The longest wait for a lookup. A chain of trust takes many questions, but a path on which several of
    /// them hang is as broken as one on which the first does.
    pub(crate) fn lookup_limit(&self) -> Duration {
        self.question_limit().saturating_mul(3)
    }
}
