//! Being asked to end: by ctrl-c, by whoever ends services, and by a terminal that goes away.

use std::io;
use std::thread;

use signpost_conformance::runner::Stop;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::command::tell;
use crate::exit::{Exit, Failure};

/// The signals by which a process is asked to end. From the moment that they are listened to, none of them ends it by itself.
#[derive(Debug)]
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(unix)]
    hang_up: Signal,
}

impl Signals {
    /// Listens, within a runtime.
    #[cfg(unix)]
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) -> io::Result<()> {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
        Ok(())
    }

    /// Listens, within a runtime.
    #[cfg(not(unix))]
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one.
    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) -> io::Result<()> {
        tokio::signal::ctrl_c().await
    }
}

/// Stops a run at the first signal, and ends the process at the second.
pub(crate) fn stop_at_signal(stop: Stop) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(|error| Failure::not_started(format_args!("no runtime: {error}")))?;
    let listening = {
        let _within = runtime.enter();
        Signals::listen()
    };
    let mut signals = listening.map_err(Failure::not_started)?;
    thread::spawn(move || {
        let twice: io::Result<()> = runtime.block_on(async {
            signals.next().await?;
            stop.stop();
            tell("the run ends here; a second signal ends it at once");
            signals.next().await
        });
        if twice.is_ok() {
            std::process::exit(i32::from(Exit::Stopped.code()));
        }
    });
    Ok(())
}
