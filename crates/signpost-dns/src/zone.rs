//! Zones before they are signed: what a publisher writes.

use hickory_proto::rr::{Name, Record, RecordType};

use crate::key::Algorithm;
use crate::master_file;
use crate::zone_error::{ZoneError, ZoneErrorKind};

/// A zone as its publisher wrote it: no signatures, no denial of existence.
#[derive(Clone, Debug)]
pub struct Zone {
    /// The name of the apex.
    pub origin: Name,
    /// The records, as the master file has them. [`Hierarchy::build`](crate::Hierarchy::build) adds DNSKEY records
    /// and, in the parent, DS records.
    pub records: Vec<Record>,
    /// Whether and how it is signed.
    pub signing: Signing,
}

/// Whether and how a zone is signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signing {
    /// With a key signing key and a zone signing key of its own.
    Signed {
        /// The algorithm of both keys.
        algorithm: Algorithm,
        /// How it proves that something does not exist.
        denial: Denial,
    },
    /// No DNSKEY here and no DS in the parent, which proves that there is none.
    Unsigned,
}

impl Default for Signing {
    fn default() -> Self {
        Self::Signed { algorithm: Algorithm::default(), denial: Denial::default() }
    }
}

/// How a zone proves that something does not exist.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Denial {
    /// NSEC (RFC 4034 section 4).
    #[default]
    Nsec,
    /// NSEC3 (RFC 5155) with SHA-1.
    Nsec3 {
        /// Additional iterations; RFC 9276 wants 0.
        iterations: u16,
        /// The salt; none is what RFC 9276 wants.
        salt: Option<[u8; 4]>,
        /// Whether unsigned delegations are left out of the chain.
        opt_out: bool,
    },
}

impl Zone {
    /// Reads an RFC 1035 master file. The zone is signed by default.
    ///
    /// # Errors
    /// Text that is no master file, a record outside the zone or of a type that the lab makes itself, a missing or
    /// second SOA, no NS at the apex, or an alias beside other records. Nearly all come with the line.
    pub fn parse(origin: Name, text: &str) -> Result<Self, ZoneError> {
        let mut origin = origin;
        origin.set_fqdn(true);
        let entries = master_file::read(&origin, text)?;
        for (line, record) in &entries {
            check_record(&origin, record).map_err(|kind| ZoneError { line: Some(*line), kind })?;
        }
        check_apex(&origin, &entries)?;
        check_aliases(&entries)?;
        Ok(Self {
            origin,
            records: entries.into_iter().map(|(_, record)| record).collect(),
            signing: Signing::default(),
        })
    }

    /// Removes the records of an owner, of one type or of all.
    ///
    /// Returns how many there were.
    pub fn remove(&mut self, owner: &Name, record_type: Option<RecordType>) -> usize {
        let before = self.records.len();
        self.records.retain(|record| {
            record.name != *owner || record_type.is_some_and(|wanted| wanted != record.record_type())
        });
        before - self.records.len()
    }

    /// Publishes records written as master file lines, in place of those with the same owner and type.
    ///
    /// # Errors
    /// As [`Zone::parse`], but for the rules about the whole zone.
    pub fn publish(&mut self, text: &str) -> Result<(), ZoneError> {
        let entries = master_file::read(&self.origin, text)?;
        for (line, record) in &entries {
            check_record(&self.origin, record).map_err(|kind| ZoneError { line: Some(*line), kind })?;
        }
        for (_, record) in &entries {
            self.remove(&record.name.clone(), Some(record.record_type()));
        }
        self.records.extend(entries.into_iter().map(|(_, record)| record));
        Ok(())
    }
}

fn check_record(origin: &Name, record: &Record) -> Result<(), ZoneErrorKind> {
    if !origin.zone_of(&record.name) {
        return Err(ZoneErrorKind::OutOfZone { owner: record.name.to_string(), origin: origin.to_string() });
    }
    match record.record_type() {
        made @ (RecordType::RRSIG | RecordType::NSEC | RecordType::NSEC3 | RecordType::NSEC3PARAM) => {
            Err(ZoneErrorKind::MadeBySigning { record_type: made.to_string() })
        }
        _ => Ok(()),
    }
}

fn check_apex(origin: &Name, entries: &[(usize, Record)]) -> Result<(), ZoneError> {
    let mut soa = entries.iter().filter(|(_, record)| record.record_type() == RecordType::SOA);
    let Some((line, first)) = soa.next() else {
        return Err(ZoneError { line: None, kind: ZoneErrorKind::NoSoa { origin: origin.to_string() } });
    };
    if first.name != *origin {
        let kind = ZoneErrorKind::SoaBelowApex { owner: first.name.to_string() };
        return Err(ZoneError { line: Some(*line), kind });
    }
    if let Some((line, _)) = soa.next() {
        return Err(ZoneError { line: Some(*line), kind: ZoneErrorKind::SecondSoa });
    }
    let has_ns =
        entries.iter().any(|(_, record)| record.record_type() == RecordType::NS && record.name == *origin);
    if !has_ns {
        return Err(ZoneError { line: None, kind: ZoneErrorKind::NoNs { origin: origin.to_string() } });
    }
    Ok(())
}

/// RFC 1034 section 3.6.2: where a CNAME stands, nothing else stands.
fn check_aliases(entries: &[(usize, Record)]) -> Result<(), ZoneError> {
    let mut sorted: Vec<&(usize, Record)> = entries.iter().collect();
    sorted.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name));
    for owner in sorted.chunk_by(|(_, a), (_, b)| a.name == b.name) {
        let alias = owner.iter().find(|(_, record)| record.record_type() == RecordType::CNAME);
        if let (Some((line, record)), true) = (alias, owner.len() > 1) {
            let kind = ZoneErrorKind::AliasBesideOthers { owner: record.name.to_string() };
            return Err(ZoneError { line: Some(*line), kind });
        }
    }
    Ok(())
}
