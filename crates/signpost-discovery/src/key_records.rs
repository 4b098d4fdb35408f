//! The key records that policies name, and the pins in them.

use hickory_proto::rr::Name;
use signpost_record::KeyRecord;
use signpost_validate::{Lookup, SecurityStatus};

use crate::answer::security;
use crate::failure::Failure;
use crate::outcome::Reason;
use crate::pin::Pin;
use crate::publication::Publication;
use crate::rules::Rules;
use crate::text::texts;

/// The key records that policies name, and what was answered about them.
#[derive(Debug)]
pub(crate) struct KeyRecords {
    wanted: Vec<(Name, Option<Lookup>)>,
}

impl KeyRecords {
    /// The owners that the policies of `publications` name, each once. A policy whose pins are void names none.
    pub(crate) fn wanted<'a>(publications: impl Iterator<Item = &'a Publication>, rules: Rules) -> Self {
        let mut wanted: Vec<(Name, Option<Lookup>)> = Vec::new();
        for publication in publications.filter(|publication| publication.pins_hold(rules)) {
            if let Some(owner) = publication.policy.as_ref().and_then(|policy| policy.key_owner.clone())
                && wanted.iter().all(|(known, _)| *known != owner)
            {
                wanted.push((owner, None));
            }
        }
        Self { wanted }
    }

    pub(crate) fn owners(&self) -> impl Iterator<Item = &Name> {
        self.wanted.iter().map(|(owner, _)| owner)
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.wanted.iter().all(|(_, lookup)| lookup.is_some())
    }

    /// Takes an answer, and says whether it was the last.
    pub(crate) fn answer(&mut self, owner: &Name, lookup: Lookup) -> bool {
        for (wanted, answer) in &mut self.wanted {
            if wanted == owner {
                *answer = Some(lookup.clone());
            }
        }
        self.is_complete()
    }

    /// The pins at `owner`: one for each key record that has a usable digest.
    pub(crate) fn pins(
        &self,
        owner: &Name,
        policy_is_secure: bool,
        strict: bool,
        rules: Rules,
    ) -> Result<Vec<Pin>, Failure> {
        let answer =
            self.wanted.iter().find(|(wanted, _)| wanted == owner).and_then(|(_, lookup)| lookup.as_ref());
        let lookup = answer.ok_or_else(|| Failure::new(Reason::LookupFailed, "not answered"))?;
        let key_security = security(lookup, rules)?;
        if policy_is_secure && key_security != SecurityStatus::Secure && rules.refuses_insecure_key_record() {
            return Err(Failure::new(
                Reason::KeyRecordInsecure,
                "the policy is signed, its key record is not",
            ));
        }
        let pins: Vec<Pin> =
            texts(lookup.records(), rules).filter_map(|text| read_pin(&text, rules)).collect();
        if pins.is_empty() {
            return Err(Failure::new(
                Reason::KeyRecordUnusable,
                "there is no key record with a usable digest",
            ));
        }
        if !strict {
            return Ok(pins);
        }
        let strong: Vec<Pin> = pins.into_iter().filter(|pin| !pin.algorithm.is_weak()).collect();
        if strong.is_empty() {
            return Err(Failure::new(Reason::WeakDigest, "there are only SHA-1 digests"));
        }
        Ok(strong)
    }
}

/// The pin of a key record; none from one that is unusable, since it can only be one alternative less.
fn read_pin(text: &[u8], rules: Rules) -> Option<Pin> {
    let record = KeyRecord::parse(text).ok()??;
    let digest = if rules.uses_strongest_digest() { record.strongest() } else { record.digests().next() };
    digest.map(Pin::from)
}
