//! Wildcards (RFC 4592).

use std::collections::HashMap;

use hickory_proto::rr::RecordType;
use signpost_protocol::Label;
use signpost_record::PolicyRecord;

use super::finding::Sink;
use super::view::View;
use crate::namespace::ancestors;

/// A policy of a wildcard that is kept from the very servers that it is about: where a name exists, no wildcard stands for it.
pub(super) fn shadowed_policy(view: &View<'_>, sink: &mut Sink<'_>) {
    let is_policy = |text: &[u8], label: Label| !matches!(PolicyRecord::parse(text, label.name()), Ok(None));
    let mut wildcards = HashMap::new();
    for (located, text) in view.texts().filter(|(located, _)| located.record().name.is_wildcard()) {
        for label in Label::ALL.iter().filter(|label| is_policy(text, **label)) {
            wildcards.insert((located.record().name.base_name(), *label), located);
        }
    }
    if wildcards.is_empty() {
        return;
    }
    for publication in view.publications().filter(|publication| !publication.servers.is_empty()) {
        let label = publication.label;
        if publication.texts.iter().any(|(_, text)| is_policy(text, label)) {
            continue;
        }
        // Of each wildcard the first name that it is kept from.
        for above in ancestors(&publication.owner).skip(1) {
            if let Some(located) = wildcards.remove(&(above, label)) {
                sink.at(located, "", || {
                    format!("this policy does not hold at {}, because that name exists", publication.owner)
                });
            }
        }
    }
}

/// SRV records that stand for any service; one below the label of some other service stands for none of mail.
pub(super) fn servers_of_any_service(view: &View<'_>, sink: &mut Sink<'_>) {
    for server in view.names.of_type(RecordType::SRV) {
        let owner = &server.record().name;
        let above = owner.base_name();
        let is_of_mail = above
            .iter()
            .next()
            .is_none_or(|label| !label.starts_with(b"_") || label.eq_ignore_ascii_case(b"_tcp"));
        if owner.is_wildcard() && is_of_mail {
            sink.at(server, "", || {
                format!("{owner} names this server for every service, whatever its protocol and its port")
            });
        }
    }
}
