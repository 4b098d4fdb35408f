//! A world and its faults, running: DNS, certificates and mail servers of one case. Never knows expectations or subjects.
//!
//! A [`World`] and the `[[fault]]` tables of a scenario become a [`Blueprint`]: zones, certificates and servers as
//! they will be. [`Blueprint::start`] raises it on sockets of the calling thread, and [`Lab::assign`] says what a subject is told of it.

mod blueprint;
mod directory;
mod error;
mod fault;
mod lab;
mod names;
mod network;
mod placeholder;
mod question;
mod resolver;
mod signing;
mod stage;
mod world;
mod world_error;
mod world_names;

pub use blueprint::Blueprint;
pub use error::{LabError, ZoneMistake};
pub use fault::{Broken, Fault, FaultTable, Servers, ZoneChange};
pub use lab::{Lab, SENDER};
pub use network::{Network, PRIVATE_RESOLVER};
pub use placeholder::{PlaceholderError, expand};
pub use question::{UnreadableQuestion, read_question, read_record_type};
pub use signpost_serve::Household;
pub use world::{User, World, WorldListener, WorldServer, WorldView, WorldZone};
pub use world_error::WorldError;
pub use world_names::WorldNames;

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
