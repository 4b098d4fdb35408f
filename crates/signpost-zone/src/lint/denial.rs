//! The parameters of NSEC3.

use hickory_proto::dnssec::rdata::DNSSECRData;
use hickory_proto::rr::{RData, RecordType};

use super::finding::Sink;
use super::view::View;
use crate::namespace::{Located, Zone};

/// A zone with so many delegations may well leave the unsigned ones out of its chain.
const MANY_DELEGATIONS: usize = 1000;

struct Parameters<'v> {
    located: Located<'v>,
    iterations: u16,
    salt: &'v [u8],
    opt_out: bool,
}

/// The parameters of each zone: those that it says, or those of its first NSEC3 record.
fn parameters<'v>(view: &'v View<'_>) -> impl Iterator<Item = Parameters<'v>> {
    view.names.zones().filter_map(|zone: &Zone<'_>| {
        let opt_out = zone.of_type(RecordType::NSEC3).next().is_some_and(|located| {
            matches!(&located.entry.record.data, RData::DNSSEC(DNSSECRData::NSEC3(nsec3)) if nsec3.opt_out())
        });
        let located =
            zone.of_type(RecordType::NSEC3PARAM).next().or_else(|| zone.of_type(RecordType::NSEC3).next())?;
        match &located.entry.record.data {
            RData::DNSSEC(DNSSECRData::NSEC3PARAM(said)) => {
                let opt_out = opt_out || said.opt_out();
                Some(Parameters { located, iterations: said.iterations(), salt: said.salt(), opt_out })
            }
            RData::DNSSEC(DNSSECRData::NSEC3(used)) => {
                Some(Parameters { located, iterations: used.iterations(), salt: used.salt(), opt_out })
            }
            _ => None,
        }
    })
}

pub(super) fn iterations(view: &View<'_>, sink: &mut Sink<'_>) {
    for parameters in parameters(view).filter(|parameters| parameters.iterations > 0) {
        sink.at(parameters.located, &parameters.iterations.to_string(), || {
            format!("{} additional iterations of NSEC3", parameters.iterations)
        });
    }
}

pub(super) fn salt(view: &View<'_>, sink: &mut Sink<'_>) {
    for parameters in parameters(view).filter(|parameters| !parameters.salt.is_empty()) {
        sink.at(parameters.located, "", || "a salt of NSEC3".to_owned());
    }
}

pub(super) fn opt_out(view: &View<'_>, sink: &mut Sink<'_>) {
    for parameters in parameters(view).filter(|parameters| parameters.opt_out) {
        let zone = parameters.located.zone;
        let delegations = zone
            .nodes()
            .filter(|(owner, node)| **owner != zone.file.apex && node.set(RecordType::NS).is_some());
        if delegations.take(MANY_DELEGATIONS).count() < MANY_DELEGATIONS {
            sink.at(parameters.located, "", || "opt-out in a zone with few delegations".to_owned());
        }
    }
}
