//! The command line and the reports.

mod argument;
mod command;
mod exit;
mod limit;
mod master_file;
mod output;
mod report;
mod signal;
mod subject;
mod zone_argument;

use std::process::ExitCode;

use clap::Parser;

use crate::argument::{Arguments, Command, ExpectationsCommand};
use crate::exit::Exit;

fn main() -> ExitCode {
    // A namespace of this process has to be entered before there is a second thread; what it cannot do is said when a
    // subject needs it.
    let namespaces = signpost_sandbox::prepare();
    let arguments = Arguments::parse();
    let ended = match arguments.command {
        Command::Check(options) => command::check::check(&options),
        Command::CheckAdapter(options) => command::check_adapter::check_adapter(&options),
        Command::Completions(options) => command::packaging::completions(&options),
        Command::Discover(options) => command::discover::discover(&options),
        Command::Expectations(options) => match options.command {
            ExpectationsCommand::Update(options) => command::expectations::update(&options, namespaces),
        },
        Command::Explain(options) => command::explain::explain(&options),
        Command::Generate(options) => command::generate::generate(&options),
        Command::Lab(options) => command::lab::lab(&options),
        Command::Lint(options) => command::lint::lint(&options),
        Command::List(options) => command::list::list(&options),
        Command::Man => command::packaging::manual(),
        Command::Record(options) => command::record::record(&options),
        Command::Report(options) => command::report::report(&options),
        Command::Run(options) => command::run::run(&options, namespaces),
        Command::Schema(options) => command::packaging::schema(&options),
        Command::Validators(options) => command::validators::validators(&options, namespaces),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(failure) => {
            command::tell(&failure.to_string());
            Exit::from(&failure).into()
        }
    }
}
