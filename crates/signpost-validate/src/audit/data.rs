//! The record data of a reply, as it is read here.

use bytes::Bytes;
use domain::base::ParsedName;
use domain::rdata::{AllRecordData, Rrsig};

/// The data of any record.
pub(super) type ParsedData = AllRecordData<Bytes, ParsedName<Bytes>>;

/// The data of a signature.
pub(super) type ParsedRrsig = Rrsig<Bytes, ParsedName<Bytes>>;
