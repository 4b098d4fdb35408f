//! The messages of SASL mechanisms, from both sides, as plain calculation. Never knows sockets, protocols, clocks or chance.
//!
//! Nonces are parameters, and nothing is decided here: whoever asks says what a number of iterations or a signature is worth.
//! What the octets are wrapped in (base64, tags, reply codes) belongs to the protocols.

pub mod cram_md5;
pub mod digest;
pub mod oauthbearer;
pub mod scram;

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
