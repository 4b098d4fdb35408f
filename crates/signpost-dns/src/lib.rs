//! A signed DNS hierarchy and its faults. Knows zones, signing, denial of existence and the responder; never mail or certificates.
//!
//! [`Zone::parse`] reads master files, [`Hierarchy::build`] delegates and signs them, a [`Responder`] answers
//! datagrams from the result without I/O, and [`serve`] puts it, or any other [`Answerer`], on sockets. An
//! [`AnswerFault`] breaks one thing.
//!
//! ```
//! use hickory_proto::rr::Name;
//! use signpost_dns::{Hierarchy, KeyPool, Zone};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let root = Zone::parse(Name::root(), ". 300 SOA ns. host. 1 2 3 4 300\n. 300 NS ns.\nns. 300 A 192.0.2.1\n")?;
//! let hierarchy = Hierarchy::build(vec![root], KeyPool::global(), 1_800_000_000, &[])?;
//! assert!(hierarchy.trust_anchor().ds_text().contains(" DS "));
//! # Ok(())
//! # }
//! ```

mod answer;
mod authority;
mod denial;
mod entry;
mod fault;
mod hierarchy;
mod indexed_zone;
mod key;
mod lookup;
mod master_file;
mod order;
mod question;
mod reply;
mod responder;
mod rrset;
mod serve;
mod signed_zone;
mod tree;
mod wire;
mod zone;
mod zone_error;
mod zone_file;

pub use authority::Authority;
pub use fault::{
    AliasFault, AnswerFault, AnswerFaultKind, ClockShift, DenialFault, DnskeyFault, DsFault, ForgeFault,
    OutOfValidity, PathFault, PublishFault, RcodeFault, RecordFault, SignatureFault, Target,
};
pub use hierarchy::{BuildError, Hierarchy, TrustAnchor};
pub use key::{Algorithm, KeyPool};
pub use master_file::{MasterEntry, MasterFile, MasterMistake};
pub use reply::Reply;
pub use responder::{Responder, Scope};
pub use serve::{Answerer, serve, serve_behind, serve_stream};
pub use zone::{Denial, Signing, Zone};
pub use zone_error::{ZoneError, ZoneErrorKind};

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
