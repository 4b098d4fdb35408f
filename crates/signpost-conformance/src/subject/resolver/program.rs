//! Resolvers that are programs: started anew for every run, so that no cache tells of another case.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use signpost_format::{Assignment, Profile, Report, Role, resolve};
use signpost_sandbox::Invocation;
use signpost_validate::{Stub, Upstream};
use tokio::net::TcpStream;

use super::{PATIENCE, PROFILES, ROLES, Task, from_response};
use crate::subject::program::{Installed, Session};
use crate::subject::{Environment, Isolation, Subject, SubjectError};

/// Where a server listens in its namespace. The lab is at other addresses; this is the one that the loopback interface
/// itself has, and named listens on no other.
pub(super) const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 53);

/// What a program is started with: to ask the lab, and to validate from its trust anchor.
pub(super) struct Setup<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) task: &'a Task,
    pub(super) invocation: Invocation,
}

/// How a program is run and understood.
#[derive(Clone, Copy, Debug)]
pub(in crate::subject) struct ProgramKind {
    pub(super) name: &'static str,
    pub(super) program: &'static str,
    /// The word that its version begins with: some programs write the time before it.
    pub(super) product: &'static str,
    /// The argument that makes it tell its version.
    pub(super) version: &'static str,
    /// Writes its files and says how it is started, in the foreground.
    pub(super) set_up: fn(Setup<'_>) -> Result<Invocation, SubjectError>,
    pub(super) answers: Answers,
}

/// Where a program's answer is found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answers {
    /// It serves, and is asked by a stub.
    OverDns,
    /// It asks by itself and ends; what it wrote is read by this.
    InWords(fn(&str) -> resolve::Report),
}

/// A program as installed on this system.
#[derive(Clone, Debug)]
pub(in crate::subject) struct ResolverProgram {
    kind: ProgramKind,
    installed: Installed,
}

impl ResolverProgram {
    pub(in crate::subject) fn find(kind: ProgramKind) -> Option<Box<dyn Subject>> {
        let installed = Installed::find(kind.program, kind.version)?.without_text_before(kind.product);
        Some(Box::new(Self { kind, installed }))
    }
}

#[async_trait(?Send)]
impl Subject for ResolverProgram {
    fn name(&self) -> &str {
        self.kind.name
    }

    fn version(&self) -> &str {
        self.installed.version()
    }

    fn profiles(&self) -> &[Profile] {
        PROFILES
    }

    fn roles(&self) -> &[Role] {
        ROLES
    }

    fn isolation(&self) -> Isolation {
        Isolation::Namespace
    }

    async fn run(
        &self,
        assignment: &Assignment,
        environment: Environment<'_>,
    ) -> Result<Report, SubjectError> {
        let Assignment::Resolve(assignment) = assignment else {
            return Ok(Report::unsupported(assignment.role(), "it is a resolver"));
        };
        let task = Task::read(assignment)?;
        let session = Session::start(environment, Duration::from_millis(assignment.deadline_ms))?;
        let setup = Setup { session: &session, task: &task, invocation: self.installed.invocation() };
        let invocation = (self.kind.set_up)(setup)?;
        match self.kind.answers {
            Answers::OverDns => session.run_beside(invocation, ask(&task)).await.map(Report::from),
            Answers::InWords(read) => {
                let run = session.run_for(invocation, PATIENCE).await?;
                Ok(run.map_or_else(no_answer, |run| read(&run.output())).into())
            }
        }
    }
}

/// Asks a server as soon as it listens.
#[expect(clippy::disallowed_methods, reason = "this is what drives a server; the runner's deadline ends it")]
async fn ask(task: &Task) -> resolve::Report {
    while TcpStream::connect(LISTEN).await.is_err() {
        // Nothing tells when a server is ready.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let mut upstream = Upstream::new(LISTEN, task.anchor.clone());
    upstream.timeout = PATIENCE;
    upstream.attempts = 1;
    from_response(Stub::new(&upstream).ask(&task.name, task.record_type).await)
}

/// What whoever asked has when the time is over.
fn no_answer() -> resolve::Report {
    resolve::Report::failed("no answer in time")
}
