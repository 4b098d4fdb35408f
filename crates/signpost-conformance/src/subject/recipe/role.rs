//! What each role gives a recipe to work with, and what it makes of the values that a recipe has read.

use hickory_proto::rr::RecordType;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use signpost_format::{Assignment, Dns, Report, Role, Service, relay, resolve, set_up};
use signpost_validate::{TrustAnchor, TrustAnchorError};

use super::table::AnchorRecord;
use super::template::{Template, Values};
use crate::subject::SubjectError;
use crate::subject::resolver::LISTEN;

/// Placeholders of every role.
const GIVEN: [&str; 7] =
    ["authority.host", "authority.port", "deadline", "home", "mode", "resolver.host", "resolver.port"];
/// Values that mean something in every role.
const REPORTED: [&str; 3] = ["detail", "outcome", "reason"];

/// What a recipe of a role is checked by.
pub(super) struct RoleTerms {
    /// Placeholders that it has besides those of every role.
    pub(super) given: &'static [&'static str],
    /// Values that its report is made of besides those of every role.
    pub(super) reported: &'static [&'static str],
    /// Values without which there is no report of success.
    pub(super) needed: &'static [&'static str],
    /// Values that are words, and which.
    pub(super) words: &'static [(&'static str, &'static [&'static str])],
    pub(super) services: &'static [Service],
    /// Whether a mode claims a stance.
    pub(super) has_stance: bool,
}

/// A new role has a row here, in [`values_of`] and in [`report`].
pub(super) const fn terms(role: Role) -> RoleTerms {
    match role {
        Role::Relay => RoleTerms {
            given: &["message", "port", "recipient", "sender"],
            reported: &["exchange", "notes", "security"],
            needed: &["exchange", "security"],
            words: &[
                ("outcome", &["delayed", "failed", "relayed", "unsupported"]),
                ("security", &["none", "starttls"]),
            ],
            services: &[Service::Mx],
            has_stance: false,
        },
        Role::Resolve => RoleTerms {
            given: &["listen.host", "listen.port", "name", "type"],
            reported: &["ede", "rcode", "status", "ttl"],
            needed: &["status"],
            words: &[
                ("outcome", &["answered", "unsupported"]),
                ("status", &["bogus", "failed", "indeterminate", "insecure", "secure"]),
            ],
            services: &[],
            has_stance: false,
        },
        Role::SetUp => RoleTerms {
            given: &["address", "domain", "local-part", "password", "service", "stance"],
            reported: &["host", "notes", "port", "security", "user"],
            needed: &["host", "port", "security"],
            words: &[
                ("outcome", &["ask-user", "configured", "declined", "refused", "unavailable", "unsupported"]),
                ("security", &["none", "starttls", "tls"]),
            ],
            services: Service::OF_USERS,
            has_stance: true,
        },
    }
}

impl RoleTerms {
    pub(super) fn all_given(&self) -> impl Iterator<Item = &'static str> {
        GIVEN.iter().chain(self.given).copied()
    }

    pub(super) fn all_reported(&self) -> Vec<&'static str> {
        REPORTED.iter().chain(self.reported).copied().collect()
    }
}

/// The values of an assignment.
pub(super) fn values_of(assignment: &Assignment) -> Values {
    let mut values = Values::default();
    let dns = assignment.dns();
    for (name, address) in [("authority", dns.authority), ("resolver", dns.resolver)] {
        values.give(&format!("{name}.host"), address.ip().to_string());
        values.give(&format!("{name}.port"), address.port().to_string());
    }
    values.give("deadline", assignment.deadline_ms().div_ceil(1000).to_string());
    match assignment {
        Assignment::Relay(assignment) => {
            values.give("sender", assignment.sender.clone());
            values.give("recipient", assignment.recipient.clone());
            values.give("message", assignment.message.clone());
            values.give("port", assignment.port.to_string());
        }
        Assignment::Resolve(assignment) => {
            let name = &assignment.question.name;
            // Without the final dot a search list would count.
            values.give("name", if name.ends_with('.') { name.clone() } else { format!("{name}.") });
            values.give("type", assignment.question.record_type.clone());
            values.give("listen.host", LISTEN.ip().to_string());
            values.give("listen.port", LISTEN.port().to_string());
        }
        Assignment::SetUp(assignment) => {
            let (local_part, domain) =
                assignment.address.rsplit_once('@').unwrap_or((&assignment.address, ""));
            values.give("address", assignment.address.clone());
            values.give("domain", domain);
            values.give("local-part", local_part);
            values.give("password", assignment.password.clone());
            values.give("service", assignment.service.name());
            values.give("stance", word(&assignment.stance));
        }
    }
    values
}

fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The fields that a trust anchor's line is made of.
pub(super) const fn anchor_fields(record: AnchorRecord) -> [&'static str; 4] {
    match record {
        AnchorRecord::Dnskey => ["flags", "protocol", "algorithm", "key"],
        AnchorRecord::Ds => ["tag", "algorithm", "digest-type", "digest"],
    }
}

/// A line for each of the root's trust anchors of one form.
pub(super) fn anchor_lines(
    dns: &Dns,
    record: AnchorRecord,
    line: &Template,
    values: &Values,
) -> Result<String, SubjectError> {
    let wrong = |error: TrustAnchorError| SubjectError::NotStarted(format!("assignment: {error}"));
    let anchor: TrustAnchor = dns.trust_anchor.join("\n").parse().map_err(wrong)?;
    let wanted = match record {
        AnchorRecord::Dnskey => RecordType::DNSKEY,
        AnchorRecord::Ds => RecordType::DS,
    };
    let lines = anchor.records().iter().filter(|record| record.record_type() == wanted).map(|data| {
        let data = data.data.to_string();
        let fields: Vec<&str> = data.split_whitespace().collect();
        let (numbers, last) = fields.split_at(3.min(fields.len()));
        let mut values = values.clone();
        for (name, field) in anchor_fields(record).into_iter().zip(numbers.iter().copied()) {
            values.give(name, field);
        }
        values.give(anchor_fields(record)[3], last.concat());
        line.fill(&values)
    });
    lines.collect()
}

/// Gives what a command means that ended as no success, where no rule has said it.
pub(super) fn give_up(role: Role, values: &mut Values, detail: &str) {
    match role {
        Role::Relay => values.give("outcome", "delayed"),
        Role::Resolve => values.give("status", "failed"),
        Role::SetUp => values.give("outcome", "declined"),
    }
    values.give("detail", detail);
}

/// The report that the values make.
pub(super) fn report(role: Role, values: &Values) -> Result<Report, SubjectError> {
    let text = |name: &str| values.text(name);
    let (reason, detail) = (text("reason"), text("detail"));
    let unsupported = || detail.clone().or_else(|| reason.clone()).unwrap_or_default();
    let outcome = text("outcome");
    let notes = || {
        let notes = text("notes").unwrap_or_default();
        notes.split_whitespace().map(str::to_owned).collect()
    };
    let report = match role {
        Role::Relay => match outcome.as_deref() {
            None | Some("relayed") => relay::Report::Relayed {
                exchange: needed(values, "exchange")?,
                security: needed(values, "security")?,
                notes: notes(),
            },
            Some("delayed") => relay::Report::Delayed { reason, detail },
            Some("failed") => relay::Report::Failed { reason, detail },
            Some("unsupported") => relay::Report::Unsupported { reason: unsupported() },
            Some(other) => return Err(not_a("outcome", other)),
        }
        .into(),
        Role::Resolve => match outcome.as_deref() {
            None | Some("answered") => resolve::Report::Answered {
                status: needed(values, "status")?,
                rcode: text("rcode"),
                ede: numbers(values, "ede")?,
                ttl: numbers(values, "ttl")?.first().copied(),
                detail,
            }
            .into(),
            Some("unsupported") => resolve::Report::Unsupported { reason: unsupported() }.into(),
            Some(other) => return Err(not_a("outcome", other)),
        },
        Role::SetUp => match outcome.as_deref() {
            None | Some("configured") => {
                let port: String = needed(values, "port")?;
                let endpoint = set_up::ConfiguredEndpoint {
                    host: needed(values, "host")?,
                    port: port.parse().map_err(|_| not_a("port", &port))?,
                    security: needed(values, "security")?,
                };
                set_up::Report::Configured { endpoint, user: text("user"), notes: notes() }
            }
            Some("ask-user") => set_up::Report::AskUser { reason, detail },
            Some("declined") => set_up::Report::Declined { detail },
            Some("refused") => set_up::Report::Refused { reason, detail },
            Some("unavailable") => set_up::Report::Unavailable { reason, detail },
            Some("unsupported") => set_up::Report::Unsupported { reason: unsupported() },
            Some(other) => return Err(not_a("outcome", other)),
        }
        .into(),
    };
    Ok(report)
}

fn needed<T: DeserializeOwned>(values: &Values, name: &str) -> Result<T, SubjectError> {
    let text = values
        .text(name)
        .ok_or_else(|| SubjectError::Garbage(format!("nothing that was written says `{name}`")))?;
    let word: StrDeserializer<'_, Error> = text.as_str().into_deserializer();
    T::deserialize(word).map_err(|_: Error| not_a(name, &text))
}

/// Numbers with anything else between them.
fn numbers<T: std::str::FromStr>(values: &Values, name: &str) -> Result<Vec<T>, SubjectError> {
    let text = values.text(name).unwrap_or_default();
    let numbers = text.split(|character: char| !character.is_ascii_digit()).filter(|part| !part.is_empty());
    numbers.map(|number| number.parse().map_err(|_| not_a(name, &text))).collect()
}

fn not_a(name: &str, text: &str) -> SubjectError {
    SubjectError::Garbage(format!("`{text}` is no {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(given: &[(&str, &str)]) -> Values {
        let mut values = Values::default();
        given.iter().for_each(|(name, value)| values.give(name, *value));
        values
    }

    #[test]
    fn values_are_a_report() {
        for (role, given, expected) in [
            (
                Role::SetUp,
                &[("host", "a.example"), ("port", "587"), ("security", "starttls"), ("detail", "fine")][..],
                "configured a.example:587 with STARTTLS",
            ),
            (Role::SetUp, &[("outcome", "declined"), ("detail", "no")], "declined: no"),
            (
                Role::SetUp,
                &[("outcome", "refused"), ("reason", "pin-mismatch"), ("host", "a.example")],
                "refused pin-mismatch",
            ),
            (Role::SetUp, &[("outcome", "unsupported"), ("reason", "no POP3")], "unsupported: no POP3"),
            (
                Role::Resolve,
                &[("status", "bogus"), ("rcode", "SERVFAIL"), ("ede", "6, 9"), ("ttl", "60")],
                "answered bogus, SERVFAIL, EDE 6, EDE 9, TTL 60",
            ),
        ] {
            assert_eq!(report(role, &values(given)).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn what_is_missing_or_no_word_of_the_role_is_garbage() {
        for (role, given, expected) in [
            (Role::Relay, &[("security", "none")][..], "nothing that was written says `exchange`"),
            (Role::Relay, &[("outcome", "configured")], "`configured` is no outcome"),
            (Role::SetUp, &[("host", "a.example")], "nothing that was written says `port`"),
            (Role::SetUp, &[("host", "a"), ("port", "99999")], "`99999` is no port"),
            (Role::SetUp, &[("outcome", "answered")], "`answered` is no outcome"),
            (Role::Resolve, &[("status", "good")], "`good` is no status"),
            (Role::Resolve, &[("status", "bogus"), ("ede", "99999")], "`99999` is no ede"),
        ] {
            let error = report(role, &values(given)).unwrap_err();
            assert_eq!(error.to_string(), format!("the subject's report is not understood: {expected}"));
        }
    }

    #[test]
    fn every_word_of_a_role_makes_a_report() {
        for role in Role::ALL {
            for (name, words) in terms(role).words {
                for word in *words {
                    let given = [
                        ("exchange", "a"),
                        ("host", "a"),
                        ("port", "1"),
                        ("security", "tls"),
                        ("status", "secure"),
                    ];
                    let given: Vec<_> = given
                        .into_iter()
                        .filter(|(known, _)| known != name)
                        .chain([(*name, *word)])
                        .collect();
                    assert!(report(role, &values(&given)).is_ok(), "{role} {name} {word}");
                }
            }
        }
    }
}
