//! `signpost check-adapter`: whether a program is an adapter.

use anstyle::{AnsiColor, Style};
use signpost_conformance::adapter_check;
use signpost_conformance::runner::Options;
use signpost_conformance::suite::Suite;
use signpost_format::{AdapterCheck, Grade, Remark};
use signpost_source::visible;

use super::{print, print_json};
use crate::argument::{CheckAdapterOptions, ObjectFormat};
use crate::exit::{Exit, Failure};
use crate::subject;

/// Runs an adapter in a few cases and says what is good and what is not.
pub(crate) fn check_adapter(options: &CheckAdapterOptions) -> Result<Exit, Failure> {
    let words = options.words.join(" ");
    let program = words.strip_prefix("cmd:").unwrap_or(&words);
    let adapter = subject::adapter(program, None, options.loopback)?;
    let suite = Suite::built_in().map_err(Failure::not_started)?;
    let run_options = Options { deadline: options.deadline, ..Options::default() };
    let check = adapter_check::check(&suite, &adapter, run_options).map_err(Failure::not_started)?;
    match options.format {
        ObjectFormat::Human => print(&human(&check))?,
        ObjectFormat::Json => {
            print_json(&serde_json::to_value(&check).map_err(|error| Failure::not_started(&error))?)?;
        }
    }
    Ok(if check.is_good { Exit::AsExpected } else { Exit::Unexpected })
}

fn human(check: &AdapterCheck) -> String {
    let count = |grade| check.remarks.iter().filter(|remark| remark.grade == grade).count();
    let lines: String = check.remarks.iter().map(line).collect();
    let (good, odd, bad) = (count(Grade::Good), count(Grade::Odd), count(Grade::Bad));
    format!("{lines}{good} good, {odd} odd, {bad} bad\n")
}

fn line(remark: &Remark) -> String {
    let Remark { about, grade, seen, remedy, case } = remark;
    let color = match grade {
        Grade::Bad => AnsiColor::Red,
        Grade::Good => AnsiColor::Green,
        Grade::Odd => AnsiColor::Yellow,
    };
    let style = Style::new().bold().fg_color(Some(color.into()));
    let mut text = format!("{style}{grade:<4}{style:#} {about}\n");
    let mut detail = |name: &str, value: &Option<String>| {
        if let Some(value) = value {
            text.push_str(&format!("     {name:<7} {}\n", visible(value)));
        }
    };
    detail("seen:", seen);
    detail("remedy:", remedy);
    detail("case:", case);
    text
}
