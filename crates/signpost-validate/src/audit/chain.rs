//! The walk from the trust anchor to the zone that a name belongs to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use domain::base::iana::Rcode;
use domain::base::{Message, Name, Rtype};
use domain::rdata::{AllRecordData, Dnskey};
use hickory_proto::rr::RecordType;
use tokio::sync::OnceCell;

use super::denial::is_hash_of;
use super::excerpt::{Excerpt, Subject};
use super::keys::{Entry, delegated, entry, published, vouched};
use super::zone::Zone;
use crate::belief::Belief;
use crate::exchange::Exchange;
use crate::reading::{Reading, domain_name, domain_type, hickory_name};
use crate::{Answer, SecurityStatus, TrustAnchor};

/// The delegations from one set of trust anchors downwards, each found once.
pub(crate) struct Chain {
    exchange: Exchange,
    trust_anchor: TrustAnchor,
    steps: Mutex<HashMap<Name<Bytes>, Arc<OnceCell<Enclosing>>>>,
}

/// The zone that a name belongs to.
#[derive(Clone)]
pub(crate) enum Enclosing {
    /// Nothing can be said: the chain is broken on the way, or starts nowhere.
    Unknown(SecurityStatus, String),
    /// Proven to be unsigned.
    Unsigned(String),
    /// Signed by this zone.
    Zone {
        zone: Arc<Zone>,
        /// The name does not exist, or redirects with everything below it: there are no zone cuts below.
        ends: bool,
    },
}

impl Chain {
    pub(crate) fn new(exchange: Exchange, trust_anchor: TrustAnchor) -> Self {
        Self { exchange, trust_anchor, steps: Mutex::default() }
    }

    /// The zone that data at `name` belongs to. At a zone cut this is the child, to which all but DS and NSEC
    /// records belong.
    pub(crate) async fn enclosing(&self, name: &Name<Bytes>) -> Enclosing {
        let Some(anchor) = self.anchor(name) else {
            return Enclosing::Unknown(SecurityStatus::Indeterminate, "no trust anchor above".into());
        };
        let mut path: Vec<Name<Bytes>> =
            name.iter_suffixes().take_while(|suffix| *suffix != anchor).collect();
        path.reverse();
        // Label by label, because only the zone above can say whether there is a cut: whoever skipped one would let a
        // zone sign what it has delegated to another (RFC 4035 §5.3.1).
        let mut enclosing = self.remembered(&anchor).get_or_init(|| self.start(&anchor)).await.clone();
        for name in path {
            let Enclosing::Zone { zone, ends: false } = &enclosing else { break };
            let zone = Arc::clone(zone);
            enclosing = self.remembered(&name).get_or_init(|| self.step(&zone, &name)).await.clone();
        }
        enclosing
    }

    fn remembered(&self, name: &Name<Bytes>) -> Arc<OnceCell<Enclosing>> {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(steps.entry(name.clone()).or_default())
    }

    fn anchor(&self, name: &Name<Bytes>) -> Option<Name<Bytes>> {
        domain_name(self.trust_anchor.closest(&hickory_name(name)?)?)
    }

    /// Enters the zone of the trust anchor.
    async fn start(&self, anchor: &Name<Bytes>) -> Enclosing {
        let keys = match self.keys(anchor).await {
            Ok(keys) => keys,
            Err(broken) => return broken,
        };
        let (digests, anchored) = self.trust_anchor.at(anchor);
        let mut trusted: Vec<&Dnskey<Bytes>> = keys.iter().filter(|key| anchored.contains(key)).collect();
        if let Entry::Through(digests) = entry(digests) {
            trusted.extend(vouched(anchor, &keys, &digests));
        }
        trusted.retain(|key| super::keys::is_usable(key));
        if trusted.is_empty() {
            return bogus(format!("no key of {} is the trust anchor's", anchor.fmt_with_dot()));
        }
        self.enter(anchor, &keys, &trusted)
    }

    /// Goes from `zone` to `name`, one label below a name of that zone.
    async fn step(&self, zone: &Arc<Zone>, name: &Name<Bytes>) -> Enclosing {
        let printed = name.fmt_with_dot();
        let message = match self.exchange.ask(name, Rtype::DS).await {
            Ok(message) => message,
            Err(error) => {
                return Enclosing::Unknown(
                    SecurityStatus::Indeterminate,
                    format!("DS of {printed}: {error}"),
                );
            }
        };
        let Some(asked) = hickory_name(name) else { return bogus(format!("{printed}: not a name")) };
        let reading = Reading::new(&message, &asked, RecordType::DS);
        let alias = reading.aliases.first().map(|alias| (domain_name(&alias.owner), alias.record_type));
        let (owner, record_type, redirects) = match (&reading.answer, alias) {
            (_, Some((Some(owner), record_type))) => (owner, domain_type(record_type), true),
            (Answer::Failed(failure), _) => {
                return Enclosing::Unknown(
                    SecurityStatus::Indeterminate,
                    format!("DS of {printed}: {failure}"),
                );
            }
            _ => (name.clone(), Rtype::DS, false),
        };
        let subject = Subject { owner: &owner, record_type, redirects };
        let (excerpt, Belief { security, reason, .. }) = zone.judge(&message, subject).await;
        let stay = |ends| Enclosing::Zone { zone: Arc::clone(zone), ends };
        let delegates = excerpt.as_ref().is_some_and(|excerpt| shows_delegation(excerpt, name));
        match (security, &reading.answer) {
            // Signed, but with more iterations than a validator should compute: nothing is known about cuts from
            // here on, and what the zone signs below is its own word (RFC 9276 §3.2 weakens denials, not data).
            (SecurityStatus::Insecure, _)
                if !delegates && excerpt.as_ref().is_some_and(Excerpt::is_laborious) =>
            {
                stay(true)
            }
            (SecurityStatus::Bogus, _) if !delegates && reason == TOO_LABORIOUS => stay(true),
            // A delegation that opt-out covers is never more than a possibility (RFC 5155 §6).
            (SecurityStatus::Insecure, _) => {
                Enclosing::Unsigned(format!("{printed} may be delegated unsigned: {reason}"))
            }
            (SecurityStatus::Bogus | SecurityStatus::Indeterminate, _) => {
                bogus(format!("DS of {printed}: {reason}"))
            }
            // CNAME excludes a delegation at its name, DNAME everything below its own.
            (SecurityStatus::Secure, _) if redirects => stay(owner != *name),
            (SecurityStatus::Secure, Answer::Records(_)) => self.descend(name, &message).await,
            (SecurityStatus::Secure, Answer::NxDomain) => stay(true),
            (SecurityStatus::Secure, _) if delegates => {
                Enclosing::Unsigned(format!("{printed} is delegated without DS"))
            }
            (SecurityStatus::Secure, _) => stay(false),
        }
    }

    /// Enters the zone `name`, whose DS records are in `message` and validated.
    async fn descend(&self, name: &Name<Bytes>, message: &Message<Bytes>) -> Enclosing {
        let printed = name.fmt_with_dot();
        let entry = match entry(delegated(message, name)) {
            Entry::Unsupported => {
                return Enclosing::Unsigned(format!("no DS of {printed} has a known algorithm and digest"));
            }
            Entry::Through(entry) => entry,
        };
        let keys = match self.keys(name).await {
            Ok(keys) => keys,
            Err(broken) => return broken,
        };
        let trusted = vouched(name, &keys, &entry);
        if trusted.is_empty() {
            return bogus(format!("no usable key of {printed} matches its DS"));
        }
        self.enter(name, &keys, &trusted)
    }

    /// The DNSKEY RRset of a zone, still unverified. That it cannot be had although the zone is signed makes
    /// everything in the zone Bogus (RFC 4035 §5.3.1), not merely unknown.
    async fn keys(&self, zone: &Name<Bytes>) -> Result<Vec<Dnskey<Bytes>>, Enclosing> {
        let printed = zone.fmt_with_dot();
        let message = self
            .exchange
            .ask(zone, Rtype::DNSKEY)
            .await
            .map_err(|error| bogus(format!("DNSKEY of {printed}: {error}")))?;
        match message.header().rcode() {
            Rcode::NOERROR => Ok(published(&message, zone)),
            code => Err(bogus(format!("DNSKEY of {printed}: {code}"))),
        }
    }

    fn enter(&self, zone: &Name<Bytes>, keys: &[Dnskey<Bytes>], vouched: &[&Dnskey<Bytes>]) -> Enclosing {
        let zone = Zone::enter(&self.exchange, zone.clone(), keys, vouched);
        Enclosing::Zone { zone: Arc::new(zone), ends: false }
    }
}

fn bogus(reason: String) -> Enclosing {
    Enclosing::Unknown(SecurityStatus::Bogus, reason)
}

/// What `domain` says, and its only way to say it, when the iterations are more than 500 but validly signed.
const TOO_LABORIOUS: &str = "NSEC3 with too high iteration count";

/// Whether a validated denial of DS shows a delegation at `name`: NS without SOA (RFC 4035 §5.2).
fn shows_delegation(excerpt: &Excerpt, name: &Name<Bytes>) -> bool {
    excerpt.denials().into_iter().any(|(owner, data)| match data {
        AllRecordData::Nsec(nsec) => {
            let types = nsec.types();
            owner == *name && types.contains(Rtype::NS) && !types.contains(Rtype::SOA)
        }
        AllRecordData::Nsec3(nsec3) => {
            let types = nsec3.types();
            is_hash_of(&owner, &nsec3, name) && types.contains(Rtype::NS) && !types.contains(Rtype::SOA)
        }
        _ => false,
    })
}
