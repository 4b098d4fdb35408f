//! Validators that nobody here wrote judge the lab: unbound, delv, drill and the checkers of zone files.

mod honest;
#[path = "../resolver_world/mod.rs"]
mod resolver_world;
mod support;
