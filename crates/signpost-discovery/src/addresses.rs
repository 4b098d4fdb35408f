//! The addresses of a host.

use std::collections::VecDeque;
use std::net::IpAddr;

use hickory_proto::rr::{Name, RData};
use signpost_validate::{Lookup, SecurityStatus};

use crate::answer::security;
use crate::failure::Failure;
use crate::rules::Rules;

/// The most addresses of one host that are tried.
const LIMIT: usize = 8;

/// The addresses of a host, in the order in which they are tried.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    pub(crate) left: VecDeque<IpAddr>,
    /// The name that they stand at, if it is the end of an alias.
    pub(crate) alias: Option<Name>,
    /// Whether all of them are Secure.
    pub(crate) are_secure: bool,
}

impl Addresses {
    /// Reads the answers for AAAA and A. Unsigned ones are taken, since the certificate decides; who forges one only
    /// leads the client to a server that it rejects.
    pub(crate) fn read(host: &Name, lookups: [&Lookup; 2], rules: Rules) -> Result<Self, Failure> {
        let mut addresses = Self { left: VecDeque::new(), alias: None, are_secure: true };
        let limit = if rules.tries_every_address() { LIMIT } else { 1 };
        for lookup in lookups {
            match security(lookup, rules) {
                Err(failure) if rules.refuses_bogus_address() => return Err(failure.about("address")),
                Ok(_) | Err(_) => {}
            }
            for record in lookup.records() {
                let address = match &record.data {
                    RData::A(address) => IpAddr::V4(address.0),
                    RData::AAAA(address) => IpAddr::V6(address.0),
                    _ => continue,
                };
                if record.name != *host {
                    addresses.alias = Some(record.name.clone());
                }
                addresses.are_secure &= lookup.security == SecurityStatus::Secure;
                if addresses.left.len() < limit {
                    addresses.left.push_back(address);
                }
            }
        }
        Ok(addresses)
    }
}
