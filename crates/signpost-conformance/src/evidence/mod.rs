//! What a transcript shows: the observations with what is looked up in them, and how a scenario names some.

mod index;
mod selector;

pub(crate) use index::{Index, Listeners};
pub use selector::{Selector, SelectorError, SelectorKind};
