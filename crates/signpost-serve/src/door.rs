//! Who is let in: on loopback anybody can knock, and only the case's own processes are the subject.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use signpost_kin::{Household, Standing};
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
    household: OnceLock<Household>,
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

    /// From now on only these are let in. A door that is kept already stays as it is.
    pub fn keep(&self, household: Household) {
        let _ = self.inner.household.set(household);
    }

    /// Whether this peer of the socket at `here` is let in. A stranger is recorded and to be left without an answer. A peer
    /// of whom nobody knows is recorded as such, and let in: it may be a client that was quick. A connection of this process is
    /// never so quick, and whoever else is so, again and again, would have the case judged by what nobody of it did.
    #[must_use]
    pub fn admits(&self, transport: Transport, peer: SocketAddr, here: SocketAddr) -> bool {
        let Some(&household) = self.inner.household.get() else { return true };
        let by = match transport {
            Transport::Tcp => signpost_kin::Transport::Tcp,
            Transport::Udp => signpost_kin::Transport::Udp,
        };
        let uid = match signpost_kin::standing(by, peer, here, household) {
            Standing::Kin => return true,
            Standing::Doubtful if household == Household::Process && transport == Transport::Tcp => None,
            Standing::Doubtful => {
                self.recorder.record(Event::Doubtful { peer, transport });
                return true;
            }
            Standing::Stranger { uid } => Some(uid),
        };
        if self.inner.strangers.fetch_add(1, Ordering::Relaxed) < MOST_RECORDED {
            self.recorder.record(Event::Stranger { peer, here, transport, uid });
        }
        false
    }
}
