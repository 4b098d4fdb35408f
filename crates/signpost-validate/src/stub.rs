//! A question to a resolver that validates, and what whoever trusts it learns from its answer (RFC 4035 §4.9.3).

use domain::base::Rtype;
use domain::base::opt::{AllOptData, ExtendedError};
use hickory_proto::rr::{Name, RecordType};

use crate::exchange::Exchange;
use crate::reading::{domain_name, domain_type};
use crate::{Failure, Upstream};

/// Asks a resolver that validates, and believes its AD bit.
pub struct Stub {
    exchange: Exchange,
}

/// A resolver's answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Response {
    /// RCODE mnemonic.
    pub rcode: String,
    /// The AD bit: the resolver found the chain of trust whole.
    pub authentic_data: bool,
    /// The longest TTL of the answer section, in seconds.
    pub ttl: Option<u32>,
    /// Extended DNS errors (RFC 8914): code and text.
    pub errors: Vec<(u16, String)>,
}

impl Stub {
    /// A stub that asks `upstream.server`; the trust anchor is the resolver's business.
    pub fn new(upstream: &Upstream) -> Self {
        Self { exchange: Exchange::trusting(upstream) }
    }

    /// Asks for the RRset of `record_type` at `name`.
    ///
    /// # Errors
    ///
    /// No answer came, or none that can be read.
    pub async fn ask(&self, name: &Name, record_type: RecordType) -> Result<Response, Failure> {
        let owner = domain_name(name).ok_or(Failure::Malformed)?;
        let record_type: Rtype = domain_type(record_type);
        let reply = self.exchange.ask(&owner, record_type).await.map_err(|error| error.failure)?;
        let options = reply.opt().map(|record| record.opt().clone());
        let errors = options
            .iter()
            .flat_map(|options| options.iter::<AllOptData<_, _>>().flatten())
            .filter_map(|option| match option {
                AllOptData::ExtendedError(error) => Some((error.code().to_int(), text(&error))),
                _ => None,
            });
        Ok(Response {
            rcode: reply.header().rcode().to_string(),
            authentic_data: reply.header().ad(),
            ttl: reply.answer().into_iter().flatten().flatten().map(|record| record.ttl().as_secs()).max(),
            errors: errors.collect(),
        })
    }
}

fn text<O: AsRef<[u8]>>(error: &ExtendedError<O>) -> String {
    error.text_slice().map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default()
}
