//! Records as text, with what is said about them.

use std::fmt::Write as _;

use hickory_proto::rr::Name;

/// What is generated for a domain.
#[derive(Clone, Debug, Default)]
pub struct Generated {
    /// The records, in the order in which they are shown.
    pub records: Vec<GeneratedRecord>,
    /// Files that a web server is to serve, by their names.
    pub files: Vec<(&'static str, String)>,
    /// What an operator has to look at himself.
    pub notes: Vec<String>,
}

/// One record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GeneratedRecord {
    /// What is said before it.
    pub comment: Vec<String>,
    /// Its owner, absolute.
    pub owner: String,
    /// Seconds.
    pub ttl: u32,
    /// The name of its type.
    pub record_type: &'static str,
    /// Its data, as a master file has it.
    pub data: String,
}

impl Generated {
    /// Lines of a master file that every name server takes, whatever its origin and default TTL.
    #[must_use]
    pub fn master_file(&self) -> String {
        let width = self.records.iter().map(|record| record.owner.len()).max().unwrap_or(0);
        let mut text = String::new();
        for record in &self.records {
            if !record.comment.is_empty() && !text.is_empty() {
                text.push('\n');
            }
            for line in record.comment.iter().flat_map(|comment| wrapped(comment)) {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "; {line}");
            }
            let GeneratedRecord { owner, ttl, record_type, data, .. } = record;
            let _ = writeln!(text, "{owner:width$} {ttl} IN {record_type} {data}");
        }
        text
    }
}

/// Takes records one by one.
pub(super) struct Writer {
    ttl: u32,
    comment: Vec<String>,
    generated: Generated,
}

impl Writer {
    pub(super) fn new(ttl: u32) -> Self {
        Self { ttl, comment: Vec::new(), generated: Generated::default() }
    }

    /// Says something before the next record.
    pub(super) fn comment(&mut self, text: &str) {
        self.comment.push(text.to_owned());
    }

    pub(super) fn record(&mut self, owner: &Name, record_type: &'static str, data: &str) {
        let comment = std::mem::take(&mut self.comment);
        let record = GeneratedRecord {
            comment,
            owner: owner.to_ascii(),
            ttl: self.ttl,
            record_type,
            data: data.to_owned(),
        };
        self.generated.records.push(record);
    }

    /// A TXT record of printable ASCII, in strings of at most 255 octets (RFC 1035 section 3.3).
    pub(super) fn text(&mut self, owner: &Name, text: &str) {
        let strings = text.as_bytes().chunks(255).map(|string| {
            let quoted: String = string
                .iter()
                .flat_map(|octet| match octet {
                    b'"' | b'\\' => vec!['\\', char::from(*octet)],
                    _ => vec![char::from(*octet)],
                })
                .collect();
            format!("\"{quoted}\"")
        });
        self.record(owner, "TXT", &strings.collect::<Vec<_>>().join(" "));
    }

    pub(super) fn file(&mut self, name: &'static str, text: String) {
        self.generated.files.push((name, text));
    }

    pub(super) fn note(&mut self, text: String) {
        self.generated.notes.push(text);
    }

    pub(super) fn finish(self) -> Generated {
        self.generated
    }
}

/// A text in lines that fit beside a margin.
fn wrapped(text: &str) -> Vec<String> {
    const WIDTH: usize = 100;
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.len() - 1;
        if !lines[line].is_empty() && lines[line].len() + 1 + word.len() > WIDTH {
            lines.push(word.to_owned());
        } else {
            if !lines[line].is_empty() {
                lines[line].push(' ');
            }
            lines[line].push_str(word);
        }
    }
    lines
}
