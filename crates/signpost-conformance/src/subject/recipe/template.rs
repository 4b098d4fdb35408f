//! Texts with placeholders.

use std::collections::BTreeMap;

use crate::subject::SubjectError;

/// A text with placeholders: a name in braces without a space. Any other brace stands for itself, as configuration files
/// and programs are full of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Placeholder(String),
    Text(String),
}

impl Template {
    pub(super) fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        let mut searched = 0;
        while let Some(open) = rest[searched..].find('{').map(|open| open + searched) {
            let Some(name) = name_at(&rest[open + 1..]) else {
                searched = open + 1;
                continue;
            };
            if open > 0 {
                parts.push(Part::Text(rest[..open].to_owned()));
            }
            parts.push(Part::Placeholder(name.to_owned()));
            rest = &rest[open + name.len() + 2..];
            searched = 0;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Self(parts)
    }

    /// The names of its placeholders, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Placeholder(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text, where nothing is to be put in.
    pub(super) fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text with the values in the places of their names.
    pub(super) fn fill(&self, values: &Values) -> Result<String, SubjectError> {
        let parts = self.0.iter().map(|part| match part {
            Part::Placeholder(name) => values
                .text(name)
                .ok_or_else(|| SubjectError::Garbage(format!("nothing that was written says `{name}`"))),
            Part::Text(text) => Ok(text.clone()),
        });
        parts.collect()
    }

    /// The arguments that it stands for: a placeholder for several words that stands alone is as many arguments.
    pub(super) fn arguments(&self, values: &Values) -> Result<Vec<String>, SubjectError> {
        if let [Part::Placeholder(name)] = self.0.as_slice()
            && let Some(words) = values.words.get(name)
        {
            return Ok(words.clone());
        }
        Ok(vec![self.fill(values)?])
    }
}

/// The name of a placeholder whose opening brace stands just before.
fn name_at(text: &str) -> Option<&str> {
    let name = &text[..text.find('}')?];
    let is_name = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|character| character.is_ascii_alphanumeric() || "._-/".contains(character));
    is_name.then_some(name)
}

/// What stands for the placeholders: given by the assignment and the recipe, and read from what programs write.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    texts: BTreeMap<String, String>,
    words: BTreeMap<String, Vec<String>>,
}

impl Values {
    /// Gives a name its value, unless it has one.
    pub(super) fn give(&mut self, name: &str, value: impl Into<String>) {
        if !self.has(name) {
            self.texts.insert(name.to_owned(), value.into());
        }
    }

    /// Gives a name several words, unless it has a value.
    pub(super) fn give_words(&mut self, name: &str, words: Vec<String>) {
        if !self.has(name) {
            self.words.insert(name.to_owned(), words);
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.texts.contains_key(name) || self.words.contains_key(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.texts.get(name).cloned().or_else(|| self.words.get(name).map(|words| words.join(" ")))
    }
}

/// A condition: each of these names has one of these values.
#[derive(Clone, Debug, Default)]
pub(super) struct When(pub(super) BTreeMap<String, Vec<String>>);

impl When {
    pub(super) fn holds(&self, values: &Values) -> bool {
        self.0.iter().all(|(name, wanted)| values.text(name).is_some_and(|value| wanted.contains(&value)))
    }

    /// Whether it can hold where these names have these values.
    pub(super) fn can_hold_with(&self, values: &[(&str, String)]) -> bool {
        values.iter().all(|(name, value)| self.0.get(*name).is_none_or(|wanted| wanted.contains(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        let mut values = Values::default();
        values.give("host", "mail.example.com");
        values.give("file.a.conf", "/home/a.conf");
        values.give_words("tls", vec!["--tls".into(), "--verify".into()]);
        values
    }

    #[test]
    fn names_in_braces_are_filled_in_and_other_braces_stay() {
        for (text, expected) in [
            ("", ""),
            ("{host}", "mail.example.com"),
            ("-C{file.a.conf}:{host}", "-C/home/a.conf:mail.example.com"),
            ("options { {host}; };\n{ host }", "options { mail.example.com; };\n{ host }"),
            ("{{host}}", "{mail.example.com}"),
            ("{\"a\":{}} {Host} { {", "{\"a\":{}} {Host} { {"),
            ("{tls} é{host}", "--tls --verify émail.example.com"),
        ] {
            assert_eq!(Template::parse(text).fill(&values()).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn several_words_that_stand_alone_are_several_arguments() {
        assert_eq!(Template::parse("{tls}").arguments(&values()).unwrap(), ["--tls", "--verify"]);
        assert_eq!(Template::parse("-{tls}").arguments(&values()).unwrap(), ["---tls --verify"]);
    }

    #[test]
    fn what_nobody_said_is_garbage() {
        let error = Template::parse("{port}").fill(&values()).unwrap_err();
        assert!(matches!(error, SubjectError::Garbage(_)));
    }

    #[test]
    fn the_first_who_gives_a_value_wins() {
        let mut values = values();
        values.give("host", "other.example.com");
        assert_eq!(values.text("host").unwrap(), "mail.example.com");
    }

    #[test]
    fn a_condition_holds_for_any_of_its_values_and_for_none_that_is_missing() {
        let when = |name: &str| When([(name.to_owned(), vec!["a".into(), "mail.example.com".into()])].into());
        assert!(When::default().holds(&values()));
        assert!(when("host").holds(&values()));
        assert!(!when("port").holds(&values()));
        assert!(when("port").can_hold_with(&[("host", "b".into())]));
        assert!(!when("host").can_hold_with(&[("host", "b".into())]));
    }
}
