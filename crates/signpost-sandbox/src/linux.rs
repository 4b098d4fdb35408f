//! Namespaces as Linux has them.

#![expect(clippy::disallowed_methods, reason = "this is the crate that talks to the kernel")]

mod account;
mod census;
mod filesystem;
mod keeper;
mod kept;
mod loopback;
mod namespace;
mod orders;
mod permission;

pub(crate) use account::name_of_user;
pub(crate) use kept::Kept;
pub use namespace::{Namespace, PrivateNetwork};
pub(crate) use permission::is_keeper_available;
pub use permission::{granted, prepare};
