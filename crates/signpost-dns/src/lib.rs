//! A signed DNS hierarchy and its faults. Knows zones, signing, denial of existence and the responder; never mail or certificates.
//!
//! [`Zone::parse`] reads master files, [`Hierarchy::build`] delegates and signs them, a [`Responder`] answers
//! datagrams from the result without I/O, and [`serve`] puts it on sockets.

mod answer;
mod catalogue;
mod denial;
mod fault;
mod hierarchy;
mod key;
mod lookup;
mod master_file;
mod order;
mod reply;
mod responder;
mod rrset;
mod serve;
mod signed_zone;
mod wire;
mod zone;

pub use catalogue::{CatalogueRow, Verdict, catalogue, catalogue_zones};
pub use fault::{
    AliasFault, DenialFault, DnskeyFault, DsFault, Fault, FaultError, FaultKind, FaultParams,
    ForgedSignature, PathFault, PublishFault, RecordFault, SignatureFault, Target,
};
pub use hierarchy::{BuildError, Hierarchy, TrustAnchor};
pub use key::{Algorithm, KeyPool};
pub use reply::Reply;
pub use responder::{Responder, View};
pub use serve::serve;
pub use zone::{Denial, Signing, Zone, ZoneError, ZoneErrorKind};
