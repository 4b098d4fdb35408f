//! Names and what stands at them, looked up as a name server would, across all the zones that are given.

use std::collections::{HashMap, HashSet};

use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::BinDecodable as _;
use signpost_dns::MasterEntry;

use crate::ZoneFile;

/// Several zones, indexed once.
#[derive(Debug)]
pub(crate) struct Namespace<'z> {
    zones: Vec<Zone<'z>>,
    by_apex: HashMap<Name, usize>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Zone<'z> {
    /// Its place among the files.
    pub(crate) number: usize,
    pub(crate) file: &'z ZoneFile,
    /// In the order of the file.
    nodes: Vec<(Name, Node)>,
    by_name: HashMap<Name, usize>,
    /// All names that exist, those without records of their own too (RFC 4592 section 2.2.2).
    names: HashSet<Name>,
    by_type: HashMap<RecordType, Vec<usize>>,
    /// Delegations, and names that rename what is below them. Most zones have none, and nothing is looked for then.
    cuts: HashSet<Name>,
    renaming: HashMap<Name, usize>,
}

/// The records of one owner, by type, as places among the entries.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) sets: Vec<(RecordType, Vec<usize>)>,
}

/// A record and the zone that it stands in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Located<'n> {
    pub(crate) zone: &'n Zone<'n>,
    pub(crate) entry: &'n MasterEntry,
}

impl Located<'_> {
    pub(crate) fn record(&self) -> &Record {
        &self.entry.record
    }
}

/// Records of one owner and type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Set<'n> {
    zone: &'n Zone<'n>,
    places: &'n [usize],
}

impl<'n> Set<'n> {
    pub(crate) fn iter(self) -> impl Iterator<Item = Located<'n>> {
        self.places.iter().map(move |place| self.zone.located(*place))
    }
}

/// What a lookup finds.
#[derive(Debug)]
pub(crate) enum Found<'n> {
    /// Records of the type, the owner's or a wildcard's.
    Records(Set<'n>),
    /// The name is an alias, by this record.
    Alias(Located<'n>),
    /// There is no such record.
    Nothing,
    /// None of the zones says.
    Elsewhere,
}

impl Found<'_> {
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }
}

/// Longer chains of aliases are not followed: resolvers do not follow them either.
const MOST_ALIASES: usize = 8;

impl<'z> Namespace<'z> {
    pub(crate) fn new(files: &'z [ZoneFile]) -> Self {
        let zones: Vec<Zone<'z>> =
            files.iter().enumerate().map(|(number, file)| Zone::new(number, file)).collect();
        let by_apex = zones.iter().enumerate().map(|(place, zone)| (zone.file.apex.clone(), place)).collect();
        Self { zones, by_apex }
    }

    pub(crate) fn zones(&self) -> impl Iterator<Item = &Zone<'_>> {
        self.zones.iter()
    }

    /// Every record of a type that the zones answer with: what lies below a delegation is another's to say.
    pub(crate) fn of_type(&self, record_type: RecordType) -> impl Iterator<Item = Located<'_>> {
        let is_occluded = |located: &Located<'_>| {
            let owner = &located.record().name;
            located.zone.delegation(owner).is_some_and(|delegation| delegation != *owner)
        };
        self.zones
            .iter()
            .flat_map(move |zone| zone.of_type(record_type))
            .filter(move |located| !is_occluded(located))
    }

    /// The zone that a name lies in, if it is one of these.
    pub(crate) fn zone_of(&self, name: &Name) -> Option<&Zone<'_>> {
        match &self.zones[..] {
            [only] => only.file.apex.zone_of(name).then_some(only),
            zones => {
                ancestors(name).find_map(|ancestor| self.by_apex.get(&ancestor)).map(|place| &zones[*place])
            }
        }
    }

    /// One lookup, no alias followed.
    pub(crate) fn find(&self, name: &Name, record_type: RecordType) -> Found<'_> {
        self.zone_of(name).map_or(Found::Elsewhere, |zone| zone.find(name, record_type))
    }

    /// The same, aliases followed.
    pub(crate) fn follow(&self, name: &Name, record_type: RecordType) -> Found<'_> {
        let mut name = name.clone();
        for _ in 0..MOST_ALIASES {
            match self.find(&name, record_type) {
                Found::Alias(alias) => match target(&name, alias.record()) {
                    Some(next) => name = next,
                    None => return Found::Elsewhere,
                },
                found => return found,
            }
        }
        Found::Elsewhere
    }

    /// Whether a name provably has no address.
    pub(crate) fn has_no_address(&self, name: &Name) -> bool {
        [RecordType::A, RecordType::AAAA].iter().all(|family| self.follow(name, *family).is_nothing())
    }
}

impl<'z> Zone<'z> {
    fn new(number: usize, file: &'z ZoneFile) -> Self {
        let mut zone = Self {
            number,
            file,
            nodes: Vec::new(),
            by_name: HashMap::new(),
            names: HashSet::new(),
            by_type: HashMap::new(),
            cuts: HashSet::new(),
            renaming: HashMap::new(),
        };
        for (place, entry) in file.entries.iter().enumerate() {
            let (owner, record_type) = (&entry.record.name, entry.record.record_type());
            zone.by_type.entry(record_type).or_default().push(place);
            let next = zone.nodes.len();
            let node = *zone.by_name.entry(owner.clone()).or_insert(next);
            if node == next {
                zone.nodes.push((owner.clone(), Node::default()));
            }
            let sets = &mut zone.nodes[node].1.sets;
            match sets.iter_mut().find(|(known, _)| *known == record_type) {
                Some((_, places)) => places.push(place),
                None => sets.push((record_type, vec![place])),
            }
            if record_type == RecordType::NS && *owner != file.apex {
                zone.cuts.insert(owner.clone());
            } else if record_type == RecordType::DNAME {
                zone.renaming.insert(owner.clone(), place);
            }
            if file.apex.zone_of(owner) {
                // Once a name is known, those above it are.
                for name in ancestors(owner) {
                    let is_apex = name == file.apex;
                    if !zone.names.insert(name) || is_apex {
                        break;
                    }
                }
            }
        }
        zone
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = (&Name, &Node)> {
        self.nodes.iter().map(|(owner, node)| (owner, node))
    }

    fn node(&self, name: &Name) -> Option<&Node> {
        self.by_name.get(name).map(|place| &self.nodes[*place].1)
    }

    pub(crate) fn located(&self, place: usize) -> Located<'_> {
        Located { zone: self, entry: &self.file.entries[place] }
    }

    pub(crate) fn of_type(&self, record_type: RecordType) -> impl Iterator<Item = Located<'_>> {
        self.by_type.get(&record_type).into_iter().flatten().map(|place| self.located(*place))
    }

    /// Whether a name has records.
    pub(crate) fn has(&self, name: &Name) -> bool {
        self.by_name.contains_key(name)
    }

    /// The records of an owner itself.
    pub(crate) fn at(&self, owner: &Name, record_type: RecordType) -> Vec<Located<'_>> {
        let set = self.node(owner).and_then(|node| node.set(record_type));
        set.into_iter().flatten().map(|place| self.located(*place)).collect()
    }

    /// The delegation that a name lies at or below, the highest one.
    pub(crate) fn delegation(&self, name: &Name) -> Option<Name> {
        if self.cuts.is_empty() {
            return None;
        }
        ancestors(name).filter(|ancestor| self.cuts.contains(ancestor)).last()
    }

    /// The record that renames what a name lies below, the highest one.
    fn renaming(&self, name: &Name) -> Option<Located<'_>> {
        if self.renaming.is_empty() {
            return None;
        }
        let above = ancestors(name).skip(1).filter_map(|above| self.renaming.get(&above));
        above.last().map(|place| self.located(*place))
    }

    fn find(&self, name: &Name, record_type: RecordType) -> Found<'_> {
        if self.delegation(name).is_some() {
            return Found::Elsewhere;
        }
        if let Some(dname) = self.renaming(name) {
            return Found::Alias(dname);
        }
        if self.names.contains(name) {
            return self.node(name).map_or(Found::Nothing, |node| self.found(node, record_type));
        }
        let encloser = ancestors(name).find(|ancestor| self.names.contains(ancestor));
        let wildcard = encloser.and_then(|encloser| encloser.prepend_label("*").ok());
        let node = wildcard.and_then(|wildcard| self.node(&wildcard));
        node.map_or(Found::Nothing, |node| self.found(node, record_type))
    }

    fn found<'n>(&'n self, node: &'n Node, record_type: RecordType) -> Found<'n> {
        if let Some(places) = node.set(record_type) {
            return Found::Records(Set { zone: self, places });
        }
        match node.set(RecordType::CNAME).and_then(|places| places.first()) {
            Some(alias) => Found::Alias(self.located(*alias)),
            None => Found::Nothing,
        }
    }
}

impl Node {
    pub(crate) fn set(&self, record_type: RecordType) -> Option<&Vec<usize>> {
        self.sets.iter().find(|(known, _)| *known == record_type).map(|(_, places)| places)
    }
}

/// A name and all that are above it, the root last.
pub(crate) fn ancestors(name: &Name) -> impl Iterator<Item = Name> + use<> {
    let mut next = Some(name.clone());
    std::iter::from_fn(move || {
        let name = next.take()?;
        if !name.is_root() {
            next = Some(name.base_name());
        }
        Some(name)
    })
}

/// Where an alias leads for this name.
fn target(name: &Name, alias: &Record) -> Option<Name> {
    match &alias.data {
        RData::CNAME(target) => Some(target.0.clone()),
        RData::Unknown { code: RecordType::DNAME, rdata } => {
            let target = Name::from_bytes(&rdata.anything).ok()?;
            let kept = name.iter().len().checked_sub(alias.name.iter().len())?;
            Name::from_labels(name.iter().take(kept)).ok()?.append_name(&target).ok().map(|mut name| {
                name.set_fqdn(true);
                name
            })
        }
        _ => None,
    }
}
