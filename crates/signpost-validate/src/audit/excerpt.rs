//! The part of a reply that belongs to one zone and one question, with the signatures that may count.

use bytes::Bytes;
use domain::base::iana::{Class, Rcode};
use domain::base::message_builder::{MessageBuilder, PushError, RecordSectionBuilder};
use domain::base::wire::ParseError;
use domain::base::{Message, Name, ParsedName, ParsedRecord, Rtype, ToName as _};
use domain::rdata::AllRecordData;

use super::data::{ParsedData, ParsedRrsig};
use super::denial::is_in_chain;
use super::keys::ZoneKeys;

/// A reply cut down to what one zone says about one question.
///
/// `domain` judges a reply as a whole: the signer of the first signature decides in which zone an RRset is
/// judged, and an unsigned zone named there makes the RRset Insecure. In an excerpt only the right zone is left.
pub(crate) struct Excerpt {
    pub(crate) message: Message<Bytes>,
    /// Why signatures were left out, for people; empty if none was.
    pub(super) left_out: String,
}

/// What an excerpt is about.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) owner: &'a Name<Bytes>,
    pub(crate) record_type: Rtype,
    /// The reply redirects here instead of answering, so that its response code is about another name.
    pub(crate) redirects: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("the reply cannot be taken apart")]
pub(super) struct Unreadable;

impl From<ParseError> for Unreadable {
    fn from(_: ParseError) -> Self {
        Self
    }
}

impl From<PushError> for Unreadable {
    fn from(_: PushError) -> Self {
        Self
    }
}

impl Excerpt {
    pub(super) fn new(
        message: &Message<Bytes>,
        keys: &ZoneKeys,
        subject: Subject<'_>,
    ) -> Result<Self, Unreadable> {
        let mut left_out = String::new();
        let mut builder = MessageBuilder::new_vec();
        *builder.header_mut() = message.header();
        if subject.redirects {
            builder.header_mut().set_rcode(Rcode::NOERROR);
        }
        let mut builder = builder.question();
        builder.push((subject.owner, subject.record_type))?;

        let mut answer = builder.answer();
        for record in message.answer()? {
            let record = record?;
            if record.owner() != *subject.owner || record.class() != Class::IN {
                continue;
            }
            let wanted = match signature(&record)? {
                None => record.rtype() == subject.record_type,
                Some(rrsig) => {
                    rrsig.type_covered() == subject.record_type
                        && admitted(&record, &rrsig, keys, &mut left_out)
                }
            };
            if wanted {
                push(&mut answer, &record)?;
            }
        }

        // Of the authority section only a denial matters, and only one of this zone's. What its signatures
        // cover is known before the records are seen, whatever their order.
        let mut authority = answer.authority();
        let mut signed: Vec<(Name<Bytes>, Rtype)> = Vec::new();
        for record in message.authority()? {
            let record = record?;
            if let Some(rrsig) = signature(&record)?
                && record.class() == Class::IN
                && is_denial(rrsig.type_covered())
                && admitted(&record, &rrsig, keys, &mut left_out)
            {
                signed.push((record.owner().to_name(), rrsig.type_covered()));
                push(&mut authority, &record)?;
            }
        }
        for record in message.authority()? {
            let record = record?;
            let is_signed =
                signed.iter().any(|(owner, covered)| record.owner() == *owner && record.rtype() == *covered);
            if !is_signed || record.class() != Class::IN {
                continue;
            }
            let data = record.to_any_record::<ParsedData>()?.into_data();
            if is_in_chain(&record.owner().to_name(), &data, keys.zone()) {
                push(&mut authority, &record)?;
            } else if left_out.is_empty() {
                left_out =
                    format!("{} NSEC does not fit into the zone's chain", record.owner().fmt_with_dot());
            }
        }
        let message = Message::from_octets(Bytes::from(authority.finish())).map_err(|_| Unreadable)?;
        Ok(Self { message, left_out })
    }

    /// Whether this is a denial, not an answer.
    pub(super) fn denies(&self) -> bool {
        self.message.header_counts().ancount() == 0
    }

    /// The NSEC and NSEC3 records, with the name of each.
    pub(super) fn denials(&self) -> Vec<(Name<Bytes>, ParsedData)> {
        let Ok(authority) = self.message.authority() else { return Vec::new() };
        authority
            .flatten()
            .filter(|record| matches!(record.rtype(), Rtype::NSEC | Rtype::NSEC3))
            .filter_map(|record| {
                let owner = record.owner().to_name();
                Some((owner, record.to_any_record().ok()?.into_data()))
            })
            .collect()
    }

    /// Whether an NSEC3 record asks for more iterations than `domain` computes.
    pub(super) fn is_laborious(&self) -> bool {
        self.denials().into_iter().any(|(_, data)| match data {
            AllRecordData::Nsec3(nsec3) => nsec3.iterations() > MAX_NSEC3_ITERATIONS,
            _ => false,
        })
    }
}

/// The most iterations that are not weakened, in `domain` as in RFC 9276 appendix A.
const MAX_NSEC3_ITERATIONS: u16 = 100;

fn is_denial(record_type: Rtype) -> bool {
    matches!(record_type, Rtype::NSEC | Rtype::NSEC3 | Rtype::SOA)
}

fn signature(record: &ParsedRecord<'_, Bytes>) -> Result<Option<ParsedRrsig>, Unreadable> {
    Ok(record.to_record::<ParsedRrsig>()?.map(|record| record.into_data()))
}

/// Whether a signature meets the conditions of RFC 4035 §5.3.1 that `domain` does not check: the signer is the
/// zone of the RRset, the key is one that may sign, and the validity is one.
fn admitted(
    record: &ParsedRecord<'_, Bytes>,
    rrsig: &ParsedRrsig,
    keys: &ZoneKeys,
    left_out: &mut String,
) -> bool {
    let reason = if *rrsig.signer_name() != *keys.zone() {
        format!(
            "signature over {} {} by {}, but the zone is {}",
            record.owner().fmt_with_dot(),
            rrsig.type_covered(),
            rrsig.signer_name().fmt_with_dot(),
            keys.zone().fmt_with_dot(),
        )
    } else if !keys.contain(rrsig.key_tag(), rrsig.algorithm()) {
        format!(
            "signature over {} {} by key {} of {}, which is not published, revoked or no zone key",
            record.owner().fmt_with_dot(),
            rrsig.type_covered(),
            rrsig.key_tag(),
            keys.zone().fmt_with_dot(),
        )
    } else if (rrsig.expiration().into_int().wrapping_sub(rrsig.inception().into_int())).cast_signed() < 0 {
        // RFC 4034 §3.1.5: the fields are serial numbers, which `domain` compares as plain ones.
        format!(
            "signature over {} {} ends before it begins",
            record.owner().fmt_with_dot(),
            rrsig.type_covered()
        )
    } else {
        return true;
    };
    if left_out.is_empty() {
        *left_out = reason;
    }
    false
}

fn push(
    section: &mut impl RecordSectionBuilder<Vec<u8>>,
    record: &ParsedRecord<'_, Bytes>,
) -> Result<(), Unreadable> {
    let record = record.to_any_record::<AllRecordData<_, ParsedName<_>>>()?;
    Ok(section.push(record)?)
}
