//! SASL exchanges from the server's side: PLAIN (RFC 4616), LOGIN, CRAM-MD5 (RFC 2195), SCRAM-SHA-256 (RFC 7677), and names that
//! the server only pretends to know.

use std::num::NonZeroU32;

use data_encoding::BASE64;
use signpost_sasl::cram_md5;
use signpost_sasl::scram::{ClientFirst, Keys, ServerFirst, is_client_final};

use crate::Account;
use crate::fault::BrokenScram;

/// An exchange that waits for the client's response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Exchange {
    /// The client is in, and has to take note of what the server said last.
    Acknowledged,
    CramMd5 {
        challenge: String,
    },
    LoginPassword {
        user: String,
    },
    LoginUser,
    Pretended {
        mechanism: String,
    },
    Plain,
    ScramFinal {
        first: ClientFirst,
        challenge: ServerFirst,
    },
    ScramFirst,
}

/// What a server has to know for an exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keeper<'a> {
    pub(crate) account: &'a Account,
    /// What no other connection's challenge has in it. Nothing in a lab is worth a guess, so that it need not be random.
    pub(crate) unique: u64,
    /// What is wrong with SCRAM here.
    pub(crate) broken: Option<BrokenScram>,
}

/// An attempt to log in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Attempt {
    pub(crate) mechanism: String,
    pub(crate) user: String,
    pub(crate) proof: Proof,
}

/// What a client shows to be who it says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Proof {
    Password(String),
    /// It knows the password, and gets to hear this.
    Right(Option<Vec<u8>>),
    /// It does not, or the server only pretends to look.
    Wrong,
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
    /// The attempt was judged before, and nothing is left to be said.
    Welcome,
}

/// How often an honest server has the password hashed: the least that RFC 7677 §4 wants.
const ITERATIONS: u32 = 4096;
const FEW_ITERATIONS: u32 = 1;
/// As many keep a client busy for seconds.
const MANY_ITERATIONS: u32 = 1_200_000;
const SALT: &[u8] = b"signpost's salt!";

impl Exchange {
    /// Begins the exchange that `AUTH MECHANISM` names; `initial` is the initial response as it came.
    pub(crate) fn begin(mechanism: &str, initial: Option<&str>, keeper: Keeper<'_>) -> Next {
        let mechanism = mechanism.to_ascii_uppercase();
        let unique = keeper.unique;
        let (challenge, exchange) = match mechanism.as_str() {
            "CRAM-MD5" => {
                let challenge = format!("<{unique}.697170952@signpost.invalid>");
                (challenge.clone(), Self::CramMd5 { challenge })
            }
            "LOGIN" => ("Username:".to_owned(), Self::LoginUser),
            "PLAIN" => (String::new(), Self::Plain),
            "SCRAM-SHA-256" => (String::new(), Self::ScramFirst),
            // The challenge of CRAM-MD5 is good enough to make a client of any mechanism show itself.
            _ => ("<1896.697170952@signpost.invalid>".to_owned(), Self::Pretended { mechanism }),
        };
        match initial {
            // It has no initial response, so that what comes with the command answers nothing.
            Some(_) if matches!(exchange, Self::CramMd5 { .. }) => Next::Malformed,
            Some(initial) => exchange.respond(if initial == "=" { "" } else { initial }, keeper),
            None => Next::Challenge(challenge.into_bytes(), exchange),
        }
    }

    /// Takes a response line.
    pub(crate) fn respond(self, response: &str, keeper: Keeper<'_>) -> Next {
        if response == "*" {
            return Next::Cancelled;
        }
        let Ok(response) = BASE64.decode(response.as_bytes()) else { return Next::Malformed };
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        let attempt = |mechanism: &str, user: &str, proof: Proof| {
            Next::Done(Attempt { mechanism: mechanism.to_owned(), user: user.to_owned(), proof })
        };
        match self {
            Self::Acknowledged if response.is_empty() => Next::Welcome,
            Self::Acknowledged => Next::Malformed,
            // A digest that is none is wrong as any other is, and was shown like one.
            Self::CramMd5 { challenge } => match text(&response).rsplit_once(' ') {
                Some((user, digest)) => {
                    let right = cram_md5::digest(&keeper.account.password, challenge.as_bytes());
                    let proof = if digest == right { Proof::Right(None) } else { Proof::Wrong };
                    attempt("CRAM-MD5", user, proof)
                }
                None => Next::Malformed,
            },
            Self::LoginUser => {
                Next::Challenge(b"Password:".to_vec(), Self::LoginPassword { user: text(&response) })
            }
            Self::LoginPassword { user } => attempt("LOGIN", &user, Proof::Password(text(&response))),
            Self::Plain => {
                let mut parts = response.split(|octet| *octet == 0);
                match (parts.next(), parts.next(), parts.next(), parts.next()) {
                    (Some(_), Some(user), Some(password), None) => {
                        attempt("PLAIN", &text(user), Proof::Password(text(password)))
                    }
                    _ => Next::Malformed,
                }
            }
            Self::Pretended { mechanism } => {
                let user = response.split(|octet| matches!(octet, 0 | b' ' | 1)).next().unwrap_or_default();
                attempt(&mechanism, &text(user), Proof::Wrong)
            }
            Self::ScramFirst => match ClientFirst::read(&response) {
                Ok(first) => {
                    let challenge = keeper.challenge(&first);
                    Next::Challenge(
                        challenge.message().as_bytes().to_vec(),
                        Self::ScramFinal { first, challenge },
                    )
                }
                Err(_) => Next::Malformed,
            },
            Self::ScramFinal { first, challenge } if is_client_final(&response) => {
                attempt("SCRAM-SHA-256", first.user(), keeper.verify(&first, &challenge, &response))
            }
            Self::ScramFinal { .. } => Next::Malformed,
        }
    }
}

impl Keeper<'_> {
    fn challenge(self, first: &ClientFirst) -> ServerFirst {
        let (nonce, unique) = (first.nonce(), self.unique);
        let (nonce, iterations) = match self.broken {
            Some(BrokenScram::Nonce) => (format!("{unique}signpost"), ITERATIONS),
            Some(BrokenScram::FewIterations) => (format!("{nonce}{unique}signpost"), FEW_ITERATIONS),
            Some(BrokenScram::ManyIterations) => (format!("{nonce}{unique}signpost"), MANY_ITERATIONS),
            Some(BrokenScram::NoSignature | BrokenScram::Signature) | None => {
                (format!("{nonce}{unique}signpost"), ITERATIONS)
            }
        };
        ServerFirst::new(&nonce, SALT, NonZeroU32::new(iterations).unwrap_or(NonZeroU32::MIN))
    }

    fn verify(self, first: &ClientFirst, challenge: &ServerFirst, response: &[u8]) -> Proof {
        // Who asks for so many does not count them itself: it wants an answer, and has one.
        if self.broken == Some(BrokenScram::ManyIterations) {
            return Proof::Wrong;
        }
        let keys = Keys::derive(&self.account.password, challenge.salt(), challenge.iterations());
        let Some(signature) = first.verify(challenge, &keys, response) else { return Proof::Wrong };
        match self.broken {
            Some(BrokenScram::NoSignature) => Proof::Right(None),
            Some(BrokenScram::Signature) => {
                Proof::Right(Some(format!("v={}", BASE64.encode(&[0; 32])).into_bytes()))
            }
            Some(BrokenScram::FewIterations | BrokenScram::ManyIterations | BrokenScram::Nonce) | None => {
                Proof::Right(Some(signature.into_bytes()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn account() -> Account {
        Account { user: "alice".to_owned(), password: "secret".to_owned() }
    }

    fn keeper(account: &Account) -> Keeper<'_> {
        Keeper { account, unique: 7, broken: None }
    }

    #[test]
    fn plain_takes_exactly_three_parts() {
        let account = account();
        let attempt =
            |response: &[u8]| Exchange::begin("plain", Some(&BASE64.encode(response)), keeper(&account));
        let done = Next::Done(Attempt {
            mechanism: "PLAIN".to_owned(),
            user: "alice".to_owned(),
            proof: Proof::Password("secret".to_owned()),
        });
        assert_eq!(attempt(b"\0alice\0secret"), done);
        assert_eq!(attempt(b"alice\0alice\0secret"), done);
        assert_eq!(attempt(b"alice\0secret"), Next::Malformed);
        assert_eq!(attempt(b"\0alice\0secret\0"), Next::Malformed);
        assert_eq!(Exchange::begin("PLAIN", Some("not base64"), keeper(&account)), Next::Malformed);
    }

    #[test]
    fn login_asks_twice_and_can_be_cancelled() {
        let account = account();
        let keeper = keeper(&account);
        let Next::Challenge(first, exchange) = Exchange::begin("LOGIN", None, keeper) else { panic!() };
        assert_eq!(first, b"Username:");
        let Next::Challenge(second, exchange) = exchange.respond(&BASE64.encode(b"alice"), keeper) else {
            panic!()
        };
        assert_eq!(second, b"Password:");
        assert_eq!(exchange.clone().respond("*", keeper), Next::Cancelled);
        let Next::Done(attempt) = exchange.respond(&BASE64.encode(b"secret"), keeper) else { panic!() };
        assert_eq!((attempt.user.as_str(), attempt.proof), ("alice", Proof::Password("secret".to_owned())));
    }

    #[test]
    fn cram_md5_is_proven_by_the_digest_of_the_challenge() {
        let account = account();
        let keeper = keeper(&account);
        let proof = |password: &str| {
            let Next::Challenge(challenge, exchange) = Exchange::begin("CRAM-MD5", None, keeper) else {
                panic!()
            };
            let response = cram_md5::response("alice", password, &challenge);
            match exchange.respond(&BASE64.encode(response.as_bytes()), keeper) {
                Next::Done(attempt) => attempt.proof,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(proof("secret"), Proof::Right(None));
        assert_eq!(proof("Secret"), Proof::Wrong);
    }

    /// What a client that knows the password gets to hear at the end, and whether that proves the server.
    fn scram(password: &str, broken: Option<BrokenScram>) -> (Proof, bool) {
        let account = account();
        let keeper = Keeper { broken, ..keeper(&account) };
        let first = ClientFirst::new("alice", "rOprNGfwEbeRWgbNEkqO");
        let initial = BASE64.encode(first.message().as_bytes());
        let Next::Challenge(challenge, exchange) = Exchange::begin("SCRAM-SHA-256", Some(&initial), keeper)
        else {
            panic!()
        };
        let challenge = ServerFirst::read(&challenge).unwrap();
        assert_eq!(challenge.is_answer_to(&first), broken != Some(BrokenScram::Nonce));
        let keys = Keys::derive(password, challenge.salt(), challenge.iterations());
        let answer = first.answer(&challenge, &keys);
        match exchange.respond(&BASE64.encode(answer.message().as_bytes()), keeper) {
            Next::Done(Attempt { proof: Proof::Right(said), .. }) => {
                let is_proven = said.as_deref().is_some_and(|said| answer.is_proven_by(said));
                (Proof::Right(said), is_proven)
            }
            Next::Done(Attempt { proof, .. }) => (proof, false),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn scram_proves_both_sides_unless_it_is_broken() {
        assert!(matches!(scram("secret", None), (Proof::Right(Some(_)), true)));
        assert_eq!(scram("wrong", None), (Proof::Wrong, false));
        assert!(matches!(scram("secret", Some(BrokenScram::Nonce)), (Proof::Right(Some(_)), true)));
        assert!(matches!(scram("secret", Some(BrokenScram::FewIterations)), (Proof::Right(Some(_)), true)));
        assert!(matches!(scram("secret", Some(BrokenScram::Signature)), (Proof::Right(Some(_)), false)));
        assert_eq!(scram("secret", Some(BrokenScram::NoSignature)), (Proof::Right(None), false));
    }

    proptest! {
        #[test]
        fn no_responses_make_an_exchange_panic_or_go_on_for_ever(
            mechanism in proptest::sample::select(&["CRAM-MD5", "LOGIN", "PLAIN", "SCRAM-SHA-256", "X-UNKNOWN"]),
            responses in proptest::collection::vec(
                prop_oneof![
                    any::<Vec<u8>>(),
                    "n,,n=[a-z]{1,3},r=[a-z]{0,5}".prop_map(String::into_bytes),
                    "c=biws,r=[a-z0-9]{0,20},p=[A-Za-z]{0,44}".prop_map(String::into_bytes),
                ],
                5,
            ),
        ) {
            let account = account();
            let keeper = keeper(&account);
            let mut next = Exchange::begin(mechanism, None, keeper);
            for response in responses {
                let Next::Challenge(_, exchange) = next else { break };
                next = exchange.respond(&BASE64.encode(&response), keeper);
            }
            prop_assert!(!matches!(next, Next::Challenge(..)));
        }
    }
}
