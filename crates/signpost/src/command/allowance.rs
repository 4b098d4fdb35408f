//! What an operator wants all the same, with the reason.

use hickory_proto::rr::Name;
use serde::Deserialize;
use serde_spanned::Spanned;
use signpost_source::Problem;
use signpost_zone::ZoneFile;
use signpost_zone::lint::{Finding, Findings, Rule};

use super::read_source;
use crate::argument::LintOptions;
use crate::exit::Failure;
use crate::zone_argument::{domain_name, rule};

/// Rules that may be broken, everywhere or at one owner.
pub(crate) struct Allowances(Vec<Allowance>);

struct Allowance {
    rule: &'static Rule,
    owner: Option<Name>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    allow: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    code: Spanned<String>,
    owner: Option<Spanned<String>>,
    reason: Spanned<String>,
}

impl Allowances {
    /// Those of the command line and of the file that it names.
    pub(crate) fn read(options: &LintOptions) -> Result<Self, Failure> {
        let mut allowances: Vec<Allowance> =
            options.allow.iter().map(|rule| Allowance { rule, owner: None }).collect();
        if let Some(path) = &options.allowances {
            let source = read_source(path)?;
            let file: File = source.parse()?;
            let mut problems = Vec::new();
            for row in &file.allow {
                match row.read() {
                    Ok(allowance) => allowances.push(allowance),
                    Err(problem) => problems.push(problem),
                }
            }
            source.check(problems)?;
        }
        Ok(Self(allowances))
    }

    /// Leaves out what is allowed. What is left over of the allowances is told.
    pub(crate) fn apply(&self, findings: &mut Findings, zones: &[ZoneFile]) -> Vec<String> {
        let owner = |finding: &Finding| {
            let entries = &zones[finding.file].entries;
            let place = entries.partition_point(|entry| entry.span.end <= finding.span.start);
            entries.get(place).map(|entry| &entry.record.name)
        };
        let covers = |allowance: &Allowance, finding: &Finding| {
            allowance.rule.code == finding.rule.code
                && allowance.owner.as_ref().is_none_or(|allowed| owner(finding) == Some(allowed))
        };
        let unused = self
            .0
            .iter()
            .filter(|allowance| !findings.list.iter().any(|finding| covers(allowance, finding)))
            .map(|allowance| allowance.rule.code.to_owned())
            .collect();
        findings.allow(
            |finding| self.0.iter().any(|allowance| covers(allowance, finding)),
            |rule| {
                self.0.iter().any(|allowance| allowance.owner.is_none() && allowance.rule.code == rule.code)
            },
        );
        unused
    }
}

impl Row {
    fn read(&self) -> Result<Allowance, Problem> {
        let rule = rule(self.code.get_ref()).map_err(|message| Problem::at(self.code.span(), message))?;
        let owner = self
            .owner
            .as_ref()
            .map(|owner| domain_name(owner.get_ref()).map_err(|message| Problem::at(owner.span(), message)));
        if self.reason.get_ref().trim().is_empty() {
            return Err(
                Problem::at(self.reason.span(), "no reason").help("say why, for whoever reads this next")
            );
        }
        Ok(Allowance { rule, owner: owner.transpose()? })
    }
}
