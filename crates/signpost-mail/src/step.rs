//! The places of a dialogue at which a reply can be tampered with.

use std::fmt;
use std::str::FromStr;

macro_rules! steps {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What a reply answers. One word stands for the same step of every protocol.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum Step { $($(#[$doc])* $variant,)* }

        impl Step {
            /// All of them, in the order of a dialogue.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The step as scenario files write it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

steps! {
    /// The connection itself.
    Greeting = "greeting",
    /// `EHLO`, `HELO`, `CAPA`.
    Capabilities = "capabilities",
    /// `STARTTLS`, `STLS`.
    Starttls = "starttls",
    /// The TLS handshake, by whichever way it began.
    Handshake = "handshake",
    /// Every reply of `AUTH`, and `USER`, `PASS`, `APOP`.
    Auth = "auth",
    /// `MAIL`.
    Mail = "mail",
    /// `RCPT`.
    Rcpt = "rcpt",
    /// `DATA`.
    Data = "data",
    /// The message's final dot.
    Message = "message",
    /// `STAT`.
    Stat = "stat",
    /// `LIST`.
    List = "list",
    /// `UIDL`.
    Uidl = "uidl",
    /// `RETR`, `TOP`.
    Retr = "retr",
    /// `DELE`.
    Dele = "dele",
    /// `NOOP`.
    Noop = "noop",
    /// `RSET`.
    Rset = "rset",
    /// `QUIT`.
    Quit = "quit",
    /// Anything else.
    Other = "other",
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Step {
    type Err = UnknownStep;

    /// Takes the protocols' own words too: `ehlo`, `helo`, `capa`, `stls`, `user`, `pass`.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let own = match name {
            "capa" | "ehlo" | "helo" => Some(Self::Capabilities),
            "pass" | "user" => Some(Self::Auth),
            "stls" => Some(Self::Starttls),
            "top" => Some(Self::Retr),
            _ => None,
        };
        own.or_else(|| Self::ALL.iter().copied().find(|step| step.name() == name))
            .ok_or_else(|| UnknownStep(name.to_owned()))
    }
}

/// A name that is no [`Step`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown step `{0}`: expected one of {known}", known = Step::ALL.iter().map(|s| s.name()).collect::<Vec<_>>().join(", "))]
pub struct UnknownStep(String);
