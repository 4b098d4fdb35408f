//! The suite as tests of another crate: a trait for its client, and a case a test. Never knows how a verdict is reached.
//!
//! A crate that implements a resolver or a mail client names this one as its only dev-dependency beside its own, and says
//! in a test without libtest (`[[test]]`, `harness = false`) what its client is:
//!
//! ```no_run
//! use signpost_harness::{Assignment, Client, Profile, Report, Role, harness, resolve};
//!
//! struct Mine;
//!
//! impl Client for Mine {
//!     fn name(&self) -> &str {
//!         "mine"
//!     }
//!
//!     fn roles(&self) -> &[Role] {
//!         &[Role::Resolve]
//!     }
//!
//!     fn profiles(&self) -> &[Profile] {
//!         &[Profile::Dnssec]
//!     }
//!
//!     fn run(&self, assignment: &Assignment) -> Report {
//!         let Assignment::Resolve(assignment) = assignment else {
//!             return Report::unsupported(assignment.role(), "it is a resolver");
//!         };
//!         // Ask `assignment.dns.authority` for `assignment.question`, and say how far the answer is to be believed.
//!         resolve::Report::failed(format!("no answer to {}", assignment.question)).into()
//!     }
//! }
//!
//! fn main() {
//!     harness(Mine)
//! }
//! ```
//!
//! Every case of the client's roles, profiles and services is then a test whose name is the case's ID, for `cargo test`
//! with its filters and `--exact`, and for nextest. What a verdict is to a test:
//!
//! | verdict | test |
//! |---|---|
//! | pass | ok |
//! | weak, fail, errored | failed, with the findings, the transcript and the command that repeats it |
//! | inconclusive | failed: the control, the same without anything broken, does not work, so that a refusal says nothing |
//! | unsupported, by the client's own word | ignored, with its reason |
//! | any that [`Harness::expectations`] states for the case | ok; a case that comes out otherwise than stated fails |
//!
//! A control runs once in a process, when the first case needs it, and is a test of its own besides.

mod client;
mod program;
mod reproduction;
mod threaded;
mod trial;

pub use client::{Client, Stay};
pub use program::{Harness, HarnessError, harness};
pub use signpost_format::set_up::Stance;
pub use signpost_format::{Assignment, Dns, Label, Profile, Report, Role, Service, Verdict, resolve, set_up};

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
