//! What a subject says afterwards.

use std::fmt;

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::{Misreport, Role, relay, resolve, set_up};

/// What a subject says of its run, in its role. An adapter writes what is inside; results say the role besides.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[schemars(transform = admit_the_role)]
#[serde(rename_all = "kebab-case", tag = "role")]
pub enum Report {
    /// Of a relay.
    Relay(relay::Report),
    /// Of a resolver.
    Resolve(resolve::Report),
    /// Of a client that was to set itself up.
    SetUp(set_up::Report),
}

impl Report {
    /// Reads what a subject writes in a role, which it need not say again.
    ///
    /// # Errors
    ///
    /// What is not JSON, or no report of this role, and where.
    pub fn from_json(role: Role, text: &str) -> Result<Self, Misreport> {
        match role {
            Role::Relay => relay::Report::from_json(text).map(Self::Relay),
            Role::Resolve => resolve::Report::from_json(text).map(Self::Resolve),
            Role::SetUp => set_up::Report::from_json(text).map(Self::SetUp),
        }
    }

    /// The report of a subject that cannot do what a case of this role needs.
    #[must_use]
    pub fn unsupported(role: Role, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        match role {
            Role::Relay => Self::Relay(relay::Report::Unsupported { reason }),
            Role::Resolve => Self::Resolve(resolve::Report::Unsupported { reason }),
            Role::SetUp => Self::SetUp(set_up::Report::Unsupported { reason }),
        }
    }

    /// The role in which the subject speaks.
    #[must_use]
    pub const fn role(&self) -> Role {
        match self {
            Self::Relay(_) => Role::Relay,
            Self::Resolve(_) => Role::Resolve,
            Self::SetUp(_) => Role::SetUp,
        }
    }

    /// The outcome's name in the published format.
    #[must_use]
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::Relay(report) => report.outcome(),
            Self::Resolve(report) => report.outcome(),
            Self::SetUp(report) => report.outcome(),
        }
    }

    /// What is missing, where the subject says that it cannot do this.
    #[must_use]
    pub fn unsupported_reason(&self) -> Option<&str> {
        match self {
            Self::Relay(relay::Report::Unsupported { reason })
            | Self::Resolve(resolve::Report::Unsupported { reason })
            | Self::SetUp(set_up::Report::Unsupported { reason }) => Some(reason),
            // Named, so that a new role is asked for its own way to say so.
            Self::Relay(_) | Self::Resolve(_) | Self::SetUp(_) => None,
        }
    }
}

/// What an adapter writes has no other keys than its outcome's. Beside the role it has one more.
fn admit_the_role(schema: &mut Schema) {
    fn admit(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(keys) => {
                keys.remove("additionalProperties");
                keys.values_mut().for_each(admit);
            }
            serde_json::Value::Array(values) => values.iter_mut().for_each(admit),
            _ => {}
        }
    }
    schema.ensure_object().values_mut().for_each(admit);
}

impl From<relay::Report> for Report {
    fn from(report: relay::Report) -> Self {
        Self::Relay(report)
    }
}

impl From<resolve::Report> for Report {
    fn from(report: resolve::Report) -> Self {
        Self::Resolve(report)
    }
}

impl From<set_up::Report> for Report {
    fn from(report: set_up::Report) -> Self {
        Self::SetUp(report)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relay(report) => report.fmt(formatter),
            Self::Resolve(report) => report.fmt(formatter),
            Self::SetUp(report) => report.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::set_up::{ConfiguredEndpoint, Security};

    #[test]
    fn a_report_reads_back_in_its_role() {
        let report = Report::from(set_up::Report::Configured {
            endpoint: ConfiguredEndpoint {
                host: "submit1.example.com".into(),
                port: 587,
                security: Security::Starttls,
            },
            user: Some("alice@example.com".into()),
            notes: vec![],
        });
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
        assert_eq!(report.to_string(), "configured submit1.example.com:587 with STARTTLS");
        for role in Role::ALL {
            let unsupported = Report::unsupported(role, "no IPv6");
            assert_eq!(unsupported.unsupported_reason(), Some("no IPv6"));
            let text = serde_json::to_string(&unsupported).unwrap();
            assert_eq!(serde_json::from_str::<Report>(&text).unwrap().role(), role);
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        for (role, text, place, message) in [
            (
                Role::SetUp,
                r#"{"outcome":"configured","endpoint":{"host":"a","port":"587","security":"tls"}}"#,
                "endpoint.port",
                r#"invalid type: string "587", expected u16"#,
            ),
            (
                Role::SetUp,
                r#"{"endpoint":{"host":"a","port":1,"security":"ssl"},"outcome":"configured"}"#,
                "endpoint.security",
                "unknown variant `ssl`, expected one of `none`, `starttls`, `tls`",
            ),
            (
                Role::SetUp,
                r#"{"outcome":"configured","endpoint":{"host":"a","port":1}}"#,
                "endpoint",
                "missing field `security`",
            ),
            (Role::SetUp, r#"{"outcome":"configured"}"#, "", "missing field `endpoint`"),
            (Role::SetUp, r#"{"detail":"x"}"#, "", "missing field `outcome`"),
            (Role::SetUp, r#"{"outcome":7}"#, "outcome", "expected a string"),
            (
                Role::Resolve,
                r#"{"outcome":"answerd"}"#,
                "outcome",
                "unknown variant `answerd`, expected `answered` or `unsupported`",
            ),
            (
                Role::Resolve,
                r#"{"outcome":"answered","status":"bogus","ede":[9,"six"]}"#,
                "ede.[1]",
                r#"invalid type: string "six", expected u16"#,
            ),
        ] {
            let mistake = Report::from_json(role, text).unwrap_err();
            assert_eq!((mistake.path.as_str(), mistake.message.as_str()), (place, message), "{text}");
        }
    }

    #[test]
    fn a_field_that_the_role_does_not_have_is_an_error() {
        for (text, is_right) in [
            (r#"{"outcome":"refused","reason":"pin-mismatch"}"#, true),
            (r#"{"outcome":"refused","raeson":"pin-mismatch"}"#, false),
            (r#"{"outcome":"refused","ede":[9]}"#, false),
            (r#"{"outcome":"answered","status":"secure"}"#, false),
        ] {
            assert_eq!(Report::from_json(Role::SetUp, text).is_ok(), is_right, "{text}");
        }
        assert!(Report::from_json(Role::Resolve, r#"{"outcome":"answered","status":"secure"}"#).is_ok());
    }
}
