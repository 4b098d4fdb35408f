//! Who is let in: on loopback anybody can knock, and only the case's own processes are the subject.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signpost_kin::Standing;
use signpost_transcript::{Event, Recorder, Transport};

/// The door of a lab, through which its servers let in everybody, or only this process and what it started. Clones are the same
/// door.
#[derive(Clone, Debug)]
pub struct Door {
    recorder: Recorder,
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    is_kept: AtomicBool,
    /// Strangers that were turned away.
    strangers: AtomicUsize,
}

/// More strangers than this need not be told of: a neighbour that knocks without end must not fill the transcript.
const MOST_RECORDED: usize = 64;

impl Door {
    /// A door that is open to everybody, and a recorder of those who were not let in once it is kept.
    #[must_use]
    pub fn open(recorder: Recorder) -> Self {
        Self { recorder, inner: Arc::default() }
    }

    /// From now on only this process and what it started are let in.
    pub fn keep(&self) {
        self.inner.is_kept.store(true, Ordering::Relaxed);
    }

    /// Whether this peer of the socket at `here` is let in. A stranger is recorded and to be left without an answer. A peer
    /// of whom nobody knows is recorded as such, and let in: it may be a client that was quick.
    #[must_use]
    pub fn admits(&self, transport: Transport, peer: SocketAddr, here: SocketAddr) -> bool {
        if !self.inner.is_kept.load(Ordering::Relaxed) {
            return true;
        }
        let by = match transport {
            Transport::Tcp => signpost_kin::Transport::Tcp,
            Transport::Udp => signpost_kin::Transport::Udp,
        };
        match signpost_kin::standing(by, peer, here) {
            Standing::Kin => true,
            Standing::Doubtful => {
                self.recorder.record(Event::Doubtful { peer, transport });
                true
            }
            Standing::Stranger { uid } => {
                if self.inner.strangers.fetch_add(1, Ordering::Relaxed) < MOST_RECORDED {
                    self.recorder.record(Event::Stranger { peer, here, transport, uid });
                }
                false
            }
        }
    }
}
