//! From text to the shape of a Rust type, with all that is wrong on the way.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer, Error};

use crate::mistake::Mistake;
use crate::{Problem, nearest};

/// More mistakes than this are not read before the first are corrected.
const MOST_PROBLEMS: usize = 20;

/// Reads a whole document.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Vec<Problem>> {
    read_table(text, syntax(text)?, &[])
}

/// The tables and values of a document, or each syntax error where it is no TOML.
pub(crate) fn syntax(text: &str) -> Result<Spanned<DeTable<'_>>, Vec<Problem>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() { Ok(document) } else { Err(first_of_each_line(text, &errors)) }
}

/// Reads what is left of a document, or says each unknown key and the first other mistake, behind which serde does not
/// look. The `elsewhere` keys of the document have been read already, and may be what an unknown key was meant to be.
pub(crate) fn read_table<T: DeserializeOwned>(
    text: &str,
    mut document: Spanned<DeTable<'_>>,
    elsewhere: &[&str],
) -> Result<T, Vec<Problem>> {
    let mut problems = Vec::new();
    loop {
        let error = match T::deserialize(Deserializer::from(document.clone())) {
            Ok(value) if problems.is_empty() => return Ok(value),
            Ok(_) => return Err(problems),
            Err(error) => error,
        };
        let span = error.span().unwrap_or(0..0);
        let mut mistake = Mistake::read(error.message());
        if let Mistake::UnknownKey { known, .. } = &mut mistake
            && document.get_ref().keys().any(|key| key.span() == span)
        {
            known.extend(elsewhere.iter().map(|&key| key.to_owned()));
        }
        problems.push(mistake.problem(first_line(text, &span)));
        let Mistake::UnknownKey { name, known } = mistake else { return Err(problems) };
        let meant = nearest(&name, &known).filter(|meant| !elsewhere.contains(meant));
        let is_mended = mend_key(document.get_mut(), &span, meant);
        if problems.len() == MOST_PROBLEMS || !is_mended {
            return Err(problems);
        }
    }
}

/// What the parser stumbles over later in a line mostly follows from what it stumbled over first.
fn first_of_each_line(text: &str, errors: &[Error]) -> Vec<Problem> {
    let mut problems: Vec<(usize, Problem)> = Vec::new();
    // Looked up and not counted anew for each: a long text that is no TOML at all has an error for every few octets.
    let ends: Vec<usize> = text.match_indices('\n').map(|(end, _)| end).collect();
    for error in errors {
        if problems.len() == MOST_PROBLEMS {
            break;
        }
        let span = error.span().unwrap_or(0..0);
        let line = ends.partition_point(|&end| end < span.start);
        if problems.iter().all(|(known, _)| *known != line) {
            problems.push((line, Problem::at(span, error.message())));
        }
    }
    problems.into_iter().map(|(_, problem)| problem).collect()
}

/// A span over many lines says no more than its first line.
pub(crate) fn first_line(text: &str, span: &Range<usize>) -> Range<usize> {
    let Some(spanned) = text.get(span.clone()) else { return span.clone() };
    let start = span.start + spanned.len() - spanned.trim_start().len();
    let length = spanned.trim_start().lines().next().unwrap_or_default().len();
    start..start + length
}

/// Puts the key that was meant in place of the one that stands here, or takes it out, so that what follows is read as
/// if the mistake were corrected.
fn mend_key(table: &mut DeTable<'_>, span: &Range<usize>, meant: Option<&str>) -> bool {
    let found = table.keys().find(|key| key.span() == *span).cloned();
    let Some(key) = found else {
        return table.iter_mut().any(|(_, value)| mend_below(value.get_mut(), span, meant));
    };
    if let (Some(value), Some(meant)) = (table.remove(&key), meant) {
        table.entry(Spanned::new(key.span(), meant.to_owned().into())).or_insert(value);
    }
    true
}

fn mend_below(value: &mut DeValue<'_>, span: &Range<usize>, meant: Option<&str>) -> bool {
    match value {
        DeValue::Array(values) => values.iter_mut().any(|value| mend_below(value.get_mut(), span, meant)),
        DeValue::Table(table) => mend_key(table, span, meant),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use crate::Source;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shape {
        title: String,
        #[serde(default)]
        colour: Option<Colour>,
        #[serde(default)]
        part: Vec<Part>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Colour {
        Green,
        LightBlue,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Part {
        weight: u16,
    }

    fn problems(text: &str) -> String {
        Source::new("part.toml", text).parse::<Shape>().unwrap_err().to_string()
    }

    #[test]
    fn what_is_right_is_read() {
        let text = "title = \"t\"\ncolour = \"light-blue\"\n[[part]]\nweight = 3\n";
        let shape: Shape = Source::new("part.toml", text).parse().unwrap();
        assert_eq!((shape.title.as_str(), shape.part[0].weight), ("t", 3));
        assert!(matches!(shape.colour, Some(Colour::LightBlue)));
    }

    #[test]
    fn every_unknown_key_is_shown_with_the_one_that_was_meant() {
        insta::assert_snapshot!(problems("tilte = \"t\"\nx = 1\n[[part]]\nwieght = 3\n"), @r#"
        error: unknown key `tilte`
         --> part.toml:1:1
          |
        1 | tilte = "t"
          | ^^^^^
          |
          = help: did you mean `title`?

        error: unknown key `x`
         --> part.toml:2:1
          |
        2 | x = 1
          | ^
          |
          = help: known are title, colour, part

        error: unknown key `wieght`
         --> part.toml:4:1
          |
        4 | wieght = 3
          | ^^^^^^
          |
          = help: did you mean `weight`?
        "#);
    }

    #[test]
    fn a_missing_key_is_shown_at_its_table() {
        insta::assert_snapshot!(problems("title = \"t\"\n\n[[part]]\n[[part]]\nweight = 1\n"), @r#"
        error: `weight` is missing
         --> part.toml:3:1
          |
        3 | [[part]]
          | ^^^^^^^^
          |
          = help: add `weight = …` here
        "#);
        insta::assert_snapshot!(problems("colour = \"green\"\n"), @r#"
        error: `title` is missing
         --> part.toml:1:1
          |
        1 | colour = "green"
          | ^
          |
          = help: add `title = …` here
        "#);
        insta::assert_snapshot!(problems(""), @r#"
        error: `title` is missing
         --> part.toml:1:1
          |
        1 |
          | ^
          |
          = help: add `title = …` here
        "#);
    }

    #[test]
    fn an_unknown_value_is_shown_with_the_one_that_was_meant() {
        insta::assert_snapshot!(problems("title = \"t\"\ncolour = \"light_blue\"\n"), @r#"
        error: unknown value `light_blue`
         --> part.toml:2:10
          |
        2 | colour = "light_blue"
          |          ^^^^^^^^^^^^
          |
          = help: did you mean `light-blue`?
        "#);
    }

    #[test]
    fn a_wrong_type_is_shown() {
        insta::assert_snapshot!(problems("title = 7\n"), @r#"
        error: invalid type: integer `7`, expected a string
         --> part.toml:1:9
          |
        1 | title = 7
          |         ^
        "#);
        insta::assert_snapshot!(problems("title = \"t\"\n[[part]]\nweight = 70000\n"), @r#"
        error: invalid value: integer `70000`, expected u16
         --> part.toml:3:10
          |
        3 | weight = 70000
          |          ^^^^^
        "#);
    }

    #[test]
    fn every_syntax_error_is_shown() {
        insta::assert_snapshot!(problems("title = \nx = [1, 2\n[part\n"), @r#"
        error: string values must be quoted, expected literal string
         --> part.toml:1:9
          |
        1 | title = 
          |         ^

        error: missing comma between array elements, expected `,`
         --> part.toml:3:1
          |
        3 | [part
          | ^
        "#);
    }

    /// The JSON of a schema was read as TOML for minutes, since the lines before each error were counted.
    #[test]
    fn a_long_text_that_is_no_toml_is_soon_said_to_be_none() {
        let begun = std::time::Instant::now();
        for text in ["{ \"a\": 1 },".repeat(20_000), "{ \"a\": 1 },\n".repeat(20_000)] {
            let problems = Source::new("a.toml", text).parse::<Shape>().unwrap_err();
            assert!((1..=super::MOST_PROBLEMS).contains(&problems.problems().len()));
        }
        assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    }
}
