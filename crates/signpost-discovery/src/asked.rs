//! The questions about both labels of a service, and what was answered.

use std::collections::VecDeque;

use hickory_proto::rr::{Name, RecordType};
use signpost_protocol::Label;
use signpost_validate::{Answer, Lookup, SecurityStatus};

use crate::action::Action;
use crate::failure::Failure;
use crate::manner::Asking;
use crate::outcome::Reason;
use crate::publication::Publication;
use crate::request::Request;
use crate::rules::Rules;

/// The questions about both labels, and what was answered so far.
pub(crate) struct Asked {
    labels: Vec<AskedLabel>,
    asking: Asking,
    waiting: VecDeque<(Name, RecordType)>,
}

/// The two questions of a label and what was answered.
struct AskedLabel {
    label: Label,
    /// Where the servers are asked for, and as what.
    servers: (Name, RecordType),
    /// Where the policy is asked for.
    owner: Name,
    service: Option<Lookup>,
    text: Option<Lookup>,
}

impl Asked {
    pub(crate) fn new(request: &Request) -> Self {
        let asking = request.manner.asking;
        // An address whose domain leaves no room for the labels is not made.
        let owner = |label: &Label| Some((*label, request.address.owner(*label)?));
        let mut owners: Vec<(Label, Name)> = request.service.labels().iter().filter_map(owner).collect();
        if asking == Asking::StarttlsFirst {
            owners.reverse();
        }
        let labels: Vec<AskedLabel> =
            owners.into_iter().map(|(label, owner)| AskedLabel::new(label, owner, request)).collect();
        let waiting = labels.iter().flat_map(|asked| {
            let mut questions = [asked.servers.clone(), (asked.owner.clone(), RecordType::TXT)];
            if asking == Asking::StarttlsFirst {
                questions.reverse();
            }
            questions
        });
        Self { waiting: waiting.collect(), labels, asking }
    }

    /// What is to be asked next: everything, or one question after the other.
    pub(crate) fn ask(&mut self, actions: &mut VecDeque<Action>) {
        let count =
            if self.asking == Asking::AtOnce { self.waiting.len() } else { 1.min(self.waiting.len()) };
        let questions = self.waiting.drain(..count);
        actions.extend(questions.map(|(name, record_type)| Action::Query { name, record_type }));
    }

    pub(crate) fn answer(&mut self, name: &Name, record_type: RecordType, lookup: &Lookup) {
        for asked in &mut self.labels {
            if asked.servers.0 == *name && asked.servers.1 == record_type {
                asked.service = Some(lookup.clone());
            } else if asked.owner == *name && record_type == RecordType::TXT {
                asked.text = Some(lookup.clone());
            }
        }
    }

    /// What the labels publish, once everything is answered.
    ///
    /// # Errors
    ///
    /// What ends in refusal: who asks one question after the other need not ask the rest.
    pub(crate) fn read(&self, rules: Rules) -> Result<Option<Vec<Publication>>, Failure> {
        let is_complete = self.labels.iter().all(|asked| asked.service.is_some() && asked.text.is_some());
        if !is_complete && self.asking == Asking::AtOnce {
            return Ok(None);
        }
        let mut read: Vec<(Label, Result<Publication, Failure>)> =
            self.labels.iter().map(|asked| (asked.label, asked.read(rules))).collect();
        if is_complete {
            overlook(&mut read, rules);
        }
        let publications = read.into_iter().map(|(_, read)| read).collect::<Result<Vec<_>, _>>()?;
        Ok(is_complete.then_some(publications))
    }
}

impl AskedLabel {
    /// SRV records stand at the label; the exchanges of a domain at the domain itself.
    fn new(label: Label, owner: Name, request: &Request) -> Self {
        let servers = match label {
            Label::Mx => (request.address.domain().clone(), RecordType::MX),
            _ => (owner.clone(), RecordType::SRV),
        };
        Self { label, servers, owner, service: None, text: None }
    }

    /// What the label publishes, as far as it was asked.
    fn read(&self, rules: Rules) -> Result<Publication, Failure> {
        let nothing = Lookup::new(SecurityStatus::Secure, Answer::NoData);
        let service = self.service.as_ref().unwrap_or(&nothing);
        let looks_for_policy = rules.reads_policy_at(self.label)
            && (rules.reads_policy_without_targets() || !service.records().is_empty());
        let text = self.text.as_ref().filter(|_| looks_for_policy).unwrap_or(&nothing);
        Publication::read(self.label, &self.servers.0, service, text, rules)
    }
}

/// Overlooks one label for the other's sake, which only a defect does.
fn overlook(read: &mut Vec<(Label, Result<Publication, Failure>)>, rules: Rules) {
    let has_targets = |(label, publication): &(Label, Result<Publication, Failure>)| {
        !rules.looks_on_after_targets_at(label.tls())
            && publication.as_ref().is_ok_and(Publication::has_targets)
    };
    if let Some(only) = read.iter().position(has_targets) {
        *read = vec![read.swap_remove(only)];
    }
    if read.iter().any(|(_, publication)| publication.is_ok()) {
        read.retain(|(label, publication)| match publication {
            Ok(_) => true,
            Err(Failure { reason: Reason::DnssecBogus | Reason::LookupFailed, .. }) => {
                rules.refuses_trouble_at(label.tls())
            }
            Err(_) => true,
        });
    }
}
