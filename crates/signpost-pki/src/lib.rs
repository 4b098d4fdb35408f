//! Certificate hierarchies and their faults. Never knows DNS or mail.
//!
//! A [`Pki`] is built from [`CertificateSpec`]s: roots, intermediates and leaves, with P-256 keys that are made
//! once per process. It holds two views. The *published* one is what the domain's owner has:
//! [`Pki::certificate`] and [`Pki::digest`] feed the records in its zone. The *presented* one is what a server
//! sends: [`Pki::identity`]. An owner's mistake (an expired certificate, a forgotten intermediate) changes both,
//! an attacker's forgery changes only what is presented; [`CertificateFaultKind::is_forgery`] says which is which.

mod digest;
mod error;
mod fault;
mod identity;
mod key;
mod pki;
mod spec;
mod template;

pub use digest::{Digest, UnknownDigest};
pub use error::{PkiError, PkiErrorKind};
pub use fault::{CertificateFault, CertificateFaultKind, HostNames, IdentifierForm, NoHostNames};
pub use identity::{Identity, pem};
pub use pki::Pki;
pub use spec::CertificateSpec;

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
