//! The recipe file, as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;
use signpost_format::set_up::Stance;
use signpost_format::{Profile, Role, Service};

use super::process::Stream;
use super::rule::Take;

/// How an unmodified program is installed, configured, run and read.
///
/// A text with `{name}` in it is filled in where the program is run; docs/recipes.md says which names there are.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Recipe")]
#[serde(deny_unknown_fields)]
pub(crate) struct RecipeTable {
    /// What the program is, in a few words.
    pub(super) about: String,
    /// The command that installs it, for a person.
    pub(super) install: Option<String>,
    /// What it is asked to do.
    #[schemars(with = "Role")]
    pub(super) role: Spanned<Role>,
    /// The sets of rules that it claims to follow.
    #[schemars(with = "Vec<Profile>")]
    pub(super) profiles: Spanned<Vec<Profile>>,
    /// The services that it can set up, in a role that has services.
    #[serde(default)]
    #[schemars(with = "Vec<Service>")]
    pub(super) services: Vec<Spanned<Service>>,
    /// Where its answer is found, in the role `resolve`.
    #[schemars(with = "Option<Answers>")]
    pub(super) answers: Option<Spanned<Answers>>,
    /// Files and folders that stay in sight although they lie in the home or another folder that a case hides.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) visible: Vec<Spanned<String>>,
    /// Variables of the environment of each of its commands.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) environment: BTreeMap<String, Spanned<String>>,
    /// How its version is found out.
    pub(super) version: Option<VersionTable>,
    /// Ways to use it, the usual one first.
    #[serde(default)]
    pub(super) mode: Vec<ModeTable>,
    /// Placeholders of its own.
    #[serde(default)]
    pub(super) value: Vec<ValueTable>,
    /// Placeholders with a line for each of the root's trust anchors.
    #[serde(default)]
    pub(super) anchors: Vec<AnchorsTable>,
    /// Files in its home, which is otherwise empty.
    #[serde(default)]
    pub(super) file: Vec<FileTable>,
    /// What is run, one after the other.
    #[serde(default)]
    pub(super) command: Vec<CommandTable>,
}

/// Where a resolver's answer is found.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answers {
    /// It serves at `{listen.host}` port `{listen.port}`, and is asked by a stub.
    Dns,
    /// It asks by itself; the rules read what it writes.
    #[default]
    Output,
}

/// How a program's version is found out: the first line that this command prints.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionTable {
    /// The program and its arguments.
    #[schemars(with = "Vec<String>")]
    pub(super) run: Spanned<Vec<Spanned<String>>>,
    /// The word that the version begins with: some programs write the time before it.
    pub(super) begins: Option<String>,
}

/// A way to use the program, with what it then promises.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModeTable {
    /// The name behind the colon on the command line, and the value of `{mode}`.
    #[schemars(with = "String")]
    pub(super) name: Spanned<String>,
    /// The protection that it claims, in a role that has to do with TLS.
    #[schemars(with = "Option<Stance>")]
    pub(super) stance: Option<Spanned<Stance>>,
    /// What makes it different, in a few words.
    pub(super) about: String,
}

/// A condition: each of these values is one of those.
pub(super) type WhenTable = BTreeMap<Spanned<String>, Vec<Spanned<String>>>;

/// A placeholder with a value of the recipe's own. Of several with one name, the first whose `when` holds counts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValueTable {
    /// The placeholder's name.
    #[schemars(with = "String")]
    pub(super) name: Spanned<String>,
    /// Its words: as many arguments where it stands alone in a command, elsewhere with spaces between.
    #[schemars(with = "Vec<String>")]
    pub(super) words: Vec<Spanned<String>>,
    /// Only where each of these values is one of those.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    pub(super) when: WhenTable,
}

/// A placeholder with a line for each of the root's trust anchors.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnchorsTable {
    /// The placeholder's name.
    #[schemars(with = "String")]
    pub(super) name: Spanned<String>,
    /// Which of the records.
    pub(super) record: AnchorRecord,
    /// The line, with its end.
    #[schemars(with = "String")]
    pub(super) line: Spanned<String>,
}

/// In which form a trust anchor is wanted.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AnchorRecord {
    /// `{flags}`, `{protocol}`, `{algorithm}` and `{key}`.
    Dnskey,
    /// `{tag}`, `{algorithm}`, `{digest-type}` and `{digest}`.
    Ds,
}

/// A file that is there before the first command.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileTable {
    /// Where it is below the home; its path is `{file.NAME}`.
    #[schemars(with = "String")]
    pub(super) name: Spanned<String>,
    /// What is in it, with placeholders.
    #[schemars(with = "Option<String>")]
    pub(super) text: Option<Spanned<String>>,
    /// A file beside the recipe that it is a copy of, as it is.
    #[schemars(with = "Option<String>")]
    pub(super) copy: Option<Spanned<String>>,
    /// Only where each of these values is one of those.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    pub(super) when: WhenTable,
}

/// A program to run.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommandTable {
    /// The program, by name or by its path from the recipe, and its arguments.
    #[schemars(with = "Vec<String>")]
    pub(super) run: Spanned<Vec<Spanned<String>>>,
    /// What it reads from standard input.
    #[schemars(with = "Option<String>")]
    pub(super) stdin: Option<Spanned<String>>,
    /// Variables of its environment besides those of the recipe.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) environment: BTreeMap<String, Spanned<String>>,
    /// Seconds after which its user gives up. By default it has all the time of its case.
    #[schemars(with = "Option<f64>")]
    pub(super) limit: Option<Spanned<f64>>,
    /// Exit codes after which the next command is run; by default 0. Another one ends the run.
    #[schemars(with = "Option<Vec<i32>>")]
    pub(super) success: Option<Spanned<Vec<i32>>>,
    /// Makes it a command that stays, in the foreground, until all is done, and says when the next one may begin.
    #[schemars(with = "Option<ReadyTable>")]
    pub(super) ready: Option<Spanned<ReadyTable>>,
    /// Only where each of these values is one of those.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    pub(super) when: WhenTable,
    /// How its output is read: rules, in order.
    #[serde(default)]
    #[schemars(with = "Vec<ReadTable>")]
    pub(super) read: Vec<Spanned<ReadTable>>,
    /// Files made of what it wrote, if it was a success.
    #[serde(default)]
    pub(super) save: Vec<SaveTable>,
}

/// When a command that stays is ready. Both where both are given, at once where none is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadyTable {
    /// As soon as a TCP connection to this `HOST:PORT` is taken.
    #[schemars(with = "Option<String>")]
    pub(super) tcp: Option<Spanned<String>>,
    /// As soon as this path is there.
    #[schemars(with = "Option<String>")]
    pub(super) path: Option<Spanned<String>>,
}

/// A rule: if all of its conditions hold, the named groups of its patterns and what it sets become values, unless they
/// have one. A rule without conditions always holds.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadTable {
    /// The exit code is one of these.
    pub(super) exit: Option<Vec<i32>>,
    /// A pattern that standard output has.
    #[schemars(with = "Option<String>")]
    pub(super) stdout: Option<Spanned<String>>,
    /// A pattern that standard error has.
    #[schemars(with = "Option<String>")]
    pub(super) stderr: Option<Spanned<String>>,
    /// A pattern that standard output with standard error behind it has.
    #[schemars(with = "Option<String>")]
    pub(super) output: Option<Spanned<String>>,
    /// A pattern that neither has.
    #[schemars(with = "Option<String>")]
    pub(super) unless: Option<Spanned<String>>,
    /// Each of these values is one of those.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    pub(super) when: WhenTable,
    /// Which of several matches counts.
    #[serde(default)]
    pub(super) take: Take,
    /// Values, each a text with placeholders.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) set: BTreeMap<Spanned<String>, Spanned<String>>,
    /// Makes it an error that the rule does not hold after a success, and says what it then means.
    pub(super) missing: Option<String>,
}

/// A file made of what a command wrote.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SaveTable {
    /// Where it is below the home; its path is `{file.NAME}` in later commands.
    #[schemars(with = "String")]
    pub(super) file: Spanned<String>,
    /// What is saved.
    #[serde(default)]
    pub(super) from: Stream,
    /// A pattern; lines that have it are left out.
    #[schemars(with = "Option<String>")]
    pub(super) drop: Option<Spanned<String>>,
    /// What is added at the end, with placeholders.
    #[schemars(with = "Option<String>")]
    pub(super) append: Option<Spanned<String>>,
}
