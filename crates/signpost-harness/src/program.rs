//! The test program as a whole.

use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use libtest_mimic::{Arguments, Trial};
use signpost_conformance::expectation_file::Expectations;
use signpost_conformance::runner::{AfterControl, Options};
use signpost_conformance::subject::Subject;
use signpost_conformance::suite::Suite;
use signpost_source::{Files, Source};

use crate::Client;
use crate::reproduction::Reproduction;
use crate::threaded::Threaded;
use crate::trial::{Shared, every_deviation_names_a_case};

/// The `main` of a test program: every case that is for this client as a test of its own. Does not return.
pub fn harness(client: impl Client) -> ! {
    Harness::new(client).main()
}

/// As [`harness`], with more to say.
pub struct Harness<C> {
    client: C,
    expectations: Option<Utf8PathBuf>,
    scenarios: Option<Utf8PathBuf>,
    options: Options,
}

/// Why there are no tests.
#[derive(Debug)]
#[non_exhaustive]
pub enum HarnessError {
    /// The list of known deviations is not there, or not in its format: what is wrong, and where.
    Expectations(String),
    /// No case has a role, profile and service of the client's.
    NoCase(String),
    /// The suite does not load: every mistake in every file.
    Suite(String),
}

impl std::fmt::Display for HarnessError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Expectations(text) | Self::Suite(text) => formatter.write_str(text),
            Self::NoCase(client) => {
                write!(formatter, "no case is for {client}: look at its roles and profiles")
            }
        }
    }
}

impl std::error::Error for HarnessError {}

impl<C: Client> Harness<C> {
    /// The built-in suite, no known deviations.
    #[must_use]
    pub fn new(client: C) -> Self {
        Self { client, expectations: None, scenarios: None, options: Options::default() }
    }

    /// A file of known deviations, each with the case, the verdict and the reason. A path that is not absolute begins at the
    /// package, where cargo and nextest run tests. The cases that it names must come out as it says; that each
    /// names one is a test of its own, `every-deviation-names-a-case`.
    ///
    /// ```toml
    /// [[deviation]]
    /// case    = "resolver/opt-out-name[dns]"
    /// verdict = "fail"
    /// reason  = "RFC 5155 section 9.2: … No report found."
    /// ```
    #[must_use]
    pub fn expectations(mut self, path: impl Into<Utf8PathBuf>) -> Self {
        self.expectations = Some(path.into());
        self
    }

    /// The folder of a suite, in place of the built-in one.
    #[must_use]
    pub fn scenarios(mut self, folder: impl Into<Utf8PathBuf>) -> Self {
        self.scenarios = Some(folder.into());
        self
    }

    /// Time for one call of the client; 10 seconds unless said otherwise.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline = deadline;
        self
    }

    /// The tests, controls first, for a program that has others besides.
    ///
    /// # Errors
    ///
    /// Whatever keeps the suite from being run at all.
    pub fn trials(self) -> Result<Vec<Trial>, HarnessError> {
        let suite = match &self.scenarios {
            Some(folder) => Suite::load(&Files::Folder(folder.clone())),
            None => Suite::built_in(),
        };
        let suite = Arc::new(suite.map_err(|error| HarnessError::Suite(error.to_string()))?);
        let subject: Arc<dyn Subject> = Arc::new(Threaded::new(self.client, Reproduction::of_this_process()));
        let mut cases = suite.select(&[], None, Some(subject.as_ref()));
        if cases.is_empty() {
            return Err(HarnessError::NoCase(subject.name().to_owned()));
        }
        // Tests begin in this order, so that those that fail for their control's sake stand below it.
        cases.sort_by_key(|case| !case.scenario.is_control());
        let mut trials = Vec::with_capacity(cases.len() + 1);
        let expectations = match &self.expectations {
            Some(path) => {
                let expectations = read_expectations(path)?;
                trials.push(every_deviation_names_a_case(&expectations, &cases));
                expectations
            }
            None => Expectations::default(),
        };
        let runner = AfterControl::new(Arc::clone(&suite), subject, self.options);
        let shared = Arc::new(Shared { suite, runner, expectations });
        trials.extend(cases.iter().map(|case| shared.trial(case)));
        Ok(trials)
    }

    /// Runs what the command line asks for, and ends the process.
    pub fn main(self) -> ! {
        let arguments = Arguments::from_args();
        match self.trials() {
            Ok(trials) => libtest_mimic::run(&arguments, trials).exit(),
            Err(error) => {
                eprintln!("{error}");
                std::process::exit(BROKEN)
            }
        }
    }
}

/// The exit code of tests that could not do their work, as libtest has it.
const BROKEN: i32 = 101;

fn read_expectations(path: &Utf8Path) -> Result<Expectations, HarnessError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| HarnessError::Expectations(format!("failed to read {path}: {error}")))?;
    Expectations::parse(&Source::new(path, text))
        .map_err(|problems| HarnessError::Expectations(problems.to_string()))
}
