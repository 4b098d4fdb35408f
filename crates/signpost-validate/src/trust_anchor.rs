//! Trust anchors: DS and DNSKEY records in master-file form, and what each library makes of them.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use domain::base::Name as DomainName;
use domain::base::iana::Class;
use domain::dep::octseq::Parser;
use domain::rdata::{Dnskey, Ds, ZoneRecordData};
use domain::zonefile::inplace::{Entry, Zonefile};
use hickory_proto::dnssec::rdata::DNSSECRData;
use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable as _, BinDecoder, BinEncodable as _};

use crate::reading::domain_name;

/// Where a chain of trust starts: the DS or DNSKEY records of a zone, usually of the root.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustAnchor {
    records: Vec<Record>,
}

impl TrustAnchor {
    /// Takes records that are already parsed; others than DS and DNSKEY are an error.
    pub fn from_records(records: Vec<Record>) -> Result<Self, TrustAnchorError> {
        for (index, record) in records.iter().enumerate() {
            if !matches!(record.data, RData::DNSSEC(DNSSECRData::DS(_) | DNSSECRData::DNSKEY(_))) {
                return Err(TrustAnchorErrorKind::WrongType.at(index + 1));
            }
        }
        if records.is_empty() {
            return Err(TrustAnchorErrorKind::Empty.at(1));
        }
        Ok(Self { records })
    }

    /// The anchors of the public root: the DS records of KSK-2017 and KSK-2024 as IANA publishes them in
    /// <https://data.iana.org/root-anchors/root-anchors.xml>.
    pub fn iana() -> Self {
        #[expect(clippy::expect_used, reason = "the text is a constant, and a test parses it")]
        IANA.parse().expect("the built-in anchors parse")
    }

    /// The DS and DNSKEY records.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The owner of the anchors below which `name` lies, if any: the longest one.
    pub(crate) fn closest(&self, name: &Name) -> Option<&Name> {
        let owners = self.records.iter().map(|record| &record.name);
        owners.filter(|owner| owner.zone_of(name)).max_by_key(|owner| owner.num_labels())
    }

    /// The DS and DNSKEY records at `owner` in the types of `domain`.
    pub(crate) fn at(&self, owner: &DomainName<Bytes>) -> (Vec<Ds<Bytes>>, Vec<Dnskey<Bytes>>) {
        let (mut digests, mut keys) = (Vec::new(), Vec::new());
        for record in &self.records {
            if domain_name(&record.name).as_ref() != Some(owner) {
                continue;
            }
            let Ok(data) = record.data.to_bytes() else { continue };
            let data = Bytes::from(data);
            let mut parser = Parser::from_ref(&data);
            match record.record_type() {
                RecordType::DS => digests.extend(Ds::parse(&mut parser)),
                RecordType::DNSKEY => keys.extend(Dnskey::parse(&mut parser)),
                _ => {}
            }
        }
        (digests, keys)
    }
}

const IANA: &str = "\
. 172800 IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. 172800 IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16
";

impl FromStr for TrustAnchor {
    type Err = TrustAnchorError;

    /// Reads master-file lines, one record each. Empty lines and comments are skipped; a missing class is IN.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut records = Vec::new();
        for (index, line) in text.lines().enumerate() {
            records.extend(parse_line(line).map_err(|kind| kind.at(index + 1))?);
        }
        if records.is_empty() {
            return Err(TrustAnchorErrorKind::Empty.at(1));
        }
        Ok(Self { records })
    }
}

/// A record without a TTL gets this one. It is never used: an anchor does not expire.
const DEFAULT_TTL: &str = "$TTL 172800\n";

fn parse_line(line: &str) -> Result<Option<Record>, TrustAnchorErrorKind> {
    let syntax = |error: &dyn fmt::Display| TrustAnchorErrorKind::Syntax(error.to_string());
    if line.starts_with('$') {
        return Err(TrustAnchorErrorKind::Syntax("a directive has no place here".into()));
    }
    let mut file = Zonefile::new();
    file.set_origin(domain::base::Name::root());
    file.set_default_class(Class::IN);
    file.extend_from_slice(DEFAULT_TTL.as_bytes());
    file.extend_from_slice(line.as_bytes());
    file.extend_from_slice(b"\n");
    let entry = match file.next_entry().map_err(|error| syntax(&error))? {
        None => return Ok(None),
        Some(Entry::Include { .. }) => return Err(TrustAnchorErrorKind::WrongType),
        Some(Entry::Record(record)) => record,
    };
    if !matches!(entry.data(), ZoneRecordData::Ds(_) | ZoneRecordData::Dnskey(_)) {
        return Err(TrustAnchorErrorKind::WrongType);
    }
    // The wire form is the one form that both libraries agree on.
    let mut wire: Vec<u8> = Vec::new();
    entry.compose(&mut wire).map_err(|error| syntax(&error))?;
    Record::read(&mut BinDecoder::new(&wire)).map(Some).map_err(|error| syntax(&error))
}

impl fmt::Display for TrustAnchor {
    /// Writes one master-file line per record.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for record in &self.records {
            let Record { name, ttl, data, .. } = record;
            writeln!(f, "{name} {ttl} IN {} {data}", record.record_type())?;
        }
        Ok(())
    }
}

/// A text that is no trust anchor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct TrustAnchorError {
    line: usize,
    kind: TrustAnchorErrorKind,
}

impl TrustAnchorError {
    /// The line, counted from 1; for records that were already parsed, the position of the record.
    pub fn line(&self) -> usize {
        self.line
    }

    /// What is wrong there.
    pub fn kind(&self) -> &TrustAnchorErrorKind {
        &self.kind
    }
}

/// What is wrong with a trust anchor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustAnchorErrorKind {
    /// There is no record at all, so nothing could ever be Secure.
    #[error("no DS or DNSKEY record")]
    Empty,
    /// Not a master-file line.
    #[error("not a resource record: {0}")]
    Syntax(String),
    /// A resource record of another type.
    #[error("a trust anchor is a DS or DNSKEY record")]
    WrongType,
}

impl TrustAnchorErrorKind {
    fn at(self, line: usize) -> TrustAnchorError {
        TrustAnchorError { line, kind: self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_and_parsing_is_identity() {
        let anchor = TrustAnchor::iana();
        assert_eq!(anchor.records().len(), 2);
        assert_eq!(anchor.to_string(), IANA);
        assert_eq!(anchor.to_string().parse(), Ok(anchor));
    }

    #[test]
    fn a_key_survives_the_round_trip() {
        let text = ". 172800 IN DNSKEY 257 3 15 lxS5eJGm7pQ4pkBTC9mLGv1iOEWL8MnQyX1NZHQI6x4=\n";
        let anchor: TrustAnchor = text.parse().unwrap();
        assert_eq!(anchor.to_string(), text);
    }

    #[test]
    fn class_ttl_comments_and_empty_lines_are_optional() {
        let anchor: TrustAnchor =
            "; root\n\n. DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D ; KSK-2017\n"
                .parse()
                .unwrap();
        assert_eq!(anchor.records().len(), 1);
    }

    #[test]
    fn mistakes_name_their_line() {
        let check = |text: &str, line: usize, words: &str| {
            let error = text.parse::<TrustAnchor>().unwrap_err();
            assert_eq!(error.line(), line, "{error}");
            assert!(error.to_string().contains(words), "{error}");
        };
        check("", 1, "no DS or DNSKEY");
        check("; only a comment\n", 1, "no DS or DNSKEY");
        check("\n. IN A 192.0.2.1\n", 2, "a trust anchor is");
        check(". IN DS 1 8 2 zz\n", 1, "not a resource record");
        check("$INCLUDE /etc/passwd\n", 1, "directive");
        check(". IN DS 1 8 2 (\n", 1, "not a resource record");
    }
}
