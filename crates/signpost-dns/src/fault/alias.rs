//! Faults of aliases.

use std::sync::Arc;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, RecordType};

use super::AliasFault;
use super::scene::Scene;
use crate::answer::Answer;
use crate::rrset::{Rrset, Rrsig};
use crate::wire;

/// TTL of made-up aliases.
const TTL: u32 = 300;

impl AliasFault {
    pub(super) fn apply(self, scene: Scene<'_>, answer: &mut Answer) -> Option<String> {
        if !scene.is_asked() {
            return None;
        }
        let question = scene.question;
        let zone = scene.tree.zone_for(&question.name, question.record_type)?;
        let mut attacker = Name::from_labels(["attacker", "test"]).ok()?;
        attacker.set_fqdn(true);
        let alias = |target: &Name| Rrset {
            owner: question.name.clone(),
            record_type: RecordType::CNAME,
            ttl: TTL,
            rdata: Arc::new(vec![wire::lowercase_name(target)]),
            signatures: Arc::default(),
            zone: zone.place,
        };
        match self {
            Self::Injected => replace(answer, alias(&attacker)),
            Self::FromParent => {
                let parent = scene.tree.parent(zone.place)?;
                let key = &parent.keys.as_ref()?.zone_signing;
                let mut set = alias(&attacker);
                let fields =
                    Rrsig::unsigned(&set.owner, set.record_type, TTL, key, &parent.origin, parent.validity);
                set.signatures = Arc::new(vec![fields.sign(&set.owner, set.record_type, &set.rdata, key)]);
                replace(answer, set);
            }
            Self::Loop => {
                let rdata = vec![wire::lowercase_name(&question.name)];
                let set = scene.signed_by(zone, &question.name, RecordType::CNAME, TTL, rdata);
                replace(answer, set);
            }
            Self::DnameMismatch => {
                let dname = answer.answer.iter().position(|set| set.record_type == RecordType::DNAME)?;
                let made = answer.answer.get_mut(dname + 1)?;
                made.rdata = Arc::new(vec![wire::lowercase_name(&attacker)]);
                answer.answer.truncate(dname + 2);
                answer.authority.clear();
                answer.rcode = ResponseCode::NoError;
            }
        }
        Some(self.name().to_owned())
    }
}

/// The alias alone: what its target is, the client has to find out.
fn replace(answer: &mut Answer, alias: Rrset) {
    answer.rcode = ResponseCode::NoError;
    answer.answer = vec![alias];
    answer.authority.clear();
}
