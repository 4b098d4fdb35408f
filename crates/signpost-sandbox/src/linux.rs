//! Namespaces as Linux has them.

#![expect(clippy::disallowed_methods, reason = "this is the crate that talks to the kernel")]

mod filesystem;
mod loopback;
mod namespace;
mod permission;
mod process;

pub use namespace::Namespace;
pub use permission::prepare;
pub use process::Program;
