//! Key records, and the policies that name them.

use std::collections::{HashMap, HashSet};

use hickory_proto::rr::Name;
use signpost_record::KeyRecord;

use super::finding::Sink;
use super::policy::{policies, report};
use super::view::View;
use crate::namespace::Located;

/// A policy that names key records, the name as written, and absolute.
struct Naming<'n> {
    policy: Located<'n>,
    written: String,
    owner: Name,
}

/// Every naming of key records by a policy that can be read.
fn namings(view: &View<'_>, mut each: impl FnMut(Naming<'_>)) {
    for publication in view.publications() {
        for (policy, record) in policies(publication) {
            let Some(written) = record.starttls.map(|name| name.as_str().to_owned()) else { continue };
            let Ok(mut owner) = Name::from_ascii(&written) else { continue };
            owner.set_fqdn(true);
            each(Naming { policy, written, owner });
        }
    }
}

/// What is meant for a key record, whether it can be read or not.
fn is_key_record(text: &[u8]) -> bool {
    !matches!(KeyRecord::parse(text), Ok(None))
}

/// Whether a name was meant to go on with the zone's.
fn meant(view: &View<'_>, naming: &Naming<'_>) -> Option<Name> {
    let apex = &naming.policy.zone.file.apex;
    let longer = naming.owner.clone().append_domain(apex).ok()?;
    let has_keys = |name: &Name| {
        view.texts_at(name).is_some_and(|texts| texts.iter().any(|(_, text)| is_key_record(text)))
    };
    (!apex.zone_of(&naming.owner) && (naming.owner.iter().len() == 1 || has_keys(&longer))).then_some(longer)
}

pub(super) fn relative_name(view: &View<'_>, sink: &mut Sink<'_>) {
    namings(view, |naming| {
        if let Some(meant) = meant(view, &naming) {
            sink.at(naming.policy, &naming.written, || {
                format!(
                    "`{}` is an absolute name; was `{}` meant?",
                    naming.written,
                    meant.to_ascii().trim_end_matches('.')
                )
            });
        }
    });
}

pub(super) fn missing(view: &View<'_>, sink: &mut Sink<'_>) {
    // Many policies name one owner, which is looked up once.
    let mut lookups: HashMap<Name, bool> = HashMap::new();
    namings(view, |naming| {
        let is_missing = *lookups.entry(naming.owner.clone()).or_insert_with(|| {
            let texts = view.texts_at(&naming.owner);
            texts.is_some_and(|texts| !texts.iter().any(|(_, text)| is_key_record(text)))
        });
        if is_missing && meant(view, &naming).is_none() {
            sink.at(naming.policy, &naming.written, || format!("no key record stands at {}", naming.owner));
        }
    });
}

pub(super) fn malformed(view: &View<'_>, sink: &mut Sink<'_>) {
    for (located, text) in view.texts() {
        if let Err(error) = KeyRecord::parse(text) {
            report(sink, located, text, &error);
        }
    }
}

pub(super) fn weak(view: &View<'_>, sink: &mut Sink<'_>) {
    for (located, text) in view.texts() {
        let strongest = KeyRecord::parse(text).ok().flatten().and_then(|record| record.strongest());
        if strongest.is_some_and(|digest| digest.algorithm.is_weak()) {
            sink.at(located, "sha1", || "a pin that rests on SHA-1 alone".to_owned());
        }
    }
}

pub(super) fn void_pin(view: &View<'_>, sink: &mut Sink<'_>) {
    namings(view, |naming| {
        if !naming.policy.zone.file.is_signed {
            sink.at(naming.policy, &naming.written, || {
                format!(
                    "the zone {} is not signed, so that clients do not use its pins",
                    naming.policy.zone.file.apex
                )
            });
        }
    });
}

/// Key records of an unsigned zone. Those that a policy of the same zone names are told at the policy.
pub(super) fn unsigned(view: &View<'_>, sink: &mut Sink<'_>) {
    let mut named = HashSet::new();
    namings(view, |naming| {
        if !naming.policy.zone.file.is_signed {
            named.insert(naming.owner);
        }
    });
    for (located, text) in view.texts() {
        let owner = &located.record().name;
        if !located.zone.file.is_signed
            && !named.contains(owner)
            && matches!(KeyRecord::parse(text), Ok(Some(_)))
        {
            sink.at(located, "", || {
                format!("a key record in the zone {}, which is not signed", located.zone.file.apex)
            });
        }
    }
}
