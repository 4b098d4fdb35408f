//! Whose mail a case is about.

/// Whose mail it is: what may be said in clear depends on it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Carriage {
    /// A user's, who logs in.
    #[default]
    OfUser,
    /// On its way between servers, with an envelope that names people and no login.
    BetweenServers {
        /// Whether a policy binds the exchanges. Without one, mail may go in clear.
        bound: bool,
    },
}
