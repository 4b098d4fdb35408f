//! One file per command.

mod allowance;
pub(crate) mod check;
pub(crate) mod check_adapter;
pub(crate) mod discover;
pub(crate) mod expectations;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod lab;
pub(crate) mod lint;
pub(crate) mod list;
mod look_up;
pub(crate) mod packaging;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod validators;

use std::io::IsTerminal as _;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use camino::Utf8Path;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signpost_conformance::case::Case;
use signpost_conformance::runner::Jobs;
use signpost_conformance::suite::Suite;
use signpost_source::{Files, Problems, Source, nearest, visible_layout};

use crate::argument::SuiteOptions;
use crate::exit::Failure;
use crate::report::escaped;

/// The suite that the options name.
pub(crate) fn load_suite(options: &SuiteOptions) -> Result<Suite, Failure> {
    let here = Utf8Path::new("scenarios");
    let loaded = match &options.scenarios {
        Some(folder) if !folder.join("requirements.toml").is_file() => {
            return Err(Failure::usage(format_args!("`{folder}` holds no suite"))
                .hint("name the folder with the suite's requirements.toml"));
        }
        Some(folder) => Suite::load(&Files::Folder(folder.clone())),
        None if here.join("requirements.toml").is_file() => Suite::load(&Files::Folder(here.to_owned())),
        None => Suite::built_in(),
    };
    loaded.map_err(|error| {
        let frames = error.problems().iter().map(Problems::styled);
        let unreadable = error.unreadable().iter().map(|reason| Failure::usage(reason).to_string());
        Failure::frames(frames.chain(unreadable).collect::<Vec<_>>().join("\n\n"))
    })
}

/// The case of this ID, or the first of the scenario of this ID.
pub(crate) fn find_case<'s>(suite: &'s Suite, id: &str) -> Result<&'s Arc<Case>, Failure> {
    suite.cases.iter().find(|case| case.id == id || case.scenario.id == id).ok_or_else(|| {
        let known: Vec<&str> = suite.cases.iter().map(|case| case.scenario.id.as_str()).collect();
        let scenario = id.split('[').next().unwrap_or_default();
        let hint = match nearest(scenario, &known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`signpost list` shows all".to_owned(),
        };
        Failure::nothing_selected(format_args!("there is no case `{id}`")).hint(hint)
    })
}

/// Writes to standard output. A reader that has seen enough is no error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    let mut stream = anstream::stdout().lock();
    match stream.write_all(visible_layout(text).as_bytes()).and_then(|()| stream.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// The text of a file that a user writes.
pub(crate) fn read_source(path: &Utf8Path) -> Result<Source, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::unread(path, &error))?;
    Ok(Source::new(path, text))
}

/// This machine's time in seconds since 1970, modulo 2³² as the times of signatures are (RFC 4034 section 3.1.5).
pub(crate) fn clock() -> u32 {
    #[expect(clippy::disallowed_methods, reason = "what is published is judged by the time at which it is")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    u32::try_from(seconds & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

/// Writes JSON to standard output, over several lines.
pub(crate) fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    print(&escaped(&format!("{value:#}\n")))
}

/// Writes a line to standard error. That nobody reads it is no reason to stop.
pub(crate) fn tell(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(anstream::stderr().lock(), "{}", visible_layout(text));
}

/// How many cases run at a time: as many as are wanted or usual, or as many as there are open files for, which is told then. For
/// their threads there must be room.
pub(crate) fn jobs(wanted: Option<NonZeroUsize>, is_in_process: bool) -> Result<NonZeroUsize, Failure> {
    let wanted = wanted.unwrap_or_else(|| Jobs::usual(is_in_process));
    let Jobs { number, bounded_by } = Jobs::affordable(wanted);
    if let Some(files) = bounded_by {
        tell(&format!(
            "{number} cases run at a time instead of {wanted}: no more than {files} files may be open\n\
             hint: raise the hard limit of open files (`ulimit -Hn`)"
        ));
    }
    signpost_sandbox::room_for(number.get()).map_err(|error| Failure::sandbox(&error))?;
    Ok(number)
}

/// Shows how far a run is, where somebody watches.
pub(crate) fn progress_bar(cases: usize) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(cases as u64), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}
