//! The wish that a run end before its cases do.

use std::sync::Arc;

use tokio::sync::watch;

/// A run's end before its time. Whoever has a clone says when, from any thread; nobody can take it back.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// No case is begun from now on, and those that run are given up.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody wants the run to end.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until somebody wants it to.
    pub(super) async fn stopped(&self) {
        // It cannot fail, since the sender lives as long as this.
        let _ = self.0.subscribe().wait_for(|is_stopped| *is_stopped).await;
    }
}
