//! Faults of RRsets under signatures that stay as they were.

use std::sync::Arc;

use hickory_proto::rr::{Name, RecordType};

use super::RecordFault;
use super::scene::{Scene, told};
use crate::answer::Answer;
use crate::rrset::Rrset;

/// How far a TTL is raised.
const DAY: u32 = 86_400;

impl RecordFault {
    pub(super) fn apply(self, scene: Scene<'_>, answer: &mut Answer) -> Option<String> {
        let count = scene.selected(answer).into_iter().filter_map(|set| self.spoil(set)).count();
        told(count, self.name())
    }

    fn spoil(self, set: &mut Rrset) -> Option<()> {
        match self {
            Self::Altered => {
                let rdata = Arc::make_mut(&mut set.rdata).first_mut()?;
                alter(set.record_type, rdata);
            }
            Self::Added => {
                let rdata = Arc::make_mut(&mut set.rdata);
                let mut another = rdata.first()?.clone();
                alter(set.record_type, &mut another);
                rdata.push(another);
            }
            Self::Dropped => {
                if set.rdata.len() < 2 {
                    return None;
                }
                Arc::make_mut(&mut set.rdata).pop();
            }
            Self::TtlRaised => set.ttl += DAY,
            Self::OwnerCaseChanged => {
                let labels: Vec<Vec<u8>> = set.owner.iter().map(other_case).collect();
                let mut owner = Name::from_labels(labels).ok()?;
                owner.set_fqdn(true);
                set.owner = owner;
            }
            Self::TargetCaseChanged => {
                let start = start_of_name(set.record_type)?;
                for rdata in Arc::make_mut(&mut set.rdata) {
                    let name = rdata.split_off(start.min(rdata.len()));
                    // The length octets of labels are below 64, so they are no letters.
                    rdata.extend(other_case(&name));
                }
            }
        }
        Some(())
    }
}

/// Where the name begins that the RDATA of a type ends with, if it does.
fn start_of_name(record_type: RecordType) -> Option<usize> {
    match record_type {
        RecordType::CNAME | RecordType::DNAME | RecordType::NS | RecordType::PTR => Some(0),
        RecordType::MX => Some(2),
        RecordType::SRV => Some(6),
        _ => None,
    }
}

/// Flips a bit so that the RDATA keeps its form: in SRV the low bit of the port, in a TXT a letter, else the last bit
/// that belongs to no name.
fn alter(record_type: RecordType, rdata: &mut [u8]) {
    let place = match record_type {
        RecordType::SRV => 5,
        RecordType::MX => 1,
        RecordType::TXT => rdata.len().min(2).saturating_sub(1),
        // The first octet of the first label stays a letter if its lowest bit flips.
        RecordType::CNAME | RecordType::NS | RecordType::PTR | RecordType::DNAME | RecordType::NSEC => {
            rdata.len().min(2).saturating_sub(1)
        }
        _ => rdata.len().saturating_sub(1),
    };
    if let Some(octet) = rdata.get_mut(place) {
        *octet ^= 1;
    }
}

fn other_case(label: &[u8]) -> Vec<u8> {
    label
        .iter()
        .map(
            |octet| {
                if octet.is_ascii_lowercase() {
                    octet.to_ascii_uppercase()
                } else {
                    octet.to_ascii_lowercase()
                }
            },
        )
        .collect()
}
