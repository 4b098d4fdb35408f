//! drill, ldns's tool, which chases signatures with `-S`.

use std::time::Duration;

use async_trait::async_trait;
use signpost_lab::{Assignment, Report, Service, Status};

use super::{PATIENCE, PROFILES, RecordType, Task, no_answer};
use crate::profile::Profile;
use crate::subject::program::{Installed, Session};
use crate::subject::{Environment, Isolation, Subject, SubjectError};

/// drill as installed on this system.
#[derive(Clone, Debug)]
pub(in crate::subject) struct Drill {
    installed: Installed,
}

impl Drill {
    pub(in crate::subject) fn find() -> Option<Box<dyn Subject>> {
        Some(Box::new(Self { installed: Installed::find("drill", "-v")? }))
    }
}

#[async_trait(?Send)]
impl Subject for Drill {
    fn name(&self) -> &str {
        "drill"
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
        let keys: String = task
            .anchors(RecordType::DNSKEY)
            .iter()
            .map(|fields| format!(". 3600 IN DNSKEY {}\n", fields.join(" ")))
            .collect();
        let anchors = session.save("anchors", &keys)?;
        let invocation = self
            .installed
            .invocation()
            .arguments(["-S", "-k"])
            .argument(anchors)
            .arguments(["-p", &task.authority.port().to_string()])
            .argument(format!("@{}", task.authority.ip()))
            .arguments([task.name.to_string(), task.record_type.to_string()]);
        let run = session.run_for(invocation, PATIENCE).await?;
        Ok(run.map_or_else(no_answer, |run| read(&run.output())))
    }
}

/// drill says whether a chain holds, and does not tell a broken one from one that is proven not to be there.
fn read(output: &str) -> Report {
    let is_whole = output.contains("Chase successful");
    let line = |words| output.lines().find(|line: &&str| line.contains(words));
    let detail = line("first error was").or_else(|| line("Chase ")).unwrap_or("no chain was chased");
    Report::Answered {
        status: if is_whole { Status::Secure } else { Status::Failed },
        rcode: None,
        ede: Vec::new(),
        ttl: None,
        detail: Some(detail.trim_start_matches([';', ' ']).to_owned()),
    }
}
