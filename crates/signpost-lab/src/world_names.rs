//! Which names somebody can come to ask for in a world, so that a fault at another is known for one that never bites.

use std::collections::BTreeSet;

use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::BinDecodable as _;
use signpost_protocol::Service;

use crate::{Broken, Fault, ZoneChange};

/// The names of a world: what stands in its zones, what that leads to, and what a client asks for by itself.
#[derive(Clone, Debug, Default)]
pub struct WorldNames {
    names: BTreeSet<Name>,
    /// What wildcards and redirections of whole trees make of every name below these.
    trees: Vec<Name>,
    /// Policies name the owners of key records.
    texts: Vec<String>,
}

impl WorldNames {
    pub(crate) fn new<'r>(domain: &str, records: impl Iterator<Item = &'r Record>) -> Self {
        let mut names = Self::default();
        if let Ok(mut domain) = Name::from_ascii(domain) {
            domain.set_fqdn(true);
            let hosts =
                Service::ALL.iter().flat_map(|service| service.usual_hosts()).copied().map(str::to_owned);
            let labels = Service::ALL.iter().flat_map(|service| service.labels());
            let asked = hosts.chain(labels.map(|label| format!("_{label}._tcp")));
            let below = |name: String| Name::from_ascii(name).ok()?.append_domain(&domain).ok();
            names.names.extend(asked.filter_map(below));
        }
        for record in records {
            names.add(record);
        }
        names
    }

    /// Knows what a fault puts there, too: in a zone, or in a forged answer.
    #[must_use]
    pub fn with<'f>(mut self, faults: impl Iterator<Item = &'f Fault>) -> Self {
        for fault in faults {
            match &fault.broken {
                Broken::Answer(fault) => {
                    if let signpost_dns::AnswerFaultKind::Forge(forge) = &fault.kind {
                        forge.records().iter().for_each(|record| self.add(record));
                    }
                }
                Broken::Zone { origin, change: ZoneChange::Publish { records } } => {
                    self.add_lines(origin, records);
                }
                _ => {}
            }
        }
        self
    }

    /// Knows a name that the subject is asked for.
    pub fn ask(&mut self, name: &str) {
        if let Ok(mut name) = Name::from_ascii(name) {
            name.set_fqdn(true);
            self.names.insert(name);
        }
    }

    /// Whether somebody can come to ask for this name: it is here, above what is here, or made by a wildcard.
    #[must_use]
    pub fn lead_to(&self, name: &Name) -> bool {
        let text = name.to_lowercase().to_ascii();
        let text = text.trim_end_matches('.');
        self.names.iter().any(|known| name.zone_of(known))
            || self.trees.iter().any(|tree| tree.zone_of(name))
            || self.texts.iter().any(|known| known.contains(text))
    }

    fn add(&mut self, record: &Record) {
        if record.name.is_wildcard() {
            self.trees.push(record.name.base_name());
        }
        self.names.insert(record.name.clone());
        match &record.data {
            RData::CNAME(target) => self.names.extend([target.0.clone()]),
            RData::MX(exchange) => self.names.extend([exchange.exchange.clone()]),
            RData::NS(server) => self.names.extend([server.0.clone()]),
            RData::SRV(srv) => self.names.extend([srv.target.clone()]),
            RData::TXT(text) => self.texts.push(text.to_string().to_ascii_lowercase()),
            RData::Unknown { code: RecordType::DNAME, rdata } => {
                self.trees.extend(Name::from_bytes(&rdata.anything).ok());
                self.trees.push(record.name.clone());
            }
            _ => {}
        }
    }

    /// The owners of master-file lines that still have their placeholders, and whatever they name.
    fn add_lines(&mut self, origin: &Name, lines: &str) {
        for line in lines.lines() {
            let owner =
                line.split_ascii_whitespace().next().filter(|_| !line.starts_with([' ', '\t', ';', '$']));
            let owner = owner.and_then(|owner| match owner {
                "@" => Some(origin.clone()),
                owner => Name::from_ascii(owner).ok()?.append_domain(origin).ok(),
            });
            if let Some(owner) = &owner
                && owner.is_wildcard()
            {
                self.trees.push(owner.base_name());
            }
            self.names.extend(owner);
            for word in line.split_ascii_whitespace().skip(1) {
                let named = Name::from_ascii(word).ok().and_then(|name| {
                    if name.is_fqdn() { Some(name) } else { name.append_domain(origin).ok() }
                });
                if line.contains(" DNAME ") {
                    self.trees.extend(named.clone());
                }
                self.names.extend(named);
            }
            self.texts.push(line.to_ascii_lowercase());
        }
    }
}
