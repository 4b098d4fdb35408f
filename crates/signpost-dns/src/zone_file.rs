//! A signed zone as a master file, for checkers and for other name servers.

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, RecordType};
use signpost_transcript::Transport;

use crate::answer::Answer;
use crate::fault::apply::apply;
use crate::fault::path::Delivery;
use crate::fault::{AnswerFaultKind, ForgeFault};
use crate::hierarchy::Hierarchy;
use crate::master_file;
use crate::question::Question;
use crate::rrset::Rrset;

impl Hierarchy {
    /// A zone as a signed master file, with the faults that a file can hold: what would be loaded into a name server.
    ///
    /// `None` if there is no zone with this origin.
    #[must_use]
    pub fn write_zone(&self, origin: &Name) -> Option<String> {
        let zone = self.tree().zone(origin)?;
        zone.sign_all();
        let mut records = Vec::new();
        for node in &zone.nodes {
            let mut sets: Vec<_> = node.sets.iter().collect();
            // Loaders want the SOA first.
            sets.sort_by_key(|set| (set.record_type != RecordType::SOA, u16::from(set.record_type)));
            for rrset in sets.into_iter().flat_map(|set| self.as_served(zone.rrset(node, set))) {
                records.extend(rrset.records());
                records.extend(rrset.signature_records());
            }
        }
        for rrset in zone.chain.rrsets(zone).into_iter().flat_map(|rrset| self.as_served(rrset)) {
            records.extend(rrset.records());
            records.extend(rrset.signature_records());
        }
        Some(master_file::write(&records))
    }

    /// An RRset as the faults of records, signatures, keys and DS leave it.
    fn as_served(&self, rrset: Rrset) -> Vec<Rrset> {
        let question =
            Question { name: rrset.owner.clone(), record_type: rrset.record_type, dnssec_ok: true };
        let mut answer = Answer { answer: vec![rrset], ..Answer::empty(ResponseCode::NoError) };
        for fault in &self.faults {
            // What is added to the additional section is in no zone.
            let is_of_records = match &fault.kind {
                AnswerFaultKind::Forge(forge) => !matches!(forge, ForgeFault::Additional { .. }),
                AnswerFaultKind::Dnskey(_)
                | AnswerFaultKind::Ds(_)
                | AnswerFaultKind::Record(_)
                | AnswerFaultKind::Signature(_) => true,
                _ => false,
            };
            if is_of_records {
                apply(fault, self.tree(), &question, Transport::Tcp, &mut answer, &mut Delivery::default());
            }
        }
        answer.answer
    }
}
