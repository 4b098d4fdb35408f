//! The places of a dialogue at which a reply can be tampered with.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use signpost_protocol::Service;
use strum::{EnumIter, IntoEnumIterator as _, IntoStaticStr};

/// What a reply answers. One word stands for the same step of every protocol; scenario files may use the protocols' own
/// words too.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, EnumIter, Eq, Hash, IntoStaticStr, JsonSchema, PartialEq,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[non_exhaustive]
pub enum Step {
    /// The connection itself.
    #[default]
    Greeting,
    /// `EHLO`, `HELO`, `CAPA`, `CAPABILITY`.
    #[serde(alias = "capa", alias = "capability", alias = "ehlo", alias = "helo")]
    Capabilities,
    /// `STARTTLS`, `STLS`.
    #[serde(alias = "stls")]
    Starttls,
    /// The TLS handshake, by whichever way it began.
    Handshake,
    /// Every reply of `AUTH`, `AUTHENTICATE` and `LOGIN`, and `USER`, `PASS`, `APOP`.
    #[serde(alias = "authenticate", alias = "login", alias = "pass", alias = "user")]
    Auth,
    /// `MAIL`.
    Mail,
    /// `RCPT`.
    Rcpt,
    /// `DATA`.
    Data,
    /// The message's final dot.
    Message,
    /// `SELECT`, `EXAMINE`.
    #[serde(alias = "examine")]
    Select,
    /// `STAT`, `STATUS`.
    #[serde(alias = "status")]
    Stat,
    /// `LIST`.
    List,
    /// `UIDL`.
    Uidl,
    /// `SEARCH`.
    Search,
    /// `RETR`, `TOP`, `FETCH`.
    #[serde(alias = "fetch", alias = "top")]
    Retr,
    /// `DELE`, `EXPUNGE`.
    #[serde(alias = "expunge")]
    Dele,
    /// `NOOP`.
    Noop,
    /// `RSET`.
    Rset,
    /// `QUIT`, `LOGOUT`.
    #[serde(alias = "logout")]
    Quit,
    /// Anything else.
    Other,
}

impl Step {
    /// All of them, in the order of a dialogue.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// Whether a dialogue of this service comes to it.
    #[must_use]
    pub const fn is_of(self, service: Service) -> bool {
        match self {
            Self::Mail | Self::Rcpt | Self::Data | Self::Message => {
                matches!(service, Service::Mx | Service::Submission)
            }
            Self::Uidl => matches!(service, Service::Pop3),
            Self::Auth => !matches!(service, Service::Mx),
            Self::Rset => !matches!(service, Service::Imap),
            Self::Stat | Self::List | Self::Retr | Self::Dele => {
                matches!(service, Service::Imap | Service::Pop3)
            }
            Self::Select | Self::Search => matches!(service, Service::Imap),
            Self::Greeting
            | Self::Capabilities
            | Self::Starttls
            | Self::Handshake
            | Self::Noop
            | Self::Quit
            | Self::Other => true,
        }
    }

    /// The step as scenario files write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_then_read_is_identity() {
        let read = |name: &str| serde_json::from_str::<Step>(&format!("\"{name}\"")).unwrap();
        for step in Step::all() {
            assert_eq!(read(step.name()), step);
        }
        assert_eq!(["ehlo", "stls", "pass"].map(read), [Step::Capabilities, Step::Starttls, Step::Auth]);
    }
}
