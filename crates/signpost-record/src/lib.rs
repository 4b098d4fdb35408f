//! Grammar of policy and key records: parse, check, print. Knows no DNS message and no I/O.
//!
//! ```
//! use signpost_record::PolicyRecord;
//!
//! let text = b"v=submission STARTTLS=_certroot.example.com SMTP-AUTH=Required";
//! let policy = PolicyRecord::parse(text, "submission")?.expect("its first element is v=submission");
//! assert_eq!(policy.starttls.unwrap().as_str(), "_certroot.example.com");
//! assert!(policy.is_authentication_required);
//! # Ok::<(), signpost_record::RecordError>(())
//! ```
//!
//! A record is a line of elements `name=value`, separated by one or more spaces; spaces before the first and behind
//! the last are allowed. The first element is `v=`, and says whose record it is: one of another service is no policy
//! record at all, and nothing else in it is looked at. Parsing borrows from the text and allocates nothing.
//!
//! The specification is `docs/policy-records.md`; errors name the rule that is broken.

#![no_std]

extern crate alloc;

mod domain_name;
mod element;
mod error;
mod key;
mod policy;
mod set;

pub use domain_name::DomainName;
pub use element::{Element, Elements, elements};
pub use error::{ErrorKind, RecordError};
pub use key::{Digest, DigestAlgorithm, KeyRecord};
pub use policy::{Mechanisms, PolicyRecord};
pub use set::{Keys, join, usable_keys};

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
