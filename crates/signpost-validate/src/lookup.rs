//! What a lookup found, and how far it can be believed.

use std::fmt;

use hickory_proto::rr::Record;

/// The security status of an answer, from worst to best (RFC 4033 §5, RFC 4035 §4.3).
///
/// The order is the order of trust, so that the security of a chain of answers is the minimum of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecurityStatus {
    /// The trust anchor says that the answer must be signed, and no valid chain of signatures covers it.
    Bogus,
    /// Nothing says whether the answer should be signed, or no answer came.
    Indeterminate,
    /// A chain of signatures proves that the answer comes from an unsigned zone.
    Insecure,
    /// A chain of signatures leads from the trust anchor to the answer.
    Secure,
}

impl fmt::Display for SecurityStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bogus => "bogus",
            Self::Indeterminate => "indeterminate",
            Self::Insecure => "insecure",
            Self::Secure => "secure",
        })
    }
}

/// The result of one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Lookup {
    /// How far [`Self::answer`] can be believed: that of the weakest answer on the way.
    pub security: SecurityStatus,
    /// What was answered.
    pub answer: Answer,
    /// Why `security` is what it is, for people; empty when there is nothing to explain.
    pub reason: String,
}

impl Lookup {
    /// An answer with its security and no remark.
    pub fn new(security: SecurityStatus, answer: Answer) -> Self {
        Self { security, answer, reason: String::new() }
    }

    /// The same answer with a remark for people.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// A lookup that brought no answer.
    pub fn failed(failure: Failure, reason: impl Into<String>) -> Self {
        Self::new(SecurityStatus::Indeterminate, Answer::Failed(failure)).because(reason)
    }

    /// The records, or none for a denial or a failure.
    pub fn records(&self) -> &[Record] {
        match &self.answer {
            Answer::Records(records) => records,
            Answer::Failed(_) | Answer::NoData | Answer::NxDomain => &[],
        }
    }

    /// Whether the answer counts as no answer at all: it failed, or nothing vouches for what it says.
    ///
    /// A failure is never an absence: who gets one of these must not act as if the name did not exist.
    pub fn is_failure(&self) -> bool {
        self.security <= SecurityStatus::Indeterminate || matches!(self.answer, Answer::Failed(_))
    }
}

/// What was answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// No answer came, or none that can be read.
    Failed(Failure),
    /// The name exists without records of the type.
    NoData,
    /// The name does not exist.
    NxDomain,
    /// The RRset of the asked type at the end of the alias chain. Its owner differs from the asked name when
    /// the name is an alias.
    Records(Vec<Record>),
}

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// The alias chain loops or is longer than any sensible one.
    AliasLoop,
    /// The reply cannot be read, or contradicts itself.
    Malformed,
    /// Another response code than NOERROR, NXDOMAIN, REFUSED and SERVFAIL.
    OtherResponseCode,
    /// The library that was to validate the answer panicked: a flaw of the library, whatever the answer was.
    Panicked,
    /// The server refuses to answer (REFUSED).
    Refused,
    /// The server could not answer (SERVFAIL).
    ServFail,
    /// Nothing came within the time limit.
    TimedOut,
    /// The server cannot be reached, or not over TCP although it truncates its UDP replies.
    Unreachable,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AliasLoop => "alias chain without end",
            Self::Malformed => "malformed reply",
            Self::OtherResponseCode => "unexpected response code",
            Self::Panicked => "validator panicked",
            Self::Refused => "REFUSED",
            Self::ServFail => "SERVFAIL",
            Self::TimedOut => "timed out",
            Self::Unreachable => "unreachable",
        })
    }
}
