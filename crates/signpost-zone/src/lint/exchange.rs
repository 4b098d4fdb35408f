//! MX records.

use std::collections::HashSet;

use hickory_proto::rr::{RData, RecordType};

use super::finding::Sink;
use super::view::View;
use crate::namespace::Located;

/// Whether an MX record declares that no mail is taken (RFC 7505).
pub(super) fn is_null(exchange: &Located<'_>) -> bool {
    matches!(&exchange.record().data, RData::MX(mx) if mx.exchange.is_root())
}

pub(super) fn null_beside_others(view: &View<'_>, sink: &mut Sink<'_>) {
    let mut looked_at = HashSet::new();
    for exchange in view.names.of_type(RecordType::MX).filter(is_null) {
        let owner = &exchange.record().name;
        if looked_at.insert(owner.clone())
            && exchange.zone.at(owner, RecordType::MX).iter().any(|other| !is_null(other))
        {
            sink.at(exchange, "", || format!("the exchange `.` beside others at {owner} declares nothing"));
        }
    }
}
