//! delv, BIND's tool that validates by itself.

use std::time::Duration;

use async_trait::async_trait;
use signpost_lab::{Assignment, Report, Service, Status};

use super::{NOERROR, NXDOMAIN, PATIENCE, PROFILES, RecordType, Task, no_answer};
use crate::profile::Profile;
use crate::subject::program::{Installed, Session};
use crate::subject::{Environment, Isolation, Subject, SubjectError};

/// delv as installed on this system.
#[derive(Clone, Debug)]
pub(in crate::subject) struct Delv {
    installed: Installed,
}

impl Delv {
    pub(in crate::subject) fn find() -> Option<Box<dyn Subject>> {
        Some(Box::new(Self { installed: Installed::find("delv", "-v")? }))
    }
}

#[async_trait(?Send)]
impl Subject for Delv {
    fn name(&self) -> &str {
        "delv"
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
            .map(|fields| {
                let (numbers, key) = fields.split_at(3.min(fields.len()));
                format!("\".\" static-key {} \"{}\";\n", numbers.join(" "), key.concat())
            })
            .collect();
        let anchors = session.save("anchors", &format!("trust-anchors {{\n{keys}}};\n"))?;
        let invocation = self
            .installed
            .invocation()
            .argument(format!("@{}", task.authority.ip()))
            .arguments(["-p", &task.authority.port().to_string(), "-4", "+root=.", "-a"])
            .argument(anchors)
            .arguments([task.name.to_string(), task.record_type.to_string()]);
        let run = session.run_for(invocation, PATIENCE).await?;
        Ok(run.map_or_else(no_answer, |run| read(&run.output())))
    }
}

/// Words of complaints about a broken chain; any other complaint is about an answer that did not come.
const BROKEN: [&str; 5] =
    ["broken trust chain", "insecurity proof failed", "RRSIG", "no valid", "not validate"];

/// What delv calls an answer that there is nothing, and the RCODE that it stands for.
const ABSENCES: [(&str, &str); 2] = [("ncache nxdomain", NXDOMAIN), ("ncache nxrrset", NOERROR)];

/// A line stands there for each RRset on the way: the weakest counts.
fn read(output: &str) -> Report {
    let complaint = output.lines().find_map(|line| line.strip_prefix(";; resolution failed: "));
    let absence = ABSENCES.iter().find(|(words, _)| complaint == Some(*words));
    let status = match complaint.filter(|_| absence.is_none()) {
        Some(text) if BROKEN.iter().any(|words| text.contains(words)) => Status::Bogus,
        Some(_) => Status::Failed,
        None if output.contains("unsigned answer") => Status::Insecure,
        None if output.contains("fully validated") => Status::Secure,
        None => Status::Failed,
    };
    let rcode = match (status, absence) {
        (_, Some((_, rcode))) => Some(*rcode),
        (Status::Insecure | Status::Secure, None) => Some(NOERROR),
        _ => None,
    };
    let detail = complaint.or_else(|| output.lines().find(|line| line.starts_with(';')));
    Report::Answered {
        status,
        rcode: rcode.map(str::to_owned),
        ede: Vec::new(),
        // Records are master-file lines, everything else is a comment.
        ttl: output
            .lines()
            .filter(|line| !line.starts_with(';'))
            .filter_map(|line| line.split_whitespace().nth(1)?.parse().ok())
            .max(),
        detail: Some(detail.unwrap_or("no output").trim_start_matches([';', ' ']).to_owned()),
    }
}
