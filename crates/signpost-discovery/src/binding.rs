//! What a policy demands of a target.

use signpost_protocol::Service;

use crate::failure::Failure;
use crate::key_records::KeyRecords;
use crate::outcome::{Note, Reason};
use crate::pin::Pin;
use crate::publication::Publication;
use crate::rules::Rules;
use crate::verifier::VerificationRule;

/// What the policy of a label and its key records demand of every target found through the label.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    /// Whether nothing is exchanged without TLS: always, but for mail between servers where no policy says so.
    pub(crate) tls_required: bool,
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
        let service = publication.label.service();
        let Some(policy) = &publication.policy else { return Ok(Self::without_policy(service, rules)) };
        let tls = publication.label.tls();
        let without = Self::without_policy(service, rules);
        let binding = Self {
            tls_required: without.tls_required || policy.key_owner.is_some(),
            authentication_required: policy.authentication_required,
            mechanisms: policy.mechanisms.clone().filter(|_| rules.restricts_mechanisms(tls)),
            ..without
        };
        let Some(owner) = &policy.key_owner else { return Ok(binding) };
        if !publication.pins_hold(rules) {
            return Ok(Self { notes: vec![Note::PinsVoid], ..binding });
        }
        match keys.pins(owner, publication.is_secure(), strict, rules) {
            Ok(pins) if pins.is_empty() || !rules.pins(tls) => Ok(binding),
            Ok(pins) => {
                let notes = if is_to_be_told(&pins, rules) { vec![Note::WeakDigest] } else { vec![] };
                Ok(Self { verification: VerificationRule::Pinned(pins), notes, ..binding })
            }
            Err(failure) if excuses(failure.reason, rules) => Ok(binding),
            Err(failure) => Err(failure.about(&format!("key records at {owner}"))),
        }
    }

    /// Nothing but TLS and the WebPKI, which are demanded always; between servers not even these, since whoever is on the way
    /// could do without (RFC 3207 section 6, RFC 7435).
    pub(crate) fn without_policy(service: Service, rules: Rules) -> Self {
        let is_relay = service == Service::Mx;
        Self {
            tls_required: !is_relay || !rules.forgoes_tls_without_policy(),
            authentication_required: false,
            mechanisms: None,
            verification: if is_relay && rules.takes_any_certificate_without_policy() {
                VerificationRule::Anyone
            } else {
                VerificationRule::WebPki
            },
            notes: Vec::new(),
        }
    }
}

/// Whether the user is told that a pin is weak: one alternative is as good as any.
fn is_to_be_told(pins: &[Pin], rules: Rules) -> bool {
    let is_weak = |pin: &Pin| pin.algorithm.is_weak();
    let some = pins.iter().any(is_weak) && (rules.reports_each_weak_digest() || pins.iter().all(is_weak));
    some && rules.reports_weak_digests()
}

/// Whether a flawed client goes on without the pins that it could not get.
fn excuses(reason: Reason, rules: Rules) -> bool {
    match reason {
        Reason::DnssecBogus | Reason::LookupFailed => !rules.refuses_failed_key_lookup(),
        Reason::KeyRecordUnusable => !rules.refuses_unusable_key_record(),
        _ => false,
    }
}
