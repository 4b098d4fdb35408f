//! Namespaces as Linux has them.

mod filesystem;
mod loopback;
mod namespace;
mod permission;
mod process;

pub use namespace::Namespace;
pub use permission::prepare;
pub use process::Program;
