//! A subject that stands in for the reference: it lets it work, and is told or tells something else, or does something besides.

use async_trait::async_trait;
use signpost_conformance::subject::{Environment, Isolation, Reference, Subject, SubjectError};
use signpost_format::{Assignment, Profile, Report, Role};
use signpost_transcript::Recorder;

/// The reference as a client, with another assignment, another report or another beginning or end.
pub(crate) struct StandIn {
    /// Who works.
    pub(crate) reference: Reference,
    /// What it is told in the place of its assignment.
    pub(crate) told: fn(&Assignment) -> Assignment,
    /// What is reported in the place of its report.
    pub(crate) tells: Box<dyn Fn(Report) -> Report + Send + Sync>,
    /// What has to be seen before it begins.
    pub(crate) waits_for: fn(&Recorder) -> bool,
    /// What is done when it has ended.
    pub(crate) besides: fn(&Recorder),
}

impl StandIn {
    /// It changes nothing.
    pub(crate) fn of(reference: Reference) -> Self {
        Self {
            reference,
            told: Assignment::clone,
            tells: Box::new(|report| report),
            waits_for: |_| true,
            besides: |_| (),
        }
    }
}

#[async_trait(?Send)]
impl Subject for StandIn {
    fn name(&self) -> &str {
        "stand-in"
    }

    fn version(&self) -> &str {
        self.reference.version()
    }

    fn profiles(&self) -> &[Profile] {
        self.reference.profiles()
    }

    fn roles(&self) -> &[Role] {
        &[Role::SetUp]
    }

    fn isolation(&self) -> Isolation {
        Isolation::Loopback
    }

    async fn run(
        &self,
        assignment: &Assignment,
        environment: Environment<'_>,
    ) -> Result<Report, SubjectError> {
        while !(self.waits_for)(environment.recorder) {
            tokio::task::yield_now().await;
        }
        let report = self.reference.run(&(self.told)(assignment), environment).await;
        (self.besides)(environment.recorder);
        Ok((self.tells)(report?))
    }
}
