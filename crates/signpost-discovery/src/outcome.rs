//! What a discovery ends with.

use std::fmt;

use signpost_protocol::TlsStart;

use crate::rules::Rules;

/// The end of a discovery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Only the user can decide how to go on.
    AskUser {
        /// What the user has to decide.
        reason: Reason,
        /// The same for a person.
        detail: String,
    },
    /// The account works: the server was verified and took the credentials.
    Configured(Configured),
    /// The message could not be brought to the domain now; it is kept and brought later (RFC 3464 section 2.3.3).
    Delayed {
        /// What was wrong.
        reason: Reason,
        /// The same for a person.
        detail: String,
    },
    /// The message cannot be brought to the domain; its sender is told (RFC 3464 section 2.3.3).
    Failed {
        /// What was wrong.
        reason: Reason,
        /// The same for a person.
        detail: String,
    },
    /// Something contradicts what the domain's owner published, or cannot be told from an attack.
    Refused {
        /// What was wrong.
        reason: Reason,
        /// The same for a person.
        detail: String,
    },
    /// An exchange of the domain took the message.
    Relayed(Relayed),
    /// The domain declares that it has no such service, or none of its servers can be reached.
    Unavailable {
        /// Which of the two.
        reason: Reason,
        /// The same for a person.
        detail: String,
    },
}

impl Outcome {
    /// The reason for anything but success.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::AskUser { reason, .. }
            | Self::Delayed { reason, .. }
            | Self::Failed { reason, .. }
            | Self::Refused { reason, .. }
            | Self::Unavailable { reason, .. } => Some(*reason),
            Self::Configured(_) | Self::Relayed(_) => None,
        }
    }

    /// What this means for a message that was to be brought to another domain: there is no user to ask, and whatever
    /// stands in the way of a delivery now may be gone later, unless somebody entitled says that it will not.
    pub(crate) fn of_a_message(self, rules: Rules) -> Self {
        match self {
            Self::AskUser { reason, detail }
            | Self::Refused { reason, detail }
            | Self::Unavailable { reason, detail } => {
                let is_kept = reason == Reason::DomainUnknown && !rules.gives_up_where_there_is_no_domain();
                if reason.is_permanent() && !is_kept {
                    Self::Failed { reason, detail }
                } else {
                    Self::Delayed { reason, detail }
                }
            }
            ended => ended,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, reason, detail) = match self {
            Self::AskUser { reason, detail } => ("ask-user", reason, detail),
            Self::Configured(configured) => return write!(f, "configured {}", configured.endpoint),
            Self::Delayed { reason, detail } => ("delayed", reason, detail),
            Self::Failed { reason, detail } => ("failed", reason, detail),
            Self::Refused { reason, detail } => ("refused", reason, detail),
            Self::Relayed(relayed) => return write!(f, "relayed {relayed}"),
            Self::Unavailable { reason, detail } => ("unavailable", reason, detail),
        };
        write!(f, "{word} {reason}: {detail}")
    }
}

/// An account that works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configured {
    /// The server.
    pub endpoint: Endpoint,
    /// The login name that the server took.
    pub user: String,
    /// What the user should know although it works.
    pub notes: Vec<Note>,
    /// The message that was retrieved, for POP3 with [`Mode::Exchange`](crate::Mode::Exchange) and a mailbox
    /// that is not empty.
    pub retrieved: Option<Vec<u8>>,
}

/// A message that an exchange took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relayed {
    /// The host name of the exchange, without the final dot.
    pub exchange: String,
    /// How TLS began, if it did.
    pub tls: Option<TlsStart>,
    /// What the sender's administrator should know.
    pub notes: Vec<Note>,
}

impl fmt::Display for Relayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tls {
            Some(tls) => write!(f, "{} with {tls}", self.exchange),
            None => write!(f, "{} in clear", self.exchange),
        }
    }
}

/// A server and how to speak to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The host name without the final dot.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// How TLS begins.
    pub tls: TlsStart,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} with {}", self.host, self.port, self.tls)
    }
}

/// Declares [`Reason`] together with its slugs, so that the two cannot drift apart.
macro_rules! slugs {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $slug:literal,)* }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$inner])* $variant,)*
        }

        impl $name {
            /// Every value, in the order of the slugs.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The permanent name in reports and documents.
            pub const fn slug(self) -> &'static str {
                match self {
                    $(Self::$variant => $slug,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.slug())
            }
        }
    };
}

slugs! {
    /// Why a discovery did not end with a working account.
    Reason {
        /// The server offers no way to log in, inside TLS.
        AuthNotOffered = "auth-not-offered",
        /// A certificate on the path is expired or not yet valid.
        CertificateExpired = "certificate-expired",
        /// The certificate does not name the host.
        CertificateNameMismatch = "certificate-name-mismatch",
        /// No valid path leads from the certificate to a trusted or pinned one.
        CertificateUntrusted = "certificate-untrusted",
        /// The server rejects both login names.
        CredentialsRejected = "credentials-rejected",
        /// The domain says that it does not offer the service (RFC 2782, target `.`).
        DeclaredAbsent = "declared-absent",
        /// There is no such domain, or nothing in it that mail could be brought to.
        DomainUnknown = "domain-unknown",
        /// An answer is provably not what the zone says.
        DnssecBogus = "dnssec-bogus",
        /// A signed policy names a key record that is not signed.
        KeyRecordInsecure = "key-record-insecure",
        /// A policy names a key record that does not exist or holds no usable digest.
        KeyRecordUnusable = "key-record-unusable",
        /// A lookup brought no answer.
        LookupFailed = "lookup-failed",
        /// The server breaks the exchange of a mechanism, or does not prove itself in it.
        MechanismFailed = "mechanism-failed",
        /// The server offers only login mechanisms that the policy excludes.
        MechanismNotAllowed = "mechanism-not-allowed",
        /// An exchange does not take the message now.
        MessagePutOff = "message-put-off",
        /// An exchange says that the message will never be taken.
        MessageRejected = "message-rejected",
        /// Nothing is published and nothing can be guessed.
        NothingFits = "nothing-fits",
        /// The presented chain does not lead to a pinned certificate.
        PinMismatch = "pin-mismatch",
        /// The server had already sent plain text that would be taken for text under TLS.
        PlaintextAfterStarttls = "plaintext-after-starttls",
        /// More than one policy record for one service.
        PolicyAmbiguous = "policy-ambiguous",
        /// A policy record cannot be understood.
        PolicyMalformed = "policy-malformed",
        /// The server does not speak the protocol.
        ProtocolError = "protocol-error",
        /// The server does not offer STARTTLS.
        StarttlsNotOffered = "starttls-not-offered",
        /// The answer to STARTTLS is neither yes nor no.
        StarttlsProtocolError = "starttls-protocol-error",
        /// The server offers STARTTLS and says no to it.
        StarttlsRefused = "starttls-refused",
        /// An unsigned SRV record names a host outside the domain.
        TargetOutOfDomain = "target-out-of-domain",
        /// The TLS handshake failed before a certificate was judged.
        TlsFailed = "tls-failed",
        /// No server can be reached.
        Unreachable = "unreachable",
        /// The only pins are of a digest that is no longer collision resistant, and the user wants strictness.
        WeakDigest = "weak-digest",
    }
}

impl Reason {
    /// Whether a message that cannot be brought for this reason is given up at once.
    pub(crate) const fn is_permanent(self) -> bool {
        matches!(self, Self::DeclaredAbsent | Self::DomainUnknown | Self::MessageRejected)
    }

    /// Whether a TLS handshake ended with it.
    pub(crate) const fn is_of_tls(self) -> bool {
        matches!(
            self,
            Self::CertificateExpired
                | Self::CertificateNameMismatch
                | Self::CertificateUntrusted
                | Self::PinMismatch
                | Self::TlsFailed
        )
    }
}

slugs! {
    /// What the user should know of an account that works.
    Note {
        /// The host's address stands at the end of an alias.
        AliasedTarget = "aliased-target",
        /// The mailbox is empty, so that nothing could be retrieved.
        EmptyMailbox = "empty-mailbox",
        /// The server was found by the usual host names, nothing is published.
        Guessed = "guessed",
        /// The policy's pins are void, because the record or what it belongs to is not signed.
        PinsVoid = "pins-void",
        /// The server was found by a record that is not signed.
        UnsignedDiscovery = "unsigned-discovery",
        /// A pin is a SHA-1 digest.
        WeakDigest = "weak-digest",
    }
}
