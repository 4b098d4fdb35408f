//! An expectations file made anew from results: what is said in it stays, comments and reasons before all.

use std::collections::BTreeSet;

use signpost_format::{CaseResult, Verdict};
use signpost_source::{Problem, Problems, Source};
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use crate::expectation_file::{Expectations, covers};

/// The new text, and what is different in it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Update {
    /// The whole file.
    pub text: String,
    /// IDs whose entries are new, and whose reasons are to be written.
    pub added: Vec<String>,
    /// Entries whose case comes out otherwise now.
    pub changed: Vec<String>,
    /// Entries whose case passes, or is no more.
    pub removed: Vec<String>,
    /// Entries without a reason, the new ones among them.
    pub without_reason: usize,
}

/// Brings the entries to what the results are. Cases that are not among them keep theirs, unless all were run.
///
/// # Errors
///
/// What is wrong in the file, and where; that a reason is missing is not.
pub fn update(source: &Source, results: &[CaseResult], all_cases: bool) -> Result<Update, Problems> {
    let known = Expectations::parse_draft(source)?;
    let mut document: DocumentMut = source.text.parse().map_err(|error: toml_edit::TomlError| {
        source.problem(Problem::at(error.span().unwrap_or_default(), error.message().to_owned()))
    })?;
    let tables = document.remove("deviation").and_then(|item| item.into_array_of_tables().ok());
    let mut update = Update::default();
    // What stood above an entry that goes, and is not its own: the head of the file.
    let mut head = String::new();
    let mut entries: Vec<(String, Table)> = Vec::new();
    for (entry, mut table) in known.entries.iter().zip(tables.unwrap_or_default()) {
        let (above, own) = comments(&table);
        let mut covered = results.iter().filter(|result| covers(&entry.case, &result.id)).peekable();
        let is_run = covered.peek().is_some();
        let covered: Vec<&CaseResult> = covered.collect();
        let deviating: Vec<&CaseResult> = covered.iter().copied().filter(|result| deviates(result)).collect();
        let as_declared = covered.iter().all(|result| entry.deviation.is(result));
        if (is_run && as_declared) || (!is_run && !all_cases) {
            prefix(&mut table, &format!("{head}{above}{own}"));
            head.clear();
            entries.push((entry.case.clone(), table));
            continue;
        }
        head.push_str(&above);
        if deviating.is_empty() {
            update.removed.push(entry.case.clone());
            continue;
        }
        update.changed.push(entry.case.clone());
        let mut own = own;
        for result in deviating {
            let mut table = table.clone();
            table["case"] = like(&table["case"], result.id.as_str());
            table["verdict"] = like(&table["verdict"], result.verdict.name());
            if table.contains_key("findings") {
                table["findings"] = findings(result);
            }
            match result.wrong {
                Some(wrong) if table.contains_key("wrong") => {
                    table["wrong"] = like(&table["wrong"], wrong.name())
                }
                _ => drop(table.remove("wrong")),
            }
            prefix(&mut table, &format!("{}{}", std::mem::take(&mut head), std::mem::take(&mut own)));
            entries.push((result.id.clone(), table));
        }
    }
    if known.entries.is_empty() {
        // All that such a file says stands behind nothing.
        head = document.trailing().as_str().unwrap_or_default().to_owned();
        document.set_trailing("");
    }
    for result in results.iter().filter(|result| deviates(result)) {
        if !entries.iter().any(|(case, _)| covers(case, &result.id)) {
            update.added.push(result.id.clone());
            insert(&mut entries, result, &mut head);
        }
    }
    let is_without = |(_, table): &&(String, Table)| {
        table.get("reason").and_then(Item::as_str).is_none_or(|reason| reason.trim().is_empty())
    };
    update.without_reason = entries.iter().filter(is_without).count();
    if !entries.is_empty() {
        let mut tables = ArrayOfTables::new();
        for (position, (_, mut table)) in (0..).zip(entries) {
            table.set_position(Some(position));
            tables.push(table);
        }
        document.insert("deviation", Item::ArrayOfTables(tables));
    }
    // Where no entry is left, the head still is.
    update.text = format!("{}{head}", document.to_string().trim_start_matches('\n'));
    Ok(update)
}

/// Whether a result wants an entry: one that nobody asks for does not, unless it has one.
fn deviates(result: &CaseResult) -> bool {
    result.verdict != Verdict::Pass && (!result.expected || result.known.is_some())
}

/// A new entry, at its place in the order of the IDs.
fn insert(entries: &mut Vec<(String, Table)>, result: &CaseResult, head: &mut String) {
    let place = entries.iter().position(|(case, _)| *case > result.id).unwrap_or(entries.len());
    let mut table = Table::new();
    table["case"] = value(result.id.as_str());
    table["verdict"] = value(result.verdict.name());
    table["findings"] = findings(result);
    if let Some(wrong) = result.wrong {
        table["wrong"] = value(wrong.name());
    }
    table["reason"] = value("");
    let widest = table.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
    for (mut key, _) in table.iter_mut() {
        let missing = " ".repeat(widest + 1 - key.get().len());
        key.leaf_decor_mut().set_suffix(missing);
    }
    // What stands at the head of the file stays there.
    let mut above = std::mem::take(head);
    if let (0, Some((_, first))) = (place, entries.first_mut()) {
        let (of_file, own) = comments(first);
        above.push_str(&of_file);
        prefix(first, &format!("\n{}", own.trim_start_matches('\n')));
    }
    if !above.ends_with("\n\n") {
        above.push('\n');
    }
    prefix(&mut table, &above);
    entries.insert(place, (result.id.clone(), table));
}

fn findings(result: &CaseResult) -> Item {
    let slugs: BTreeSet<&str> = result.findings.iter().map(|finding| finding.requirement.as_str()).collect();
    value(slugs.into_iter().collect::<Array>())
}

/// Another text with the comments and spaces of the one that was there.
fn like(old: &Item, text: &str) -> Item {
    let mut new = value(text);
    if let (Some(old), Some(new)) = (old.as_value(), new.as_value_mut()) {
        *new.decor_mut() = old.decor().clone();
    }
    new
}

/// What stands above a table: what an empty line keeps apart from it, and its own comment.
fn comments(table: &Table) -> (String, String) {
    let above = table.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
    match above.rfind("\n\n") {
        Some(end) => (above[..=end].to_owned(), above[end + 1..].to_owned()),
        None if above.starts_with('#') => (above.to_owned(), String::new()),
        None => (String::new(), above.to_owned()),
    }
}

fn prefix(table: &mut Table, text: &str) {
    table.decor_mut().set_prefix(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expectation_file::tests::result;

    const FILE: &str = "\
# What example 1.2 is known to do otherwise:
#   signpost run --subject example

# Goes away with its entry.
[[deviation]]
case    = \"a/fixed\"
verdict = \"fail\"
reason  = \"fixed by now\"

# Stays as it is, with its comment.
[[deviation]]
case    = \"a/same*\" # several
verdict = \"fail\" # always
reason  = \"a sentence\"

[[deviation]]
case     = \"b/other\"
verdict  = \"weak\" # was less once
findings = [\"a/b\"]
reason   = \"kept\"

[[deviation]]
case    = \"b/sweep*\"
verdict = \"fail\"
reason  = \"of all\"

# Not run now.
[[deviation]]
case    = \"c/elsewhere\"
verdict = \"fail\"
reason  = \"not run\"
";

    fn results() -> Vec<CaseResult> {
        let mut results: Vec<CaseResult> = [
            ("a/fixed", Verdict::Pass),
            ("a/new", Verdict::Fail),
            ("a/same-1", Verdict::Fail),
            ("a/same-2", Verdict::Fail),
            ("b/other", Verdict::Fail),
            ("b/sweep-1", Verdict::Pass),
            ("b/sweep-2", Verdict::Fail),
        ]
        .map(|(id, verdict)| result(id, verdict))
        .into();
        results[4].findings = vec![signpost_format::Finding {
            requirement: "c/d".to_owned(),
            expected: String::new(),
            seen: String::new(),
            lines: Vec::new(),
        }];
        results[1].findings = results[4].findings.clone();
        results[1].wrong = Some(signpost_format::Wrong::Leak);
        results
    }

    fn updated(text: &str, results: &[CaseResult], all_cases: bool) -> Update {
        update(&Source::new("known.toml", text), results, all_cases).unwrap()
    }

    #[test]
    fn what_is_said_stays() {
        let update = updated(FILE, &results(), false);
        insta::assert_snapshot!(update.text);
        assert_eq!(update.added, ["a/new"]);
        assert_eq!(update.changed, ["b/other", "b/sweep*"]);
        assert_eq!(update.removed, ["a/fixed"]);
        assert_eq!(update.without_reason, 1);
        // What was made so fits the results, but for the reason.
        let source = Source::new("known.toml", update.text.as_str());
        assert!(Expectations::parse(&source).is_err());
        let mut results = results();
        Expectations::parse_draft(&source).unwrap().apply(&mut results, false);
        assert!(results.iter().all(|result| result.expected), "{results:#?}");
        // Again, nothing is different.
        assert_eq!(updated(&update.text, &results, false).text, update.text);
    }

    #[test]
    fn what_is_no_more_goes_where_all_were_run() {
        let update = updated(FILE, &results(), true);
        assert_eq!(update.removed, ["a/fixed", "c/elsewhere"]);
        assert!(!update.text.contains("elsewhere"), "{}", update.text);
        assert!(update.text.starts_with("# What example"), "{}", update.text);
    }

    #[test]
    fn a_file_may_become_empty_and_begin_so() {
        let passes: Vec<CaseResult> =
            results().into_iter().map(|result| self::result(&result.id, Verdict::Pass)).collect();
        let empty = updated(FILE, &passes, true).text;
        assert_eq!(
            empty,
            "# What example 1.2 is known to do otherwise:\n#   signpost run --subject example\n"
        );
        let again = updated(&empty, &results()[..2], true).text;
        assert!(again.starts_with(&empty) && again.contains("a/new"), "{again}");
        assert!(updated("", &results()[..2], true).text.starts_with("[[deviation]]\ncase     = \"a/new\"\n"));
    }
}
