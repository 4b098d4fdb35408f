//! SASL exchanges from the server's side: PLAIN (RFC 4616), LOGIN, and names that the server only pretends to know.

use data_encoding::BASE64;

/// An exchange that waits for the client's response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Exchange {
    LoginPassword { user: String },
    LoginUser,
    Pretended { mechanism: String },
    Plain,
}

/// An attempt to log in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Attempt {
    pub(crate) mechanism: String,
    pub(crate) user: String,
    /// `None`: not to be checked by a server that only pretends.
    pub(crate) password: Option<String>,
}

/// What follows a response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Next {
    /// The client sent `*`.
    Cancelled,
    /// Octets to encode and send, and what then waits.
    Challenge(Vec<u8>, Exchange),
    Done(Attempt),
    Malformed,
}

impl Exchange {
    /// Begins the exchange that `AUTH MECHANISM` names; `initial` is the initial response as it came.
    pub(crate) fn begin(mechanism: &str, initial: Option<&str>) -> Next {
        let mechanism = mechanism.to_ascii_uppercase();
        let (challenge, exchange): (&[u8], _) = match mechanism.as_str() {
            "LOGIN" => (b"Username:", Self::LoginUser),
            "PLAIN" => (b"", Self::Plain),
            // The challenge of CRAM-MD5 (RFC 2195) is good enough to make a client of any mechanism show itself.
            _ => (b"<1896.697170952@signpost.invalid>", Self::Pretended { mechanism }),
        };
        match initial {
            Some(initial) => exchange.respond(if initial == "=" { "" } else { initial }),
            None => Next::Challenge(challenge.to_vec(), exchange),
        }
    }

    /// Takes a response line.
    pub(crate) fn respond(self, response: &str) -> Next {
        if response == "*" {
            return Next::Cancelled;
        }
        let Ok(response) = BASE64.decode(response.as_bytes()) else { return Next::Malformed };
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        match self {
            Self::LoginUser => {
                Next::Challenge(b"Password:".to_vec(), Self::LoginPassword { user: text(&response) })
            }
            Self::LoginPassword { user } => {
                Next::Done(Attempt { mechanism: "LOGIN".to_owned(), user, password: Some(text(&response)) })
            }
            Self::Plain => {
                let mut parts = response.split(|octet| *octet == 0);
                match (parts.next(), parts.next(), parts.next(), parts.next()) {
                    (Some(_), Some(user), Some(password), None) => Next::Done(Attempt {
                        mechanism: "PLAIN".to_owned(),
                        user: text(user),
                        password: Some(text(password)),
                    }),
                    _ => Next::Malformed,
                }
            }
            Self::Pretended { mechanism } => {
                let user = response.split(|octet| matches!(octet, 0 | b' ' | 1)).next().unwrap_or_default();
                Next::Done(Attempt { mechanism, user: text(user), password: None })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_takes_exactly_three_parts() {
        let attempt = |response: &[u8]| Exchange::begin("plain", Some(&BASE64.encode(response)));
        let done = Next::Done(Attempt {
            mechanism: "PLAIN".to_owned(),
            user: "alice".to_owned(),
            password: Some("secret".to_owned()),
        });
        assert_eq!(attempt(b"\0alice\0secret"), done);
        assert_eq!(attempt(b"alice\0alice\0secret"), done);
        assert_eq!(attempt(b"alice\0secret"), Next::Malformed);
        assert_eq!(attempt(b"\0alice\0secret\0"), Next::Malformed);
        assert_eq!(Exchange::begin("PLAIN", Some("not base64")), Next::Malformed);
    }

    #[test]
    fn login_asks_twice_and_can_be_cancelled() {
        let Next::Challenge(first, exchange) = Exchange::begin("LOGIN", None) else { panic!() };
        assert_eq!(first, b"Username:");
        let Next::Challenge(second, exchange) = exchange.respond(&BASE64.encode(b"alice")) else { panic!() };
        assert_eq!(second, b"Password:");
        assert_eq!(exchange.clone().respond("*"), Next::Cancelled);
        let Next::Done(attempt) = exchange.respond(&BASE64.encode(b"secret")) else { panic!() };
        assert_eq!((attempt.user.as_str(), attempt.password.as_deref()), ("alice", Some("secret")));
    }
}
