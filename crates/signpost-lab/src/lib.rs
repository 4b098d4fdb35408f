//! A world and its faults, running: DNS, certificates and mail servers of one case. Never knows expectations or subjects.
mod fault;

pub use fault::FaultSpec;
