//! A recipe that has been checked.

use std::path::PathBuf;
use std::time::Duration;

use regex_lite::Regex;
use signpost_format::set_up::Stance;
use signpost_format::{Profile, Role, Service};

use super::process::Stream;
use super::rule::Rule;
use super::table::{AnchorRecord, Answers};
use super::template::{Template, When};

/// All that there is to do.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) about: String,
    pub(super) install: Option<String>,
    pub(super) role: Role,
    pub(super) profiles: Vec<Profile>,
    pub(super) services: Vec<Service>,
    pub(super) answers: Answers,
    /// Where the recipe lies, unless it is built in.
    pub(super) folder: Option<PathBuf>,
    pub(super) visible: Vec<PathBuf>,
    pub(super) version: Option<Version>,
    /// At least one.
    pub(super) modes: Vec<Mode>,
    pub(super) environment: Vec<(String, Template)>,
    pub(super) values: Vec<Value>,
    pub(super) anchors: Vec<Anchors>,
    pub(super) files: Vec<File>,
    pub(super) commands: Vec<Command>,
}

#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) run: Vec<String>,
    pub(super) begins: Option<String>,
}

/// A way to use a program.
#[derive(Clone, Debug)]
pub struct Mode {
    /// The name behind the colon on the command line.
    pub name: String,
    /// The protection that it claims.
    pub stance: Option<Stance>,
    /// What makes it different, in a few words.
    pub about: String,
}

#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) name: String,
    pub(super) words: Vec<Template>,
    pub(super) when: When,
}

#[derive(Clone, Debug)]
pub(super) struct Anchors {
    pub(super) name: String,
    pub(super) record: AnchorRecord,
    pub(super) line: Template,
}

#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) contents: Contents,
    pub(super) when: When,
}

#[derive(Clone, Debug)]
pub(super) enum Contents {
    Text(Template),
    Verbatim(String),
}

#[derive(Clone, Debug)]
pub(super) struct Command {
    pub(super) program: String,
    pub(super) arguments: Vec<Template>,
    pub(super) stdin: Option<Template>,
    pub(super) environment: Vec<(String, Template)>,
    pub(super) limit: Option<Duration>,
    pub(super) success: Vec<i32>,
    /// When the next one may begin, for one that stays.
    pub(super) ready: Option<Ready>,
    pub(super) when: When,
    pub(super) rules: Vec<Rule>,
    pub(super) saves: Vec<Save>,
    /// The bytes of the program's name in the file.
    pub(super) place: std::ops::Range<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Ready {
    pub(super) tcp: Option<Template>,
    pub(super) path: Option<Template>,
}

#[derive(Clone, Debug)]
pub(super) struct Save {
    pub(super) file: String,
    pub(super) from: Stream,
    pub(super) drop: Option<Regex>,
    pub(super) append: Template,
}
