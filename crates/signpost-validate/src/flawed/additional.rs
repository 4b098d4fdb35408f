//! A resolver that takes the additional section of one answer for the answer to the next question.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use hickory_proto::op::Message;
use hickory_proto::rr::{Name, Record, RecordType};

use crate::exchange::Exchange;
use crate::reading::{domain_name, domain_type};
use crate::{Answer, AuditedValidator, Lookup, Resolver, SecurityStatus, Upstream};

/// Validates SRV records, and believes the addresses that stand beside them without a look.
///
/// RFC 2782 lets a server add them and a client save the question; RFC 2181 §5.4.1 ranks them below every answer, and
/// nobody has validated them.
pub struct AdditionalTrustingResolver {
    exchange: Exchange,
    validating: AuditedValidator,
    remembered: Mutex<HashMap<(Name, RecordType), Vec<Record>>>,
}

impl AdditionalTrustingResolver {
    /// A resolver that asks `upstream.server`.
    pub fn new(upstream: &Upstream) -> Self {
        Self {
            exchange: Exchange::new(upstream),
            validating: AuditedValidator::new(upstream),
            remembered: Mutex::default(),
        }
    }

    /// Asks once more and keeps what stands in the additional section.
    async fn remember(&self, name: &Name) {
        let Some(wire_name) = domain_name(name) else { return };
        let Ok(reply) = self.exchange.ask(&wire_name, domain_type(RecordType::SRV)).await else { return };
        let Ok(reply) = Message::from_vec(reply.as_slice()) else { return };
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        for record in reply.additionals {
            remembered.entry((record.name.to_lowercase(), record.record_type())).or_default().push(record);
        }
    }
}

#[async_trait]
impl Resolver for AdditionalTrustingResolver {
    async fn lookup(&self, name: &Name, record_type: RecordType) -> Lookup {
        if record_type == RecordType::SRV {
            self.remember(name).await;
        }
        let known = {
            let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
            remembered.get(&(name.to_lowercase(), record_type)).cloned()
        };
        match known {
            Some(records) => Lookup::new(SecurityStatus::Secure, Answer::Records(records))
                .because("it stood in an additional section"),
            None => self.validating.lookup(name, record_type).await,
        }
    }

    fn name(&self) -> &'static str {
        "trusts-additional"
    }
}
