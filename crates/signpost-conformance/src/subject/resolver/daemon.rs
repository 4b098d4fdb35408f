//! Resolvers that serve: started anew for every run, so that no cache tells of another case, and asked by a stub.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use signpost_lab::{Assignment, Report, Service};
use signpost_sandbox::Invocation;
use signpost_validate::{Stub, Upstream};
use tokio::net::TcpStream;

use super::{PATIENCE, PROFILES, Task, from_response};
use crate::profile::Profile;
use crate::subject::program::{Installed, Session};
use crate::subject::{Environment, Isolation, Subject, SubjectError};

/// Where a daemon listens in its namespace. The lab is at other addresses; this is the one that the loopback interface
/// itself has, and named listens on no other.
pub(super) const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 53);

/// How a daemon is set up to forward to the lab and to validate from its trust anchor.
pub(super) struct Setup<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) task: &'a Task,
    pub(super) invocation: Invocation,
}

/// A kind of daemon.
#[derive(Clone, Copy, Debug)]
pub(in crate::subject) struct DaemonKind {
    pub(super) name: &'static str,
    pub(super) program: &'static str,
    /// The word that its version begins with: some programs write the time before it.
    pub(super) product: &'static str,
    /// The argument that makes it tell its version.
    pub(super) version: &'static str,
    /// Writes its configuration and says how it is started, in the foreground.
    pub(super) set_up: fn(Setup<'_>) -> Result<Invocation, SubjectError>,
}

/// A daemon as installed on this system.
#[derive(Clone, Debug)]
pub(in crate::subject) struct Daemon {
    kind: DaemonKind,
    installed: Installed,
}

impl Daemon {
    pub(in crate::subject) fn find(kind: DaemonKind) -> Option<Box<dyn Subject>> {
        let installed = Installed::find(kind.program, kind.version)?.without_text_before(kind.product);
        Some(Box::new(Self { kind, installed }))
    }
}

#[async_trait(?Send)]
impl Subject for Daemon {
    fn name(&self) -> &str {
        self.kind.name
    }

    fn version(&self) -> &str {
        self.installed.version()
    }

    fn profiles(&self) -> &[Profile] {
        PROFILES
    }

    fn services(&self) -> &[Service] {
        &[Service::Dns]
    }

    fn isolation(&self) -> Isolation {
        Isolation::Namespace
    }

    async fn run(
        &self,
        assignment: &Assignment,
        environment: Environment<'_>,
    ) -> Result<Report, SubjectError> {
        let task = Task::read(assignment)?;
        let session = Session::start(environment, Duration::from_millis(assignment.deadline_ms))?;
        let setup = Setup { session: &session, task: &task, invocation: self.installed.invocation() };
        let invocation = (self.kind.set_up)(setup)?;
        session.run_beside(invocation, ask(&task)).await
    }
}

/// Asks the daemon as soon as it listens.
#[expect(clippy::disallowed_methods, reason = "this is what drives a daemon; the runner's deadline ends it")]
async fn ask(task: &Task) -> Report {
    while TcpStream::connect(LISTEN).await.is_err() {
        // Nothing tells when a daemon is ready; the runner's deadline ends this.
        #[expect(
            clippy::disallowed_methods,
            reason = "a refused connection leaves nothing else to wait for"
        )]
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let mut upstream = Upstream::new(LISTEN, task.anchor.clone());
    upstream.timeout = PATIENCE;
    upstream.attempts = 1;
    from_response(Stub::new(&upstream).ask(&task.name, task.record_type).await)
}
