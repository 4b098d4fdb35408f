//! A client as a subject of the suite: each call on a thread of its own.
//!
//! The lab lives on the case's thread, so that a client that blocked it would wait for servers that cannot answer.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use async_trait::async_trait;
use signpost_conformance::subject::{Environment, Isolation, Session, Subject, SubjectError};
use signpost_format::set_up::Stance;
use signpost_format::{Assignment, Profile, Report, Role, Service};
use tokio::sync::oneshot;

use crate::reproduction::Reproduction;
use crate::{Client, Stay};

/// A [`Client`] whose calls block nobody but themselves.
pub(crate) struct Threaded<C> {
    client: Arc<C>,
    reproduction: Reproduction,
}

impl<C> Threaded<C> {
    pub(crate) fn new(client: C, reproduction: Reproduction) -> Self {
        Self { client: Arc::new(client), reproduction }
    }
}

#[async_trait(?Send)]
impl<C: Client> Subject for Threaded<C> {
    fn name(&self) -> &str {
        self.client.name()
    }

    fn version(&self) -> &str {
        self.client.version()
    }

    fn profiles(&self) -> &[Profile] {
        self.client.profiles()
    }

    fn roles(&self) -> &[Role] {
        self.client.roles()
    }

    fn services(&self) -> &[Service] {
        self.client.services()
    }

    fn isolation(&self) -> Isolation {
        Isolation::Loopback
    }

    fn stance(&self) -> Stance {
        self.client.stance()
    }

    async fn run(&self, assignment: &Assignment, _: Environment<'_>) -> Result<Report, SubjectError> {
        let (client, own) = (Arc::clone(&self.client), assignment.clone());
        on_thread(self.name(), assignment.role(), move || client.run(&own)).await
    }

    fn stay<'s>(&'s self, _: Environment<'s>) -> Option<Box<dyn Session + 's>> {
        let stay = Arc::new(Mutex::new(self.client.stay()?));
        Some(Box::new(Staying { name: self.name(), stay }))
    }

    fn reproduce(&self, case: &str) -> String {
        self.reproduction.command(case)
    }
}

/// A client that stays, lent to the thread of one call after the other.
struct Staying<'s> {
    name: &'s str,
    stay: Arc<Mutex<Box<dyn Stay>>>,
}

#[async_trait(?Send)]
impl Session for Staying<'_> {
    async fn ask(&mut self, assignment: &Assignment) -> Result<Report, SubjectError> {
        let (stay, own) = (Arc::clone(&self.stay), assignment.clone());
        // Whoever panicked is not asked again, so that nothing half done is ever seen.
        let ask = move || stay.lock().unwrap_or_else(PoisonError::into_inner).ask(&own);
        on_thread(self.name, assignment.role(), ask).await
    }
}

/// Waits for a call that has a thread to itself. Dropped, as at the deadline, it leaves the thread behind: nobody can
/// end one from outside, and its lab is gone.
async fn on_thread(
    name: &str,
    role: Role,
    call: impl FnOnce() -> Report + Send + 'static,
) -> Result<Report, SubjectError> {
    let (sender, receiver) = oneshot::channel();
    let work = move || {
        // Nobody is there to hear it when the deadline has passed.
        let _ = sender.send(catch_unwind(AssertUnwindSafe(call)));
    };
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|error| SubjectError::NotStarted(format!("no thread: {error}")))?;
    let report = match receiver.await {
        Ok(Ok(report)) => report,
        Ok(Err(panic)) => return Err(SubjectError::Crashed(format!("it panicked: {}", text_of(&*panic)))),
        Err(_) => return Err(SubjectError::Crashed("its thread ended without a word".to_owned())),
    };
    if report.role() != role {
        let said = report.role();
        return Err(SubjectError::Garbage(format!(
            "asked in the role {role}, it reports in the role {said}"
        )));
    }
    Ok(report)
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a text")
}
