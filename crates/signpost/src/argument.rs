//! The command line.

use std::num::NonZeroUsize;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use hickory_proto::rr::Name;
use signpost_conformance::schema;
use signpost_conformance::suite::Partition;
use signpost_format::Profile;
use signpost_protocol::{Label, Service};
use signpost_zone::lint::Rule;

use crate::limit::Limit;
use crate::zone_argument::{domain_name, label_port, rule, time};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "signpost",
    version,
    about = "Conformance tests for finding mail servers through signed DNS",
    max_term_width = 100,
    after_help = EXIT_CODES
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  everything came as expected
  1  a verdict is not the expected one, a record is malformed, a zone breaks a rule, or nothing was discovered
  2  the command line or a file is wrong, or the output could not be written
  3  the lab or the subject could not start
  4  nothing is selected
  5  a run was stopped before all cases were judged";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs cases against a subject and judges it by what the servers saw.
    Run(RunOptions),
    /// Proves a suite by the reference: honest it passes, each defect that a scenario names fails there, and no control.
    Check(CheckOptions),
    /// Says what is good and what is not about an adapter for your own client, each with its remedy.
    CheckAdapter(CheckAdapterOptions),
    /// Keeps the file of a subject's known deviations.
    Expectations(ExpectationsOptions),
    /// Shows results that were written before, of one or several runs: side by side, merged, or against older ones.
    Report(ReportOptions),
    /// Lists cases, requirements, defects or subjects.
    List(ListOptions),
    /// Shows what a case tests, why, and how to reproduce it.
    Explain(ExplainOptions),
    /// Shows what several resolvers say of every DNSSEC fault, beside what the RFCs say.
    Validators(ValidatorsOptions),
    /// Raises the lab of a case, prints where it is, and judges what you did there at ctrl-c.
    Lab(LabOptions),
    /// Explains policy and key records, and shows what is wrong with them.
    Record(RecordOptions),
    /// Generates the records of a domain's mail services: SRV, policies, key records, and those of their neighbours.
    Generate(GenerateOptions),
    /// Judges a zone: what its records for mail do to those who read them, and what to write instead.
    Lint(LintOptions),
    /// Finds the servers for an address with the reference client and real DNS.
    Discover(DiscoverOptions),
    /// Prints completions for a shell.
    #[command(hide = true)]
    Completions(CompletionsOptions),
    /// Prints the manual page.
    #[command(hide = true)]
    Man,
    /// Prints the JSON Schema of a published format.
    #[command(hide = true)]
    Schema(SchemaOptions),
}

/// Which suite.
#[derive(Args, Debug)]
pub(crate) struct SuiteOptions {
    /// Folder of the suite; by default `scenarios` here if it holds one, else the one built in.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) scenarios: Option<Utf8PathBuf>,
}

/// Which cases.
#[derive(Args, Debug)]
pub(crate) struct Selection {
    /// Parts of case IDs, such as `downgrade/` or `pin/expired[pop3]`; a case is selected by any of them.
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,
    #[command(flatten)]
    pub(crate) suite: SuiteOptions,
}

#[derive(Args, Debug)]
pub(crate) struct RunOptions {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// What is tested: `reference`, `reference?defect=NAME`, `cmd:PROGRAM`, or a recipe: `msmtp`,
    /// `NAME:MODE` or `./FILE.toml`.
    #[arg(long, default_value = "reference")]
    pub(crate) subject: String,
    /// Only the cases of this profile, and what an adapter claims to follow: `dnssec`, `mail-transfer`, `policy-records` or
    /// `srv-discovery`.
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<Profile>,
    /// Only the cases of this service, and those of none; can be given several times. By default those of all that the subject may
    /// have: an adapter reports `unsupported` for one that it does not have.
    #[arg(long = "service", value_name = "SERVICE")]
    pub(crate) services: Vec<Service>,
    /// Cases at a time; by default two for each processor, and eight where the subject runs in this process: some cases only wait.
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Seed of the subject's random choices.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Only the M-th of N parts of the cases, divided by a hash of their IDs.
    #[arg(long, value_name = "hash:M/N")]
    pub(crate) partition: Option<Partition>,
    /// Seconds for one run of the subject.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) deadline: Duration,
    /// Stop after so many unexpected verdicts.
    #[arg(long, value_name = "N")]
    pub(crate) max_fail: Option<NonZeroUsize>,
    /// What each program of the subject may use, where it is not the default: `processes` (512), `memory` (2GiB), `file` (1GiB),
    /// `output` (1MiB). Can be given several times.
    #[arg(long = "limit", value_name = "NAME=NUMBER")]
    pub(crate) limits: Vec<Limit>,
    /// Adapters run on this machine's loopback, where they find what else listens there, and not in a network of their own.
    #[arg(long)]
    pub(crate) loopback: bool,
    /// Only the cases that did not come as expected in these results, which an earlier run wrote with `--jsonl`.
    #[arg(long, value_name = "FILE")]
    pub(crate) last_failed: Option<Utf8PathBuf>,
    /// Form of the results.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// File for the results as lines of JSON, besides.
    #[arg(long, value_name = "FILE")]
    pub(crate) jsonl: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(crate) views: Views,
    /// File, pipe or device for the results; by default, or as `-`, standard output.
    ///
    /// Lines of JSON come as cases end, the other forms when the run has ended.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<Utf8PathBuf>,
    /// The subject's known deviations.
    #[arg(long, value_name = "FILE")]
    pub(crate) expectations: Option<Utf8PathBuf>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("expected more than 0 seconds".to_owned()),
    }
}

/// Form of the results.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// JSON for a badge of shields.io.
    Badge,
    /// One page that needs nothing else.
    Html,
    /// For a terminal.
    Human,
    /// One JSON object a line; the source of the others.
    Jsonl,
    /// JUnit XML.
    Junit,
    /// At most forty lines, for a comment.
    Markdown,
}

/// Files for further forms of the same results.
#[derive(Args, Debug)]
pub(crate) struct Views {
    /// File for JSON of a badge, besides.
    #[arg(long, value_name = "FILE")]
    badge: Option<Utf8PathBuf>,
    /// File for one page that needs nothing else, besides.
    #[arg(long, value_name = "FILE")]
    html: Option<Utf8PathBuf>,
    /// File for JUnit XML, besides.
    #[arg(long, value_name = "FILE")]
    junit: Option<Utf8PathBuf>,
    /// File for at most forty lines of Markdown, besides.
    #[arg(long, value_name = "FILE")]
    markdown: Option<Utf8PathBuf>,
}

impl Views {
    /// The files that are named, with their forms.
    pub(crate) fn files(&self) -> impl Iterator<Item = (Format, &Utf8Path)> {
        let files = [
            (Format::Badge, &self.badge),
            (Format::Html, &self.html),
            (Format::Junit, &self.junit),
            (Format::Markdown, &self.markdown),
        ];
        files.into_iter().filter_map(|(format, file)| Some((format, file.as_deref()?)))
    }
}

#[derive(Args, Debug)]
pub(crate) struct ExpectationsOptions {
    #[command(subcommand)]
    pub(crate) command: ExpectationsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExpectationsCommand {
    /// Runs the cases, as `run` does, and brings the file up to date: comments and reasons stay, and new entries want a reason.
    ///
    /// Without `--expectations` it is the one of the subject in `fixtures/expectations`.
    Update(Box<RunOptions>),
}

#[derive(Args, Debug)]
pub(crate) struct ReportOptions {
    /// Files that `run --jsonl FILE` wrote, or `-`: shards of one subject become one run, several subjects stand side by side.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<Utf8PathBuf>,
    /// Older results, to show what is different; can be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Vec<Utf8PathBuf>,
    #[command(flatten)]
    pub(crate) suite: SuiteOptions,
    /// Form of the report.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) views: Views,
    /// File, pipe or device for the report; by default, or as `-`, standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<Utf8PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct CheckOptions {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Cases at a time; by default eight for each processor, because some only wait.
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
}

#[derive(Args, Debug)]
pub(crate) struct CheckAdapterOptions {
    /// The program and its arguments, as behind `cmd:` of `--subject`.
    #[arg(value_name = "PROGRAM", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) words: Vec<String>,
    /// Seconds for one run.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) deadline: Duration,
    /// Run it on this machine's loopback and not in a network of its own.
    #[arg(long)]
    pub(crate) loopback: bool,
    /// Form of the list.
    #[arg(long, value_enum, default_value_t = ObjectFormat::Human)]
    pub(crate) format: ObjectFormat,
}

#[derive(Args, Debug)]
pub(crate) struct ListOptions {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// The deliberate flaws of the reference, and the cases that must show each.
    #[arg(long, group = "what")]
    pub(crate) defects: bool,
    /// Every requirement, and the cases that test it.
    #[arg(long, group = "what")]
    pub(crate) requirements: bool,
    /// What can be tested, and how it is installed.
    #[arg(long, group = "what")]
    pub(crate) subjects: bool,
    /// Form of the list.
    #[arg(long, value_enum, default_value_t = ListFormat::Human)]
    pub(crate) format: ListFormat,
}

#[derive(Args, Debug)]
pub(crate) struct ValidatorsOptions {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// A resolver, once for each; by default the independent ones that are installed.
    #[arg(long = "subject", value_name = "SUBJECT")]
    pub(crate) subjects: Vec<String>,
    /// Cases at a time.
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Show the cases, too, in which no resolver differs from the RFCs. JSON and Markdown always have them.
    #[arg(long)]
    pub(crate) all: bool,
    /// Form of the table.
    #[arg(long, value_enum, default_value_t = TableFormat::Human)]
    pub(crate) format: TableFormat,
}

/// Form of a table.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum TableFormat {
    /// For a terminal.
    Human,
    /// One JSON array, a row each.
    Json,
    /// For a document; what differs from the RFC is bold.
    Markdown,
}

/// Form of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For a terminal.
    Human,
    /// One JSON array.
    Json,
    /// The requirements as a document: docs/coverage.md.
    Markdown,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainOptions {
    /// ID of a case or scenario.
    pub(crate) case: String,
    #[command(flatten)]
    pub(crate) suite: SuiteOptions,
}

#[derive(Args, Debug)]
pub(crate) struct LabOptions {
    /// ID of a case or scenario.
    pub(crate) case: String,
    #[command(flatten)]
    pub(crate) suite: SuiteOptions,
    /// Print the assignment as one line of JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
    /// What the client reports, as an adapter would write it: a file that is read when a step ends, if it is there.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<Utf8PathBuf>,
    /// Folder for the signed zones as master files, to be loaded elsewhere or checked.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) zones: Option<Utf8PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct RecordOptions {
    /// Texts of TXT records; `-` or nothing: one a line from standard input.
    #[arg(value_name = "TEXT")]
    pub(crate) texts: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct GenerateOptions {
    /// What stands behind the `@` of the users' addresses.
    #[arg(value_parser = domain_name)]
    pub(crate) domain: Name,
    /// What the servers present: a PEM file, the server's certificate first; `-`: standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) chain: Utf8PathBuf,
    /// Which certificate of the chain is pinned.
    #[arg(long, value_enum, default_value_t = PinArgument::Root)]
    pub(crate) pin: PinArgument,
    /// A host that serves the users, at every label; can be given several times.
    #[arg(long = "server", value_name = "HOST", value_parser = domain_name)]
    pub(crate) servers: Vec<Name>,
    /// A service that the users have; can be given several times. By default imap and submission.
    #[arg(long = "service", value_name = "SERVICE", value_parser = services(Service::OF_USERS))]
    pub(crate) services: Vec<Service>,
    /// A label at which nothing is offered, such as `imap` where there is implicit TLS only; can be given several times.
    #[arg(long, value_name = "LABEL")]
    pub(crate) without: Vec<Label>,
    /// A port that is not the registered one; can be given several times.
    #[arg(long = "port", value_name = "LABEL=PORT", value_parser = label_port)]
    pub(crate) ports: Vec<(Label, u16)>,
    /// A host that takes mail from other servers; can be given several times.
    #[arg(long = "exchange", value_name = "HOST", value_parser = domain_name)]
    pub(crate) exchanges: Vec<Name>,
    /// The only SASL mechanisms that clients may use, separated by commas.
    #[arg(long, value_name = "MECHANISMS")]
    pub(crate) sasl: Option<String>,
    /// How long resolvers may keep the records, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u32).range(..=0x7fff_ffff))]
    pub(crate) ttl: u32,
    /// TLSA records as well.
    #[arg(long)]
    pub(crate) tlsa: bool,
    /// The record and the policy file of MTA-STS as well.
    #[arg(long, value_name = "MODE", value_enum)]
    pub(crate) mta_sts: Option<StsArgument>,
    /// The record for reports on TLS as well, which go to this `mailto:` or `https:` address.
    #[arg(long, value_name = "URI")]
    pub(crate) tls_reports: Option<String>,
    /// The file for clients that know no SRV records as well.
    #[arg(long)]
    pub(crate) autoconfig: bool,
    /// Folder for `mta-sts.txt` and `config-v1.1.xml`.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) files: Option<Utf8PathBuf>,
    /// The time by which certificates have expired, in seconds since 1970 or as YYYYMMDDHHmmSS; by default this machine's.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) now: Option<u32>,
    /// Form of the records.
    #[arg(long, value_enum, default_value_t = GenerateFormat::Zone)]
    pub(crate) format: GenerateFormat,
}

/// Which certificate of a chain is pinned.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum PinArgument {
    /// The CA that issued the server's certificate: CAs change it, often without a word.
    Intermediate,
    /// The server's own certificate: every renewal changes it.
    Leaf,
    /// The root, which outlives renewals; servers have to send it.
    Root,
}

/// The mode of MTA-STS.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum StsArgument {
    /// Senders deliver nothing where TLS fails.
    Enforce,
    /// Senders deliver all the same, and report.
    Testing,
}

/// Form of generated records.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum GenerateFormat {
    /// One JSON object, the files in it.
    Json,
    /// Lines of a master file.
    Zone,
}

#[derive(Args, Debug)]
pub(crate) struct LintOptions {
    /// Master files, one a zone; `-`: standard input. Those of one operator are judged together.
    #[arg(value_name = "ZONE")]
    pub(crate) files: Vec<Utf8PathBuf>,
    /// The zone, where neither `$ORIGIN` nor the file's name (example.com.db) says it.
    #[arg(long, value_name = "NAME", value_parser = domain_name)]
    pub(crate) origin: Option<Name>,
    /// The server signs what it loads, so that the zone is a signed one though its file holds no key and no signature.
    #[arg(long)]
    pub(crate) signed: bool,
    /// The time by which signatures are judged, in seconds since 1970 or as YYYYMMDDHHmmSS; by default this machine's.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) now: Option<u32>,
    /// Tells what could be better as well.
    #[arg(long)]
    pub(crate) advice: bool,
    /// A rule that may be broken; can be given several times.
    #[arg(long, value_name = "CODE", value_parser = rule)]
    pub(crate) allow: Vec<&'static Rule>,
    /// A TOML file of rules that may be broken, each with the reason.
    #[arg(long, value_name = "FILE")]
    pub(crate) allowances: Option<Utf8PathBuf>,
    /// Form of what is found.
    #[arg(long, value_enum, default_value_t = ObjectFormat::Human)]
    pub(crate) format: ObjectFormat,
    /// Prints every rule, as a document: docs/lint.md.
    #[arg(long)]
    pub(crate) rules: bool,
}

/// Form of what is for a reader, or for a program as a whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ObjectFormat {
    /// For a terminal.
    Human,
    /// One JSON object.
    Json,
}

#[derive(Args, Debug)]
pub(crate) struct DiscoverOptions {
    /// The e-mail address.
    pub(crate) address: String,
    /// What to set up.
    #[arg(long, default_value_t = Service::Submission, value_parser = services(Service::OF_USERS))]
    pub(crate) service: Service,
    /// DNS server; by default the first of /etc/resolv.conf.
    #[arg(long, visible_alias = "resolver", value_name = "ADDRESS[:PORT]")]
    pub(crate) server: Option<String>,
    /// Only looks up, shows each answer with how far it is believed, and stops where the client would connect: nobody logs in, and no
    /// password is asked for.
    #[arg(long)]
    pub(crate) look_up: bool,
    /// DS or DNSKEY records that chains of signatures start at, in place of those of the public root.
    #[arg(long, value_name = "FILE")]
    pub(crate) trust_anchor: Option<Utf8PathBuf>,
    /// Certificates in PEM that are trusted where nothing is pinned, in place of those that browsers trust.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<Utf8PathBuf>,
    /// Form of what is looked up.
    #[arg(long, value_enum, default_value_t = ObjectFormat::Human, requires = "look_up")]
    pub(crate) format: ObjectFormat,
}

fn services(known: &[Service]) -> impl TypedValueParser<Value = Service> + use<> {
    PossibleValuesParser::new(known.iter().map(|service| service.name()))
        .try_map(|name| name.parse::<Service>())
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsOptions {
    /// The shell.
    pub(crate) shell: Shell,
}

#[derive(Args, Debug)]
pub(crate) struct SchemaOptions {
    /// The format.
    #[arg(value_parser = PossibleValuesParser::new(schema::Format::ALL.map(schema::Format::name)))]
    pub(crate) format: String,
}
