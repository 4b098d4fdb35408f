//! Every kind of fault with the verdict that the RFCs give on it, on zones made for showing them.

mod rows;

use hickory_proto::rr::{Name, RecordType};

use crate::fault::{Fault, FaultKind, FaultParams, Target};
use crate::key::Algorithm;
use crate::zone::{Denial, Signing, Zone};
use crate::zone_error::ZoneError;

/// The security status of an answer (RFC 4035 section 4.3).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Verdict {
    /// A chain of signatures and DS records fails where it should hold.
    Bogus,
    /// There is no answer to judge.
    Indeterminate,
    /// It is proven that there is no chain.
    Insecure,
    /// The chain holds.
    Secure,
}

/// One kind of fault, a place to show it, and what a validator must say of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CatalogueRow {
    /// The kind, as scenarios name it.
    pub kind: &'static str,
    /// The parameter `records`, where the kind takes it.
    pub records: Option<&'static str>,
    /// The parameter `rcode`, where the kind takes it.
    pub rcode: Option<&'static str>,
    /// Where, as `NAME/TYPE`, or `NAME` alone for a zone, or `*` for the whole path.
    pub at: &'static str,
    /// The question that shows it, as `NAME/TYPE`.
    pub question: &'static str,
    /// The verdicts that the rule allows.
    pub verdicts: &'static [Verdict],
    /// The rule that decides, with its place.
    pub rule: &'static str,
}

/// Every kind of fault at least once.
#[must_use]
pub fn catalogue() -> &'static [CatalogueRow] {
    rows::ROWS
}

impl CatalogueRow {
    /// The fault for [`Hierarchy::build`](crate::Hierarchy::build).
    ///
    /// # Panics
    /// Never: a test reads every row.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let params = FaultParams {
            records: self.records.map(str::to_owned),
            rcode: self.rcode.map(str::to_owned),
            seconds: None,
        };
        let kind = FaultKind::parse(self.kind, &params).expect("a test reads every row of the catalogue");
        let target = match self.at.split_once('/') {
            _ if self.at == "*" => Target::default(),
            Some(_) => {
                let (owner, record_type) = parse_question(self.at);
                Target { owner: Some(owner), record_type: Some(record_type) }
            }
            None => Target { owner: Some(parse_name(self.at)), record_type: None },
        };
        Fault { at: format!("dns:{}", self.at), target, kind }
    }

    /// The question that shows the fault.
    ///
    /// # Panics
    /// Never: a test reads every row.
    #[must_use]
    pub fn asked(&self) -> (Name, RecordType) {
        parse_question(self.question)
    }
}

fn parse_question(text: &str) -> (Name, RecordType) {
    let (name, record_type) = text.split_once('/').unwrap_or((text, "A"));
    (parse_name(name), record_type.parse().expect("a test reads every row of the catalogue"))
}

fn parse_name(text: &str) -> Name {
    let mut name = Name::from_ascii(text).expect("a test reads every row of the catalogue");
    name.set_fqdn(true);
    name
}

/// The zones on which the catalogue shows its faults: a root, `com`, `example.com` with the records that the project
/// starts from, and below it a zone without signatures, several with NSEC3, and one for each algorithm.
///
/// # Errors
/// None: a test reads them.
pub fn catalogue_zones() -> Result<Vec<Zone>, ZoneError> {
    let child = include_str!("../../../../scenarios/worlds/resolver/child.zone");
    let nsec3 = |iterations, salt, opt_out| Denial::Nsec3 { iterations, salt, opt_out };
    let signed = |denial| Signing::Signed { algorithm: Algorithm::default(), denial };
    let with = |algorithm| Signing::Signed { algorithm, denial: Denial::default() };
    let plain = Signing::default();
    [
        (".", include_str!("../../../../scenarios/worlds/resolver/root.zone"), plain),
        ("com.", include_str!("../../../../scenarios/worlds/resolver/com.zone"), plain),
        ("example.com.", include_str!("../../../../scenarios/worlds/resolver/example.com.zone"), plain),
        ("insecure.example.com.", child, Signing::Unsigned),
        ("nsec3.example.com.", child, signed(nsec3(0, None, false))),
        ("salted.example.com.", child, signed(nsec3(5, Some([0xaa, 0xbb, 0xcc, 0xdd]), false))),
        ("optout.example.com.", child, signed(nsec3(0, None, true))),
        ("insecure.optout.example.com.", child, Signing::Unsigned),
        ("secure.optout.example.com.", child, plain),
        ("rsasha256.example.com.", child, with(Algorithm::RsaSha256)),
        ("rsasha512.example.com.", child, with(Algorithm::RsaSha512)),
        ("ecdsap384.example.com.", child, with(Algorithm::EcdsaP384Sha384)),
        ("ed25519.example.com.", child, with(Algorithm::Ed25519)),
    ]
    .into_iter()
    .map(|(origin, text, signing)| {
        let mut zone = Zone::parse(parse_name(origin), text)?;
        zone.signing = signing;
        Ok(zone)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_a_row() {
        let kinds: BTreeSet<&str> = catalogue().iter().map(|row| row.kind).collect();
        let missing: Vec<&str> = FaultKind::names().filter(|name| !kinds.contains(name)).collect();
        assert!(missing.is_empty(), "without a row: {missing:?}");
    }

    #[test]
    fn every_row_can_be_read() {
        for row in catalogue() {
            assert_eq!(row.fault().kind.name(), row.kind);
            let (name, _) = row.asked();
            assert!(name.is_fqdn());
            assert!(row.rule.contains("RFC") && !row.verdicts.is_empty(), "{row:?}");
        }
    }

    #[test]
    fn the_zones_can_be_read() {
        assert_eq!(catalogue_zones().unwrap().len(), 13);
    }
}
