//! `signpost lint`: what is wrong with an operator's zone.

use std::io::Read as _;

use camino::Utf8Path;
use serde_json::json;
use signpost_source::{Problems, Source};
use signpost_zone::ZoneFile;
use signpost_zone::lint::{self, Findings, RULES, Settings};

use super::allowance::Allowances;
use super::{print, print_json, tell};
use crate::argument::{LintOptions, ObjectFormat};
use crate::exit::{Exit, Failure};

/// A zone of more octets than these is none that somebody wrote or signed for mail.
const LARGEST: u64 = 1 << 30;

/// Judges the zones together and shows what is found.
pub(crate) fn lint(options: &LintOptions) -> Result<Exit, Failure> {
    if options.rules {
        print(&lint::document())?;
        return Ok(Exit::AsExpected);
    }
    let allowances = Allowances::read(options)?;
    let zones = zones(options)?;
    let mut findings = lint::lint(
        &zones,
        &Settings { now: Some(options.now.unwrap_or_else(super::clock)), advice: options.advice },
    );
    let unused = allowances.apply(&mut findings, &zones);
    match options.format {
        ObjectFormat::Human => human(&findings, &zones)?,
        ObjectFormat::Json => print_json(&as_json(&findings, &zones))?,
    }
    for allowance in unused {
        tell(&format!("not needed: nothing breaks `{allowance}`, which is allowed"));
    }
    Ok(if findings.list.is_empty() && findings.more.is_empty() { Exit::AsExpected } else { Exit::Unexpected })
}

fn zones(options: &LintOptions) -> Result<Vec<ZoneFile>, Failure> {
    if options.files.is_empty() {
        return Err(Failure::usage("no zone is named").hint("name master files, or `-` for standard input"));
    }
    let mut zones = Vec::new();
    let mut wrong = Vec::new();
    for path in &options.files {
        match ZoneFile::read(source(path)?, options.origin.as_ref(), options.signed) {
            Ok(zone) => zones.push(zone),
            Err(problems) => wrong.push(problems.styled()),
        }
    }
    if !wrong.is_empty() {
        return Err(Failure::frames(wrong.join("\n\n")));
    }
    for (number, zone) in zones.iter().enumerate() {
        if let Some(other) = zones[..number].iter().find(|other| other.apex == zone.apex) {
            return Err(Failure::usage(format_args!(
                "{} and {} are both of the zone {}",
                other.source.path, zone.source.path, zone.apex
            ))
            .hint("give each zone once"));
        }
    }
    Ok(zones)
}

/// The text of a file, or of standard input.
pub(super) fn source(path: &Utf8Path) -> Result<Source, Failure> {
    let mut octets = Vec::new();
    let read = if path == "-" {
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut octets)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut octets))
    };
    let name = if path == "-" { Utf8Path::new("stdin") } else { path };
    read.map_err(|error| Failure::unread(name, &error))?;
    if octets.len() as u64 > LARGEST {
        return Err(Failure::usage(format_args!("{name} has more than {LARGEST} octets")));
    }
    Ok(Source::new(name, ZoneFile::text(octets)))
}

fn human(findings: &Findings, zones: &[ZoneFile]) -> Result<(), Failure> {
    let frames: Vec<String> = findings.problems(zones).iter().map(Problems::styled).collect();
    let mut text = frames.join("\n\n");
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    for (rule, more) in &findings.more {
        text.push_str(&format!("{more} more of {}\n", rule.code));
    }
    let count = findings.list.len() + findings.more.iter().map(|(_, more)| more).sum::<usize>();
    let records: usize = zones.iter().map(|zone| zone.entries.len()).sum();
    let found = match count {
        0 => "nothing".to_owned(),
        1 => "1 thing".to_owned(),
        count => format!("{count} things"),
    };
    text.push_str(&format!("{found} found in {records} records, by {} rules\n", RULES.len()));
    print(&text)
}

fn as_json(findings: &Findings, zones: &[ZoneFile]) -> serde_json::Value {
    let list = findings.list.iter().map(|finding| {
        let source = &zones[finding.file].source;
        let before = &source.text[..finding.span.start];
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        json!({
            "code": finding.rule.code,
            "severity": finding.rule.severity.name(),
            "file": source.path,
            "line": source.line(&finding.span),
            "column": column,
            "text": source.text[finding.span.clone()],
            "message": finding.message,
            "authority": finding.authority,
            "remedy": finding.remedy,
        })
    });
    let more = findings.more.iter().map(|(rule, count)| (rule.code.to_owned(), json!(count)));
    json!({ "findings": list.collect::<Vec<_>>(), "more": more.collect::<serde_json::Map<_, _>>() })
}
