//! Implementations under test.

mod external;
mod recipe;
mod reference;
mod resolver;

use std::path::PathBuf;

use async_trait::async_trait;
use signpost_format::set_up::Stance;
use signpost_format::{Assignment, Profile, Report, Role, Service};
use signpost_sandbox::{Limits, Namespace};
use signpost_transcript::Recorder;

pub use external::External;
pub(crate) use external::Said;
pub(crate) use recipe::RecipeTable;
pub use recipe::{Missing, Mode, Recipe, RecipeError};
pub use reference::Reference;
pub use resolver::Library;

/// Where a subject's cases run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Isolation {
    /// On loopback addresses and free ports of this machine: the subject takes addresses and ports from its assignment.
    Loopback,
    /// On loopback addresses and free ports of a network of the case's own, in which nobody else is: else as on
    /// [`Isolation::Loopback`], with the files of this machine.
    Network,
    /// In a private network and mount namespace, where the lab has the real ports and the system's own files.
    Namespace,
}

impl Isolation {
    /// For what is not told from the machine by its files: in a network of its own where [`signpost_sandbox::prepare`] has succeeded,
    /// so that nobody need be told from strangers, and else on this machine's loopback.
    pub(crate) fn granted() -> Self {
        signpost_sandbox::granted().map_or(Self::Loopback, |()| Self::Network)
    }
}

/// Where a subject runs, besides its assignment.
#[derive(Clone, Copy, Debug)]
pub struct Environment<'a> {
    /// Takes what the subject says, as [`signpost_transcript::Event::Subject`].
    pub recorder: &'a Recorder,
    /// Seed of the subject's own random choices, where it takes one: another in every run.
    pub seed: u64,
    /// What each program that it starts may use.
    pub limits: Limits,
    /// The case's namespace, for [`Isolation::Namespace`].
    pub namespace: Option<&'a Namespace>,
}

/// An implementation that can be put into a lab.
#[async_trait(?Send)]
pub trait Subject: Send + Sync {
    /// The name on the command line.
    fn name(&self) -> &str;

    /// What it says of its version.
    fn version(&self) -> &str;

    /// The sets of rules that it claims to follow: which scenarios it is judged by.
    fn profiles(&self) -> &[Profile];

    /// What it can be asked to do: cases of other roles are not for it.
    fn roles(&self) -> &[Role];

    /// The services that it can set up, in a role that has services: cases of others are not for it.
    fn services(&self) -> &[Service] {
        Service::ALL
    }

    /// Where its cases run.
    fn isolation(&self) -> Isolation;

    /// Whether it runs in this process on the thread of its case, and starts nothing.
    fn is_in_process(&self) -> bool {
        false
    }

    /// The protection that its mode claims.
    fn stance(&self) -> Stance {
        Stance::Verified
    }

    /// What it must find of this machine although a case in a namespace hides it: a program in the user's home.
    fn visible(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Runs once. The runner keeps the deadline; a future that it drops must take its processes with it.
    ///
    /// # Errors
    ///
    /// A subject that crashed, could not be started or reported garbage. Never a refusal.
    async fn run(
        &self,
        assignment: &Assignment,
        environment: Environment<'_>,
    ) -> Result<Report, SubjectError>;

    /// Whether it can be asked again in the same process: cases of several steps are unsupported where it cannot, which is
    /// nothing unexpected.
    fn can_be_asked_again(&self) -> bool {
        false
    }

    /// Starts it so that it can be asked several times and remembers from one time to the next, where it can do that.
    fn stay<'s>(&'s self, _environment: Environment<'s>) -> Option<Box<dyn Session + 's>> {
        None
    }

    /// The command that repeats a case with this subject.
    fn reproduce(&self, case: &str) -> String {
        format!("signpost run '{case}' --subject '{}'", self.name())
    }
}

/// A subject that stays, with all that it remembers.
#[async_trait(?Send)]
pub trait Session {
    /// Asks it for one step, as [`Subject::run`] does.
    ///
    /// # Errors
    ///
    /// As [`Subject::run`].
    async fn ask(&mut self, assignment: &Assignment) -> Result<Report, SubjectError>;
}

/// A run that says nothing about conformance.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectError {
    /// It ended abnormally.
    #[error("the subject crashed: {0}")]
    Crashed(String),
    /// The machine had nothing left for what runs in this process. Never the subject's doing.
    #[error("this machine has nothing left for the subject: {0}")]
    Exhausted(String),
    /// What it reported is not in the published format.
    #[error("the subject's report is not understood: {0}")]
    Garbage(String),
    /// It could not be started.
    #[error("the subject could not be started: {0}")]
    NotStarted(String),
    /// It took longer than the case allows.
    #[error("the subject did not end within {0:?}")]
    TimedOut(std::time::Duration),
}
