//! What one zone says to a question: RFC 1034 section 4.3.2 with RFC 4035 section 3.1, RFC 4592 and RFC 6672.

use std::sync::Arc;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, RecordType};

use crate::answer::{Answer, Step};
use crate::denial::Denied;
use crate::indexed_zone::{Node, Standing};
use crate::order::OrderKey;
use crate::rrset::{Rrset, StoredRrset};
use crate::signed_zone::SignedZone;
use crate::wire;

impl SignedZone {
    /// Adds to `answer` what the zone knows of `name`, which must be in it.
    pub(crate) fn look_up(&self, name: &Name, record_type: RecordType, answer: &mut Answer) -> Step {
        let key = OrderKey::new(name);
        if let Some(step) = self.look_up_above(name, &key, record_type, answer) {
            return step;
        }
        if let Some(node) = self.node(&key) {
            return self.answer_from_node(node, None, name, record_type, answer);
        }
        if self.exists(&key) {
            return self.no_data(self.chain.prove_no_data_at_empty(self, name, &key), answer);
        }
        // Only the wildcard directly below the closest encloser stands for the name. One further up does not: the
        // encloser exists, if only as an empty non-terminal, and so is between them (RFC 4592 section 3.3.1).
        let encloser = self.closest_encloser(name);
        let denied = Denied { name, key: &key, encloser: &encloser };
        let wildcard = OrderKey::new(&encloser).wildcard();
        if let Some(node) = self.node(&wildcard) {
            return self.answer_from_node(node, Some(denied), name, record_type, answer);
        }
        if self.exists(&wildcard) {
            // The wildcard is an empty non-terminal: it stands for the name and has no type at all.
            return self.no_data(self.chain.prove_wildcard_no_data(self, denied), answer);
        }
        answer.rcode = ResponseCode::NXDomain;
        answer.authority.extend(self.negative_soa());
        answer.authority.extend(self.chain.prove_no_name(self, denied));
        Step::Complete
    }

    /// What stands between the apex and the name: a cut or a DNAME.
    fn look_up_above(
        &self,
        name: &Name,
        key: &OrderKey,
        record_type: RecordType,
        answer: &mut Answer,
    ) -> Option<Step> {
        let mut ancestors = Vec::new();
        let mut ancestor = Some(key.clone());
        while let Some(key) = ancestor {
            if !key.is_below(&self.apex) {
                break;
            }
            ancestor = key.parent();
            ancestors.push(key);
        }
        ancestors.push(self.apex.clone());
        for ancestor in ancestors.iter().rev() {
            let Some(node) = self.node(ancestor) else { continue };
            let is_name_itself = ancestor == key;
            if node.standing == Standing::Cut && !(is_name_itself && record_type == RecordType::DS) {
                self.refer(node, answer);
                return Some(Step::Referral);
            }
            if let (Some(set), false) = (node.set(RecordType::DNAME), is_name_itself) {
                return Some(self.redirect(node, set, name, answer));
            }
        }
        None
    }

    /// NS of the child, the DS or the proof that there is none, and glue (RFC 4035 section 3.1.4).
    fn refer(&self, cut: &Node, answer: &mut Answer) {
        let Some(servers) = cut.set(RecordType::NS) else { return };
        answer.authority.push(self.rrset(cut, servers));
        match cut.set(RecordType::DS) {
            Some(ds) => answer.authority.push(self.rrset(cut, ds)),
            None => answer.authority.extend(self.chain.prove_no_data(self, &cut.owner, &cut.key)),
        }
        for server in servers.rdata.iter().filter_map(|rdata| wire::read_name(rdata)) {
            let Some(node) = self.node(&OrderKey::new(&server)) else { continue };
            for address in [RecordType::A, RecordType::AAAA] {
                answer.additional.extend(node.set(address).map(|set| self.rrset(node, set)));
            }
        }
    }

    /// Answers from the node of the name or, where `expanded` is given, from the wildcard that stands for it.
    fn answer_from_node(
        &self,
        node: &Node,
        expanded: Option<Denied<'_>>,
        name: &Name,
        record_type: RecordType,
        answer: &mut Answer,
    ) -> Step {
        let mut add = |set: &StoredRrset| {
            let mut rrset = self.rrset(node, set);
            if expanded.is_some() {
                // The signatures stay those of the wildcard. Their labels field counts fewer labels than the name
                // has, by which validators know to put the asterisk back (RFC 4035 section 5.3.2).
                rrset.owner = name.clone();
            }
            answer.answer.push(rrset);
        };
        let mut step = Step::Complete;
        if record_type == RecordType::ANY {
            node.sets.iter().for_each(&mut add);
        } else if record_type == RecordType::RRSIG {
            if let Some(signatures) = self.signatures_as_records(node) {
                answer.answer.push(signatures);
            }
        } else if let Some(set) = node.set(record_type) {
            add(set);
        } else if let Some(alias) = node.set(RecordType::CNAME) {
            add(alias);
            if let Some(target) = alias.rdata.first().and_then(|rdata| wire::read_name(rdata)) {
                step = Step::Alias(target);
            }
        } else {
            let proof = match expanded {
                Some(denied) => self.chain.prove_wildcard_no_data(self, denied),
                None => self.chain.prove_no_data(self, name, &node.key),
            };
            return self.no_data(proof, answer);
        }
        if let Some(denied) = expanded {
            // Without it the wildcard's RRset could be replayed for a name that exists (RFC 4035 section 5.3.4).
            answer.authority.extend(self.chain.prove_no_closer_match(self, denied));
        }
        step
    }

    fn no_data(&self, proof: Vec<Rrset>, answer: &mut Answer) -> Step {
        answer.authority.extend(self.negative_soa());
        answer.authority.extend(proof);
        Step::Complete
    }

    /// The DNAME and the CNAME that it makes of the name, which needs no signature (RFC 6672 section 5.3.1).
    fn redirect(&self, node: &Node, set: &StoredRrset, name: &Name, answer: &mut Answer) -> Step {
        answer.answer.push(self.rrset(node, set));
        let target = set.rdata.first().and_then(|rdata| wire::read_name(rdata));
        let substituted = target.and_then(|target| {
            let kept = name.iter().len() - node.owner.iter().len();
            let mut substituted = Name::from_labels(name.iter().take(kept).chain(target.iter())).ok()?;
            substituted.set_fqdn(true);
            Some(substituted)
        });
        let Some(substituted) = substituted else {
            // RFC 6672 section 2.2: a name too long for the substitution.
            answer.rcode = ResponseCode::YXDomain;
            return Step::Complete;
        };
        answer.answer.push(Rrset {
            owner: name.clone(),
            record_type: RecordType::CNAME,
            ttl: set.ttl,
            rdata: Arc::new(vec![wire::lowercase_name(&substituted)]),
            signatures: Arc::default(),
            zone: self.place,
        });
        Step::Alias(substituted)
    }

    /// The signatures of a node for a question that asks for RRSIG itself.
    fn signatures_as_records(&self, node: &Node) -> Option<Rrset> {
        let rdata: Vec<Vec<u8>> = node
            .sets
            .iter()
            .flat_map(|set| {
                self.signatures(&node.owner, node.standing, set)
                    .iter()
                    .map(|rrsig| rrsig.rdata())
                    .collect::<Vec<_>>()
            })
            .collect();
        (!rdata.is_empty()).then(|| Rrset {
            owner: node.owner.clone(),
            record_type: RecordType::RRSIG,
            ttl: node.sets.first().map_or(0, |set| set.ttl),
            rdata: Arc::new(rdata),
            signatures: Arc::default(),
            zone: self.place,
        })
    }

    /// The longest ancestor of a name of the zone that exists. The apex always does.
    pub(crate) fn closest_encloser(&self, name: &Name) -> Name {
        let mut encloser = name.base_name();
        while encloser.iter().len() > self.origin.iter().len() && !self.exists(&OrderKey::new(&encloser)) {
            encloser = encloser.base_name();
        }
        encloser
    }
}
