//! Master files (RFC 1035 section 5), read and written by the `domain` crate.

use std::fmt::Write as _;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::base::iana::Class;
use domain::base::zonefile_fmt::{DisplayKind, ZonefileFmt as _};
use domain::base::{self, ParsedName};
use domain::dep::octseq::Parser;
use domain::rdata::AllRecordData;
use domain::zonefile::inplace::{Entry, Zonefile};
use hickory_proto::rr::{Name, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable as _, BinEncodable as _};

use crate::entry::{entries, in_ascii, in_seconds, without_unknown_data};
use crate::rrset::raw_record;
use crate::zone_error::{ZoneError, ZoneErrorKind};

/// A master file, read to its end whatever is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct MasterFile {
    /// The records, in the order of the file.
    pub entries: Vec<MasterEntry>,
    /// What could not be read, in the order of the file.
    pub mistakes: Vec<MasterMistake>,
}

/// A record and where it stands.
#[derive(Clone, Debug)]
pub struct MasterEntry {
    /// Octets of its entry, without the line's end.
    pub span: Range<usize>,
    /// The record. Of a type whose presentation is not known here only the owner is right.
    pub record: Record,
}

/// An entry that could not be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MasterMistake {
    /// Octets of the entry, without the line's end.
    pub span: Range<usize>,
    /// What is wrong.
    pub kind: ZoneErrorKind,
}

impl MasterFile {
    /// Reads a file of class IN as name servers do, TTLs with units and all. Names are relative to the origin until the file gives
    /// another one; where there is none, a relative name is a mistake. Reading ends behind so many mistakes.
    #[must_use]
    pub fn read(origin: Option<&Name>, text: &str, most_mistakes: usize) -> Self {
        let mut reader = Reader::new(origin);
        let mut file = Self::default();
        for (span, entry) in entries(text) {
            let read = reader.take(entry, &mut |record| {
                file.entries.push(MasterEntry { span: trimmed(text, &span), record });
            });
            let Err(kind) = read else { continue };
            // What it said before it was left half done holds on.
            reader = reader.anew();
            let unknown = without_unknown_data(entry).is_some_and(|owner_alone| {
                let read = reader.take(&owner_alone, &mut |record| {
                    file.entries.push(MasterEntry { span: trimmed(text, &span), record });
                });
                read.is_ok()
            });
            if !unknown {
                file.mistakes.push(MasterMistake { span: trimmed(text, &span), kind });
                reader = reader.anew();
            }
            if file.mistakes.len() >= most_mistakes {
                break;
            }
        }
        file
    }
}

/// The records of a master file, each with the line on which its entry begins.
pub(crate) fn read(origin: &Name, text: &str) -> Result<Vec<(usize, Record)>, ZoneError> {
    let mut reader = Reader::new(Some(origin));
    let mut records = Vec::new();
    let mut line = 1;
    for (_, entry) in entries(text) {
        reader
            .take(entry, &mut |record| records.push((line, record)))
            .map_err(|kind| ZoneError { line: Some(line), kind })?;
        line += entry.bytes().filter(|octet| *octet == b'\n').count();
    }
    Ok(records)
}

/// The parser, and what it takes to begin anew behind an entry on which it gave up.
struct Reader {
    file: Zonefile,
    /// The last `$TTL`, as it stands in the file.
    ttl: Option<String>,
    last_owner: Option<Name>,
}

impl Reader {
    fn new(origin: Option<&Name>) -> Self {
        let mut file = Zonefile::new();
        let apex = origin.and_then(|origin| origin.to_bytes().ok());
        if let Some(apex) = apex.and_then(|apex| base::Name::from_octets(apex.into()).ok()) {
            file.set_origin(apex);
        }
        file.set_default_class(Class::IN);
        Self { file, ttl: None, last_owner: None }
    }

    /// Reads one entry. The parser gets them one by one, because the line that it names is sometimes the one after the mistake.
    fn take(&mut self, entry: &str, found: &mut dyn FnMut(Record)) -> Result<(), ZoneErrorKind> {
        let syntax = |message: String| ZoneErrorKind::Syntax { message };
        let entry = in_ascii(entry);
        let entry = in_seconds(&entry);
        self.file.extend_from_slice(entry.as_bytes());
        if !entry.ends_with('\n') {
            self.file.extend_from_slice(b"\n");
        }
        // The parser takes for granted what a file need not hold: domain 0.12.3 panics on `TXT""(""`. What it leaves half
        // done goes with the file.
        let mut next = || catch_unwind(AssertUnwindSafe(|| self.file.next_entry()));
        while let Some(record) = next()
            .map_err(|_| syntax("the entry is not one that can be read".to_owned()))?
            .map_err(|error| syntax(message(&error.to_string())))?
        {
            let Entry::Record(record) = record else {
                return Err(ZoneErrorKind::Unsupported { what: "$INCLUDE".to_owned() });
            };
            let mut wire = Vec::new();
            record.compose(&mut wire).map_err(|error| syntax(error.to_string()))?;
            let record = decode(&wire).ok_or_else(|| syntax("a record of no known form".to_owned()))?;
            self.last_owner = Some(record.name.clone());
            found(record);
        }
        if entry.starts_with('$')
            && entry[1..].trim_start_matches(['t', 'T', 'l', 'L']).starts_with([' ', '\t'])
        {
            self.ttl = Some(entry.into_owned());
        }
        Ok(())
    }

    /// A parser that knows what this one was told.
    fn anew(&self) -> Self {
        let mut anew = Self::new(None);
        if let Ok(origin) = self.file.origin() {
            anew.file.set_origin(origin);
        }
        let owner = self.last_owner.as_ref().map(|owner| format!("{} 0 TYPE65534 \\# 0\n", owner.to_ascii()));
        for told in self.ttl.iter().chain(&owner) {
            // Both have been read before.
            let _ = anew.take(told, &mut |_| ());
        }
        anew
    }
}

/// A span without the white space at its end.
fn trimmed(text: &str, span: &Range<usize>) -> Range<usize> {
    span.start..span.start + text[span.clone()].trim_end().len()
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

    #[test]
    fn everything_that_can_be_read_is() {
        let text = "$TTL 1h\n@ SOA ns hostmaster (\n 1 2h 3 4w 5 )\nb A 192.0.2.\n  NS ns\nw LOC 52 22 23 N 4 53 32 E -2 0 0 0\n\
                    $INCLUDE other\nc 1D A 192.0.2.1\n";
        let file = MasterFile::read(Some(&origin()), text, 10);
        let found: Vec<String> = file
            .entries
            .iter()
            .map(|entry| format!("{} {} {}", entry.record.name, entry.record.ttl, entry.record.record_type()))
            .collect();
        assert_eq!(
            found,
            [
                "example.com. 3600 SOA",
                "example.com. 3600 NS",
                "w.example.com. 0 Unknown",
                "c.example.com. 86400 A"
            ]
        );
        let mistakes: Vec<&str> = file.mistakes.iter().map(|mistake| &text[mistake.span.clone()]).collect();
        assert_eq!(mistakes, ["b A 192.0.2.", "$INCLUDE other"]);
        assert_eq!(MasterFile::read(Some(&origin()), &"a A b\n".repeat(1000), 7).mistakes.len(), 7);
        assert!(!MasterFile::read(None, "a 1 A 192.0.2.1\n", 1).mistakes.is_empty());
    }
}
