//! Every kind of fault of the DNS, at the places and with the questions of the suite's scenarios for resolvers.

mod exhibits;
mod files;
mod robustness;
mod showing;
