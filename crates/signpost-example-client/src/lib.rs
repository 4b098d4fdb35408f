//! Somebody else's crate: a validating stub resolver that blocks, on top of hickory-resolver. Knows nothing of signpost; its
//! test `conformance` does.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError, NoRecords};
use hickory_resolver::proto::dnssec::{Proof, TrustAnchors};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, Record, RecordType};
use tokio::runtime::{Builder, Runtime};

/// How long one reply is waited for.
const PATIENCE: Duration = Duration::from_millis(800);

/// What came of a question.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Something that could be judged, and how.
    Judged {
        /// How far it is to be believed.
        proof: Proof,
        /// What the server said; nothing where the answer was thrown away.
        code: Option<ResponseCode>,
    },
    /// Nothing that could be judged, and why.
    None(String),
}

/// A resolver that asks one server, and remembers what it was told.
pub struct Resolver {
    runtime: Runtime,
    inner: TokioResolver,
}

impl Resolver {
    /// Validates from these keys of the root: DNSKEY records as master-file lines.
    ///
    /// # Errors
    ///
    /// What is no key, and whatever keeps a resolver from being made.
    pub fn new(server: SocketAddr, keys: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let anchors: TrustAnchors = keys.parse()?;
        let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
            connection.port = server.port();
            connection
        });
        let server = NameServerConfig::new(server.ip(), true, connections.to_vec());
        let mut options = ResolverOpts::default();
        options.timeout = PATIENCE;
        options.attempts = 0;
        options.use_hosts_file = ResolveHosts::Never;
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        let inner = builder.with_options(options).with_trust_anchor(Arc::new(anchors)).build()?;
        Ok(Self { runtime: Builder::new_current_thread().enable_all().build()?, inner })
    }

    /// Asks one question, and waits for what comes of it.
    ///
    /// # Errors
    ///
    /// What is no domain name or type.
    pub fn ask(&self, name: &str, record_type: &str) -> Result<Answer, Box<dyn std::error::Error>> {
        let mut name = Name::from_ascii(name)?;
        // Without the final dot, the search list of the machine would be tried.
        name.set_fqdn(true);
        let record_type: RecordType = record_type.parse()?;
        Ok(match self.runtime.block_on(self.inner.lookup(name, record_type)) {
            Ok(lookup) => judged(lookup.answers(), ResponseCode::NoError),
            Err(error) => without_records(&error),
        })
    }
}

fn without_records(error: &NetError) -> Answer {
    match error {
        NetError::Dns(DnsError::DnssecBogus) => Answer::Judged { proof: Proof::Bogus, code: None },
        NetError::Dns(DnsError::Nsec { response, proof, .. }) => {
            let proof = weakest(&response.authorities).min(*proof);
            Answer::Judged { proof, code: Some(response.response_code) }
        }
        NetError::Dns(DnsError::NoRecordsFound(NoRecords { response_code, authorities, .. })) => {
            judged(authorities.as_deref().unwrap_or_default(), *response_code)
        }
        error => Answer::None(error.to_string()),
    }
}

fn judged(records: &[Record], code: ResponseCode) -> Answer {
    Answer::Judged { proof: weakest(records), code: Some(code) }
}

/// An answer is worth as much as its weakest record. Signatures carry no verdict of their own.
fn weakest(records: &[Record]) -> Proof {
    let proofs = records.iter().filter(|record| record.record_type() != RecordType::RRSIG);
    proofs.map(|record| record.proof).min().unwrap_or(Proof::Indeterminate)
}
