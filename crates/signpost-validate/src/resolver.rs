//! The one trait that answers questions.

use async_trait::async_trait;
use hickory_proto::rr::{Name, RecordType};

use crate::Lookup;

/// Answers DNS questions and says how far the answers can be believed.
///
/// A lookup always ends: every wait inside has a limit of the implementation's own. Whatever goes wrong is in the
/// [`Lookup`], there is no other error.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// Asks for the RRset of `record_type` at `name`, following aliases.
    async fn lookup(&self, name: &Name, record_type: RecordType) -> Lookup;

    /// The name of the implementation, as it appears in reports.
    fn name(&self) -> &'static str;
}
