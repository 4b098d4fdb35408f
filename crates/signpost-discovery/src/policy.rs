//! Policies and key records: what they demand of a target.

use std::borrow::Cow;

use hickory_proto::rr::{Name, RData, Record};
use signpost_record::{KeyRecord, PolicyRecord};
use signpost_validate::{Lookup, SecurityStatus};

use crate::discovery::{Publication, about, security};
use crate::outcome::{Note, Reason};
use crate::pin::Pin;
use crate::request::Label;
use crate::rules::Rules;
use crate::session::Failure;
use crate::verifier::VerificationRule;

/// The policy of one label.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// How far the record can be believed: Secure or Insecure.
    pub(crate) security: SecurityStatus,
    /// The owner of the key records.
    pub(crate) key_owner: Option<Name>,
    pub(crate) authentication_required: bool,
    pub(crate) mechanisms: Option<Vec<String>>,
}

/// Finds the policy among the TXT records at a label.
///
/// # Errors
///
/// There are two policies, or one that cannot be understood: neither is an absence.
pub(crate) fn find_policy(
    label: Label,
    records: &[Record],
    security: SecurityStatus,
    rules: Rules,
) -> Result<Option<Policy>, Failure> {
    let mut found = None;
    for text in texts(records, rules) {
        let policy = match read_policy(&text, label, rules) {
            Ok(None) => continue,
            Err(_) if !rules.refuses_malformed_policy() => continue,
            Err(failure) => return Err(failure),
            Ok(Some(policy)) => Policy { security, ..policy },
        };
        match &found {
            None => found = Some(policy),
            Some(_) if !rules.refuses_second_policy() => {}
            Some(_) => return Err(Failure::new(Reason::PolicyAmbiguous, "there are two policy records")),
        }
    }
    Ok(found)
}

/// What the policy of a label and its key records demand of every target found through the label.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(crate) authentication_required: bool,
    pub(crate) mechanisms: Option<Vec<String>>,
    pub(crate) verification: VerificationRule,
    pub(crate) notes: Vec<Note>,
}

impl Binding {
    pub(crate) fn new(
        publication: &Publication,
        keys: &KeyRecords,
        strict: bool,
        rules: Rules,
    ) -> Result<Self, Failure> {
        let Some(policy) = &publication.policy else { return Ok(Self::without_policy()) };
        let binding = Self {
            authentication_required: policy.authentication_required,
            mechanisms: policy.mechanisms.clone(),
            ..Self::without_policy()
        };
        let Some(owner) = &policy.key_owner else { return Ok(binding) };
        if !pins_hold(publication, rules) {
            return Ok(Self { notes: vec![Note::PinsVoid], ..binding });
        }
        match keys.pins(owner, publication.is_secure(), strict, rules) {
            Ok(pins) => {
                let is_weak = pins.iter().any(|pin| pin.algorithm.is_weak()) && rules.reports_weak_digests();
                let notes = if is_weak { vec![Note::WeakDigest] } else { vec![] };
                Ok(Self { verification: VerificationRule::Pinned(pins), notes, ..binding })
            }
            Err(failure) if excuses(failure.reason, rules) => Ok(binding),
            Err(failure) => Err(about(&format!("key records at {owner}"), failure)),
        }
    }

    /// Nothing but TLS and the WebPKI, which are demanded always.
    pub(crate) fn without_policy() -> Self {
        Self {
            authentication_required: false,
            mechanisms: None,
            verification: VerificationRule::WebPki,
            notes: Vec::new(),
        }
    }
}

/// Whether a flawed client goes on without the pins that it could not get.
fn excuses(reason: Reason, rules: Rules) -> bool {
    match reason {
        Reason::DnssecBogus | Reason::LookupFailed => !rules.refuses_failed_key_lookup(),
        Reason::KeyRecordUnusable => !rules.refuses_unusable_key_record(),
        _ => false,
    }
}

/// The key records that policies name, and what was answered about them.
#[derive(Debug)]
pub(crate) struct KeyRecords {
    wanted: Vec<(Name, Option<Lookup>)>,
}

impl KeyRecords {
    /// The owners that the policies of `publications` name, each once. A policy whose pins are void names none.
    pub(crate) fn wanted<'a>(publications: impl Iterator<Item = &'a Publication>, rules: Rules) -> Self {
        let mut wanted: Vec<(Name, Option<Lookup>)> = Vec::new();
        for publication in publications.filter(|publication| pins_hold(publication, rules)) {
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
    fn pins(
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

/// Whether the pins of a label's policy are used at all.
fn pins_hold(publication: &Publication, rules: Rules) -> bool {
    publication.is_secure() || !rules.voids_insecure_policy_pins()
}

/// The TXT records among `records`, each with its character-strings joined without a separator.
fn texts(records: &[Record], rules: Rules) -> impl Iterator<Item = Vec<u8>> + '_ {
    let most = if rules.joins_strings() { usize::MAX } else { 1 };
    records.iter().filter_map(move |record| match &record.data {
        RData::TXT(text) => {
            let strings: Vec<&[u8]> = text.txt_data.iter().take(most).map(AsRef::as_ref).collect();
            Some(signpost_record::join(&strings).into_owned())
        }
        _ => None,
    })
}

/// Reads one TXT record as the policy of a label.
fn read_policy(text: &[u8], label: Label, rules: Rules) -> Result<Option<Policy>, Failure> {
    let malformed = |detail: String| Failure::new(Reason::PolicyMalformed, detail);
    let text = if rules.requires_version_tag() { Cow::Borrowed(text) } else { tagged(text, label) };
    let Some(record) =
        PolicyRecord::parse(&text, label.name).map_err(|error| malformed(error.to_string()))?
    else {
        return Ok(None);
    };
    if !rules.keeps_policy_with_unknown_name() && has_unknown_name(&text) {
        return Ok(None);
    }
    if !rules.ignores_unknown_names() && has_unknown_name(&text) {
        return Err(malformed("an element has an unknown name".to_owned()));
    }
    let key_owner = match record.starttls {
        None => None,
        Some(owner) => {
            let mut name = Name::from_ascii(owner.as_str()).map_err(|error| malformed(error.to_string()))?;
            name.set_fqdn(true);
            Some(name.to_lowercase())
        }
    };
    Ok(Some(Policy {
        security: SecurityStatus::Secure,
        key_owner,
        authentication_required: record.is_authentication_required,
        mechanisms: record.sasl.map(|mechanisms| mechanisms.iter().map(str::to_owned).collect()),
    }))
}

/// Whether an element of a well-formed policy has a name that the specification does not know.
fn has_unknown_name(text: &[u8]) -> bool {
    let elements = text.split(|&octet| octet == b' ').filter(|element| !element.is_empty());
    let mut names = elements.filter_map(|element| element.split(|&octet| octet == b'=').next());
    names.any(|name| {
        ["v", "STARTTLS", "SMTP-AUTH", "SASL"]
            .iter()
            .all(|known| !name.eq_ignore_ascii_case(known.as_bytes()))
    })
}

/// What a client that does not look at `v=` takes for the policy of a label: whatever has a known element.
fn tagged(text: &[u8], label: Label) -> Cow<'_, [u8]> {
    if !text.to_ascii_uppercase().windows(9).any(|window| window == b"STARTTLS=") {
        return Cow::Borrowed(text);
    }
    let version = format!("v={}", label.name).into_bytes();
    let others =
        text.split(|&octet| octet == b' ').filter(|element| !element.to_ascii_lowercase().starts_with(b"v="));
    let elements: Vec<&[u8]> = std::iter::once(&version[..]).chain(others).collect();
    Cow::Owned(elements.join(&b' '))
}

/// The pin of a key record; none from one that is unusable, since it can only be one alternative less.
fn read_pin(text: &[u8], rules: Rules) -> Option<Pin> {
    let record = KeyRecord::parse(text).ok()??;
    let digest = if rules.uses_strongest_digest() { record.strongest() } else { record.digests().next() };
    digest.map(Pin::from)
}
