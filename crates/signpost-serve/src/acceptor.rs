//! Taking connections from a listener, come what may.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use signpost_machine::{explain, is_exhausted};
use signpost_transcript::{Event, Gap, Recorder};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until};

/// A listener that never fails: after a connection that could not be taken it rests a moment and tries again. Where that was
/// for want of something in this process, the transcript is [told](tell_of).
#[derive(Debug)]
pub struct Acceptor {
    listener: TcpListener,
    recorder: Recorder,
    rest: Rest,
}

impl Acceptor {
    /// Takes connections from this listener.
    #[must_use]
    pub fn new(listener: TcpListener, recorder: Recorder) -> Self {
        Self { listener, recorder, rest: Rest::default() }
    }

    /// The next connection, and where it comes from.
    ///
    /// To drop the future before it is done loses no connection and cuts no rest short.
    pub async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let Self { listener, recorder, rest } = self;
        let mut attempt = |context: &mut Context<'_>| {
            let accepted = listener.poll_accept(context);
            if let Poll::Ready(Err(error)) = &accepted {
                tell_of(error, "accept a connection", recorder);
            }
            accepted
        };
        rest.between(&mut attempt).await
    }
}

/// Tells the transcript that something was missed, where an error is this machine's and not the peer's.
///
/// A client that was not served sees a server that is down. What it does then says nothing of it, and nobody who judges must
/// take it for an answer.
pub fn tell_of(error: &io::Error, failed_to: &str, recorder: &Recorder) {
    if is_exhausted(error) {
        recorder.record(Event::Gap(Gap::Harness { error: format!("{failed_to}: {}", explain(error)) }));
    }
}

/// How long a listener rests after a failure.
const PAUSE: Duration = Duration::from_millis(10);

/// The rest after a failed attempt.
///
/// An accept fails when the process is out of file descriptors, most likely. The next one would then fail too, at once and
/// for as long as no connection ends, and asking again would be all that the thread does: nothing would be left for the
/// connections that are to end. Nothing tells when a descriptor is free, so that a time has to do. It is kept here and not
/// in the future, since a loop that also waits for something else drops the future at every such thing.
#[derive(Debug, Default)]
struct Rest {
    until: Option<Instant>,
}

impl Rest {
    async fn between<T>(&mut self, mut attempt: impl FnMut(&mut Context<'_>) -> Poll<io::Result<T>>) -> T {
        loop {
            if let Some(until) = self.until {
                sleep_until(until).await;
                self.until = None;
            }
            match poll_fn(&mut attempt).await {
                Ok(done) => return done,
                Err(_) => self.until = Some(Instant::now() + PAUSE),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    /// The lab's resolver asked again at once, and again whenever its other socket had something.
    #[tokio::test]
    async fn failures_are_followed_by_a_rest_that_no_dropped_future_cuts_short() {
        let mut rest = Rest::default();
        let mut attempts = 0;
        let start = Instant::now();
        for _ in 0..1000 {
            let next = rest.between(|_| {
                attempts += 1;
                Poll::Ready(Err::<(), _>(io::ErrorKind::Other.into()))
            });
            timeout(Duration::ZERO, next).await.unwrap_err();
        }
        let pauses = start.elapsed().as_micros() / PAUSE.as_micros();
        assert!((1..=pauses + 1).contains(&attempts), "{attempts} attempts in {pauses} pauses");
    }

    /// Resting alone, a listener let the honest reference fail for what was the harness's want of files.
    #[test]
    fn a_want_of_files_is_told_and_a_peer_that_is_gone_again_is_none() {
        for (kind, is_told) in [(io::ErrorKind::ConnectionAborted, false), (io::ErrorKind::OutOfMemory, true)]
        {
            let recorder = Recorder::new();
            tell_of(&kind.into(), "accept a connection", &recorder);
            assert_eq!(recorder.transcript().gap().is_some(), is_told, "{kind}");
        }
    }

    #[tokio::test]
    async fn what_failed_is_tried_again() {
        let mut left = 3;
        let attempt = |_: &mut Context<'_>| {
            left -= 1;
            Poll::Ready(if left == 0 { Ok("done") } else { Err(io::ErrorKind::Other.into()) })
        };
        assert_eq!(Rest::default().between(attempt).await, "done");
    }
}
