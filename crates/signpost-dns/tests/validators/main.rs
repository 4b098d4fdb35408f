//! Validators that nobody here wrote judge the lab: unbound, delv, drill and the checkers of zone files.

mod files;
mod honest;
mod support;
