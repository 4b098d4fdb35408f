//! A client as a subject of the suite: each call on a thread of its own.
//!
//! The lab lives on the case's thread, so that a client that blocked it would wait for servers that cannot answer.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
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

    /// Only the client itself knows, and says so when it is to stay.
    fn can_be_asked_again(&self) -> bool {
        true
    }

    fn stay<'s>(&'s self, _: Environment<'s>) -> Option<Box<dyn Session + 's>> {
        Some(Box::new(Staying { client: Arc::clone(&self.client), requests: None }))
    }

    fn reproduce(&self, case: &str) -> String {
        self.reproduction.command(case)
    }
}

/// A client that stays. It is made, asked and dropped on one thread of its own: what it keeps may belong to that thread, or
/// be something that must not be dropped on the lab's, as a runtime is.
struct Staying<C> {
    client: Arc<C>,
    /// To the thread, once there is one. It ends when this is dropped.
    requests: Option<mpsc::Sender<Request>>,
}

struct Request {
    assignment: Assignment,
    reply: oneshot::Sender<thread::Result<Report>>,
}

#[async_trait(?Send)]
impl<C: Client> Session for Staying<C> {
    async fn ask(&mut self, assignment: &Assignment) -> Result<Report, SubjectError> {
        let requests = match &self.requests {
            Some(requests) => requests,
            None => {
                let (requests, receiver) = mpsc::channel();
                let client = Arc::clone(&self.client);
                spawn(self.client.name(), move || stay(client.as_ref(), &receiver))?;
                self.requests.insert(requests)
            }
        };
        let (reply, receiver) = oneshot::channel();
        // A thread that has ended drops the other end of the reply, which says so.
        let _ = requests.send(Request { assignment: assignment.clone(), reply });
        read(receiver, assignment.role()).await
    }
}

/// Answers as long as somebody asks.
fn stay(client: &impl Client, requests: &mpsc::Receiver<Request>) {
    let mut kept: Option<Box<dyn Stay>> = None;
    for Request { assignment, reply } in requests {
        let ask = || match kept.take().or_else(|| client.stay()) {
            Some(mut stay) => {
                let report = stay.ask(&assignment);
                kept = Some(stay);
                report
            }
            None => Report::unsupported(assignment.role(), "it cannot be asked again in the same process"),
        };
        // Nobody is there to hear it when the deadline has passed.
        let _ = reply.send(catch_unwind(AssertUnwindSafe(ask)));
    }
}

/// Makes a call that has a thread to itself. Dropped, as at the deadline, this leaves the thread behind: nobody can end one
/// from outside, and its lab is gone.
async fn on_thread(
    name: &str,
    role: Role,
    call: impl FnOnce() -> Report + Send + 'static,
) -> Result<Report, SubjectError> {
    let (reply, receiver) = oneshot::channel();
    spawn(name, move || {
        let _ = reply.send(catch_unwind(AssertUnwindSafe(call)));
    })?;
    read(receiver, role).await
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), SubjectError> {
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(work);
    spawned.map(drop).map_err(|error| SubjectError::NotStarted(format!("no thread: {error}")))
}

/// Waits for the thread's word, and looks whether it fits what was asked.
async fn read(reply: oneshot::Receiver<thread::Result<Report>>, role: Role) -> Result<Report, SubjectError> {
    let report = match reply.await {
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
