//! Lines of results read again: shards of one subject become one run, several subjects stand side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use signpost_conformance::suite::Suite;
use signpost_conformance::wrong;
use signpost_format::{Because, CaseResult, Incomplete, RESULTS_VERSION, RunHeader, Summary};
use signpost_source::visible;

use super::run::{Run, count, gap};
use crate::exit::Failure;

/// The oldest version whose lines mean what they mean today.
const OLDEST_VERSION: u32 = 2;
/// The version from which on a line says how the subject is wrong.
const SAYS_WRONG: u32 = 4;

/// Reads files of results, `-` for standard input, and merges what is of one subject in one version of it.
pub(crate) fn read(paths: &[Utf8PathBuf], suite: &Suite) -> Result<Vec<Run>, Failure> {
    let texts = paths.iter().map(|path| text_of(path)).collect::<Result<Vec<_>, _>>()?;
    let mut read = Vec::new();
    for shards in side_by_side(&texts, |number, text| shards(&paths[number], text)) {
        read.extend(shards?);
    }
    let mut groups: Vec<Vec<Shard>> = Vec::new();
    for shard in read {
        let is_same =
            |group: &&mut Vec<Shard>| group.first().is_some_and(|first| first.is_same_subject(&shard));
        match groups.iter_mut().find(is_same) {
            Some(group) => group.push(shard),
            None => groups.push(vec![shard]),
        }
    }
    groups.into_iter().map(|group| merged(group, suite)).collect()
}

/// The results of one run, from its header on.
struct Shard {
    path: Utf8PathBuf,
    line: usize,
    header: RunHeader,
    results: Vec<CaseResult>,
    /// None: the run was cut off.
    summary: Option<Summary>,
}

impl Shard {
    fn is_same_subject(&self, other: &Self) -> bool {
        (&self.header.subject, &self.header.subject_version)
            == (&other.header.subject, &other.header.subject_version)
    }
}

fn text_of(path: &Utf8Path) -> Result<String, Failure> {
    let read = if path == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|error| {
        Failure::unread(path, &error)
            .hint("name files that `signpost run --jsonl FILE` wrote, or `-` for standard input")
    })
}

/// Does the same with each, on as many processors as there are. The order is kept.
fn side_by_side<T: Send>(texts: &[String], work: impl Fn(usize, &str) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(texts.len());
    let mut done: Vec<(usize, T)> = thread::scope(|scope| {
        let take = || {
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(text) = texts.get(number) else { return done };
                done.push((number, work(number, text)));
            }
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

/// What kind of line it is. The rest is read when that is known, which is twice as fast as at once.
#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
}

/// The runs whose lines stand in a file, one behind the other.
fn shards(path: &Utf8Path, text: &str) -> Result<Vec<Shard>, Failure> {
    let mut shards: Vec<Shard> = Vec::new();
    let is_torn = !text.ends_with('\n');
    let lines = text.lines().count();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = index + 1;
        let broken = |error: serde_json::Error| {
            let hint = if is_torn && number == lines && error.is_eof() {
                "the run was cut off while it wrote this line: without it, the rest can be read"
            } else {
                "each line has to be one that `signpost run --jsonl FILE` wrote; docs/results.md says which there are"
            };
            // The line is this one; serde_json knows no other than the first.
            let (column, message) = (error.column(), error.to_string());
            let message = message.split(" at line 1 column ").next().unwrap_or_default();
            Failure::usage(format_args!("{path}:{number}:{column}: no line of results: {}", visible(message)))
                .hint(hint)
        };
        let kind = if line.starts_with(r#"{"type":"case","#) {
            "case".to_owned()
        } else {
            serde_json::from_str::<Kind>(line).map_err(broken)?.kind
        };
        match (&kind[..], shards.last_mut()) {
            ("run", _) => {
                let header: RunHeader = serde_json::from_str(line).map_err(broken)?;
                check_version(path, number, header.version)?;
                shards.push(Shard {
                    path: path.to_owned(),
                    line: number,
                    header,
                    results: Vec::new(),
                    summary: None,
                });
            }
            ("case" | "summary", None) => {
                return Err(Failure::usage(format_args!("{path}:{number}: a `{kind}` before any `run`"))
                    .hint("the first line of a run says its version and subject: give the whole file"));
            }
            ("case" | "summary", Some(Shard { summary: Some(_), .. })) => {
                return Err(Failure::usage(format_args!("{path}:{number}: a `{kind}` behind the summary"))
                    .hint("another run begins with a line of its own, of the type `run`"));
            }
            ("case", Some(shard)) => shard.results.push(serde_json::from_str(line).map_err(broken)?),
            ("summary", Some(shard)) => shard.summary = Some(serde_json::from_str(line).map_err(broken)?),
            (other, _) => {
                return Err(Failure::usage(format_args!(
                    "{path}:{number}: a line of the type `{}`",
                    visible(other)
                ))
                .hint("results have lines of the types `run`, `case` and `summary`"));
            }
        }
    }
    if shards.is_empty() {
        return Err(Failure::usage(format_args!("{path}: no results"))
            .hint("`signpost run --jsonl FILE` writes some"));
    }
    Ok(shards)
}

fn check_version(path: &Utf8Path, line: usize, version: u32) -> Result<(), Failure> {
    let remedy = match version {
        OLDEST_VERSION..=RESULTS_VERSION => return Ok(()),
        0..OLDEST_VERSION => "run it again",
        _ => "read it with the signpost that wrote it, or a newer one",
    };
    Err(Failure::usage(format_args!(
        "{path}:{line}: results of version {version}; this signpost reads {OLDEST_VERSION} to {RESULTS_VERSION}"
    ))
    .hint(remedy))
}

/// One run of what its shards hold, each case once.
fn merged(shards: Vec<Shard>, suite: &Suite) -> Result<Run, Failure> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (number, shard) in shards.iter().enumerate() {
        let first = &shards[0];
        let differs = |what: &str| {
            Failure::usage(format_args!(
                "{}:{} and {}:{} are of one subject, but not of one {what}",
                first.path, first.line, shard.path, shard.line
            ))
            .hint("`--against` compares two runs; shards of one have the same seed and version of signpost")
        };
        if shard.header.seed != first.header.seed {
            return Err(differs("seed"));
        }
        if shard.header.signpost != first.header.signpost {
            return Err(differs("version of signpost"));
        }
        for result in &shard.results {
            if let Some(other) = places.insert(result.id.clone(), number) {
                return Err(Failure::usage(format_args!(
                    "`{}` of `{}` stands in {} and again in {}",
                    visible(&result.id),
                    visible(&shard.header.subject),
                    shards[other].path,
                    shard.path
                ))
                .hint("name each shard once; `--against` compares two runs"));
            }
        }
    }
    let mut gaps = Vec::new();
    let mut incomplete: Option<Incomplete> = None;
    let mut lacks = |because: Because, missing: usize| {
        let sum = incomplete.get_or_insert(Incomplete { because, missing: 0 });
        sum.missing = sum.missing.saturating_add(missing);
    };
    if let Some(missing) = missing_parts(&shards) {
        gaps.push(missing);
        lacks(Because::Missing, 0);
    }
    let mut header = shards[0].header.clone();
    if shards.len() > 1 {
        header.partition = None;
        header.cases = shards.iter().fold(0, |all, shard| all.saturating_add(shard.header.cases));
    }
    let (mut errors, mut duration) = (Vec::new(), Duration::ZERO);
    let mut results = Vec::new();
    for shard in shards {
        match shard.summary {
            Some(summary) => {
                let new = summary.expectation_errors.into_iter().filter(|error| !errors.contains(error));
                errors.extend(new.collect::<Vec<_>>());
                duration = duration.saturating_add(Duration::from_micros(summary.duration_us));
                if let Some(other) = summary.incomplete {
                    gaps.push(gap(&other));
                    lacks(other.because, other.missing);
                }
            }
            None => {
                let missing = shard.header.cases.saturating_sub(shard.results.len());
                gaps.push(format!("{} was cut off: {} not judged", shard.path, count(missing)));
                lacks(Because::Missing, missing);
            }
        }
        let says_wrong = shard.header.version >= SAYS_WRONG;
        results.extend(shard.results.into_iter().map(|mut result| {
            if !says_wrong {
                result.wrong = wrong::of_older(suite.case(&result.id).map(AsRef::as_ref), &result);
            }
            result
        }));
    }
    header.version = RESULTS_VERSION;
    let summary = Summary { incomplete, ..Summary::new(&results, errors, duration) };
    Ok(Run { gaps, ..Run::new(header, results, summary) })
}

/// That the results of parts of the cases are not there, where those of others are.
fn missing_parts(shards: &[Shard]) -> Option<String> {
    let mut parts: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    let named = shards.iter().filter_map(|shard| shard.header.partition.as_deref());
    for (part, of) in named.filter_map(|text| text.strip_prefix("hash:")?.split_once('/')) {
        if let (Ok(part), Ok(of)) = (part.parse(), of.parse()) {
            parts.entry(of).or_default().insert(part);
        }
    }
    // A file may name any number of parts, so that what is missing is counted and not listed.
    let missing = parts.into_iter().map(|(of, there)| (of, of.saturating_sub(there.len() as u64)));
    let missing = missing.filter(|(_, missing)| *missing > 0);
    let told: Vec<String> = missing.map(|(of, missing)| format!("{missing} of {of}")).collect();
    (!told.is_empty())
        .then(|| format!("{} parts of the cases are not among these results", told.join(" and ")))
}
