//! Resource record sets and their signatures, held as wire-format RDATA so that a fault can change any octet.

use std::sync::{Arc, OnceLock};

use hickory_proto::rr::rdata::NULL;
use hickory_proto::rr::{Name, RData, Record, RecordType};

use crate::key::ZoneKey;
use crate::wire;

/// The RRs of one owner and type in an answer, with their signatures.
#[derive(Clone, Debug)]
pub(crate) struct Rrset {
    pub(crate) owner: Name,
    pub(crate) record_type: RecordType,
    pub(crate) ttl: u32,
    /// RDATA in canonical form and canonical order.
    pub(crate) rdata: Arc<Vec<Vec<u8>>>,
    pub(crate) signatures: Arc<Vec<Rrsig>>,
    /// Place of the zone in the hierarchy that it comes from.
    pub(crate) zone: usize,
}

impl Rrset {
    /// The same without what chance puts into signatures, so that two of the same are alike. Whose key they are made with
    /// stands in their other fields.
    pub(crate) fn without_chance(&self) -> Self {
        let mut signatures = self.signatures.as_ref().clone();
        signatures.iter_mut().for_each(|rrsig| rrsig.signature.fill(0));
        Self { signatures: Arc::new(signatures), ..self.clone() }
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = Record> + '_ {
        self.rdata
            .iter()
            .map(|rdata| raw_record(self.owner.clone(), self.ttl, self.record_type, rdata.clone()))
    }

    pub(crate) fn signature_records(&self) -> impl Iterator<Item = Record> + '_ {
        self.signatures
            .iter()
            .map(|rrsig| raw_record(self.owner.clone(), self.ttl, RecordType::RRSIG, rrsig.rdata()))
    }
}

/// A record whose RDATA is emitted as it is.
pub(crate) fn raw_record(owner: Name, ttl: u32, record_type: RecordType, rdata: Vec<u8>) -> Record {
    let rdata = if rdata.is_empty() { NULL::new() } else { NULL::with(rdata) };
    Record::from_rdata(owner, ttl, RData::Unknown { code: record_type, rdata })
}

/// When a signature holds, in seconds since 1970 modulo 2³² (RFC 4034 section 3.1.5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Validity {
    pub(crate) inception: u32,
    pub(crate) expiration: u32,
}

impl Validity {
    /// An hour back for clocks that are slow, two weeks ahead.
    ///
    /// Both wrap as the times of a signature do: they are serial numbers (RFC 1982), of which the later one is the
    /// one less than 2³¹ ahead, whichever is larger. So signatures work in 2106 and on a clock at the epoch.
    pub(crate) fn around(now: u32) -> Self {
        Self { inception: now.wrapping_sub(3600), expiration: now.wrapping_add(14 * 86_400) }
    }
}

/// An RRSIG record's RDATA, field by field (RFC 4034 section 3.1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Rrsig {
    pub(crate) type_covered: RecordType,
    pub(crate) algorithm: u8,
    pub(crate) labels: u8,
    pub(crate) original_ttl: u32,
    pub(crate) validity: Validity,
    pub(crate) key_tag: u16,
    pub(crate) signer: Name,
    pub(crate) signature: Vec<u8>,
}

impl Rrsig {
    /// The fields of an honest signature, without the signature itself.
    pub(crate) fn unsigned(
        owner: &Name,
        record_type: RecordType,
        ttl: u32,
        key: &ZoneKey,
        signer: &Name,
        validity: Validity,
    ) -> Self {
        Self {
            type_covered: record_type,
            algorithm: key.algorithm(),
            // The root label and a leading asterisk do not count, so that a validator sees that an answer was expanded.
            labels: owner.num_labels(),
            original_ttl: ttl,
            validity,
            key_tag: key.tag,
            signer: signer.clone(),
            signature: Vec::new(),
        }
    }

    /// Signs the RRset under the fields as they stand, whether they are right or not.
    pub(crate) fn sign(
        mut self,
        owner: &Name,
        record_type: RecordType,
        rdata: &[Vec<u8>],
        key: &ZoneKey,
    ) -> Self {
        let mut data = self.fields();
        let mut owner = wire::lowercase_name(&owner_under_labels(owner, self.labels));
        owner.extend(u16::from(record_type).to_be_bytes());
        owner.extend(1u16.to_be_bytes());
        owner.extend(self.original_ttl.to_be_bytes());
        for rdata in rdata {
            data.extend_from_slice(&owner);
            // RDATA that came out of a message or a master file has at most 65535 octets.
            data.extend((rdata.len() as u16).to_be_bytes());
            data.extend_from_slice(rdata);
        }
        self.signature =
            key.sign(&data).expect("signing with a generated key fails only where randomness does");
        self
    }

    pub(crate) fn rdata(&self) -> Vec<u8> {
        let mut rdata = self.fields();
        rdata.extend_from_slice(&self.signature);
        rdata
    }

    fn fields(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(18 + self.signer.len() + 64);
        bytes.extend(u16::from(self.type_covered).to_be_bytes());
        bytes.extend([self.algorithm, self.labels]);
        bytes.extend(self.original_ttl.to_be_bytes());
        bytes.extend(self.validity.expiration.to_be_bytes());
        bytes.extend(self.validity.inception.to_be_bytes());
        bytes.extend(self.key_tag.to_be_bytes());
        bytes.extend(wire::lowercase_name(&self.signer));
        bytes
    }
}

/// The owner that a validator reconstructs from the labels field (RFC 4035 section 5.3.2).
fn owner_under_labels(owner: &Name, labels: u8) -> Name {
    let wanted = usize::from(labels);
    if usize::from(owner.num_labels()) <= wanted {
        return owner.clone();
    }
    let mut encloser = owner.clone();
    while encloser.iter().len() > wanted {
        encloser = encloser.base_name();
    }
    encloser.prepend_label("*").unwrap_or(encloser)
}

/// An RRset at rest in a zone, signed when it is first asked for.
#[derive(Debug)]
pub(crate) struct StoredRrset {
    pub(crate) record_type: RecordType,
    pub(crate) ttl: u32,
    pub(crate) rdata: Arc<Vec<Vec<u8>>>,
    signatures: OnceLock<Arc<Vec<Rrsig>>>,
}

impl StoredRrset {
    pub(crate) fn new(record_type: RecordType, ttl: u32, mut rdata: Vec<Vec<u8>>) -> Self {
        rdata.sort_unstable();
        rdata.dedup();
        Self { record_type, ttl, rdata: Arc::new(rdata), signatures: OnceLock::new() }
    }

    pub(crate) fn signatures(&self, sign: impl FnOnce() -> Vec<Rrsig>) -> Arc<Vec<Rrsig>> {
        Arc::clone(self.signatures.get_or_init(|| Arc::new(sign())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_labels_mean_a_wildcard() {
        let owner = Name::from_ascii("a.b.example.").unwrap();
        assert_eq!(owner_under_labels(&owner, 3), owner);
        assert_eq!(owner_under_labels(&owner, 9), owner);
        assert_eq!(owner_under_labels(&owner, 1), Name::from_ascii("*.example.").unwrap());
        assert_eq!(owner_under_labels(&owner, 0), Name::from_ascii("*.").unwrap());
        let wildcard = Name::from_ascii("*.example.").unwrap();
        assert_eq!(owner_under_labels(&wildcard, 1), wildcard);
    }
}
