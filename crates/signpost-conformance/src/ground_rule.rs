//! What every case rests on, whatever it tests: broken, it says nothing of a requirement, but why the case has no verdict
//! or why the subject's word does not count.

/// A rule of the suite itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GroundRule {
    /// What the subject says of itself is borne out by the transcript.
    ClaimsAreTrue,
    /// The honest case passes.
    ControlFirst,
    /// Whether the subject made what turns the verdict is known.
    KnownPeers,
    /// The lab could be raised.
    LabRuns,
    /// The subject left out what the rules only allow, so that a case that rests on it says nothing.
    LeftFree,
    /// The subject came as far as the case needs, and what is broken there was come upon.
    Reached,
    /// A resolver asked the authority and not the lab's own validator.
    ResolvesByItself,
    /// The subject stopped because of what the case is about.
    RightReason,
    /// The subject ended in its time and reported in the published format.
    SubjectEndsWithAReport,
    /// The subject ran as often as the case wants.
    SubjectRuns,
    /// The subject can do what the case asks.
    Supported,
    /// The transcript holds all that happened.
    WholeTranscript,
}

impl GroundRule {
    /// Every rule, by its slug.
    pub const ALL: [Self; 12] = [
        Self::ClaimsAreTrue,
        Self::ControlFirst,
        Self::KnownPeers,
        Self::LabRuns,
        Self::LeftFree,
        Self::Reached,
        Self::ResolvesByItself,
        Self::RightReason,
        Self::SubjectEndsWithAReport,
        Self::SubjectRuns,
        Self::Supported,
        Self::WholeTranscript,
    ];

    /// The permanent slug in results.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        self.row().0
    }

    /// What it asks, in a sentence.
    #[must_use]
    pub const fn text(self) -> &'static str {
        self.row().1
    }

    const fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::ClaimsAreTrue => (
                "suite/claims-are-true",
                "What a subject says of itself is borne out by what the lab saw: an account works where a server let it in \
                 over TLS at the host and port, and by the login name, that it names, a chain is whole where its keys were asked for.",
            ),
            Self::ControlFirst => (
                "suite/control-first",
                "A refusal counts where the honest case passes: who cannot do it rightly has not refused anything.",
            ),
            Self::KnownPeers => (
                "suite/known-peers",
                "What turns a verdict came from a peer that is known to be the subject: one that was gone before its owner could \
                 be looked for may be it or a stranger.",
            ),
            Self::LabRuns => {
                ("suite/lab-runs", "The lab of the case can be raised. Never the subject's doing.")
            }
            Self::LeftFree => (
                "suite/left-free",
                "A subject may leave out what the rules only allow; a case that rests on it says nothing of the subject.",
            ),
            Self::Reached => (
                "suite/reached",
                "The subject comes as far as the case needs, and upon everything that is broken there.",
            ),
            Self::ResolvesByItself => (
                "suite/resolves-by-itself",
                "A resolver asks `dns.authority` and validates by itself; what the lab's own validator found is no \
                 answer of its.",
            ),
            Self::RightReason => (
                "suite/right-reason",
                "A subject that gives a reason stopped for one that the case is about.",
            ),
            Self::SubjectEndsWithAReport => (
                "suite/subject-ends-with-a-report",
                "The subject ends in its time, by itself, and with one report in the published format.",
            ),
            Self::SubjectRuns => ("suite/subject-runs", "The subject ran as often as the case wants."),
            Self::Supported => ("suite/supported", "The subject can do what the case asks of it."),
            Self::WholeTranscript => (
                "suite/whole-transcript",
                "The subject does no more than a transcript holds, so that what is not in it did not happen.",
            ),
        }
    }
}
