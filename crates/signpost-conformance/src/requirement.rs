//! The requirement catalogue: `scenarios/requirements.toml`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_spanned::Spanned;
use signpost_source::{Problem, Problems, Source};

use crate::ground_rule::GroundRule;

/// How binding a requirement is (RFC 2119).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub enum Level {
    /// Breaking it fails a case.
    #[serde(rename = "MUST")]
    Must,
    /// Breaking only this makes a case weak.
    #[serde(rename = "SHOULD")]
    Should,
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
        })
    }
}

/// One requirement on a client.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// How binding it is.
    pub level: Level,
    /// What it says, in the project's own words.
    pub text: String,
    /// The document and section that it comes from.
    pub source: String,
    /// Why no case tests it.
    #[serde(default)]
    pub uncovered: Option<String>,
}

impl Requirement {
    /// The document that it comes from, without the section.
    #[must_use]
    pub fn document(&self) -> &str {
        let end = self.source.find([',', ';']).unwrap_or(self.source.len());
        let first = &self.source[..end];
        first.split_once(" section").map_or(first, |(document, _)| document)
    }
}

/// Every requirement, by its permanent slug.
#[derive(Clone, Debug, Default)]
pub struct Requirements {
    catalogue: BTreeMap<String, Requirement>,
    /// The rules of the suite itself, which findings name and scenarios do not.
    ground: BTreeMap<&'static str, Requirement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequirementsFile {
    requirement: BTreeMap<Spanned<String>, Requirement>,
}

impl Requirements {
    /// Reads the catalogue.
    ///
    /// # Errors
    ///
    /// What is wrong in the file, and where.
    pub fn parse(source: &Source) -> Result<Self, Problems> {
        let file: RequirementsFile = source.parse()?;
        let problems = file
            .requirement
            .keys()
            .filter(|slug| !is_slug(slug.get_ref()))
            .map(|slug| {
                Problem::at(slug.span(), format!("`{}` is no slug", slug.get_ref()))
                    .help("expected `group/what-is-required` in lower case")
            })
            .collect();
        source.check(problems)?;
        let catalogue = file.requirement.into_iter();
        let ground = GroundRule::ALL.into_iter().map(|rule| {
            let source = "docs/results.md".to_owned();
            (
                rule.slug(),
                Requirement { level: Level::Must, text: rule.text().to_owned(), source, uncovered: None },
            )
        });
        Ok(Self {
            catalogue: catalogue.map(|(slug, requirement)| (slug.into_inner(), requirement)).collect(),
            ground: ground.collect(),
        })
    }

    /// The requirement with this slug, be it a rule of the suite itself.
    #[must_use]
    pub fn find(&self, slug: &str) -> Option<&Requirement> {
        self.catalogue.get(slug).or_else(|| self.ground.get(slug))
    }

    /// Slugs and requirements of the catalogue, in the order of the slugs.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Requirement)> {
        self.catalogue.iter().map(|(slug, requirement)| (slug.as_str(), requirement))
    }
}

fn is_slug(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.split_once('/').is_some_and(|(group, name)| part(group) && part(name))
}
