//! Validating libraries as they ship, and the reference's own validator, each in this process.

use std::sync::Arc;

use async_trait::async_trait;
use signpost_format::{Assignment, Profile, Report, Role, resolve};
use signpost_validate::{Answer, DomainValidator, Failure, HickoryValidator, Resolver, Shortage, Upstream};

use super::{PROFILES, ROLES, Task, from_lookup};
use crate::subject::{Environment, Isolation, Session, Subject, SubjectError};

/// How long a library waits for one reply, in a lab on the same machine.
const REPLY_LIMIT: std::time::Duration = std::time::Duration::from_millis(800);

/// A validating library that this program is built with.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    /// The subject's name on the command line.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    make: fn(&Upstream) -> Box<dyn Resolver>,
}

impl Library {
    /// Every library, by name.
    pub const ALL: [Self; 2] = [
        Self { name: "domain", version: "0.12.3", make: |upstream| Box::new(DomainValidator::new(upstream)) },
        Self {
            name: "hickory-resolver",
            version: "0.26.3",
            make: |upstream| Box::new(HickoryValidator::new(upstream)),
        },
    ];

    /// The library of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|library| library.name == name)
    }
}

#[async_trait(?Send)]
impl Subject for Library {
    fn name(&self) -> &str {
        self.name
    }

    fn version(&self) -> &str {
        self.version
    }

    fn profiles(&self) -> &[Profile] {
        PROFILES
    }

    fn roles(&self) -> &[Role] {
        ROLES
    }

    fn isolation(&self) -> Isolation {
        Isolation::granted()
    }

    fn is_in_process(&self) -> bool {
        true
    }

    async fn run(&self, assignment: &Assignment, _: Environment<'_>) -> Result<Report, SubjectError> {
        Stay::of(*self).ask(assignment).await
    }

    fn can_be_asked_again(&self) -> bool {
        true
    }

    fn stay<'s>(&'s self, _: Environment<'s>) -> Option<Box<dyn Session + 's>> {
        Some(Box::new(Stay::of(*self)))
    }
}

/// A library's resolver with its cache, made at the first question.
struct Stay {
    library: Library,
    resolver: Option<Arc<dyn Resolver>>,
    shortage: Shortage,
}

impl Stay {
    fn of(library: Library) -> Self {
        Self { library, resolver: None, shortage: Shortage::default() }
    }
}

#[async_trait(?Send)]
impl Session for Stay {
    async fn ask(&mut self, assignment: &Assignment) -> Result<Report, SubjectError> {
        let Assignment::Resolve(assignment) = assignment else {
            return Ok(Report::unsupported(assignment.role(), "it is a resolver"));
        };
        let shortage = self.shortage.clone();
        answer(assignment, shortage, |upstream| {
            Arc::clone(self.resolver.get_or_insert_with(|| Arc::from((self.library.make)(upstream))))
        })
        .await
    }
}

/// Answers the question of an assignment with a validator made for it.
pub(in crate::subject) async fn answer(
    assignment: &resolve::Assignment,
    shortage: Shortage,
    make: impl FnOnce(&Upstream) -> Arc<dyn Resolver>,
) -> Result<Report, SubjectError> {
    let task = Task::read(assignment)?;
    let mut upstream = Upstream::new(task.authority, task.anchor);
    upstream.source = assignment.dns.source;
    upstream.timeout = REPLY_LIMIT;
    upstream.attempts = 1;
    upstream.shortage = shortage;
    let lookup = make(&upstream).lookup(&task.name, task.record_type).await;
    not_exhausted(&upstream.shortage)?;
    // A crash is never a refusal.
    if lookup.answer == Answer::Failed(Failure::Panicked) {
        return Err(SubjectError::Crashed(lookup.reason));
    }
    Ok(from_lookup(&lookup).into())
}

/// What a validator says of an answer that it had no socket to ask for says nothing of the validator.
pub(in crate::subject) fn not_exhausted(shortage: &Shortage) -> Result<(), SubjectError> {
    shortage.noted().map_or(Ok(()), |error| Err(SubjectError::Exhausted(error.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_that_are_built_in() {
        // In a checkout it stands beside the workspace, in a package beside the manifest.
        let folders = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        let lock = folders
            .map(|folder| folder.join("Cargo.lock"))
            .find_map(|path| std::fs::read_to_string(path).ok());
        let lock: toml::Table = lock.expect("a lock file").parse().unwrap();
        for library in Library::ALL {
            let is_it = |package: &&toml::Value| package["name"].as_str() == Some(library.name);
            let package = lock["package"].as_array().unwrap().iter().find(is_it).unwrap();
            assert_eq!(package["version"].as_str(), Some(library.version), "{}", library.name);
        }
    }
}
