//! A subject's own list of known deviations, each with a reason.

use serde::Deserialize;
use serde_spanned::Spanned;
use signpost_format::{CaseResult, KnownDeviation, Verdict, Wrong};
use signpost_source::{Problem, Problems, Source};

/// The known deviations of one subject.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    pub(crate) entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) case: String,
    pub(crate) deviation: KnownDeviation,
    place: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectationsFile {
    #[serde(default)]
    deviation: Vec<DeviationTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviationTable {
    case: Spanned<String>,
    verdict: Spanned<Verdict>,
    #[serde(default)]
    findings: Vec<String>,
    #[serde(default)]
    wrong: Option<Wrong>,
    reason: Spanned<String>,
}

impl Expectations {
    /// Reads `[[deviation]]` tables, each with the case's ID, or a part of it that ends in `*`, the verdict, what the findings
    /// may be, and the reason.
    ///
    /// # Errors
    ///
    /// What is wrong in the file, and where.
    pub fn parse(source: &Source) -> Result<Self, Problems> {
        Self::read(source, true)
    }

    /// The same of a file whose reasons may still have to be written.
    ///
    /// # Errors
    ///
    /// What is wrong in the file, and where.
    pub fn parse_draft(source: &Source) -> Result<Self, Problems> {
        Self::read(source, false)
    }

    fn read(source: &Source, needs_reasons: bool) -> Result<Self, Problems> {
        let file: ExpectationsFile = source.parse()?;
        let mut problems = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        for table in file.deviation {
            if needs_reasons && table.reason.get_ref().trim().is_empty() {
                problems.push(
                    Problem::at(table.reason.span(), "a deviation without a reason")
                        .help("say which sentence of which RFC is broken, and where it was reported"),
                );
            }
            if *table.verdict.get_ref() == Verdict::Pass {
                problems.push(
                    Problem::at(table.verdict.span(), "`pass` is no deviation").help("remove the table"),
                );
            }
            if entries.iter().any(|entry| entry.case == *table.case.get_ref()) {
                problems.push(
                    Problem::at(table.case.span(), format!("`{}` stands here twice", table.case.get_ref()))
                        .help("keep one"),
                );
            }
            entries.push(Entry {
                place: format!("{}:{}", source.path, source.line(&table.case.span())),
                case: table.case.into_inner(),
                deviation: KnownDeviation {
                    verdict: table.verdict.into_inner(),
                    findings: table.findings,
                    wrong: table.wrong,
                    reason: table.reason.into_inner(),
                },
            });
        }
        source.check(problems)?;
        Ok(Self { entries })
    }

    /// Marks which results are as expected. An entry that matches no case is an error where all cases were run; one
    /// whose case came out otherwise makes that case unexpected.
    pub fn apply(&self, results: &mut [CaseResult], all_cases: bool) -> Vec<String> {
        for entry in &self.entries {
            for result in results.iter_mut().filter(|result| entry.covers(&result.id)) {
                result.expected = entry.deviation.is(result);
                result.known = Some(entry.deviation.clone());
            }
        }
        let ids: Vec<&str> = results.iter().map(|result| result.id.as_str()).collect();
        if all_cases { self.unmatched(&ids) } else { Vec::new() }
    }

    /// Entries that match none of these cases, which are all that the subject has: each as an error with its place.
    #[must_use]
    pub fn unmatched(&self, ids: &[&str]) -> Vec<String> {
        let is_idle = |entry: &&Entry| !ids.iter().any(|id| entry.covers(id));
        self.entries
            .iter()
            .filter(is_idle)
            .map(|entry| format!("{}: `{}` matches no case of this run", entry.place, entry.case))
            .collect()
    }
}

impl Entry {
    fn covers(&self, id: &str) -> bool {
        covers(&self.case, id)
    }
}

/// Whether an entry for this case, or for all that begin so, is one for this ID.
pub(crate) fn covers(case: &str, id: &str) -> bool {
    match case.strip_suffix('*') {
        Some(beginning) => id.starts_with(beginning),
        None => id == case,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use super::*;

    pub(crate) fn result(id: &str, verdict: Verdict) -> CaseResult {
        let template: BTreeMap<&str, serde_json::Value> = [
            ("id", id.into()),
            ("title", "".into()),
            ("verdict", verdict.name().into()),
            ("expected", (verdict == Verdict::Pass).into()),
            ("severity", "low".into()),
            ("requirements", Vec::<String>::new().into()),
            ("duration_us", 0.into()),
            ("runs", 1.into()),
            ("reproduce", "".into()),
        ]
        .into();
        serde_json::from_value(serde_json::to_value(template).unwrap()).unwrap()
    }

    fn apply(text: &str, results: &mut [CaseResult]) -> Vec<String> {
        Expectations::parse(&Source::new("known.toml", text)).unwrap().apply(results, true)
    }

    const WEIGHTS: &str =
        "[[deviation]]\ncase = \"srv/weights*\"\nverdict = \"fail\"\nreason = \"always the heaviest\"\n";

    #[test]
    fn a_known_deviation_is_expected() {
        let mut results = [result("srv/weights[pop3]", Verdict::Fail)];
        assert!(apply(WEIGHTS, &mut results).is_empty());
        assert!(results[0].expected);
    }

    #[test]
    fn an_unexpected_pass_or_another_verdict_is_not() {
        for verdict in [Verdict::Pass, Verdict::Errored] {
            let mut results = [result("srv/weights[pop3]", verdict)];
            apply(WEIGHTS, &mut results);
            assert!(!results[0].expected);
        }
    }

    #[test]
    fn another_kind_of_failure_than_is_named_is_not() {
        let named = |key: &str| WEIGHTS.replace("reason", &format!("{key}\nreason"));
        let finding = |requirement: &str| signpost_format::Finding {
            requirement: requirement.to_owned(),
            expected: String::new(),
            seen: String::new(),
            lines: Vec::new(),
        };
        for (key, findings, wrong, expected) in [
            ("findings = [\"a/b\"]", &["a/b"][..], None, true),
            ("findings = [\"a/b\", \"c/d\"]", &["c/d"], None, true),
            ("findings = [\"a/b\"]", &["a/b", "c/d"], None, false),
            ("wrong = \"other\"", &["a/b"], Some(Wrong::Other), true),
            ("wrong = \"other\"", &["a/b"], Some(Wrong::Leak), false),
        ] {
            let findings = findings.iter().map(|requirement| finding(requirement)).collect();
            let mut results = [CaseResult { findings, wrong, ..result("srv/weights[pop3]", Verdict::Fail) }];
            apply(&named(key), &mut results);
            assert_eq!(results[0].expected, expected, "{key}");
        }
    }

    #[test]
    fn an_entry_that_matches_nothing_is_an_error() {
        let errors = apply(WEIGHTS, &mut [result("srv/priority[pop3]", Verdict::Pass)]);
        assert_eq!(errors, ["known.toml:2: `srv/weights*` matches no case of this run"]);
    }

    #[test]
    fn a_deviation_needs_a_reason_and_a_verdict_that_deviates() {
        let text = "[[deviation]]\ncase = \"a\"\nverdict = \"pass\"\nreason = \" \"\n";
        let problems = Expectations::parse(&Source::new("known.toml", text)).unwrap_err();
        assert_eq!(problems.problems().len(), 2);
    }
}
