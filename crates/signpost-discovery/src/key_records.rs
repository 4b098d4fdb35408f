//! The key records that policies name, and the pins in them.

use hickory_proto::rr::Name;
use signpost_record::{ErrorKind, KeyRecord};
use signpost_validate::{Lookup, SecurityStatus};

use crate::answer::security;
use crate::failure::Failure;
use crate::misreading;
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
    ///
    /// # Errors
    ///
    /// The records cannot be believed, or none has a usable digest. There are never no pins, but for a flawed client.
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
        let is_insecure = key_security != SecurityStatus::Secure;
        if policy_is_secure && is_insecure && !rules.takes_unsigned_key_record_for_trouble() {
            return Ok(Vec::new());
        }
        if policy_is_secure && is_insecure && rules.refuses_insecure_key_record() {
            return Err(Failure::new(
                Reason::KeyRecordInsecure,
                "the policy is signed, its key record is not",
            ));
        }
        if !policy_is_secure && is_insecure && !rules.voids_pins_of_insecure_labels() {
            return Ok(Vec::new());
        }
        if lookup.records().is_empty() && !rules.refuses_absent_key_record() {
            return Ok(Vec::new());
        }
        let others =
            self.wanted.iter().filter(|(wanted, _)| wanted != owner && !rules.keeps_pins_of_labels_apart());
        let lookups = others.filter_map(|(_, lookup)| lookup.as_ref()).chain([lookup]);
        let texts: Vec<Vec<u8>> = lookups.flat_map(|lookup| texts(lookup.records(), rules)).collect();
        let pins = read_pins(texts, rules)?;
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

/// The pins of key records: alternatives, of which each comes from another record.
fn read_pins(texts: Vec<Vec<u8>>, rules: Rules) -> Result<Vec<Pin>, Failure> {
    let unusable = |detail| Failure::new(Reason::KeyRecordUnusable, detail);
    let mut pins: Vec<Vec<Pin>> = Vec::new();
    for text in texts {
        let Ok(Some(text)) = misreading::take_key_record(text, rules) else { continue };
        let record = match KeyRecord::parse(&text) {
            Ok(Some(record)) => record,
            Ok(None) => continue,
            Err(error) if error.kind == ErrorKind::NoDigest && !rules.wants_a_digest_beside_uri() => {
                return Ok(Vec::new());
            }
            Err(_) if !rules.skips_unreadable_key_record() => {
                return Err(unusable("a key record cannot be read"));
            }
            // It can only be one alternative less.
            Err(_) => continue,
        };
        if record.uri.is_some() && !rules.pins_whatever_uri_names() {
            return Ok(Vec::new());
        }
        pins.push(read_digests(&record, rules));
    }
    if pins.len() > 1 && !rules.takes_several_key_records() {
        return Err(unusable("there are several key records"));
    }
    let mut pins = pins.concat();
    if !rules.weighs_digests_within_a_record() {
        let strongest = pins.iter().map(|pin| pin.algorithm).max();
        pins.retain(|pin| Some(pin.algorithm) == strongest);
    }
    if pins.is_empty() {
        return Err(unusable("there is no key record with a usable digest"));
    }
    Ok(pins)
}

/// The digest of a key record that counts.
fn read_digests(record: &KeyRecord<'_>, rules: Rules) -> Vec<Pin> {
    let counts = if !rules.takes_one_digest_of_a_record() {
        record.digests().collect()
    } else if rules.uses_strongest_digest() {
        Vec::from_iter(record.strongest())
    } else {
        Vec::from_iter(record.digests().next())
    };
    counts.into_iter().map(Pin::from).collect()
}
