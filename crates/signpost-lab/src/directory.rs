//! Under which names the zones of a world lead clients to a listener.

use std::net::Ipv4Addr;

use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::BinDecodable as _;
use signpost_protocol::Label;

/// How many aliases are followed one after the other.
const LONGEST_CHAIN: usize = 8;

/// What names lead where, read once for all listeners. Whatever anybody is told counts, in any view and by any forgery: it is
/// asked by which name a client can have come, not by which it should have.
#[derive(Debug, Default)]
pub(crate) struct Directory<'z> {
    domain: Option<Name>,
    targets: Vec<(&'z Name, u16)>,
    exchanges: Vec<&'z Name>,
    addresses: Vec<(&'z Name, Ipv4Addr)>,
    /// From the owner to where it leads, and whether it takes along the names below it (DNAME).
    aliases: Vec<(&'z Name, Name, bool)>,
}

impl<'z> Directory<'z> {
    /// The records of a world in which the user's domain is this one.
    pub(crate) fn new(domain: &str, records: impl Iterator<Item = &'z Record>) -> Self {
        let mut directory = Self { domain: Name::from_ascii(domain).ok(), ..Self::default() };
        if let Some(domain) = &mut directory.domain {
            domain.set_fqdn(true);
        }
        for record in records {
            match &record.data {
                RData::A(address) => directory.addresses.push((&record.name, address.0)),
                RData::CNAME(alias) => directory.aliases.push((&record.name, alias.0.clone(), false)),
                RData::Unknown { code: RecordType::DNAME, rdata } => {
                    let target = Name::from_bytes(&rdata.anything).ok();
                    directory.aliases.extend(target.map(|target| (&record.name, target, true)));
                }
                RData::MX(mx) => directory.exchanges.push(&mx.exchange),
                RData::SRV(srv) => directory.targets.push((&srv.target, srv.port)),
                _ => {}
            }
        }
        directory
    }

    /// The names by which a client comes to this address and port, without the final dot: the targets of SRV records and the
    /// usual hosts, and of exchanges those of MX records and the domain itself (RFC 5321 section 5.1).
    pub(crate) fn hosts(&self, address: Ipv4Addr, port: u16, label: Label) -> Vec<String> {
        let targets = self.targets.iter().filter(|(_, of_target)| *of_target == port);
        let usual = (port == label.port()).then(|| label.service().usual_hosts());
        let usual = usual
            .into_iter()
            .flatten()
            .filter_map(|host| Name::from_ascii(host).ok()?.append_domain(self.domain.as_ref()?).ok());
        let exchanges = (label == Label::Mx).then(|| self.exchanges.iter().map(|name| (*name).clone()));
        let exchanges = exchanges.into_iter().flatten();
        let implicit = self.domain.clone().filter(|_| label == Label::Mx);
        let mut hosts: Vec<String> = targets
            .map(|(target, _)| (*target).clone())
            .chain(usual)
            .chain(exchanges)
            .chain(implicit)
            .filter(|name| self.leads_to(name, address, LONGEST_CHAIN))
            .map(|name| name.to_lowercase().to_ascii().trim_end_matches('.').to_owned())
            .collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }

    fn leads_to(&self, name: &Name, address: Ipv4Addr, further: usize) -> bool {
        if self.addresses.iter().any(|(owner, of_owner)| *of_owner == address && is_at(name, owner)) {
            return true;
        }
        further > 0
            && self.aliases.iter().any(|(owner, target, takes_along)| {
                let next = if *takes_along {
                    moved(name, owner, target)
                } else {
                    is_at(name, owner).then(|| target.clone())
                };
                next.is_some_and(|next| self.leads_to(&next, address, further - 1))
            })
    }
}

/// Whether what stands at the owner is answered to the name: it is the same, or a wildcard above it.
fn is_at(name: &Name, owner: &Name) -> bool {
    name == owner || (owner.is_wildcard() && *name != owner.base_name() && owner.base_name().zone_of(name))
}

/// The name below another owner (RFC 6672 section 2.2).
fn moved(name: &Name, owner: &Name, target: &Name) -> Option<Name> {
    if name == owner || !owner.zone_of(name) {
        return None;
    }
    let below = usize::from(name.num_labels().checked_sub(owner.num_labels())?);
    Name::from_labels(name.iter().take(below)).ok()?.append_domain(target).ok()
}

#[cfg(test)]
mod tests {
    use signpost_dns::Zone;

    use super::*;

    const ZONE: &str = "$TTL 60\n\
        @ SOA ns hostmaster 1 2 3 4 5\n\
        @ NS ns\n\
        ns A 192.0.2.1\n\
        _submission._tcp SRV 0 0 587 here\n\
        _submission._tcp SRV 0 0 587 alias\n\
        _submission._tcp SRV 0 0 587 a.wild\n\
        _submission._tcp SRV 0 0 587 there.moved\n\
        _submission._tcp SRV 0 0 587 nowhere\n\
        _submission._tcp SRV 0 0 588 other-port\n\
        here A 192.0.2.2\n\
        alias CNAME Canonical\n\
        canonical A 192.0.2.2\n\
        *.wild A 192.0.2.2\n\
        moved DNAME elsewhere\n\
        there.elsewhere A 192.0.2.2\n\
        other-port A 192.0.2.2\n\
        smtp A 192.0.2.2\n\
        pop A 192.0.2.2\n\
        mail A 192.0.2.3\n";

    #[test]
    fn targets_and_usual_hosts_lead_to_a_listener_by_whatever_aliases_and_no_other_name_does() {
        let zone = Zone::parse(Name::from_ascii("example.com.").unwrap(), ZONE).unwrap();
        let directory = Directory::new("example.com", zone.records.iter());
        let at = |host, port, label| directory.hosts(Ipv4Addr::new(192, 0, 2, host), port, label);
        let under = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| format!("{name}.example.com")).collect()
        };
        let submission = under(&["a.wild", "alias", "here", "smtp", "there.moved"]);
        assert_eq!(at(2, 587, Label::Submission), submission);
        assert_eq!(at(2, 588, Label::Submission), under(&["other-port"]));
        assert_eq!(at(2, 110, Label::Pop3), under(&["pop"]));
        assert_eq!(at(3, 465, Label::Submissions), under(&["mail"]));
        assert_eq!(at(1, 587, Label::Submission), under(&[]));
    }
}
