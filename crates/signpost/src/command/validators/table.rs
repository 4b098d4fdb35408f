//! What resolvers say, side by side, in as many columns as a terminal has.

use std::fmt::Write as _;

use signpost_conformance::agreement::{Answer, Row};

use super::words::{expected, said};
use crate::report::{Tally, count};

/// One resolver.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) tally: Tally,
}

/// Columns of a case's ID below which it says nothing any more.
const SHORTEST_ID: usize = 16;

/// The table, and below it what each resolver is wrong in. In words where they fit, or else a letter for each answer.
pub(super) fn render(rows: &[Row], columns: &[Column], all: bool, width: usize) -> String {
    let differs = |row: &&Row| all || row.answers.iter().any(|answer| answer.wrong.is_some());
    let shown: Vec<&Row> = rows.iter().filter(differs).collect();
    let mut text = String::new();
    let words = in_words(&shown, columns);
    let is_in_words = width_of(&words) <= width;
    if !shown.is_empty() {
        text.push_str(&aligned(&if is_in_words { words } else { in_letters(&shown, columns, width) }));
    }
    if let Some(more @ 1..) = rows.len().checked_sub(shown.len()) {
        let _ = writeln!(text, "{}: nobody differs from the RFCs; `--all` shows them", count(more));
    }
    if is_in_words {
        text.push_str("! differs from the RFCs; numbers are extended DNS errors\n");
    } else {
        text.push_str(
            "! differs from the RFCs; S secure, I insecure, B bogus, N indeterminate, F failed, - nothing\n",
        );
    }
    let longest = columns.iter().map(|column| column.name.chars().count()).max().unwrap_or_default();
    for (number, Column { name, tally }) in (1..).zip(columns) {
        let number = if is_in_words { String::new() } else { format!("{number:>2} ") };
        let _ = writeln!(text, "{number}{name:longest$}  {}", tally.in_words());
    }
    text
}

fn in_words(rows: &[&Row], columns: &[Column]) -> Vec<Vec<String>> {
    let head = ["case", "RFC"].into_iter().chain(columns.iter().map(|column| column.name.as_str()));
    let mut lines: Vec<Vec<String>> = vec![head.map(str::to_owned).collect()];
    for row in rows {
        let front = [row.case.id.clone(), expected(&row.case)];
        lines.push(
            front.into_iter().chain(row.answers.iter().map(|answer| marked(answer, &said(answer)))).collect(),
        );
    }
    lines
}

fn in_letters(rows: &[&Row], columns: &[Column], width: usize) -> Vec<Vec<String>> {
    let numbers = (1..=columns.len()).map(|number| number.to_string());
    let mut lines: Vec<Vec<String>> =
        vec![["case", "RFC"].map(str::to_owned).into_iter().chain(numbers).collect()];
    for row in rows {
        let right = expected(&row.case);
        // `secure or bogus, then bogus` is `S/B>B`.
        let right =
            right.split(", then ").map(|step| step.split(" or ").map(letter).collect::<Vec<_>>().join("/"));
        let front = [row.case.id.clone(), right.collect::<Vec<_>>().join(">")];
        let letters = row
            .answers
            .iter()
            .map(|answer| marked(answer, answer.status.map_or("-", |status| letter(status.name()))));
        lines.push(front.into_iter().chain(letters).collect());
    }
    let too_wide = width_of(&lines).saturating_sub(width);
    let longest = lines.iter().map(|line| line[0].chars().count()).max().unwrap_or_default();
    let most = longest.saturating_sub(too_wide).max(SHORTEST_ID);
    for line in &mut lines {
        line[0] = shortened(&line[0], most);
    }
    lines
}

fn letter(outcome: &str) -> &'static str {
    match outcome {
        "secure" => "S",
        "insecure" => "I",
        "bogus" => "B",
        "indeterminate" => "N",
        _ => "F",
    }
}

fn marked(answer: &Answer, said: &str) -> String {
    let mark = match answer.wrong {
        Some(_) if said.len() == 1 => "!",
        Some(_) => "! ",
        None => "",
    };
    format!("{mark}{said}")
}

/// The end of an ID tells it from its neighbours, so that its middle is left out.
fn shortened(id: &str, most: usize) -> String {
    let length = id.chars().count();
    if length <= most {
        return id.to_owned();
    }
    let front = (most - 1) / 2;
    let back = most - 1 - front;
    id.chars().take(front).chain(['…']).chain(id.chars().skip(length - back)).collect()
}

fn widths(lines: &[Vec<String>]) -> Vec<usize> {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    (0..columns).map(|column| width(column).unwrap_or_default()).collect()
}

/// With two spaces between columns.
fn width_of(lines: &[Vec<String>]) -> usize {
    let widths = widths(lines);
    widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)
}

fn aligned(lines: &[Vec<String>]) -> String {
    let widths = widths(lines);
    let mut text = String::new();
    for line in lines {
        let cells: Vec<String> =
            line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use signpost_conformance::case::Case;
    use signpost_conformance::suite::Suite;
    use signpost_format::Wrong;
    use signpost_format::resolve::Status;

    use super::*;

    fn row(case: &Arc<Case>, said: [(Option<Status>, Option<Wrong>); 3]) -> Row {
        let answer = |(status, wrong): (Option<Status>, Option<Wrong>)| Answer {
            status,
            ede: if status == Some(Status::Failed) { vec![6] } else { Vec::new() },
            is_as_expected: wrong.is_none(),
            wrong,
            counts: true,
        };
        Row { case: Arc::clone(case), answers: said.map(answer).into() }
    }

    #[test]
    fn it_fits_and_shows_where_they_differ() {
        let suite = Suite::built_in().unwrap();
        let case = |id| suite.case(id).unwrap();
        let [secure, bogus, failed] = [Status::Secure, Status::Bogus, Status::Failed].map(Some);
        let rows = [
            row(
                case("again/signature-broken-since[dns]"),
                [(bogus, None), (None, None), (secure, Some(Wrong::Secure))],
            ),
            row(case("honest/resolver-address[dns]"), [(secure, None), (secure, None), (secure, None)]),
            row(
                case("resolver/wildcard-over-closer-encloser[dns]"),
                [(failed, None), (None, Some(Wrong::Other)), (secure, Some(Wrong::Secure))],
            ),
        ];
        let columns = ["unbound", "hickory-resolver", "a-resolver-of-a-long-name"];
        let columns = columns.map(|name| Column { name: name.to_owned(), tally: Tally::default() });
        let mut shown = Vec::new();
        for (all, width) in [(false, usize::MAX), (true, 80), (false, 46)] {
            let text = render(&rows, &columns, all, width);
            let (table, _) = text.split_once("\n! ").unwrap();
            let widest =
                table.lines().filter(|line| !line.contains("--all")).map(|line| line.chars().count()).max();
            assert!(widest.is_some_and(|widest| widest <= width), "{text}");
            shown.push(text);
        }
        insta::assert_snapshot!(shown.join("\n"));
    }
}
