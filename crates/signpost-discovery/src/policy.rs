//! The policy of a label.

use std::borrow::Cow;

use hickory_proto::rr::{Name, Record};
use signpost_protocol::Label;
use signpost_record::PolicyRecord;
use signpost_validate::SecurityStatus;

use crate::failure::Failure;
use crate::misreading;
use crate::outcome::Reason;
use crate::rules::Rules;
use crate::text::texts;

/// The policy of one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// How far the record can be believed: Secure or Insecure.
    pub(crate) security: SecurityStatus,
    /// The owner of the key records.
    pub(crate) key_owner: Option<Name>,
    pub(crate) authentication_required: bool,
    pub(crate) mechanisms: Option<Vec<String>>,
}

impl Policy {
    /// What this policy demands, and where it demands nothing, what the other does.
    fn merged(self, other: &Self) -> Self {
        Self {
            security: self.security,
            key_owner: self.key_owner.or_else(|| other.key_owner.clone()),
            authentication_required: self.authentication_required || other.authentication_required,
            mechanisms: self.mechanisms.or_else(|| other.mechanisms.clone()),
        }
    }
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
    let rules = rules.for_policies(label, security);
    let (mut policies, mut mistakes, mut foreign) = (Vec::new(), Vec::new(), 0_usize);
    for text in texts(records, rules) {
        match read_policy(text, label, rules) {
            Ok(None) => foreign += 1,
            Err(_) if !rules.refuses_malformed_policy() => {}
            Err(mistake) => mistakes.push(mistake),
            Ok(Some(policy)) => policies.push(Policy { security, ..policy }),
        }
    }
    if let Some(mistake) = mistakes.pop()
        && (policies.is_empty() || rules.refuses_malformed_beside_policy())
    {
        return Err(mistake);
    }
    if foreign > 0 && !policies.is_empty() && !rules.passes_over_foreign_texts() {
        return Err(ambiguous());
    }
    the_only(policies, rules)
}

/// The only policy, if there is one.
fn the_only(mut policies: Vec<Policy>, rules: Rules) -> Result<Option<Policy>, Failure> {
    let last = policies.pop();
    let Some(first) = policies.first() else { return Ok(last) };
    if !rules.refuses_second_policy() {
        Ok(Some(first.clone()))
    } else if !rules.refuses_to_choose_last_policy() {
        Ok(last)
    } else if !rules.refuses_to_merge_policies() {
        Ok(last.map(|last| last.merged(first)))
    } else if !rules.refuses_like_policies() && policies.iter().all(|policy| Some(policy) == last.as_ref()) {
        Ok(last)
    } else {
        Err(ambiguous())
    }
}

fn ambiguous() -> Failure {
    Failure::new(Reason::PolicyAmbiguous, "there are two policy records")
}

/// Reads one TXT record as the policy of a label.
fn read_policy(text: Vec<u8>, label: Label, rules: Rules) -> Result<Option<Policy>, Failure> {
    let malformed = |detail: String| Failure::new(Reason::PolicyMalformed, detail);
    let taken = misreading::take_policy(text, label.name(), rules);
    let Some(text) = taken.map_err(|mistake| malformed(mistake.to_owned()))? else { return Ok(None) };
    let text = if rules.requires_version_tag() { Cow::Borrowed(&text[..]) } else { tagged(&text, label) };
    let Some(record) =
        PolicyRecord::parse(&text, label.name()).map_err(|error| malformed(error.to_string()))?
    else {
        return Ok(None);
    };
    if !rules.keeps_policy_with_unknown_name() && has_unknown_name(&text) {
        return Ok(None);
    }
    if !rules.ignores_unknown_names() && has_unknown_name(&text) {
        return Err(malformed("an element has an unknown name".to_owned()));
    }
    let speaks_of_login = record.is_authentication_required || record.sasl.is_some();
    if label == Label::Mx && speaks_of_login && !rules.bears_login_in_policy_for_mx() {
        return Err(malformed("nobody logs in between servers".to_owned()));
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
    let version = format!("v={}", label.name()).into_bytes();
    let others =
        text.split(|&octet| octet == b' ').filter(|element| !element.to_ascii_lowercase().starts_with(b"v="));
    let elements: Vec<&[u8]> = std::iter::once(&version[..]).chain(others).collect();
    Cow::Owned(elements.join(&b' '))
}
