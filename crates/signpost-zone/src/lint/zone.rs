//! The zone as a whole: what makes name servers refuse it, or answer otherwise than it says.

use hickory_proto::rr::RecordType;

use super::finding::Sink;
use super::view::View;

pub(super) fn alias_beside_others(view: &View<'_>, sink: &mut Sink<'_>) {
    let may_stand_beside = |record_type: &RecordType| {
        matches!(record_type, RecordType::CNAME | RecordType::KEY | RecordType::NSEC | RecordType::RRSIG)
    };
    for zone in view.names.zones() {
        for (owner, node) in zone.nodes() {
            let Some(aliases) = node.set(RecordType::CNAME) else { continue };
            if aliases.len() > 1 || node.sets.iter().any(|(record_type, _)| !may_stand_beside(record_type)) {
                sink.at(zone.located(aliases[0]), "", || format!("an alias beside other records at {owner}"));
            }
        }
    }
}

pub(super) fn outside(view: &View<'_>, sink: &mut Sink<'_>) {
    for zone in view.names.zones() {
        let outside = zone.nodes().filter(|(owner, _)| !zone.file.apex.zone_of(owner));
        for (owner, node) in outside {
            if let Some(place) = node.sets.first().and_then(|(_, places)| places.first()) {
                sink.at(zone.located(*place), "", || {
                    format!("{owner} is not in the zone {}", zone.file.apex)
                });
            }
        }
    }
}

pub(super) fn second_start(view: &View<'_>, sink: &mut Sink<'_>) {
    for zone in view.names.zones() {
        if let Some(second) = zone.of_type(RecordType::SOA).nth(1) {
            sink.at(second, "", || "a second SOA record".to_owned());
        }
    }
}

pub(super) fn without_name_server(view: &View<'_>, sink: &mut Sink<'_>) {
    for zone in view.names.zones() {
        if zone.at(&zone.file.apex, RecordType::NS).is_empty()
            && let Some(soa) = zone.of_type(RecordType::SOA).next()
        {
            sink.at(soa, "", || format!("no name server at {}", zone.file.apex));
        }
    }
}

pub(super) fn ttls_differ(view: &View<'_>, sink: &mut Sink<'_>) {
    for zone in view.names.zones() {
        for (owner, node) in zone.nodes() {
            for (record_type, places) in
                node.sets.iter().filter(|(record_type, _)| *record_type != RecordType::RRSIG)
            {
                let ttl = |place: &usize| zone.located(*place).entry.record.ttl;
                if let Some(other) = places.iter().find(|place| ttl(place) != ttl(&places[0])) {
                    sink.at(zone.located(*other), "", || {
                        format!(
                            "{owner} {record_type} has TTLs of {} and {} seconds",
                            ttl(&places[0]),
                            ttl(other)
                        )
                    });
                }
            }
        }
    }
}
