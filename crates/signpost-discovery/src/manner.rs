//! What the specification leaves to the client.

/// How a client goes about what the specification leaves free. Every manner is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// In which order the labels are asked.
    pub asking: Asking,
    /// Whether hosts are guessed where nothing is published, or the user is asked at once.
    pub guesses: bool,
    /// Whether the next target is tried after one that is under attack.
    pub goes_on_after_attack: bool,
}

impl Manner {
    /// Manners far from the usual one, by name: a suite must not fail a client of any.
    pub const NAMED: [(&str, Self); 2] = [
        (
            "asks-implicit-tls-first",
            Self { asking: Asking::ImplicitTlsFirst, guesses: true, goes_on_after_attack: false },
        ),
        (
            "asks-starttls-first",
            Self { asking: Asking::StarttlsFirst, guesses: false, goes_on_after_attack: true },
        ),
    ];

    /// The manner of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|(known, _)| *known == name).map(|(_, manner)| manner)
    }
}

impl Default for Manner {
    fn default() -> Self {
        Self { asking: Asking::AtOnce, guesses: true, goes_on_after_attack: true }
    }
}

/// In which order the labels are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// Everything at once.
    AtOnce,
    /// One question after the other until one ends in refusal: the label of implicit TLS first, SRV before the policy.
    ImplicitTlsFirst,
    /// One question after the other until one ends in refusal: the label of STARTTLS first, the policy before SRV.
    StarttlsFirst,
}
