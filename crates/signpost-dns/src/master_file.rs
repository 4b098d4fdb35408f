//! Master files (RFC 1035 section 5), read and written by the `domain` crate.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::base::iana::Class;
use domain::base::zonefile_fmt::{DisplayKind, ZonefileFmt as _};
use domain::base::{self, ParsedName};
use domain::dep::octseq::Parser;
use domain::rdata::AllRecordData;
use domain::zonefile::inplace::{Entry, Zonefile};
use hickory_proto::rr::{Name, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable as _, BinEncodable as _};

use crate::rrset::raw_record;
use crate::zone_error::{ZoneError, ZoneErrorKind};

/// The records of a master file, each with the line on which its entry begins.
pub(crate) fn read(origin: &Name, text: &str) -> Result<Vec<(usize, Record)>, ZoneError> {
    let syntax =
        |line: Option<usize>, message: String| ZoneError { line, kind: ZoneErrorKind::Syntax { message } };
    let apex = origin.to_bytes().map_err(|error| syntax(None, error.to_string()))?;
    let apex = base::Name::from_octets(apex.into()).map_err(|error| syntax(None, error.to_string()))?;
    let mut file = Zonefile::with_capacity(text.len() + 1);
    file.set_origin(apex);
    file.set_default_class(Class::IN);
    let mut records = Vec::new();
    // The parser gets entry by entry, because the line that it names is sometimes the one after the mistake.
    let entries = Entries { rest: text, line: 1 };
    for (line, entry) in entries {
        file.extend_from_slice(entry.as_bytes());
        if !entry.ends_with('\n') {
            file.extend_from_slice(b"\n");
        }
        // The parser takes for granted what a file need not hold: domain 0.12.3 panics on `TXT""(""`. What it leaves half
        // done goes with the file.
        let mut next = || catch_unwind(AssertUnwindSafe(|| file.next_entry()));
        while let Some(entry) = next()
            .map_err(|_| syntax(Some(line), "the entry is not one that can be read".to_owned()))?
            .map_err(|error| syntax(Some(line), message(&error.to_string())))?
        {
            let Entry::Record(record) = entry else {
                let kind = ZoneErrorKind::Unsupported { what: "$INCLUDE".to_owned() };
                return Err(ZoneError { line: Some(line), kind });
            };
            let mut wire = Vec::new();
            record.compose(&mut wire).map_err(|error| syntax(Some(line), error.to_string()))?;
            let record =
                decode(&wire).ok_or_else(|| syntax(Some(line), "a record of no known form".to_owned()))?;
            records.push((line, record));
        }
    }
    Ok(records)
}

/// Cuts a master file after each line feed that ends an entry, and counts lines.
struct Entries<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let (entry, rest) = self.rest.split_at(entry_length(self.rest.as_bytes()));
        let line = self.line;
        self.line += entry.bytes().filter(|octet| *octet == b'\n').count();
        self.rest = rest;
        Some((line, entry))
    }
}

/// The length of the first entry, final line feed included (RFC 1035 section 5.1).
fn entry_length(text: &[u8]) -> usize {
    let (mut depth, mut quoted, mut comment, mut escaped) = (0usize, false, false, false);
    for (place, octet) in text.iter().enumerate() {
        match octet {
            b'\n' if depth == 0 && !quoted => return place + 1,
            b'\n' => comment = false,
            _ if comment => {}
            _ if escaped => {
                escaped = false;
                continue;
            }
            b'"' => quoted = !quoted,
            b';' if !quoted => comment = true,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        escaped = *octet == b'\\' && !comment;
    }
    text.len()
}

/// A record from its uncompressed wire form; what hickory-proto cannot read stays raw.
fn decode(wire: &[u8]) -> Option<Record> {
    if let Ok(record) = Record::from_bytes(wire) {
        return Some(record);
    }
    let owner = crate::wire::read_name(wire)?;
    let fixed = wire.get(owner.to_bytes().ok()?.len()..)?;
    let (fixed, rdata) = fixed.split_at_checked(10)?;
    let record_type = RecordType::from(u16::from_be_bytes([fixed[0], fixed[1]]));
    let ttl = u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]);
    Some(raw_record(owner, ttl, record_type, rdata.to_vec()))
}

/// What an error of the parser says after its own place.
fn message(error: &str) -> String {
    error.splitn(3, ':').nth(2).unwrap_or(error).trim().to_owned()
}

/// Records as master file lines.
pub(crate) fn write<'a>(records: impl IntoIterator<Item = &'a Record>) -> String {
    let mut text = String::new();
    for record in records {
        text.push_str(&line(record));
        text.push('\n');
    }
    text
}

/// One record as a master file line, in RFC 3597 notation where its RDATA is not what its type demands.
pub(crate) fn line(record: &Record) -> String {
    let Ok(wire) = record.to_bytes() else {
        return format!("; {} {} cannot be written", record.name, record.record_type());
    };
    let mut parser = Parser::from_ref(wire.as_slice());
    let parsed = base::ParsedRecord::parse(&mut parser)
        .ok()
        .and_then(|record| record.into_record::<AllRecordData<_, ParsedName<_>>>().ok().flatten());
    if let Some(parsed) = parsed {
        return parsed.display_zonefile(DisplayKind::Simple).to_string();
    }
    let name = record.name.to_bytes().map_or(0, |name| name.len());
    let rdata = wire.get(name + 10..).unwrap_or_default();
    let mut text = format!(
        "{} {} IN TYPE{} \\# {}",
        record.name,
        record.ttl,
        u16::from(record.record_type()),
        rdata.len()
    );
    for octet in rdata {
        // Writing to a String cannot fail.
        let _ = write!(text, " {octet:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Name {
        Name::from_ascii("example.com.").unwrap()
    }

    #[test]
    fn records_come_with_their_lines() {
        let text = "$TTL 300\n@ SOA ns hostmaster (\n 1 2 3 4 5 )\n  NS ns\n; nothing\nns A 192.0.2.1";
        let lines: Vec<(usize, RecordType)> = read(&origin(), text)
            .unwrap()
            .iter()
            .map(|(line, record)| (*line, record.record_type()))
            .collect();
        assert_eq!(lines, [(2, RecordType::SOA), (4, RecordType::NS), (6, RecordType::A)]);
    }

    #[test]
    fn an_error_has_its_line() {
        let error = read(&origin(), "a A 192.0.2.1\nb A 192.0.2.\n").unwrap_err();
        assert_eq!(error.line, Some(2), "{error}");
        let error = read(&origin(), "a A 192.0.2.1\n$INCLUDE other\n").unwrap_err();
        assert_eq!(error.line, Some(2), "{error}");
    }

    #[test]
    fn what_the_parser_panics_on_is_an_error_too() {
        let error = read(&origin(), "p 300 SRV 1 1 7 s\n  TXT\"\"(\"\"").unwrap_err();
        assert_eq!(error.line, Some(2), "{error}");
    }

    #[test]
    fn entries_end_where_the_grammar_says() {
        for (text, length) in [
            ("a A 192.0.2.1\nb", 14),
            ("a TXT \"x\ny\"\nb", 12),
            ("a SOA ( ; )\n 1 )\nb", 17),
            ("a TXT \\\"x\nb", 10),
            ("a TXT ;\"\nb", 9),
        ] {
            assert_eq!(entry_length(text.as_bytes()), length, "{text:?}");
        }
    }

    #[test]
    fn written_lines_are_read_as_the_same_records() {
        let text = "_submission._tcp 300 SRV 1 1 587 submit1\n* 300 TXT \"v=submission\" \"a b\\\"c\"\n\
                    d 300 DNAME other\nx 300 TYPE65400 \\# 3 010203\nk 300 DNSKEY 257 3 13 AAAA\n";
        let records: Vec<Record> =
            read(&origin(), text).unwrap().into_iter().map(|(_, record)| record).collect();
        let written = write(&records);
        let again: Vec<Record> =
            read(&Name::root(), &written).unwrap().into_iter().map(|(_, record)| record).collect();
        assert_eq!(again.len(), 5, "{written}");
        assert_eq!(again, records, "{written}");
    }
}
