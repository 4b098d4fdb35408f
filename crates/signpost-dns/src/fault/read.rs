//! From what a scenario says of a fault to what is broken.

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, Record};
use serde::de::{DeserializeSeed, EnumAccess, Error, IntoDeserializer as _, VariantAccess, Visitor};
use serde::{Deserialize as _, Deserializer, forward_to_deserialize_any};

use crate::master_file;

/// The RCODEs that a scenario can name.
const RCODES: &[(&str, ResponseCode)] = &[
    ("NOERROR", ResponseCode::NoError),
    ("FORMERR", ResponseCode::FormErr),
    ("SERVFAIL", ResponseCode::ServFail),
    ("NXDOMAIN", ResponseCode::NXDomain),
    ("NOTIMP", ResponseCode::NotImp),
    ("REFUSED", ResponseCode::Refused),
    ("YXDOMAIN", ResponseCode::YXDomain),
    ("NOTAUTH", ResponseCode::NotAuth),
];

/// Reads master-file lines with absolute names.
pub(super) fn records<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Record>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let records = master_file::read(&Name::root(), &text).map_err(D::Error::custom)?;
    if records.is_empty() {
        return Err(D::Error::custom("there is no record here"));
    }
    Ok(records.into_iter().map(|(_, record)| record).collect())
}

/// Reads the mnemonic of an RCODE.
pub(super) fn rcode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ResponseCode, D::Error> {
    let mnemonic = String::deserialize(deserializer)?;
    let rcode = RCODES.iter().find(|(known, _)| *known == mnemonic).map(|(_, rcode)| *rcode);
    rcode.ok_or_else(|| {
        let known: Vec<&str> = RCODES.iter().map(|(known, _)| *known).collect();
        D::Error::custom(format_args!("`{mnemonic}` is no RCODE; known are {}", known.join(", ")))
    })
}

/// A fault whose group is known, to be read by that group: its name has been read already.
pub(super) struct OfGroup<A> {
    pub(super) name: String,
    pub(super) parameters: A,
}

impl<'de, A: VariantAccess<'de>> Deserializer<'de> for OfGroup<A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, A: VariantAccess<'de>> EnumAccess<'de> for OfGroup<A> {
    type Error = A::Error;
    type Variant = A;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, A), A::Error> {
        let name: serde::de::value::StringDeserializer<A::Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self.parameters))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::fault::{
        AnswerFaultKind, ForgeFault, OutOfValidity, PublishFault, RcodeFault, SignatureFault,
    };

    fn read(text: &str) -> Result<AnswerFaultKind, String> {
        serde_json::from_str(text)
            .map_err(|error| error.to_string().split(" at line").next().unwrap_or_default().to_owned())
    }

    #[test]
    fn every_name_is_read_as_the_kind_of_that_name() {
        for kind in AnswerFaultKind::all() {
            let parameters = match kind {
                AnswerFaultKind::Forge(_) => r#"{ "records": "a.example. 300 IN A 192.0.2.1" }"#,
                AnswerFaultKind::Publish(PublishFault::ClockShifted { .. })
                | AnswerFaultKind::Signature(
                    SignatureFault::Expired { .. }
                    | SignatureFault::NotYetValid { .. }
                    | SignatureFault::ZoneExpired { .. },
                ) => "{}",
                AnswerFaultKind::Rcode(RcodeFault::Other { .. }) => r#"{ "rcode": "NOTAUTH" }"#,
                _ => "null",
            };
            let text = format!("{{ \"{}\": {parameters} }}", kind.name());
            assert_eq!(read(&text).unwrap().name(), kind.name());
        }
    }

    #[test]
    fn names_are_unique() {
        let names: BTreeSet<_> = AnswerFaultKind::names().iter().collect();
        assert_eq!(names.len(), AnswerFaultKind::names().len());
        assert_eq!(names.len(), AnswerFaultKind::all().count());
    }

    #[test]
    fn parameters_are_read() {
        let expired = |seconds| AnswerFaultKind::Signature(SignatureFault::Expired { seconds });
        assert_eq!(read(r#"{ "signature-expired": {} }"#).unwrap(), expired(OutOfValidity::default()));
        assert_eq!(
            read(r#"{ "signature-expired": { "seconds": 60 } }"#).unwrap(),
            expired(OutOfValidity(60))
        );
        let forged = read(r#"{ "forged-ad": { "records": "a. A 192.0.2.1\nb. A 192.0.2.2\n" } }"#).unwrap();
        let AnswerFaultKind::Forge(ForgeFault::AuthenticData { records }) = forged else {
            panic!("{forged:?}")
        };
        assert_eq!(records.len(), 2);
    }

    #[test]
    fn mistakes_are_named() {
        let check = |text: &str, expected: &str| assert_eq!(read(text).unwrap_err(), expected);
        check(r#"{ "forge": {} }"#, "missing field `records`");
        check(r#"{ "forge": { "records": ";" } }"#, "there is no record here");
        check(
            r#"{ "forge": { "records": "a. A 192.0.2.1\nb. A nothing\n" } }"#,
            "line 2: expected IPv4 address",
        );
        check(
            r#"{ "rcode": { "rcode": "SERVFALL" } }"#,
            "`SERVFALL` is no RCODE; known are NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN, NOTAUTH",
        );
        check(r#"{ "signature-expired": { "seconds": -1 } }"#, "invalid value: integer `-1`, expected u32");
        check(
            r#"{ "signature-expired": { "rcode": "NOTAUTH" } }"#,
            "unknown field `rcode`, expected `seconds`",
        );
        let unknown = read(r#"{ "signature-breken": null }"#).unwrap_err();
        assert!(unknown.starts_with("unknown variant `signature-breken`, expected one of "), "{unknown}");
    }
}
