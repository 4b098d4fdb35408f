//! The validator of hickory-resolver, as it ships.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use domain::base::Rtype;
use hickory_net::runtime::TokioRuntimeProvider;
use hickory_net::{DnsError, NetError, NoRecords};
use hickory_proto::dnssec::rdata::{DNSKEY, DNSSECRData};
use hickory_proto::dnssec::{Proof, TrustAnchors};
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use tokio::sync::OnceCell;

use crate::belief::Belief;
use crate::exchange::Exchange;
use crate::guard::guarded;
use crate::reading::domain_name;
use crate::{Answer, Failure, Lookup, Resolver, SecurityStatus, Upstream};

/// Validates with [`hickory_resolver`], believing everything that it says.
///
/// Known to be wrong in 0.26.3: a DNSKEY RRset without a valid signature is Secure when every key in it matches a
/// DS record; a SHA-1 DS record is used although a SHA-256 one beside it does not match (RFC 4509 §3); a
/// denial that rests on opt-out is Secure (RFC 5155 §9.2); data signed by the parent of its zone is Secure
/// (RFC 4035 §5.3.1). Honest answers that it calls Bogus: a denial at the end of an alias, the CNAME that a DNAME
/// implies, an alias made from a wildcard, what lies below a delegation denied with many NSEC3 iterations.
pub struct HickoryValidator {
    upstream: Upstream,
    exchange: Exchange,
    resolver: OnceCell<TokioResolver>,
}

impl HickoryValidator {
    /// A validator that has not asked anything yet.
    pub fn new(upstream: &Upstream) -> Self {
        Self { upstream: upstream.clone(), exchange: Exchange::new(upstream), resolver: OnceCell::new() }
    }

    async fn resolver(&self) -> Result<&TokioResolver, Lookup> {
        self.resolver
            .get_or_try_init(|| async {
                let anchors = Arc::new(self.anchors().await?);
                build(&self.upstream, anchors)
                    .map_err(|error| Lookup::failed(Failure::Unreachable, error.to_string()))
            })
            .await
    }

    /// hickory starts from public keys only. For an anchor that is a digest, the key is fetched and compared.
    async fn anchors(&self) -> Result<TrustAnchors, Lookup> {
        let mut anchors = TrustAnchors::empty();
        for record in self.upstream.trust_anchor.records() {
            match &record.data {
                RData::DNSSEC(DNSSECRData::DNSKEY(key)) => {
                    anchors.insert_with_name(key.public_key(), (&record.name).into());
                }
                RData::DNSSEC(DNSSECRData::DS(digest)) => {
                    for key in self.published_keys(&record.name).await? {
                        if digest.covers(&record.name, &key).unwrap_or(false) {
                            anchors.insert_with_name(key.public_key(), (&record.name).into());
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(anchors)
    }

    async fn published_keys(&self, zone: &Name) -> Result<Vec<DNSKEY>, Lookup> {
        let Some(owner) = domain_name(zone) else { return Ok(Vec::new()) };
        let reply =
            self.exchange.ask(&owner, Rtype::DNSKEY).await.map_err(|error| {
                Lookup::failed(error.failure, format!("DNSKEY of {zone}: {}", error.detail))
            })?;
        let message = Message::from_vec(reply.as_slice())
            .map_err(|error| Lookup::failed(Failure::Malformed, format!("DNSKEY of {zone}: {error}")))?;
        let keys = message.answers.into_iter().filter_map(|record| match record.data {
            RData::DNSSEC(DNSSECRData::DNSKEY(key)) if record.name == *zone => Some(key),
            _ => None,
        });
        Ok(keys.collect())
    }
}

#[async_trait]
impl Resolver for HickoryValidator {
    async fn lookup(&self, name: &Name, record_type: RecordType) -> Lookup {
        // Without the final dot, hickory would try the search list of the machine.
        let mut name = name.clone();
        name.set_fqdn(true);
        let lookup = async {
            match self.resolver().await {
                Err(lookup) => lookup,
                Ok(resolver) => match guarded(resolver.lookup(name, record_type)).await {
                    Some(Ok(lookup)) => from_answers(lookup.answers(), record_type),
                    Some(Err(error)) => {
                        if let NetError::Io(error) = &error {
                            self.upstream.shortage.note(error);
                        }
                        from_error(&error)
                    }
                    None => Lookup::failed(Failure::Panicked, Belief::panicked().reason),
                },
            }
        };
        tokio::time::timeout(self.upstream.lookup_limit(), lookup)
            .await
            .unwrap_or_else(|_| Lookup::failed(Failure::TimedOut, "no verdict in time"))
    }

    fn name(&self) -> &'static str {
        "hickory"
    }
}

fn build(upstream: &Upstream, anchors: Arc<TrustAnchors>) -> Result<TokioResolver, NetError> {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = upstream.server.port();
        connection.bind_addr = upstream.source.map(|source| SocketAddr::new(source, 0));
        connection
    });
    let server = NameServerConfig::new(upstream.server.ip(), true, connections.to_vec());
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    let mut options = ResolverOpts::default();
    options.timeout = upstream.timeout;
    // hickory counts the repetitions after the first attempt.
    options.attempts = upstream.attempts.saturating_sub(1);
    options.use_hosts_file = ResolveHosts::Never;
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        .with_options(options)
        .with_trust_anchor(anchors)
        .build()
}

fn from_answers(answers: &[Record], record_type: RecordType) -> Lookup {
    let records: Vec<Record> =
        answers.iter().filter(|record| record.record_type() == record_type).cloned().collect();
    let answer = if records.is_empty() { Answer::NoData } else { Answer::Records(records) };
    Lookup::new(weakest(answers), answer)
}

fn from_error(error: &NetError) -> Lookup {
    let reason = error.to_string();
    match error {
        // hickory does not say what it rejected, so that there is no content to report.
        NetError::Dns(DnsError::DnssecBogus) => {
            Lookup::new(SecurityStatus::Bogus, Answer::Failed(Failure::Malformed)).because(reason)
        }
        NetError::Dns(DnsError::Nsec { query, response, proof, .. }) => {
            // A wildcard's answer comes this way, too, when the denial that belongs to it is weak.
            let answer = from_answers(&response.answers, query.query_type());
            let answer = match answer.answer {
                Answer::Records(_) => answer.answer,
                _ => denial(response.response_code),
            };
            let said = weakest(&response.authorities);
            Lookup::new(security(*proof).min(said), answer).because(reason)
        }
        NetError::Dns(DnsError::NoRecordsFound(NoRecords { response_code, authorities, .. })) => {
            let security = weakest(authorities.as_deref().unwrap_or_default());
            Lookup::new(security, denial(*response_code))
        }
        NetError::Dns(DnsError::ResponseCode(ResponseCode::Refused)) => {
            Lookup::failed(Failure::Refused, reason)
        }
        NetError::Dns(DnsError::ResponseCode(ResponseCode::ServFail)) => {
            Lookup::failed(Failure::ServFail, reason)
        }
        NetError::Dns(_) => Lookup::failed(Failure::OtherResponseCode, reason),
        NetError::Timeout => Lookup::failed(Failure::TimedOut, reason),
        NetError::Busy | NetError::Io(_) | NetError::NoConnections => {
            Lookup::failed(Failure::Unreachable, reason)
        }
        _ => Lookup::failed(Failure::Malformed, reason),
    }
}

fn denial(code: ResponseCode) -> Answer {
    if code == ResponseCode::NXDomain { Answer::NxDomain } else { Answer::NoData }
}

/// The security of the weakest record; of none at all, nothing is known. Signatures carry no verdict of their own.
fn weakest(records: &[Record]) -> SecurityStatus {
    records
        .iter()
        .filter(|record| record.record_type() != RecordType::RRSIG)
        .map(|record| security(record.proof))
        .min()
        .unwrap_or(SecurityStatus::Indeterminate)
}

fn security(proof: Proof) -> SecurityStatus {
    match proof {
        Proof::Bogus => SecurityStatus::Bogus,
        Proof::Indeterminate => SecurityStatus::Indeterminate,
        Proof::Insecure => SecurityStatus::Insecure,
        Proof::Secure => SecurityStatus::Secure,
    }
}
