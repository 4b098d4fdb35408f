//! What another crate implements.

use signpost_format::set_up::Stance;
use signpost_format::{Assignment, Profile, Report, Role, Service};

/// An implementation under test. Nothing here is asynchronous: each call has a thread of its own and may block it.
pub trait Client: Send + Sync + 'static {
    /// Its name, in what is written about it.
    fn name(&self) -> &str;

    /// Its version, in what is written about it.
    fn version(&self) -> &str {
        "under test"
    }

    /// What it can be asked to do: only cases of these roles become tests.
    fn roles(&self) -> &[Role];

    /// The sets of rules that it claims to follow: only cases of these profiles become tests.
    fn profiles(&self) -> &[Profile];

    /// The services that it can set up, in a role that has services.
    fn services(&self) -> &[Service] {
        Service::ALL
    }

    /// The protection that it claims. Where a case demands more, what it exposes is weak and no failure.
    fn stance(&self) -> Stance {
        Stance::Verified
    }

    /// Does once what the assignment says, as if started anew, and tells what came of it. Addresses and ports are those of
    /// the assignment; the system's resolver and certificates have no part in it.
    ///
    /// Calls run side by side, each on a thread of its own. A panic is a crash and no refusal. What has not ended at the
    /// deadline is judged as a hang; its thread is left behind.
    fn run(&self, assignment: &Assignment) -> Report;

    /// Starts it so that it remembers from one time that it is asked to the next, for cases that need it. By default such
    /// cases are unsupported. It is called on the thread on which what it returns is then asked, and dropped.
    fn stay(&self) -> Option<Box<dyn Stay>> {
        None
    }
}

/// A client that stays, with all that it remembers.
pub trait Stay {
    /// Asks it for one step, as [`Client::run`] does.
    fn ask(&mut self, assignment: &Assignment) -> Report;
}
