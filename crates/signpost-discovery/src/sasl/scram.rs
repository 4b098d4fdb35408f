//! SCRAM-SHA-256 (RFC 7677), and what a server may do in it.

use std::fmt;

use data_encoding::BASE64;
use signpost_sasl::scram::{ClientFinal, ClientFirst, Keys, ServerFirst};

use super::{Login, Response};
use crate::password::Password;
use crate::rules::Rules;

/// Fewer iterations make guessing cheap for whoever plays the server (RFC 7677 §4).
const FEWEST_ITERATIONS: u32 = 4096;
/// More keep the client from everything else for a second or longer.
const MOST_ITERATIONS: u32 = 1_000_000;

/// An exchange.
pub(super) struct Scram {
    first: ClientFirst,
    password: Password,
    rules: Rules,
    state: State,
}

enum State {
    /// The first message is to be said.
    Beginning,
    /// The server's challenge is to come.
    Begun,
    /// The server's signature is to come.
    Proven(ClientFinal),
    /// The server has proved itself.
    Mutual,
}

impl Scram {
    pub(super) fn new(login: Login<'_>) -> Self {
        Self {
            first: ClientFirst::new(login.user, login.nonce),
            password: login.password.clone(),
            rules: login.rules,
            state: State::Beginning,
        }
    }

    /// The first message.
    pub(super) fn message(&self) -> String {
        self.first.message()
    }

    /// The first message was said.
    pub(super) fn has_begun(&mut self) {
        self.state = State::Begun;
    }

    /// The answer to a challenge in base64.
    pub(super) fn respond(&mut self, challenge: &[u8]) -> Response {
        if matches!(self.state, State::Beginning) {
            // The server asks for the first message, in whichever words.
            self.has_begun();
            return Response::Some(BASE64.encode(self.message().as_bytes()));
        }
        match BASE64.decode(challenge) {
            Ok(challenge) => self.proceed(&challenge),
            Err(_) => Response::Broken("the challenge is not base64"),
        }
    }

    fn proceed(&mut self, challenge: &[u8]) -> Response {
        match &self.state {
            State::Beginning => Response::None,
            State::Begun => self.prove(challenge).unwrap_or_else(Response::Broken),
            State::Proven(answer)
                if answer.is_proven_by(challenge) || !self.rules.verifies_server_signature() =>
            {
                self.state = State::Mutual;
                Response::Some(String::new())
            }
            State::Proven(_) => Response::Broken("the server does not prove that it knows the password"),
            State::Mutual => Response::None,
        }
    }

    fn prove(&mut self, challenge: &[u8]) -> Result<Response, &'static str> {
        let challenge = ServerFirst::read(challenge).map_err(|_| "the challenge is none of SCRAM")?;
        if !challenge.is_answer_to(&self.first) && self.rules.verifies_server_nonce() {
            return Err("the nonce of the server does not begin with that of the client");
        }
        if challenge.iterations().get() < FEWEST_ITERATIONS && self.rules.refuses_few_iterations() {
            return Err("the server wants the password hashed too few times");
        }
        if challenge.iterations().get() > MOST_ITERATIONS && self.rules.refuses_many_iterations() {
            return Err("the server wants the password hashed too many times");
        }
        let keys = Keys::derive(self.password.reveal(), challenge.salt(), challenge.iterations());
        let answer = self.first.answer(&challenge, &keys);
        let response = BASE64.encode(answer.message().as_bytes());
        self.state = State::Proven(answer);
        Ok(Response::Some(response))
    }

    /// A yes is worth something only once the server has proved itself (RFC 5802 §3).
    pub(super) fn accept(&self) -> Result<(), &'static str> {
        match self.state {
            State::Mutual => Ok(()),
            _ if !self.rules.waits_for_server_signature() => Ok(()),
            State::Beginning | State::Begun | State::Proven(_) => {
                Err("the server says yes before it has proved that it knows the password")
            }
        }
    }
}

impl fmt::Debug for Scram {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Scram(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::Defect;

    fn scram(rules: Rules) -> Scram {
        let password = "pencil".parse().unwrap();
        let mut scram =
            Scram::new(Login { user: "user", password: &password, nonce: "rOprNGfwEbeRWgbNEkqO", rules });
        scram.has_begun();
        scram
    }

    fn says(scram: &mut Scram, challenge: &[u8]) -> Response {
        scram.respond(BASE64.encode(challenge).as_bytes())
    }

    // RFC 7677 §3.
    const CHALLENGE: &[u8] =
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    const SIGNATURE: &[u8] = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    #[test]
    fn a_yes_counts_after_the_signature_only() {
        let mut scram = scram(Rules::default());
        assert!(matches!(says(&mut scram, CHALLENGE), Response::Some(_)));
        assert!(scram.accept().is_err());
        assert_eq!(says(&mut scram, SIGNATURE), Response::Some(String::new()));
        assert_eq!(scram.accept(), Ok(()));
        assert_eq!(says(&mut scram, SIGNATURE), Response::None);
    }

    #[test]
    fn what_a_server_may_not_do_ends_the_exchange_unless_a_defect_bears_it() {
        let challenge = |nonce: &str, iterations: u32| {
            ServerFirst::new(nonce, b"salt", NonZeroU32::new(iterations).unwrap())
        };
        let mine = "rOprNGfwEbeRWgbNEkqOx";
        for (challenge, defect) in [
            (challenge("other", 4096), Some(Defect::TakesAnyNonce)),
            (challenge(mine, 4095), Some(Defect::TakesFewIterations)),
            (challenge(mine, 1_000_001), Some(Defect::TakesManyIterations)),
            (challenge(mine, 4096), None),
        ] {
            let says = |rules: Rules| says(&mut scram(rules), challenge.message().as_bytes());
            assert_eq!(matches!(says(Rules::default()), Response::Some(_)), defect.is_none());
            if let Some(defect) = defect {
                assert!(matches!(says(defect.into()), Response::Some(_)), "{defect}");
            }
        }
    }

    #[test]
    fn a_wrong_signature_ends_the_exchange() {
        let mut scram = scram(Rules::default());
        says(&mut scram, CHALLENGE);
        assert!(matches!(says(&mut scram, b"v=AAAA"), Response::Broken(_)));
        assert!(scram.accept().is_err());
    }
}
