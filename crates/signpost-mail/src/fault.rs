//! Faults of mail servers: which there are, and what each does.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use signpost_protocol::{Label, Service};
use signpost_transcript::Channel;
use strum::{EnumDiscriminants, EnumIter, IntoEnumIterator as _, IntoStaticStr, VariantNames};

use crate::Step;

/// One thing that a server does wrong, or that an attacker before it does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerFault {
    /// Which of the scenario's faults it is, from 1; the transcript repeats it.
    pub number: u32,
    /// The scenario's `at`, verbatim, for the transcript.
    pub at: String,
    /// What is done.
    pub kind: ServerFaultKind,
}

/// What a server does wrong. Names and parameters are those of scenario files.
///
/// Where a fault keeps the client from TLS, `AUTH` is offered and accepted in clear as well: whoever does
/// this does it for the password, and a client that would give it away shall be seen to.
#[derive(
    Clone,
    Debug,
    Deserialize,
    EnumDiscriminants,
    EnumIter,
    Eq,
    IntoStaticStr,
    JsonSchema,
    PartialEq,
    VariantNames,
)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[strum(serialize_all = "kebab-case")]
#[strum_discriminants(name(ServerFaultName), vis(pub(crate)))]
#[non_exhaustive]
pub enum ServerFaultKind {
    /// `AUTH` is offered and accepted in clear, beside `STARTTLS`.
    AuthInClear {
        /// The SASL mechanisms that are offered; by default `PLAIN` and `LOGIN`.
        #[serde(default)]
        mechanisms: Mechanisms,
    },
    /// `AUTH` is offered in clear only; inside TLS it is gone, and mail is taken without.
    CapabilitiesChange,
    /// The connection is cut in place of the reply, or after its first `size` octets, without a TLS close_notify.
    Close {
        /// Which reply; or `handshake`.
        step: Step,
        /// Only in clear or only inside TLS; by default both.
        #[schemars(with = "Option<ChannelName>")]
        channel: Option<Channel>,
        /// Octets before the end; by default none.
        size: Option<NonZeroUsize>,
    },
    /// Replies are held back.
    Delay {
        /// Which reply; by default every one.
        #[serde(default, deserialize_with = "optional_step_with_reply")]
        step: Option<Step>,
        /// Only in clear or only inside TLS; by default both.
        #[schemars(with = "Option<ChannelName>")]
        channel: Option<Channel>,
        /// For how long, in milliseconds.
        #[serde(rename = "delay_ms", deserialize_with = "milliseconds")]
        #[schemars(with = "u64")]
        delay: Duration,
    },
    /// `EHLO` is answered with an error, by default 502, so that only `HELO` is left; `CAPA` and
    /// `CAPABILITY` likewise.
    EhloRejected {
        /// Only in clear or only inside TLS; by default both.
        #[schemars(with = "Option<ChannelName>")]
        channel: Option<Channel>,
        /// The SMTP reply code; other protocols have none and ignore it.
        code: Option<ReplyCode>,
        /// What follows the code (SMTP), the status indicator (POP3) or `NO` (IMAP).
        text: Option<ReplyLine>,
    },
    /// The first command inside TLS is answered with an error, and the connection ends.
    FailureAfterTls {
        /// The SMTP reply code; other protocols have none and ignore it.
        code: Option<ReplyCode>,
        /// What follows the code (SMTP), the status indicator (POP3) or `NO` (IMAP).
        text: Option<ReplyLine>,
    },
    /// One endless line in place of the reply: 1 MiB of `x`.
    Flood {
        /// Which reply.
        #[serde(deserialize_with = "step_with_reply")]
        step: Step,
        /// Only in clear or only inside TLS; by default both.
        #[schemars(with = "Option<ChannelName>")]
        channel: Option<Channel>,
    },
    /// A port of implicit TLS greets in clear and offers and takes `STARTTLS` there.
    GreetsInClear,
    /// Something else in place of the ServerHello: `how` is `garbage` (default), `alert`, `closed` or `version`
    /// (the alert of a server that speaks no version that was offered).
    HandshakeBroken {
        /// What stands there.
        #[serde(default)]
        how: BrokenHandshake,
    },
    /// An error in clear in place of the ServerHello; whatever the client then says in clear is answered.
    HandshakeCleartextError {
        /// Its octets; by default a temporary error of the protocol.
        text: Option<String>,
    },
    /// Only the local part of the address is a valid user name.
    LocalPartOnly,
    /// The reply goes out in one segment with the next one.
    Merge {
        /// Which reply.
        #[serde(deserialize_with = "step_with_reply")]
        step: Step,
        /// Only in clear or only inside TLS; by default both.
        #[schemars(with = "Option<ChannelName>")]
        channel: Option<Channel>,
    },
    /// No `AUTH` inside TLS, and mail is taken without.
    NoAuth,
    /// `STARTTLS` is answered with something that is neither yes nor no, by default 354 and `+ `.
    OddStarttls {
        /// The SMTP reply code; other protocols have none and ignore it.
        code: Option<ReplyCode>,
        /// What follows the code (SMTP), or the whole line (POP3, IMAP).
        text: Option<ReplyLine>,
    },
    /// `STARTTLS` is accepted and a reply to a command that was not yet sent follows in the same segment.
    PlaintextAfterStarttls {
        /// Its octets; by default one that offers `AUTH` or its like.
        text: Option<String>,
    },
    /// The greeting says that the client is logged in already (`PREAUTH`, RFC 9051 section 7.1.4), which leaves no place for
    /// `STARTTLS`; mail is handed out.
    Preauth,
    /// A login by one of `mechanisms`, which are offered, is answered with an error, by default 504, whatever the
    /// credentials: the others are taken.
    RefuseMechanism {
        /// The SASL mechanisms.
        mechanisms: Mechanisms,
        /// The SMTP reply code; other protocols have none and ignore it.
        code: Option<ReplyCode>,
        /// What follows the code (SMTP), the status indicator (POP3) or `NO` (IMAP).
        text: Option<ReplyLine>,
    },
    /// `STARTTLS` is offered and refused, by default 454.
    RefuseStarttls {
        /// The SMTP reply code; other protocols have none and ignore it.
        code: Option<ReplyCode>,
        /// What follows the code (SMTP), the status indicator (POP3) or `NO` (IMAP).
        text: Option<ReplyLine>,
    },
    /// Whatever the credentials, they are wrong.
    RejectCredentials {
        /// The SMTP reply code; other protocols have none and ignore it.
        code: Option<ReplyCode>,
        /// What follows the code (SMTP), the status indicator (POP3) or `NO` (IMAP).
        text: Option<ReplyLine>,
    },
    /// `text` in place of the reply, octet for octet, but that `${tag}` stands for the tag of the command (IMAP).
    Say {
        /// Which reply.
        #[serde(deserialize_with = "step_with_reply")]
        step: Step,
        /// Only in clear or only inside TLS; by default both.
        #[schemars(with = "Option<ChannelName>")]
        channel: Option<Channel>,
        /// The octets.
        text: String,
    },
    /// An exchange of SCRAM breaks a rule of it: `how` is `nonce` (default: the server's does not begin with
    /// the client's), `few-iterations` (1), `many-iterations` (1,200,000), `signature` (the server's is not that of the
    /// password) or `no-signature` (the login is taken without one).
    ScramBroken {
        /// What is broken.
        #[serde(default)]
        how: BrokenScram,
    },
    /// From this reply on the server says nothing more, but listens.
    Silence {
        /// Which reply; or `handshake`.
        step: Step,
        /// Only in clear or only inside TLS; by default both.
        #[schemars(with = "Option<ChannelName>")]
        channel: Option<Channel>,
    },
    /// Replies go out in pieces of `size` octets, by default 1, each in a segment of its own.
    Split {
        /// Which reply; by default every one.
        #[serde(default, deserialize_with = "optional_step_with_reply")]
        step: Option<Step>,
        /// Only in clear or only inside TLS; by default both.
        #[schemars(with = "Option<ChannelName>")]
        channel: Option<Channel>,
        /// Octets in one piece.
        size: Option<NonZeroUsize>,
    },
    /// `STARTTLS` is not offered and its command unknown; `AUTH` is offered in clear to catch passwords.
    StripStarttls,
    /// Only `mechanisms` are offered.
    WeakMechanisms {
        /// The SASL mechanisms.
        mechanisms: Mechanisms,
    },
}

impl ServerFaultKind {
    /// Every kind, in alphabetical order, with default parameters.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// Every name.
    #[must_use]
    pub const fn names() -> &'static [&'static str] {
        Self::VARIANTS
    }

    /// The kind as scenario files write it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.into()
    }

    /// Whether a server at this label can do it: what its protocol has no place for would change nothing that anybody sees.
    #[must_use]
    pub fn applies_to(&self, label: Label) -> bool {
        match self {
            Self::GreetsInClear => label.is_implicit_tls(),
            // The client waits for these before it says anything, so there is no next reply.
            Self::Merge { step: Step::Greeting | Step::Starttls | Step::Quit, .. } => false,
            Self::Preauth => label.service() == Service::Imap,
            // Nobody logs in at an exchange.
            Self::AuthInClear { .. }
            | Self::CapabilitiesChange
            | Self::LocalPartOnly
            | Self::NoAuth
            | Self::RefuseMechanism { .. }
            | Self::RejectCredentials { .. }
            | Self::ScramBroken { .. }
            | Self::WeakMechanisms { .. } => label.service() != Service::Mx,
            _ => self.step().is_none_or(|step| step.is_of(label.service())),
        }
    }

    /// Whether a server that does this never comes to do the other, which is of the same kind and to be done where this is.
    #[must_use]
    pub fn hides(&self, other: &Self) -> bool {
        let (here, there) = (ServerFaultName::from(self), ServerFaultName::from(other));
        let holds_step = self.step().is_none_or(|step| other.step() == Some(step));
        let holds_channel = self.channel().is_none_or(|channel| other.channel() == Some(channel));
        // Delays add up.
        here == there && here != ServerFaultName::Delay && holds_step && holds_channel
    }

    /// Whether it is the kind of this name.
    pub(crate) fn is(&self, name: ServerFaultName) -> bool {
        ServerFaultName::from(self) == name
    }

    /// The replies that it is about, if it is about some only.
    pub(crate) const fn step(&self) -> Option<Step> {
        match self {
            Self::Close { step, .. }
            | Self::Flood { step, .. }
            | Self::Merge { step, .. }
            | Self::Say { step, .. }
            | Self::Silence { step, .. } => Some(*step),
            Self::Delay { step, .. } | Self::Split { step, .. } => *step,
            _ => None,
        }
    }

    /// The channel that it is about, if it is about one only.
    pub(crate) const fn channel(&self) -> Option<Channel> {
        match self {
            Self::Close { channel, .. }
            | Self::Delay { channel, .. }
            | Self::EhloRejected { channel, .. }
            | Self::Flood { channel, .. }
            | Self::Merge { channel, .. }
            | Self::Say { channel, .. }
            | Self::Silence { channel, .. }
            | Self::Split { channel, .. } => *channel,
            _ => None,
        }
    }

    /// The code of the error that it makes the server say, if it wants another than the usual one.
    pub(crate) fn code(&self) -> Option<u16> {
        self.error().0.map(|code| code.0)
    }

    /// The text of the error that it makes the server say, if it wants another than the usual one.
    pub(crate) fn line(&self) -> Option<&str> {
        self.error().1.map(|line| line.0.as_str())
    }

    fn error(&self) -> (Option<ReplyCode>, Option<&ReplyLine>) {
        match self {
            Self::EhloRejected { code, text, .. }
            | Self::FailureAfterTls { code, text }
            | Self::OddStarttls { code, text }
            | Self::RefuseMechanism { code, text, .. }
            | Self::RefuseStarttls { code, text }
            | Self::RejectCredentials { code, text } => (*code, text.as_ref()),
            _ => (None, None),
        }
    }

    /// The octets that it makes the server say, if they are its own.
    pub(crate) fn octets(&self) -> Option<&str> {
        match self {
            Self::HandshakeCleartextError { text } | Self::PlaintextAfterStarttls { text } => text.as_deref(),
            Self::Say { text, .. } => Some(text),
            _ => None,
        }
    }

    /// What it breaks of SCRAM.
    pub(crate) const fn scram(&self) -> Option<BrokenScram> {
        match self {
            Self::ScramBroken { how } => Some(*how),
            _ => None,
        }
    }

    /// The mechanisms that it makes the server offer.
    pub(crate) fn mechanisms(&self) -> Option<&[String]> {
        match self {
            Self::AuthInClear { mechanisms }
            | Self::RefuseMechanism { mechanisms, .. }
            | Self::WeakMechanisms { mechanisms } => Some(&mechanisms.0),
            _ => None,
        }
    }
}

impl fmt::Display for ServerFaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What stands in place of the ServerHello.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BrokenHandshake {
    /// A fatal TLS alert, `handshake_failure`.
    Alert,
    /// The end of the connection.
    Closed,
    /// Octets that are no TLS record.
    #[default]
    Garbage,
    /// A fatal TLS alert, `protocol_version`, as of a server that speaks no version that was offered.
    Version,
}

/// What is wrong with an exchange of SCRAM.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BrokenScram {
    /// The password is to be hashed once.
    FewIterations,
    /// The password is to be hashed 1,200,000 times. Whatever the client answers is wrong.
    ManyIterations,
    /// A right proof is taken, and nothing shows that the server knows the password.
    NoSignature,
    /// The server's nonce does not begin with the client's.
    #[default]
    Nonce,
    /// A right proof is taken, and the server's signature is another.
    Signature,
}

/// Names of SASL mechanisms, of which there is at least one.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(try_from = "Vec<String>")]
#[schemars(inline)]
pub struct Mechanisms(Vec<String>);

impl Default for Mechanisms {
    /// Those of an honest server.
    fn default() -> Self {
        Self(vec!["PLAIN".to_owned(), "LOGIN".to_owned()])
    }
}

impl TryFrom<Vec<String>> for Mechanisms {
    type Error = FaultParameterError;

    fn try_from(names: Vec<String>) -> Result<Self, FaultParameterError> {
        if names.is_empty() { Err(FaultParameterError::NoMechanisms) } else { Ok(Self(names)) }
    }
}

/// The code of an SMTP reply: 200 to 599.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(try_from = "u16")]
#[schemars(inline)]
pub struct ReplyCode(u16);

impl TryFrom<u16> for ReplyCode {
    type Error = FaultParameterError;

    fn try_from(code: u16) -> Result<Self, FaultParameterError> {
        if (200..600).contains(&code) { Ok(Self(code)) } else { Err(FaultParameterError::BadCode(code)) }
    }
}

/// One line of a reply, without its end.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(try_from = "String")]
#[schemars(inline)]
pub struct ReplyLine(String);

impl TryFrom<String> for ReplyLine {
    type Error = FaultParameterError;

    fn try_from(text: String) -> Result<Self, FaultParameterError> {
        if text.contains(['\r', '\n']) { Err(FaultParameterError::SeveralLines) } else { Ok(Self(text)) }
    }
}

/// A parameter that no fault can have.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultParameterError {
    /// A code that no SMTP reply can have.
    #[error("{0} is no SMTP reply code: expected 200 to 599")]
    BadCode(u16),
    /// A list of no mechanisms.
    #[error("the list is empty: to offer no mechanism is the fault `no-auth`")]
    NoMechanisms,
    /// A reply at a step that has none.
    #[error(
        "there is no reply to change at the step `handshake`: see `handshake-broken` and `handshake-cleartext-error`"
    )]
    NoReply,
    /// A line that is more than one.
    #[error("expected one line without its end: to send other octets is the fault `say`")]
    SeveralLines,
}

/// Reads a step of a fault that changes the reply to it.
fn step_with_reply<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Step, D::Error> {
    match Step::deserialize(deserializer)? {
        Step::Handshake => Err(D::Error::custom(FaultParameterError::NoReply)),
        step => Ok(step),
    }
}

fn optional_step_with_reply<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Step>, D::Error> {
    step_with_reply(deserializer).map(Some)
}

fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

/// The names of [`Channel`], for schemas.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
#[expect(dead_code, reason = "stands for a type of a crate that knows no schemas")]
enum ChannelName {
    Clear,
    Tls,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(name: &str, parameters: serde_json::Value) -> Result<ServerFaultKind, String> {
        serde_json::from_value(json!({ name: parameters })).map_err(|error| error.to_string())
    }

    #[test]
    fn every_kind_is_read_by_its_name() {
        assert_eq!(ServerFaultKind::names().len(), ServerFaultKind::all().count());
        for kind in ServerFaultKind::all() {
            // A known name is complained of only for its parameters.
            let error = read(kind.name(), json!({ "nothing": 1 })).unwrap_err();
            assert!(!error.contains("unknown variant"), "{kind}: {error}");
        }
    }

    #[test]
    fn parameters_that_do_not_fit_say_what_would() {
        let error = |name, parameters| read(name, parameters).unwrap_err();
        assert_eq!(error("say", json!({ "text": "x" })), "missing field `step`");
        assert_eq!(
            error("close", json!({ "step": "auth", "text": "x" })),
            "unknown field `text`, expected one of `step`, `channel`, `size`"
        );
        assert_eq!(
            error("refuse-starttls", json!({ "code": 99 })),
            "99 is no SMTP reply code: expected 200 to 599"
        );
        assert_eq!(
            error("refuse-starttls", json!({ "text": "a\r\nb" })),
            "expected one line without its end: to send other octets is the fault `say`"
        );
        assert_eq!(
            error("flood", json!({ "step": "handshake" })),
            "there is no reply to change at the step `handshake`: see `handshake-broken` and \
             `handshake-cleartext-error`"
        );
        assert_eq!(
            error("weak-mechanisms", json!({ "mechanisms": [] })),
            "the list is empty: to offer no mechanism is the fault `no-auth`"
        );
        assert!(error("split", json!({ "size": 0 })).contains("nonzero"));
    }

    #[test]
    fn parameters_are_read() {
        let text = "a\r\nb".to_owned();
        assert_eq!(
            read("say", json!({ "step": "ehlo", "channel": "tls", "text": text })).unwrap(),
            ServerFaultKind::Say { step: Step::Capabilities, channel: Some(Channel::Tls), text }
        );
        assert_eq!(
            read("delay", json!({ "delay_ms": 30 })).unwrap(),
            ServerFaultKind::Delay { step: None, channel: None, delay: Duration::from_millis(30) }
        );
        assert_eq!(
            read("handshake-broken", json!({})).unwrap(),
            ServerFaultKind::HandshakeBroken { how: BrokenHandshake::Garbage }
        );
    }
}
