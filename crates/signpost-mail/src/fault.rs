//! Faults of mail servers: which there are, and what each does.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use signpost_transcript::Channel;

use crate::Step;

/// One thing that a server does wrong, or that an attacker before it does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// The scenario's `at`, verbatim, for the transcript.
    pub at: String,
    /// What is done.
    pub kind: FaultKind,
    /// How.
    pub params: FaultParams,
}

impl Fault {
    /// Puts a kind and its parameters together.
    ///
    /// # Errors
    /// If the kind needs a parameter that is not there, does not take one that is, or cannot do what it says.
    pub fn new(at: impl Into<String>, kind: FaultKind, params: FaultParams) -> Result<Self, FaultError> {
        for (parameter, given) in params.given() {
            if given && !kind.takes(parameter) {
                return Err(FaultError::Superfluous { kind, parameter, taken: kind.taken() });
            }
            if !given && kind.needs(parameter) {
                return Err(FaultError::Missing { kind, parameter });
            }
        }
        if let Some(code) = params.code.filter(|code| !(200..600).contains(code)) {
            return Err(FaultError::BadCode(code));
        }
        if params.size == Some(0) {
            return Err(FaultError::BadSize);
        }
        if params.mechanisms.as_ref().is_some_and(Vec::is_empty) {
            return Err(FaultError::NoMechanisms);
        }
        if params.step == Some(Step::Handshake) && !matches!(kind, FaultKind::Close | FaultKind::Silence) {
            return Err(FaultError::NoReply { kind });
        }
        if !kind.says_octets() && params.text.as_ref().is_some_and(|text| text.contains(['\r', '\n'])) {
            return Err(FaultError::SeveralLines { kind });
        }
        Ok(Self { at: at.into(), kind, params })
    }
}

/// What a scenario may say about a fault beside its kind. Every key is optional unless the kind needs it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FaultParams {
    /// `channel`: only replies in clear, or only replies inside TLS; default: both.
    pub channel: Option<Channel>,
    /// `code`: the SMTP reply code; POP3 has none and ignores it.
    pub code: Option<u16>,
    /// `delay_ms`: how long a reply is held back.
    pub delay: Option<Duration>,
    /// `how`: in which way a handshake breaks.
    pub how: Option<BrokenHandshake>,
    /// `mechanisms`: names of SASL mechanisms.
    pub mechanisms: Option<Vec<String>>,
    /// `size`: octets in one piece, or before the end.
    pub size: Option<usize>,
    /// `step`: which reply.
    pub step: Option<Step>,
    /// `text`: what is said. Raw octets for `say`, `plaintext-after-starttls` and `handshake-cleartext-error`;
    /// elsewhere one line without its end, after the code (SMTP) or the status indicator (POP3).
    pub text: Option<String>,
}

impl FaultParams {
    fn given(&self) -> [(&'static str, bool); 8] {
        [
            ("channel", self.channel.is_some()),
            ("code", self.code.is_some()),
            ("delay_ms", self.delay.is_some()),
            ("how", self.how.is_some()),
            ("mechanisms", self.mechanisms.is_some()),
            ("size", self.size.is_some()),
            ("step", self.step.is_some()),
            ("text", self.text.is_some()),
        ]
    }
}

/// What stands in place of the ServerHello.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum BrokenHandshake {
    /// A fatal TLS alert, `handshake_failure`.
    Alert,
    /// The end of the connection.
    Closed,
    /// Octets that are no TLS record.
    #[default]
    Garbage,
}

impl FromStr for BrokenHandshake {
    type Err = FaultError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "alert" => Ok(Self::Alert),
            "closed" => Ok(Self::Closed),
            "garbage" => Ok(Self::Garbage),
            other => Err(FaultError::UnknownHow(other.to_owned())),
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal [$($taken:literal),*] needs [$($needed:literal),*],)*) => {
        /// What a server does wrong. Names are those of scenario files.
        ///
        /// Where a fault keeps the client from TLS, `AUTH` is offered and accepted in clear as well: whoever does
        /// this does it for the password, and a client that would give it away shall be seen to.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum FaultKind { $($(#[$doc])* $variant,)* }

        impl FaultKind {
            /// Every kind, in alphabetical order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The kind as scenario files write it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The keys of the parameters that the kind takes.
            #[must_use]
            pub const fn parameters(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($taken),*],)* }
            }

            fn needs(self, parameter: &str) -> bool {
                let needed: &[&str] = match self { $(Self::$variant => &[$($needed),*],)* };
                needed.contains(&parameter)
            }
        }
    };
}

kinds! {
    /// `AUTH` is offered and accepted in clear, beside `STARTTLS`.
    AuthInClear = "auth-in-clear" ["mechanisms"] needs [],
    /// `AUTH` is offered in clear only; inside TLS it is gone, and mail is taken without.
    CapabilitiesChange = "capabilities-change" [] needs [],
    /// The connection is cut in place of the reply, or after its first `size` octets, without a TLS close_notify.
    Close = "close" ["step", "channel", "size"] needs ["step"],
    /// Replies are held back.
    Delay = "delay" ["step", "channel", "delay_ms"] needs ["delay_ms"],
    /// `EHLO` is answered with an error, by default 502, so that only `HELO` is left; `CAPA` likewise.
    EhloRejected = "ehlo-rejected" ["code", "text"] needs [],
    /// The first command inside TLS is answered with an error, and the connection ends.
    FailureAfterTls = "failure-after-tls" ["code", "text"] needs [],
    /// One endless line in place of the reply: 1 MiB of `x`.
    Flood = "flood" ["step", "channel"] needs ["step"],
    /// Something else in place of the ServerHello: `how` is `garbage` (default), `alert` or `closed`.
    HandshakeBroken = "handshake-broken" ["how"] needs [],
    /// An error in clear in place of the ServerHello; whatever the client then says in clear is answered.
    HandshakeCleartextError = "handshake-cleartext-error" ["text"] needs [],
    /// Only the local part of the address is a valid user name.
    LocalPartOnly = "local-part-only" [] needs [],
    /// The reply goes out in one segment with the next one.
    Merge = "merge" ["step", "channel"] needs ["step"],
    /// No `AUTH` inside TLS, and mail is taken without.
    NoAuth = "no-auth" [] needs [],
    /// `STARTTLS` is answered with something that is neither yes nor no, by default 354 and `+ `.
    OddStarttls = "odd-starttls" ["code", "text"] needs [],
    /// `STARTTLS` is accepted and a reply to a command that was not yet sent follows in the same segment.
    PlaintextAfterStarttls = "plaintext-after-starttls" ["text"] needs [],
    /// `STARTTLS` is offered and refused, by default 454.
    RefuseStarttls = "refuse-starttls" ["code", "text"] needs [],
    /// Whatever the credentials, they are wrong.
    RejectCredentials = "reject-credentials" ["code", "text"] needs [],
    /// `text` in place of the reply, octet for octet.
    Say = "say" ["step", "channel", "text"] needs ["step", "text"],
    /// From this reply on the server says nothing more, but listens.
    Silence = "silence" ["step", "channel"] needs ["step"],
    /// Replies go out in pieces of `size` octets, by default 1, each in a segment of its own.
    Split = "split" ["step", "channel", "size"] needs [],
    /// `STARTTLS` is not offered and its command unknown; `AUTH` is offered in clear to catch passwords.
    StripStarttls = "strip-starttls" [] needs [],
    /// Only `mechanisms` are offered.
    WeakMechanisms = "weak-mechanisms" ["mechanisms"] needs ["mechanisms"],
}

impl FaultKind {
    /// Whether `text` is sent as it is, not as one line behind a code or status indicator.
    const fn says_octets(self) -> bool {
        matches!(self, Self::HandshakeCleartextError | Self::PlaintextAfterStarttls | Self::Say)
    }

    fn takes(self, parameter: &str) -> bool {
        self.parameters().contains(&parameter)
    }

    fn taken(self) -> String {
        let taken = self.parameters();
        if taken.is_empty() {
            return "it takes no parameters".to_owned();
        }
        format!("it takes {}", taken.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", "))
    }

    fn names() -> String {
        Self::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for FaultKind {
    type Err = FaultError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| FaultError::UnknownKind(name.to_owned()))
    }
}

/// A fault that does not exist or does not fit its parameters.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// A code that no SMTP reply can have.
    #[error("`code` {0} is no SMTP reply code: expected 200 to 599")]
    BadCode(u16),
    /// Pieces of nothing.
    #[error("`size` is 0: expected at least 1")]
    BadSize,
    /// A parameter that the kind needs.
    #[error("`{kind}` needs `{parameter}`")]
    Missing {
        /// The kind of the fault.
        kind: FaultKind,
        /// The parameter's key.
        parameter: &'static str,
    },
    /// A list of no mechanisms.
    #[error("`mechanisms` is empty: to offer none is the fault `no-auth`")]
    NoMechanisms,
    /// A reply at a step that has none.
    #[error(
        "`{kind}` has no reply to change at the step `handshake`: see `handshake-broken` and `handshake-cleartext-error`"
    )]
    NoReply {
        /// The kind of the fault.
        kind: FaultKind,
    },
    /// A line that is more than one.
    #[error("`text` of `{kind}` is one line without its end: to send other octets is the fault `say`")]
    SeveralLines {
        /// The kind of the fault.
        kind: FaultKind,
    },
    /// A parameter that the kind does not take.
    #[error("`{kind}` takes no `{parameter}`: {taken}")]
    Superfluous {
        /// The kind of the fault.
        kind: FaultKind,
        /// The parameter's key.
        parameter: &'static str,
        /// What it takes instead.
        taken: String,
    },
    /// No such way to break a handshake.
    #[error("unknown `how` `{0}`: expected one of alert, closed, garbage")]
    UnknownHow(String),
    /// No such kind.
    #[error("unknown kind `{0}` of mail fault: expected one of {known}", known = FaultKind::names())]
    UnknownKind(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_then_parse_is_identity() {
        for kind in FaultKind::ALL {
            assert_eq!(kind.name().parse::<FaultKind>().unwrap(), *kind);
        }
        for step in Step::ALL {
            assert_eq!(step.name().parse::<Step>().unwrap(), *step);
        }
    }

    #[test]
    fn parameters_that_do_not_fit_say_what_would() {
        let fault = |kind, params| Fault::new("mail:*", kind, params).unwrap_err().to_string();
        let text = || FaultParams { text: Some("x".to_owned()), ..FaultParams::default() };
        assert_eq!(fault(FaultKind::NoAuth, text()), "`no-auth` takes no `text`: it takes no parameters");
        assert_eq!(fault(FaultKind::Say, text()), "`say` needs `step`");
        assert_eq!(
            fault(FaultKind::Close, FaultParams { step: Some(Step::Auth), ..text() }),
            "`close` takes no `text`: it takes `step`, `channel`, `size`"
        );
        let code = FaultParams { code: Some(99), ..FaultParams::default() };
        assert_eq!(
            fault(FaultKind::RefuseStarttls, code),
            "`code` 99 is no SMTP reply code: expected 200 to 599"
        );
        let lines = FaultParams { text: Some("a\r\nb".to_owned()), ..FaultParams::default() };
        assert_eq!(
            fault(FaultKind::RefuseStarttls, lines),
            "`text` of `refuse-starttls` is one line without its end: to send other octets is the fault `say`"
        );
        let handshake = FaultParams { step: Some(Step::Handshake), ..FaultParams::default() };
        assert!(fault(FaultKind::Flood, handshake).starts_with("`flood` has no reply to change"));
    }
}
