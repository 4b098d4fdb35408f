//! What the rules look at.

use std::collections::{HashMap, HashSet};

use hickory_proto::rr::{Name, RData, RecordType};
use signpost_protocol::Label;
use signpost_record::join;

use crate::namespace::{Found, Located, Namespace, Zone};

/// The zones, indexed, and what they say of mail services.
#[derive(Debug)]
pub(crate) struct View<'n> {
    pub(crate) names: &'n Namespace<'n>,
    pub(crate) now: Option<u32>,
    publications: Vec<Publication<'n>>,
    /// Places of publications by their owners.
    by_owner: HashMap<Name, usize>,
    texts: Vec<(Located<'n>, Vec<u8>)>,
    /// Names that aliases lead to.
    aliased: HashSet<Name>,
}

/// What stands at `_LABEL._tcp.DOMAIN`.
#[derive(Debug)]
pub(crate) struct Publication<'n> {
    pub(crate) owner: Name,
    pub(crate) label: Label,
    /// SRV records at the owner itself.
    pub(crate) servers: Vec<Located<'n>>,
    /// TXT records at the owner itself, joined.
    pub(crate) texts: Vec<(Located<'n>, Vec<u8>)>,
}

impl<'n> Publication<'n> {
    fn new(zone: &'n Zone<'n>, owner: &Name, label: Label) -> Self {
        let texts = zone.at(owner, RecordType::TXT).into_iter();
        let texts = texts.filter_map(|text| Some((text, joined(text)?))).collect();
        Self { owner: owner.clone(), label, servers: zone.at(owner, RecordType::SRV), texts }
    }

    /// The domain whose service it is.
    pub(crate) fn domain(&self) -> Name {
        self.owner.base_name().base_name()
    }
}

impl<'n> View<'n> {
    pub(crate) fn new(names: &'n Namespace<'n>, now: Option<u32>) -> Self {
        let mut publications = Vec::new();
        for zone in names.zones() {
            for (owner, _) in zone.nodes() {
                let label = label_of(owner).filter(|_| zone.delegation(owner).is_none());
                publications.extend(label.map(|label| Publication::new(zone, owner, label)));
            }
        }
        let by_owner =
            publications.iter().enumerate().map(|(place, publication)| (publication.owner.clone(), place));
        let texts = names.of_type(RecordType::TXT).filter_map(|text| Some((text, joined(text)?)));
        let aliased = names.of_type(RecordType::CNAME).filter_map(|alias| match &alias.entry.record.data {
            RData::CNAME(target) => Some(target.0.clone()),
            _ => None,
        });
        Self {
            names,
            now,
            by_owner: by_owner.collect(),
            texts: texts.collect(),
            aliased: aliased.collect(),
            publications,
        }
    }

    /// Whether an alias leads to a name, so that it is looked up under another one.
    pub(crate) fn is_aliased(&self, name: &Name) -> bool {
        self.aliased.contains(name)
    }

    /// What is published under the labels of mail services.
    pub(crate) fn publications(&self) -> impl Iterator<Item = &Publication<'n>> {
        self.publications.iter()
    }

    /// What is published under the other labels of the same service of the same domain.
    pub(crate) fn siblings(&self, publication: &Publication<'_>) -> impl Iterator<Item = &Publication<'n>> {
        let (own, domain) = (publication.label, publication.domain());
        let others = own.service().labels().iter().filter(move |label| **label != own);
        others.filter_map(move |label| {
            self.by_owner.get(&owner_of(*label, &domain)?).map(|place| &self.publications[*place])
        })
    }

    /// What a lookup of TXT records comes to, joined.
    pub(crate) fn texts_at(&self, name: &Name) -> Option<Vec<(Located<'_>, Vec<u8>)>> {
        match self.names.follow(name, RecordType::TXT) {
            Found::Records(records) => {
                Some(records.iter().filter_map(|text| Some((text, joined(text)?))).collect())
            }
            Found::Nothing => Some(Vec::new()),
            Found::Alias(_) | Found::Elsewhere => None,
        }
    }

    /// Every TXT record, joined.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (Located<'n>, &[u8])> {
        self.texts.iter().map(|(located, text)| (*located, text.as_slice()))
    }
}

/// The character-strings of a TXT record as one.
pub(crate) fn joined(located: Located<'_>) -> Option<Vec<u8>> {
    let RData::TXT(text) = &located.record().data else { return None };
    let strings: Vec<&[u8]> = text.txt_data.iter().map(AsRef::as_ref).collect();
    Some(join(&strings).into_owned())
}

/// The label of an owner `_LABEL._tcp.DOMAIN`.
pub(crate) fn label_of(owner: &Name) -> Option<Label> {
    let mut labels = owner.iter();
    let (service, transport) = (labels.next()?, labels.next()?);
    let service = std::str::from_utf8(service).ok()?.strip_prefix('_')?;
    let label = Label::ALL.iter().find(|label| label.name().eq_ignore_ascii_case(service))?;
    transport.eq_ignore_ascii_case(b"_tcp").then_some(*label)
}

/// Where a label of a domain is published.
pub(crate) fn owner_of(label: Label, domain: &Name) -> Option<Name> {
    domain.prepend_label("_tcp").ok()?.prepend_label(format!("_{label}")).ok()
}
