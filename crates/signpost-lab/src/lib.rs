//! A world and its faults, running: DNS, certificates and mail servers of one case. Never knows expectations or subjects.

mod assignment;
mod fault;

pub use assignment::{
    Assignment, ConfiguredEndpoint, DnsServers, FORMAT_VERSION, Report, Security, Service, Stance,
    UnknownService,
};
pub use fault::FaultSpec;
