//! The hosts that SRV and MX records name.

use hickory_proto::rr::{Name, RData, RecordType};

use super::finding::Sink;
use super::view::{View, label_of};
use crate::namespace::{Found, Located};

/// The hosts of mail servers: the targets of SRV records under the labels of mail services, and exchanges.
fn targets(view: &View<'_>, mut each: impl FnMut(Located<'_>, &Name)) {
    for server in view.names.of_type(RecordType::SRV) {
        if let RData::SRV(srv) = &server.record().data
            && label_of(&server.record().name).is_some()
            && !srv.target.is_root()
        {
            each(server, &srv.target);
        }
    }
    for exchange in view.names.of_type(RecordType::MX) {
        if let RData::MX(mx) = &exchange.record().data
            && !mx.exchange.is_root()
        {
            each(exchange, &mx.exchange);
        }
    }
}

fn is_address(target: &Name) -> bool {
    target.to_ascii().trim_end_matches('.').parse::<std::net::IpAddr>().is_ok()
        || target.iter().len() > 4 && target.iter().take(4).all(|label| label.iter().all(u8::is_ascii_digit))
}

/// Whether the apex stands twice at the end of a name: a final dot was forgotten.
fn doubles_apex(located: &Located<'_>, target: &Name) -> bool {
    let apex = &located.zone.file.apex;
    !apex.is_root()
        && apex.clone().append_domain(apex).is_ok_and(|doubled| doubled.zone_of(target))
        && !located.zone.has(target)
}

pub(super) fn address(view: &View<'_>, sink: &mut Sink<'_>) {
    targets(view, |located, target| {
        if is_address(target) {
            sink.at(located, &target.to_ascii(), || format!("{target} is an address, and no name"));
        }
    });
}

pub(super) fn final_dot(view: &View<'_>, sink: &mut Sink<'_>) {
    targets(view, |located, target| {
        if !is_address(target) && doubles_apex(&located, target) {
            let written = target.to_ascii();
            let apex = format!(".{}", located.zone.file.apex.to_ascii());
            sink.at(located, written.strip_suffix(&apex).unwrap_or(&written), || {
                format!("the host is {target}: a final dot is missing")
            });
        }
    });
}

pub(super) fn alias(view: &View<'_>, sink: &mut Sink<'_>) {
    targets(view, |located, target| {
        if matches!(view.names.find(target, RecordType::A), Found::Alias(_)) {
            sink.at(located, &target.to_ascii(), || format!("{target} is an alias"));
        }
    });
}

pub(super) fn no_address(view: &View<'_>, sink: &mut Sink<'_>) {
    targets(view, |located, target| {
        if view.names.has_no_address(target) && !is_address(target) && !doubles_apex(&located, target) {
            sink.at(located, &target.to_ascii(), || format!("{target} has no address"));
        }
    });
}

pub(super) fn outside_unsigned(view: &View<'_>, sink: &mut Sink<'_>) {
    targets(view, |located, target| {
        let owner = &located.record().name;
        let domain = owner.base_name().base_name();
        if label_of(owner).is_some() && !located.zone.file.is_signed && !domain.zone_of(target) {
            sink.at(located, &target.to_ascii(), || {
                format!("{target} lies outside {domain}, whose zone is not signed")
            });
        }
    });
}
