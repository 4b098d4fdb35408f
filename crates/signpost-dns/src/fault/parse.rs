//! From the words of a scenario to a kind of fault.

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, Record};

use super::kind::{
    AliasFault, DenialFault, DnskeyFault, DsFault, FORGED_ADDITIONAL, FaultKind, ForgedSignature, PathFault,
    PublishFault, RCODE, REFUSED, RecordFault, SERVFAIL, SignatureFault,
};
use crate::master_file;
use crate::zone_error::ZoneError;

/// What a scenario may say about a fault besides its kind. Whatever the kind does not take is an error.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FaultParams {
    /// Master file lines with absolute names.
    pub records: Option<String>,
    /// An RCODE mnemonic, such as `SERVFAIL`.
    pub rcode: Option<String>,
    /// Seconds.
    pub seconds: Option<i64>,
}

/// Signatures are a week out of their validity unless a scenario says otherwise: Unbound forgives a day (a tenth of
/// the validity, at most `val-sig-skew-max`).
const WEEK: u32 = 7 * 86_400;
/// Clocks are five years wrong unless a scenario says otherwise.
const FIVE_YEARS: i64 = 5 * 365 * 86_400;

impl FaultKind {
    /// The kind with this name and these parameters.
    ///
    /// # Errors
    /// An unknown name, a parameter that the kind does not take or that is missing, or one that cannot be read.
    pub fn parse(kind: &str, params: &FaultParams) -> Result<Self, FaultError> {
        let mut params = params.clone();
        let parsed = Self::take(kind, &mut params)?;
        let left = [
            ("records", params.records.is_some()),
            ("rcode", params.rcode.is_some()),
            ("seconds", params.seconds.is_some()),
        ];
        match left.into_iter().find(|(_, is_left)| *is_left) {
            Some((parameter, _)) => Err(FaultError::Unexpected { kind: kind.to_owned(), parameter }),
            None => Ok(parsed),
        }
    }

    fn take(kind: &str, params: &mut FaultParams) -> Result<Self, FaultError> {
        if let Some(fault) = SignatureFault::from_name(kind) {
            let is_of_time = matches!(
                fault,
                SignatureFault::Expired | SignatureFault::NotYetValid | SignatureFault::ZoneExpired
            );
            let seconds = if is_of_time { params.seconds.take() } else { None };
            let seconds = seconds.map_or(Ok(WEEK), u32::try_from).map_err(|_| FaultError::Seconds)?;
            return Ok(Self::Signature { fault, seconds });
        }
        if let Some(fault) = PublishFault::from_name(kind) {
            let seconds = if fault == PublishFault::ClockShifted { params.seconds.take() } else { None };
            return Ok(Self::Publish { fault, seconds: seconds.unwrap_or(FIVE_YEARS) });
        }
        if let Some(signature) = ForgedSignature::ALL.into_iter().find(|signature| signature.name() == kind) {
            return Ok(Self::Forge { records: records(kind, params)?, signature });
        }
        let plain = RecordFault::from_name(kind)
            .map(Self::Record)
            .or_else(|| DnskeyFault::from_name(kind).map(Self::Dnskey))
            .or_else(|| DsFault::from_name(kind).map(Self::Ds))
            .or_else(|| DenialFault::from_name(kind).map(Self::Denial))
            .or_else(|| AliasFault::from_name(kind).map(Self::Alias))
            .or_else(|| PathFault::from_name(kind).map(Self::Path));
        match (kind, plain) {
            (_, Some(plain)) => Ok(plain),
            (FORGED_ADDITIONAL, None) => Ok(Self::ForgedAdditional { records: records(kind, params)? }),
            (SERVFAIL, None) => Ok(Self::Rcode(ResponseCode::ServFail)),
            (REFUSED, None) => Ok(Self::Rcode(ResponseCode::Refused)),
            (RCODE, None) => {
                let rcode = params.rcode.take();
                let rcode = rcode.ok_or(FaultError::Missing { kind: kind.to_owned(), parameter: "rcode" })?;
                Ok(Self::Rcode(rcode_of(&rcode)?))
            }
            (_, None) => Err(FaultError::UnknownKind { kind: kind.to_owned(), similar: similar(kind) }),
        }
    }
}

fn records(kind: &str, params: &mut FaultParams) -> Result<Vec<Record>, FaultError> {
    let text = params.records.take();
    let text = text.ok_or(FaultError::Missing { kind: kind.to_owned(), parameter: "records" })?;
    let records: Vec<Record> = master_file::read(&Name::root(), &text)
        .map_err(FaultError::Records)?
        .into_iter()
        .map(|(_, record)| record)
        .collect();
    if records.is_empty() { Err(FaultError::NoRecords) } else { Ok(records) }
}

fn rcode_of(mnemonic: &str) -> Result<ResponseCode, FaultError> {
    Ok(match mnemonic {
        "NOERROR" => ResponseCode::NoError,
        "FORMERR" => ResponseCode::FormErr,
        "SERVFAIL" => ResponseCode::ServFail,
        "NXDOMAIN" => ResponseCode::NXDomain,
        "NOTIMP" => ResponseCode::NotImp,
        "REFUSED" => ResponseCode::Refused,
        "YXDOMAIN" => ResponseCode::YXDomain,
        "NOTAUTH" => ResponseCode::NotAuth,
        _ => return Err(FaultError::Rcode { rcode: mnemonic.to_owned() }),
    })
}

/// The known name with the most beginning in common, if that is at least half of it.
fn similar(kind: &str) -> Option<&'static str> {
    let common = |name: &str| name.bytes().zip(kind.bytes()).take_while(|(a, b)| a == b).count();
    FaultKind::names().max_by_key(|name| common(name)).filter(|name| common(name) * 2 >= name.len())
}

/// Why words make no fault.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// A parameter is missing.
    #[error("`{kind}` needs `{parameter}`")]
    Missing {
        /// The kind.
        kind: String,
        /// The parameter.
        parameter: &'static str,
    },
    /// There are no records in `records`.
    #[error("`records` holds no record")]
    NoRecords,
    /// The RCODE is not known.
    #[error(
        "`{rcode}` is no RCODE; known are NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN, NOTAUTH"
    )]
    Rcode {
        /// What was given.
        rcode: String,
    },
    /// The records cannot be read.
    #[error("`records`: {0}")]
    Records(ZoneError),
    /// The seconds are out of range.
    #[error("`seconds` must be between 0 and 4294967295 here")]
    Seconds,
    /// A parameter that the kind does not take.
    #[error("`{kind}` takes no `{parameter}`")]
    Unexpected {
        /// The kind.
        kind: String,
        /// The parameter.
        parameter: &'static str,
    },
    /// There is no such kind.
    #[error("`{kind}` is no kind of DNS fault{}", similar.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
    UnknownKind {
        /// What was given.
        kind: String,
        /// A known name that begins like it.
        similar: Option<&'static str>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_parsed_to_a_kind_of_that_name() {
        for name in FaultKind::names() {
            let mut params = FaultParams::default();
            if name.starts_with("forge") && !["forged-nodata", "forged-nxdomain"].contains(&name)
                || name == FORGED_ADDITIONAL
            {
                params.records = Some("a.example. 300 IN A 192.0.2.1".to_owned());
            }
            if name == RCODE {
                params.rcode = Some("NOTAUTH".to_owned());
            }
            assert_eq!(FaultKind::parse(name, &params).unwrap().name(), name);
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = FaultKind::names().collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn mistakes_are_named() {
        let check = |kind: &str, params: FaultParams, expected: &str| {
            assert_eq!(FaultKind::parse(kind, &params).unwrap_err().to_string(), expected);
        };
        let none = FaultParams::default;
        check("forge", none(), "`forge` needs `records`");
        check(
            "signature-breken",
            none(),
            "`signature-breken` is no kind of DNS fault; did you mean `signature-broken`?",
        );
        check("zzz", none(), "`zzz` is no kind of DNS fault");
        check("servfail", FaultParams { seconds: Some(1), ..none() }, "`servfail` takes no `seconds`");
        check(
            "signature-expired",
            FaultParams { seconds: Some(-1), ..none() },
            &FaultError::Seconds.to_string(),
        );
        check("forge", FaultParams { records: Some(";".into()), ..none() }, "`records` holds no record");
        let records = Some("a. A 192.0.2.1\nb. A nothing\n".to_owned());
        check("forge", FaultParams { records, ..none() }, "`records`: line 2: expected IPv4 address");
    }
}
