//! TLSA records of mail servers (RFC 6698, RFC 7671).

use std::collections::{HashMap, HashSet};

use hickory_proto::rr::rdata::TLSA;
use hickory_proto::rr::{Name, RData, RecordType};
use signpost_protocol::Label;
use signpost_record::{DigestAlgorithm, KeyRecord};

use super::finding::Sink;
use super::policy::policies;
use super::view::{Publication, View};
use crate::namespace::{Found, Located};

fn records<'v>(view: &'v View<'_>) -> impl Iterator<Item = (Located<'v>, &'v TLSA)> {
    view.names.of_type(RecordType::TLSA).filter_map(|located| match &located.entry.record.data {
        RData::TLSA(tlsa) => Some((located, tlsa)),
        _ => None,
    })
}

/// Usage, selector and matching type, by their numbers.
fn numbers(tlsa: &TLSA) -> (u8, u8, u8) {
    (u8::from(tlsa.cert_usage), u8::from(tlsa.selector), u8::from(tlsa.matching))
}

pub(super) fn unusable(view: &View<'_>, sink: &mut Sink<'_>) {
    for (located, tlsa) in records(view) {
        let (usage, selector, matching) = numbers(tlsa);
        let wanted = match matching {
            1 => Some(32),
            2 => Some(64),
            _ => None,
        };
        let length = tlsa.cert_data.len();
        let wrong = match wanted {
            _ if usage > 3 => format!("{usage} is no certificate usage"),
            _ if selector > 1 => format!("{selector} is no selector"),
            _ if matching > 2 => format!("{matching} is no matching type"),
            Some(wanted) if wanted != length => {
                format!("a digest of {length} octets, where {wanted} are due")
            }
            None if length == 0 => "no certificate".to_owned(),
            _ => continue,
        };
        sink.at(located, "", || wrong);
    }
}

pub(super) fn unsigned(view: &View<'_>, sink: &mut Sink<'_>) {
    for (located, _) in records(view).filter(|(located, _)| !located.zone.file.is_signed) {
        sink.at(located, "", || {
            format!(
                "a TLSA record in the zone {}, which is not signed: nobody uses it",
                located.zone.file.apex
            )
        });
    }
}

/// A record at a host itself, or at a port without its transport. At other names with an underscore it stands for aliases, which may
/// be in zones of others: `_25._tcp.mail CNAME tlsa._dane`.
pub(super) fn owner(view: &View<'_>, sink: &mut Sink<'_>) {
    let transports: [&[u8]; 3] = [b"_tcp", b"_udp", b"_sctp"];
    let is_transport = |label: &[u8]| transports.iter().any(|known| label.eq_ignore_ascii_case(known));
    let is_port = |label: &[u8]| {
        let port = label.strip_prefix(b"_").and_then(|port| std::str::from_utf8(port).ok());
        port.is_some_and(|port| port.parse::<u16>().is_ok())
    };
    for (located, _) in records(view) {
        let owner = &located.record().name;
        let labels: Vec<&[u8]> = owner.iter().collect();
        let is_host = !labels.iter().any(|label| label.starts_with(b"_"));
        let is_half = match &labels[..] {
            [port, transport, ..] if is_port(port) => !is_transport(transport),
            [transport, ..] => is_transport(transport),
            [] => false,
        };
        if (is_host || is_half) && !owner.is_wildcard() && !view.is_aliased(owner) {
            sink.at(located, "", || format!("nobody looks for a TLSA record at {owner}"));
        }
    }
}

/// RFC 7672 has no meaning for the usages that ask for the WebPKI.
pub(super) fn usage_between_servers(view: &View<'_>, sink: &mut Sink<'_>) {
    for (located, tlsa) in records(view) {
        let (usage, ..) = numbers(tlsa);
        let is_smtp = located.record().name.iter().next() == Some(b"_25");
        if is_smtp && usage < 2 {
            sink.at(located, &usage.to_string(), || {
                format!("certificate usage {usage} between mail servers")
            });
        }
    }
}

/// A TLSA record that names an anchor and key records that name others: only a chain with both would do.
pub(super) fn another_anchor(view: &View<'_>, sink: &mut Sink<'_>) {
    let mut looked_at: HashSet<Name> = HashSet::new();
    let mut pinned: HashMap<Name, Pinned> = HashMap::new();
    for publication in view.publications() {
        let policies = policies(publication);
        let owner = policies.iter().find_map(|(_, policy)| Name::from_ascii(policy.starttls?.as_str()).ok());
        let Some(mut owner) = owner else { continue };
        owner.set_fqdn(true);
        let pinned = pinned.entry(owner.clone()).or_insert_with(|| Pinned::at(view, &owner));
        for (target, port) in hosts(view, publication) {
            let name = target.prepend_label("_tcp").and_then(|name| name.prepend_label(format!("_{port}")));
            let Some(name) = name.ok().filter(|name| looked_at.insert(name.clone())) else { continue };
            let Found::Records(records) = view.names.follow(&name, RecordType::TLSA) else { continue };
            let first =
                records.iter().next().filter(|_| records.iter().all(|located| pinned.excludes(&located)));
            if let Some(first) = first {
                sink.at(first, "", || {
                    format!("this names another certificate than the key records at {owner}")
                });
            }
        }
    }
}

/// What the key records of an owner pin.
struct Pinned {
    digests: HashSet<(DigestAlgorithm, Vec<u8>)>,
    /// Algorithms by which every key record gives a digest, so that what none of them names is provably another.
    whole: Vec<DigestAlgorithm>,
}

impl Pinned {
    fn at(view: &View<'_>, owner: &Name) -> Self {
        let texts = view.texts_at(owner).unwrap_or_default();
        let keys: Vec<KeyRecord<'_>> =
            texts.iter().filter_map(|(_, text)| KeyRecord::parse(text).ok().flatten()).collect();
        let has = |key: &KeyRecord<'_>, algorithm| key.digests().any(|digest| digest.algorithm == algorithm);
        let is_whole =
            |algorithm: &DigestAlgorithm| !keys.is_empty() && keys.iter().all(|key| has(key, *algorithm));
        Self {
            whole: DigestAlgorithm::ALL.into_iter().filter(is_whole).collect(),
            digests: keys
                .iter()
                .flat_map(KeyRecord::digests)
                .map(|digest| (digest.algorithm, digest.as_bytes().to_vec()))
                .collect(),
        }
    }

    /// Whether a TLSA record names a whole CA certificate that provably is none of the pinned ones.
    fn excludes(&self, located: &Located<'_>) -> bool {
        let RData::TLSA(tlsa) = &located.record().data else { return false };
        let algorithm = match numbers(tlsa) {
            (0 | 2, 0, 1) => DigestAlgorithm::Sha256,
            (0 | 2, 0, 2) => DigestAlgorithm::Sha512,
            _ => return false,
        };
        self.whole.contains(&algorithm) && !self.digests.contains(&(algorithm, tlsa.cert_data.clone()))
    }
}

/// The servers of a label; those of mail between servers are the exchanges.
fn hosts(view: &View<'_>, publication: &Publication<'_>) -> Vec<(Name, u16)> {
    let host = |located: Located<'_>| match &located.record().data {
        RData::MX(mx) => Some((mx.exchange.clone(), publication.label.port())),
        RData::SRV(srv) => Some((srv.target.clone(), srv.port)),
        _ => None,
    };
    let mut hosts: Vec<(Name, u16)> = publication.servers.iter().copied().filter_map(host).collect();
    if let (Label::Mx, Found::Records(exchanges)) =
        (publication.label, view.names.follow(&publication.domain(), RecordType::MX))
    {
        hosts.extend(exchanges.iter().filter_map(host));
    }
    hosts.retain(|(target, _)| !target.is_root());
    hosts
}
