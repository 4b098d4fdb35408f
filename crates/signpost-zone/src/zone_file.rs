//! One zone, as its operator wrote it.

use std::fmt::Write as _;
use std::ops::Range;

use hickory_proto::rr::{Name, RecordType};
use signpost_dns::{MasterEntry, MasterFile, MasterMistake, ZoneErrorKind};
use signpost_source::{Problem, Problems, Source};

/// The master file of one zone.
#[derive(Clone, Debug)]
pub struct ZoneFile {
    /// Its text.
    pub source: Source,
    /// Where its SOA record stands.
    pub apex: Name,
    /// Its records, in the order of the file.
    pub entries: Vec<MasterEntry>,
    /// Whether it is signed: it holds keys, signatures or the parameters of its denial of existence, or somebody says so.
    pub is_signed: bool,
    /// Whether it holds signatures, and not only what will be signed.
    pub has_signatures: bool,
}

/// More mistakes than these in one file are not told: somebody who mends them comes back.
const MOST_MISTAKES: usize = 20;

impl ZoneFile {
    /// Reads a zone. Where nobody names the origin and the file does not begin with `$ORIGIN`, the file's name may.
    ///
    /// # Errors
    ///
    /// What is no master file of class IN, or of no zone: without a SOA record, or with nothing at all.
    pub fn read(source: Source, origin: Option<&Name>, is_signed: bool) -> Result<Self, Problems> {
        if let Some(place) = source.text.find('\0') {
            let help = "give the text form: `named-compilezone -f raw -F text` turns the other into it";
            return Err(source.problem(
                Problem::at(place..place + 1, "this is not a text, and so no master file").help(help),
            ));
        }
        let origin = origin.cloned().or_else(|| named_by(&source));
        let file = MasterFile::read(origin.as_ref(), &source.text, MOST_MISTAKES);
        if !file.mistakes.is_empty() {
            return Err(mistakes(source, &file.mistakes));
        }
        let of_type =
            |wanted: RecordType| file.entries.iter().find(move |entry| entry.record.record_type() == wanted);
        let Some(soa) = of_type(RecordType::SOA) else {
            let (span, message) = match file.entries.first() {
                Some(first) => (source.first_line(&first.span), "the zone has no SOA record"),
                None => (0..0, "the file holds no record"),
            };
            let help = "a zone begins with its SOA record (RFC 1035 section 5.2)";
            return Err(source.problem(Problem::at(span, message).help(help)));
        };
        let apex = soa.record.name.clone();
        let has_signatures = of_type(RecordType::RRSIG).is_some();
        let marks = [RecordType::DNSKEY, RecordType::NSEC3PARAM];
        let is_signed = is_signed || has_signatures || marks.into_iter().any(|mark| of_type(mark).is_some());
        Ok(Self { apex, entries: file.entries, is_signed, has_signatures, source })
    }

    /// Octets of a file as text: what is not UTF-8 becomes `\DDD`, as master files write it.
    #[must_use]
    pub fn text(octets: Vec<u8>) -> String {
        let octets = match String::from_utf8(octets) {
            Ok(text) => return text,
            Err(error) => error.into_bytes(),
        };
        let mut text = String::with_capacity(octets.len());
        for octet in octets {
            if octet.is_ascii() {
                text.push(char::from(octet));
            } else {
                // Writing to a String cannot fail.
                let _ = write!(text, "\\{octet:03}");
            }
        }
        text
    }
}

/// The zone that a file's name tells, as is usual: `example.com.db`, `example.com.zone`, `db.example.com`, `example.com`.
fn named_by(source: &Source) -> Option<Name> {
    let name = source.path.file_name()?;
    let name = [".db", ".zone", ".txt", ".signed"]
        .iter()
        .fold(name.trim_end_matches(".signed"), |name, ending| name.strip_suffix(ending).unwrap_or(name));
    let name = name.strip_prefix("db.").unwrap_or(name);
    let is_domain = name.contains('.')
        && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b".-_".contains(&octet));
    let mut name = Name::from_ascii(name).ok().filter(|_| is_domain)?;
    name.set_fqdn(true);
    Some(name)
}

fn mistakes(source: Source, mistakes: &[MasterMistake]) -> Problems {
    let problems = mistakes.iter().map(|mistake| problem(&source, &mistake.span, &mistake.kind)).collect();
    Problems::new(source, problems)
}

fn problem(source: &Source, span: &Range<usize>, kind: &ZoneErrorKind) -> Problem {
    let span = source.first_line(span);
    let (message, help) = match kind {
        ZoneErrorKind::Unsupported { .. } => (
            "what the file includes is not looked for".to_owned(),
            "put it in its place, as `named-compilezone` does, and give what comes out",
        ),
        ZoneErrorKind::Syntax { message } if message.contains("different class") => (
            "a record of another class than IN".to_owned(),
            "mail services are published in class IN; give that zone",
        ),
        ZoneErrorKind::Syntax { message } if message.contains("missing origin") => (
            "a relative name, and nothing says of which zone".to_owned(),
            "say `--origin example.com`, put `$ORIGIN example.com.` first, or call the file `example.com.zone`",
        ),
        ZoneErrorKind::Syntax { message } if message.contains("unknown control") => (
            format!("not a line of a master file: {message}"),
            "`$ORIGIN` and `$TTL` are known; put what another one would generate in its place, as `named-compilezone` does",
        ),
        ZoneErrorKind::Syntax { message } => (
            format!("not an entry of a master file: {message}"),
            "write `OWNER [TTL] [IN] TYPE DATA` (RFC 1035 section 5.1); text with spaces or semicolons stands in quotes",
        ),
        other => (other.to_string(), "write it as name servers take it"),
    };
    Problem::at(span, message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_may_be_that_of_its_zone() {
        for (path, zone) in [
            ("example.com.db", Some("example.com.")),
            ("/etc/nsd/db.example.org", Some("example.org.")),
            ("zones/example.com.zone.signed", Some("example.com.")),
            ("example.com", Some("example.com.")),
            ("zone.db", None),
            ("-", None),
        ] {
            let named = named_by(&Source::new(path, ""));
            assert_eq!(named.map(|name| name.to_ascii()).as_deref(), zone, "{path}");
        }
    }

    #[test]
    fn octets_that_are_no_text_become_what_master_files_write() {
        assert_eq!(ZoneFile::text(b"a \xe4 ; b".to_vec()), "a \\228 ; b");
        assert_eq!(ZoneFile::text("ä".into()), "ä");
    }
}
