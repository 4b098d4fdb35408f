//! SCRAM-SHA-256 (RFC 7677) with the messages of RFC 5802, without channel binding.

use std::num::NonZeroU32;

use data_encoding::BASE64;
use ring::{digest, hmac, pbkdf2};

/// What a client says of channel binding: that it has none.
const NO_BINDING: &str = "n,,";
const LENGTH: usize = digest::SHA256_OUTPUT_LEN;

/// What a password comes to under a salt and a number of iterations. Whoever has the client key needs no password.
#[derive(Clone)]
pub struct Keys {
    salted: [u8; LENGTH],
}

impl Keys {
    /// Hi() of RFC 5802 §2.2: it takes as long as the iterations are many.
    #[must_use]
    pub fn derive(password: &str, salt: &[u8], iterations: NonZeroU32) -> Self {
        let mut salted = [0; LENGTH];
        let password = prepared(password);
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, salt, password.as_bytes(), &mut salted);
        Self { salted }
    }

    /// The salted password.
    #[must_use]
    pub fn salted_password(&self) -> [u8; LENGTH] {
        self.salted
    }

    /// What the client proves to have.
    #[must_use]
    pub fn client_key(&self) -> [u8; LENGTH] {
        mac(&self.salted, b"Client Key")
    }

    /// What the server keeps.
    #[must_use]
    pub fn stored_key(&self) -> [u8; LENGTH] {
        hash(&self.client_key())
    }

    fn server_key(&self) -> [u8; LENGTH] {
        mac(&self.salted, b"Server Key")
    }

    fn proof(&self, auth_message: &str) -> [u8; LENGTH] {
        let signature = mac(&self.stored_key(), auth_message.as_bytes());
        let mut proof = self.client_key();
        proof.iter_mut().zip(signature).for_each(|(octet, other)| *octet ^= other);
        proof
    }

    fn signature(&self, auth_message: &str) -> [u8; LENGTH] {
        mac(&self.server_key(), auth_message.as_bytes())
    }
}

/// The first message of a client.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClientFirst {
    header: String,
    user: String,
    nonce: String,
    bare: String,
}

impl ClientFirst {
    /// The message of a client that knows no channel binding. The nonce is printable and has no comma.
    #[must_use]
    pub fn new(user: &str, nonce: &str) -> Self {
        let escaped = prepared(user).replace('=', "=3D").replace(',', "=2C");
        let bare = format!("n={escaped},r={nonce}");
        Self { header: NO_BINDING.to_owned(), user: user.to_owned(), nonce: nonce.to_owned(), bare }
    }

    /// Reads what a client said, on the server's side.
    ///
    /// # Errors
    ///
    /// It is no such message, or demands a channel binding.
    pub fn read(message: &[u8]) -> Result<Self, ScramError> {
        let text = text(message)?;
        let mut parts = text.splitn(3, ',');
        let (Some(binding), Some(identity), Some(bare)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(ScramError::Malformed);
        };
        // `y`: the client would have bound, but does not believe that the server can (RFC 5802 §6).
        if !matches!(binding, "n" | "y") || !(identity.is_empty() || identity.starts_with("a=")) {
            return Err(ScramError::Malformed);
        }
        let user = attribute(bare, 0, "n=")?.replace("=2C", ",").replace("=3D", "=");
        let nonce = attribute(bare, 1, "r=")?;
        if user.is_empty() || !is_nonce(nonce) {
            return Err(ScramError::Malformed);
        }
        let (nonce, header) = (nonce.to_owned(), format!("{binding},{identity},"));
        Ok(Self { header, user, nonce, bare: bare.to_owned() })
    }

    /// The octets of the message.
    #[must_use]
    pub fn message(&self) -> String {
        format!("{}{}", self.header, self.bare)
    }

    /// The login name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The client's nonce, with which the server's has to begin.
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The client's answer to what the server said.
    #[must_use]
    pub fn answer(&self, challenge: &ServerFirst, keys: &Keys) -> ClientFinal {
        let unproven = format!("c={},r={}", BASE64.encode(self.header.as_bytes()), challenge.nonce);
        let said = format!("{},{},{unproven}", self.bare, challenge.message);
        let proof = BASE64.encode(&keys.proof(&said));
        ClientFinal { message: format!("{unproven},p={proof}"), signature: keys.signature(&said) }
    }

    /// On the server's side: the server's last message, if the client's proves that it knows the password.
    #[must_use]
    pub fn verify(&self, challenge: &ServerFirst, keys: &Keys, answer: &[u8]) -> Option<String> {
        let right = self.answer(challenge, keys);
        (right.message.as_bytes() == answer).then(|| format!("v={}", BASE64.encode(&right.signature)))
    }
}

/// The first message of a server: nonce, salt and number of iterations.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerFirst {
    message: String,
    nonce: String,
    salt: Vec<u8>,
    iterations: NonZeroU32,
}

impl ServerFirst {
    /// What a server says.
    #[must_use]
    pub fn new(nonce: &str, salt: &[u8], iterations: NonZeroU32) -> Self {
        let message = format!("r={nonce},s={},i={iterations}", BASE64.encode(salt));
        Self { message, nonce: nonce.to_owned(), salt: salt.to_vec(), iterations }
    }

    /// Reads what a server said.
    ///
    /// # Errors
    ///
    /// It is no such message, demands an extension, or no iterations at all.
    pub fn read(message: &[u8]) -> Result<Self, ScramError> {
        let text = text(message)?;
        let nonce = attribute(text, 0, "r=")?;
        let salt = BASE64.decode(attribute(text, 1, "s=")?.as_bytes()).ok();
        let iterations = attribute(text, 2, "i=")?.parse().ok();
        let (Some(salt), Some(iterations), true) = (salt, iterations, is_nonce(nonce)) else {
            return Err(ScramError::Malformed);
        };
        Ok(Self { message: text.to_owned(), nonce: nonce.to_owned(), salt, iterations })
    }

    /// The octets of the message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether its nonce begins with the client's and goes on.
    #[must_use]
    pub fn is_answer_to(&self, first: &ClientFirst) -> bool {
        self.nonce.len() > first.nonce.len() && self.nonce.starts_with(&first.nonce)
    }

    /// The salt.
    #[must_use]
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// How often the password is to be hashed.
    #[must_use]
    pub fn iterations(&self) -> NonZeroU32 {
        self.iterations
    }
}

/// The last message of a client, and what the server has to say to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClientFinal {
    message: String,
    signature: [u8; LENGTH],
}

impl ClientFinal {
    /// The octets of the message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether a server that says this knows the password, or what is kept of it.
    #[must_use]
    pub fn is_proven_by(&self, message: &[u8]) -> bool {
        let signature = text(message).and_then(|text| attribute(text, 0, "v="));
        signature.ok().and_then(|signature| BASE64.decode(signature.as_bytes()).ok()).as_deref()
            == Some(&self.signature[..])
    }
}

/// Whether this has the form of a client's last message: it is the credential of the mechanism.
#[must_use]
pub fn is_client_final(message: &[u8]) -> bool {
    let Ok(text) = text(message) else { return false };
    let proof = text.rsplit_once(",p=").and_then(|(_, proof)| BASE64.decode(proof.as_bytes()).ok());
    text.starts_with("c=") && text.contains(",r=") && proof.is_some_and(|proof| proof.len() >= 20)
}

/// A message that the mechanism does not have.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScramError {
    /// It does not have the form, demands an extension that nobody knows, or a channel binding.
    #[error("not a message of SCRAM")]
    Malformed,
}

/// SASLprep (RFC 4013). What it forbids stays as it is, since the other side will say no to it.
fn prepared(text: &str) -> std::borrow::Cow<'_, str> {
    stringprep::saslprep(text).unwrap_or(std::borrow::Cow::Borrowed(text))
}

fn text(message: &[u8]) -> Result<&str, ScramError> {
    std::str::from_utf8(message).map_err(|_| ScramError::Malformed)
}

/// The value of the attribute at this place, if it is this one.
fn attribute<'a>(text: &'a str, place: usize, name: &str) -> Result<&'a str, ScramError> {
    let part = text.split(',').nth(place).ok_or(ScramError::Malformed)?;
    part.strip_prefix(name).ok_or(ScramError::Malformed)
}

fn is_nonce(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_graphic() && octet != b',')
}

fn mac(key: &[u8], octets: &[u8]) -> [u8; LENGTH] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), octets);
    std::array::from_fn(|index| tag.as_ref()[index])
}

fn hash(octets: &[u8]) -> [u8; LENGTH] {
    let digest = digest::digest(&digest::SHA256, octets);
    std::array::from_fn(|index| digest.as_ref()[index])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // RFC 7677 §3.
    const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
    const SERVER_FIRST: &[u8] =
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    const CLIENT_FINAL: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                                p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    const SERVER_FINAL: &[u8] = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    #[test]
    fn the_exchange_of_the_standard_comes_out_on_both_sides() {
        let first = ClientFirst::new("user", NONCE);
        assert_eq!(first.message(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        assert_eq!(ClientFirst::read(first.message().as_bytes()), Ok(first.clone()));
        let challenge = ServerFirst::read(SERVER_FIRST).unwrap();
        assert!(challenge.is_answer_to(&first));
        assert_eq!(ServerFirst::new(&challenge.nonce, challenge.salt(), challenge.iterations()), challenge);
        let keys = Keys::derive("pencil", challenge.salt(), challenge.iterations());
        let answer = first.answer(&challenge, &keys);
        assert_eq!(answer.message(), CLIENT_FINAL);
        assert!(answer.is_proven_by(SERVER_FINAL));
        assert!(!answer.is_proven_by(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5="));
        assert!(!answer.is_proven_by(b"e=invalid-proof"));
        assert!(is_client_final(answer.message().as_bytes()));
        assert_eq!(
            first.verify(&challenge, &keys, CLIENT_FINAL.as_bytes()).as_deref().map(str::as_bytes),
            Some(SERVER_FINAL)
        );
        let wrong = Keys::derive("pencils", challenge.salt(), challenge.iterations());
        assert_eq!(first.verify(&challenge, &wrong, CLIENT_FINAL.as_bytes()), None);
    }

    #[test]
    fn a_nonce_that_is_not_gone_on_with_is_no_answer() {
        let first = ClientFirst::new("user", NONCE);
        let iterations = NonZeroU32::new(4096).unwrap();
        for (nonce, is_answer) in
            [(NONCE, false), ("rOprNGfwEbeRWgbNEkqOx", true), ("xrOprNGfwEbeRWgbNEkqO", false)]
        {
            let challenge = ServerFirst::new(nonce, b"salt", iterations);
            assert_eq!(challenge.is_answer_to(&first), is_answer, "{nonce}");
        }
    }

    #[test]
    fn names_with_commas_and_equals_signs_survive() {
        let first = ClientFirst::new("a,b=c", "nonce");
        assert_eq!(first.message(), "n,,n=a=2Cb=3Dc,r=nonce");
        assert_eq!(ClientFirst::read(first.message().as_bytes()).unwrap().user(), "a,b=c");
    }

    #[test]
    fn what_is_no_message_is_none() {
        for message in
            ["", "n,,", "n,,n=,r=x", "n,,n=u,r=", "p=tls-exporter,,n=u,r=x", "n,,m=1,n=u,r=x", "n,b,n=u,r=x"]
        {
            assert_eq!(ClientFirst::read(message.as_bytes()), Err(ScramError::Malformed), "{message}");
        }
        for message in [
            "",
            "r=x",
            "r=x,s=!,i=4096",
            "r=x,s=c2FsdA==,i=0",
            "r=x,s=c2FsdA==,i=-1",
            "m=1,r=x,s=c2FsdA==,i=4096",
        ] {
            assert_eq!(ServerFirst::read(message.as_bytes()), Err(ScramError::Malformed), "{message}");
        }
    }

    proptest! {
        #[test]
        fn no_octets_make_a_reader_panic(octets: Vec<u8>) {
            let _ = ClientFirst::read(&octets);
            let _ = ServerFirst::read(&octets);
            let _ = is_client_final(&octets);
            let _ = crate::cram_md5::read(&octets);
            let _ = crate::oauthbearer::read(&octets);
        }
    }
}
