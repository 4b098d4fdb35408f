//! What is asked, as answers, faults and the transcript look at it.

use hickory_proto::rr::{Name, RecordType};

/// A question and whether its answer may come with DNSSEC records.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) name: Name,
    pub(crate) record_type: RecordType,
    /// The DO bit (RFC 4035 section 3.2.1).
    pub(crate) dnssec_ok: bool,
}
