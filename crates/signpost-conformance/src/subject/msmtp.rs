//! msmtp, which submits mail, and its sister mpop, which retrieves it: the same author, options and
//! configuration format. Both discover with `--configure ADDRESS`, which prints a configuration file.

use std::time::Duration;

use async_trait::async_trait;
use signpost_format::set_up::{ConfiguredEndpoint, Report as SetUpReport, Security};
use signpost_format::{Assignment, Profile, Report, Role, Service};

use super::program::{Installed, Session};
use super::{Environment, Isolation, Subject, SubjectError};

/// msmtp or mpop, as installed on this system.
#[derive(Clone, Debug)]
pub(super) struct Msmtp {
    member: &'static Member,
    installed: Installed,
}

/// What tells one of the two from the other.
#[derive(Debug)]
struct Member {
    name: &'static str,
    service: Service,
}

const MSMTP: Member = Member { name: "msmtp", service: Service::Submission };
const MPOP: Member = Member { name: "mpop", service: Service::Pop3 };

impl Msmtp {
    /// msmtp, the one that submits, if it is installed.
    pub(super) fn submission() -> Option<Box<dyn Subject>> {
        Self::find(&MSMTP)
    }

    /// mpop, the one that retrieves, if it is installed.
    pub(super) fn retrieval() -> Option<Box<dyn Subject>> {
        Self::find(&MPOP)
    }

    fn find(member: &'static Member) -> Option<Box<dyn Subject>> {
        Some(Box::new(Self { member, installed: Installed::find(member.name, "--version")? }))
    }
}

#[async_trait(?Send)]
impl Subject for Msmtp {
    fn name(&self) -> &str {
        self.member.name
    }

    fn version(&self) -> &str {
        self.installed.version()
    }

    fn profiles(&self) -> &[Profile] {
        &[Profile::SrvDiscovery]
    }

    fn roles(&self) -> &[Role] {
        &[Role::SetUp]
    }

    fn services(&self) -> &[Service] {
        std::slice::from_ref(&self.member.service)
    }

    fn isolation(&self) -> Isolation {
        Isolation::Namespace
    }

    async fn run(
        &self,
        assignment: &Assignment,
        environment: Environment<'_>,
    ) -> Result<Report, SubjectError> {
        let assignment = match assignment {
            Assignment::SetUp(assignment) if assignment.service == self.member.service => assignment,
            other => {
                let reason = format!("{} only does {}", self.member.name, self.member.service);
                return Ok(Report::unsupported(other.role(), reason));
            }
        };
        let declined = |detail: String| Ok(SetUpReport::Declined { detail: Some(detail) }.into());
        let session = Session::start(environment, Duration::from_millis(assignment.deadline_ms))?;
        let configure = self.installed.invocation().arguments(["--configure", &assignment.address]);
        let printed = session.run(configure).await?;
        if !printed.succeeded() {
            return declined(printed.complaint());
        }
        let configuration = Configuration::read(&printed.stdout()).ok_or_else(|| {
            SubjectError::Garbage("a configuration was printed that names no host and port".to_owned())
        })?;
        let file = session.save("configuration", &configuration.with_password(&assignment.password))?;
        let mut work = self.installed.invocation().argument("-C").argument(file);
        work = match self.member.service {
            Service::Submission => work
                .arguments(["-a", &assignment.address, "--", &assignment.address])
                .input(message(&assignment.address)),
            _ => work.argument(&assignment.address),
        };
        let worked = session.run(work).await?;
        if !worked.succeeded() {
            return declined(worked.complaint());
        }
        let (endpoint, user) = (configuration.endpoint, configuration.user);
        Ok(SetUpReport::Configured { endpoint, user, notes: Vec::new() }.into())
    }
}

/// What the user writes to see whether it works.
fn message(address: &str) -> String {
    format!(
        "From: {address}\r\nTo: {address}\r\nSubject: It works\r\n\r\nThis account was set up by itself.\r\n"
    )
}

/// A configuration file as the program printed it.
struct Configuration {
    text: String,
    endpoint: ConfiguredEndpoint,
    user: Option<String>,
}

impl Configuration {
    fn read(text: &str) -> Option<Self> {
        // The last one counts, as it does for the program.
        let value = |name: &str| {
            let mut settings = text.lines().filter_map(|line| line.split_once(char::is_whitespace));
            settings.rfind(|(known, _)| *known == name).map(|(_, value)| value.trim().trim_matches('"'))
        };
        let security = match (value("tls"), value("tls_starttls")) {
            (Some("on"), Some("off")) => Security::Tls,
            (Some("on"), _) => Security::Starttls,
            _ => Security::None,
        };
        let host = value("host")?.trim_end_matches('.').to_owned();
        let endpoint = ConfiguredEndpoint { host, port: value("port")?.parse().ok()?, security };
        Some(Self { text: text.to_owned(), endpoint, user: value("user").map(str::to_owned) })
    }

    /// The file with the password in place of the command that would ask for it.
    fn with_password(&self, password: &str) -> String {
        let kept = self.text.lines().filter(|line| !line.starts_with("passwordeval"));
        kept.chain([format!("password \"{password}\"").as_str()]).map(|line| format!("{line}\n")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by msmtp 1.8.23.
    const PRINTED: &str = "\
# - copy this to your configuration file /root/.msmtprc
# - add your password to the key ring:
#   secret-tool store --label=msmtp host submit1.example.com service smtp user alice
account alice@example.com
host submit1.example.com
port 587
tls on
tls_starttls on
auth on
user alice
passwordeval pass alice
from alice@example.com
";

    #[test]
    fn the_printed_configuration_is_read() {
        let configuration = Configuration::read(PRINTED).unwrap();
        let endpoint = ConfiguredEndpoint {
            host: "submit1.example.com".into(),
            port: 587,
            security: Security::Starttls,
        };
        assert_eq!(configuration.endpoint, endpoint);
        assert_eq!(configuration.user.as_deref(), Some("alice"));
        let implicit = PRINTED.replace("tls_starttls on", "tls_starttls off");
        assert_eq!(Configuration::read(&implicit).unwrap().endpoint.security, Security::Tls);
        let plain = PRINTED.replace("tls on", "tls off");
        assert_eq!(Configuration::read(&plain).unwrap().endpoint.security, Security::None);
    }

    #[test]
    fn a_configuration_without_host_or_port_is_none() {
        assert!(Configuration::read("").is_none());
        assert!(Configuration::read(&PRINTED.replace("port 587", "port many")).is_none());
        assert!(Configuration::read(&PRINTED.replace("host submit1", "# host submit1")).is_none());
    }

    #[test]
    fn the_password_stands_in_place_of_the_question_for_it() {
        let saved = Configuration::read(PRINTED).unwrap().with_password("a secret");
        assert!(saved.ends_with("user alice\nfrom alice@example.com\npassword \"a secret\"\n"), "{saved}");
    }
}
