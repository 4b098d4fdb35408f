//! Signatures: there, and in time.

use hickory_proto::dnssec::rdata::{DNSSECRData, RRSIG};
use hickory_proto::rr::{RData, RecordType};

use super::finding::Sink;
use super::view::View;
use crate::namespace::Located;

/// Signers sign anew a week before the end, as BIND does, or with half of the time left: who comes below three days has
/// stopped.
const MARGIN: i64 = 3 * 86_400;

fn signatures<'v>(view: &'v View<'_>) -> impl Iterator<Item = (Located<'v>, &'v RRSIG)> {
    view.names.of_type(RecordType::RRSIG).filter_map(|located| match &located.entry.record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(signature)) => Some((located, signature)),
        _ => None,
    })
}

/// How long from one time to another, both modulo 2³² (RFC 4034 section 3.1.5).
fn seconds_until(time: u32, now: u32) -> i64 {
    i64::from(time.wrapping_sub(now).cast_signed())
}

pub(super) fn expired(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(now) = view.now else { return };
    for (located, signature) in signatures(view) {
        let left = seconds_until(signature.input().sig_expiration.get(), now);
        if left < 0 {
            sink.at(located, "", || {
                format!(
                    "the signature of {} {} expired {} ago",
                    located.record().name,
                    signature.input().type_covered,
                    length(-left)
                )
            });
        }
    }
}

pub(super) fn expires_soon(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(now) = view.now else { return };
    for (located, signature) in signatures(view) {
        let left = seconds_until(signature.input().sig_expiration.get(), now);
        if (0..MARGIN).contains(&left) {
            sink.at(located, "", || {
                format!(
                    "the signature of {} {} expires in {}",
                    located.record().name,
                    signature.input().type_covered,
                    length(left)
                )
            });
        }
    }
}

pub(super) fn not_yet_valid(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(now) = view.now else { return };
    for (located, signature) in signatures(view) {
        let left = seconds_until(signature.input().sig_inception.get(), now);
        if left > 0 {
            sink.at(located, "", || {
                format!(
                    "the signature of {} {} holds in {} only",
                    located.record().name,
                    signature.input().type_covered,
                    length(left)
                )
            });
        }
    }
}

/// An RRset without a signature in a zone that has some. What lies at and below delegations is not the zone's to sign.
pub(super) fn missing(view: &View<'_>, sink: &mut Sink<'_>) {
    for zone in view.names.zones().filter(|zone| zone.file.has_signatures) {
        for (owner, node) in zone.nodes().filter(|(owner, _)| zone.file.apex.zone_of(owner)) {
            let delegation = zone.delegation(owner);
            if delegation.as_ref().is_some_and(|delegation| delegation != owner) {
                continue;
            }
            let covered: Vec<RecordType> = node
                .set(RecordType::RRSIG)
                .into_iter()
                .flatten()
                .filter_map(|place| match &zone.file.entries[*place].record.data {
                    RData::DNSSEC(DNSSECRData::RRSIG(signature)) => Some(signature.input().type_covered),
                    _ => None,
                })
                .collect();
            for (record_type, places) in &node.sets {
                let is_ours =
                    delegation.is_none() || matches!(record_type, RecordType::DS | RecordType::NSEC);
                if is_ours && *record_type != RecordType::RRSIG && !covered.contains(record_type) {
                    sink.at(zone.located(places[0]), "", || {
                        format!("{owner} {record_type} has no signature")
                    });
                }
            }
        }
    }
}

fn length(seconds: i64) -> String {
    match seconds {
        0..7200 => format!("{} minutes", seconds / 60),
        7200..172_800 => format!("{} hours", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
