//! One signed zone, entered through a key that may be used.

use bytes::Bytes;
use domain::base::{Message, Name};
use domain::dnssec::validator::anchor::TrustAnchors;
use domain::dnssec::validator::context::{Config, ValidationContext};
use domain::rdata::Dnskey;

use super::denial::objection;
use super::excerpt::{Excerpt, Subject};
use super::keys::ZoneKeys;
use crate::SecurityStatus;
use crate::belief::Belief;
use crate::domain_validator::validate;
use crate::exchange::Exchange;

/// A zone whose keys are known, with a validator that starts from them.
pub(crate) struct Zone {
    keys: ZoneKeys,
    context: ValidationContext<Exchange>,
}

impl Zone {
    /// Enters a zone. `vouched` are those of its `keys` that the parent or a trust anchor names: `domain`
    /// demands that one of them signs the DNSKEY RRset.
    pub(super) fn enter(
        exchange: &Exchange,
        name: Name<Bytes>,
        keys: &[Dnskey<Bytes>],
        vouched: &[&Dnskey<Bytes>],
    ) -> Self {
        let mut config = Config::new();
        // One bad signature beside a good one is an honest sight while keys are rolled.
        config.set_bad_signatures(MAX_BAD_SIGNATURES);
        let context = ValidationContext::with_config(anchors(&name, vouched), exchange.clone(), config);
        Self { keys: ZoneKeys::new(name, keys), context }
    }

    /// What this zone says about `subject` in `message`, and how far that can be believed.
    pub(crate) async fn judge(
        &self,
        message: &Message<Bytes>,
        subject: Subject<'_>,
    ) -> (Option<Excerpt>, Belief) {
        let Ok(mut excerpt) = Excerpt::new(message, &self.keys, subject) else {
            return (None, Belief::new(SecurityStatus::Bogus, "the reply cannot be taken apart"));
        };
        let mut belief = validate(&self.context, &mut excerpt.message).await;
        if belief.security == SecurityStatus::Bogus && !belief.panicked && !excerpt.left_out.is_empty() {
            belief.reason.clone_from(&excerpt.left_out);
        }
        // What opt-out leaves open has to be proven as much (RFC 5155 §8.6 and §8.9). Of hashes that are too much work nothing
        // was computed, and nothing is said.
        let is_proven = match belief.security {
            SecurityStatus::Secure => true,
            SecurityStatus::Insecure => !excerpt.is_laborious(),
            SecurityStatus::Bogus | SecurityStatus::Indeterminate => false,
        };
        if is_proven
            && excerpt.denies()
            && let Some(objection) = objection(excerpt.denials(), subject.owner, self.keys.zone())
        {
            return (Some(excerpt), Belief::new(SecurityStatus::Bogus, objection));
        }
        (Some(excerpt), belief)
    }
}

/// Failed verifications per RRset before it is Bogus whatever follows (CVE-2023-50387). The most that `domain`
/// allows, and what Unbound allows.
const MAX_BAD_SIGNATURES: u8 = 8;

fn anchors(zone: &Name<Bytes>, keys: &[&Dnskey<Bytes>]) -> TrustAnchors {
    let mut text = String::new();
    for key in keys {
        let (flags, protocol, algorithm) = (key.flags(), key.protocol(), key.algorithm().to_int());
        let public_key = domain::utils::base64::encode_string(key.public_key());
        text.push_str(&format!(
            "{} 3600 IN DNSKEY {flags} {protocol} {algorithm} {public_key}\n",
            zone.fmt_with_dot()
        ));
    }
    // An anchor that could not be read back would leave everything Indeterminate, which nobody trusts.
    TrustAnchors::from_u8(text.as_bytes()).unwrap_or_else(|_| TrustAnchors::empty())
}
