//! What the specification leaves to the client.

/// How a client goes about what the specification leaves free. Every manner is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// In which order the labels are asked.
    pub asking: Asking,
    /// Whether hosts are guessed where nothing is published, or the user is asked at once.
    pub guesses: bool,
    /// Whether a guessed host is tried by STARTTLS before implicit TLS, which RFC 8314 section 3.3 advises against.
    pub guesses_starttls_first: bool,
    /// Whether the next target is tried after one that is under attack.
    pub goes_on_after_attack: bool,
}

impl Manner {
    /// What the client does that nobody told otherwise.
    const USUAL: Self = Self {
        asking: Asking::AtOnce,
        guesses: true,
        guesses_starttls_first: false,
        goes_on_after_attack: true,
    };

    /// Manners far from the usual one, by name: a suite must not fail a client of any.
    pub const NAMED: [(&str, Self); 3] = [
        (
            "asks-implicit-tls-first",
            Self { asking: Asking::ImplicitTlsFirst, goes_on_after_attack: false, ..Self::USUAL },
        ),
        ("asks-starttls-first", Self { asking: Asking::StarttlsFirst, guesses: false, ..Self::USUAL }),
        ("guesses-starttls-first", Self { guesses_starttls_first: true, ..Self::USUAL }),
    ];

    /// The manner of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|(known, _)| *known == name).map(|(_, manner)| manner)
    }
}

impl Default for Manner {
    fn default() -> Self {
        Self::USUAL
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
