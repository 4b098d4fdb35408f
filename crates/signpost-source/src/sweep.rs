//! One file that stands for many: a list of values, each of which is put in everywhere and makes a document of its own.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::{Document, Problem, Problems};

/// The key of the table.
const KEY: &str = "sweep";

impl<'s> Document<'s> {
    /// The documents that this one stands for, each with the name of its value: itself alone, without a name, where it has
    /// no table `sweep`.
    ///
    /// `[sweep.reply]` with a line `odd = "+ go on"` makes a document named `odd` in which `{reply}` is `+ go on`. A string
    /// that is nothing but `{reply}` becomes the value, whatever its type.
    ///
    /// # Errors
    ///
    /// A table of another form, a value that is never put in, or one that cannot stand within a string.
    pub fn swept(mut self) -> Result<Vec<(Option<String>, Self)>, Problems> {
        let Some((key, sweep)) = self.table.get_mut().remove_entry(KEY) else {
            return Ok(vec![(None, self)]);
        };
        let problem = |span: std::ops::Range<usize>, message: &str| {
            Err(self.source.problem(
                Problem::at(span, message)
                    .help("write `[sweep.NAME]` and below it a line for each value: `odd = \"+ go on\"`"),
            ))
        };
        let DeValue::Table(sweep) = sweep.into_inner() else {
            return problem(key.span(), "`sweep` is a table");
        };
        let mut named = sweep.into_iter();
        let (Some((name, values)), None) = (named.next(), named.next()) else {
            return problem(key.span(), "a sweep has one name");
        };
        let DeValue::Table(values) = values.into_inner() else {
            return problem(name.span(), "the values of a sweep are a table");
        };
        if values.is_empty() {
            return problem(name.span(), "the sweep has no value");
        }
        let placeholder = format!("{{{}}}", name.get_ref());
        let mut documents = Vec::with_capacity(values.len());
        for (value_name, value) in values {
            let mut document = self.clone();
            let mut filling = Filling { placeholder: &placeholder, value: &value, found: 0, misfit: None };
            filling.table(document.table.get_mut());
            if filling.found == 0 {
                let message = format!("`{placeholder}` stands nowhere in the file");
                let help = format!("put it where the value of `{}` belongs", name.get_ref());
                return Err(self.source.problem(Problem::at(name.span(), message).help(help)));
            }
            if let Some(span) = filling.misfit {
                let message =
                    format!("`{}` is no text, and `{placeholder}` stands within one", value_name.get_ref());
                return Err(self
                    .source
                    .problem(Problem::at(span, message).help("write the value in quotes")));
            }
            documents.push((Some(value_name.into_inner().into_owned()), document));
        }
        Ok(documents)
    }
}

/// Puts one value in.
struct Filling<'f, 's> {
    placeholder: &'f str,
    value: &'f Spanned<DeValue<'s>>,
    found: usize,
    /// Where the value stands, if it cannot stand within a string and would have to.
    misfit: Option<std::ops::Range<usize>>,
}

impl<'s> Filling<'_, 's> {
    fn table(&mut self, table: &mut DeTable<'s>) {
        table.iter_mut().for_each(|(_, value)| self.value(value));
    }

    fn value(&mut self, value: &mut Spanned<DeValue<'s>>) {
        match value.get_mut() {
            DeValue::String(text) if text == self.placeholder => {
                self.found += 1;
                *value = self.value.clone();
            }
            DeValue::String(text) if text.contains(self.placeholder) => {
                self.found += 1;
                match self.value.get_ref() {
                    DeValue::String(part) => *text = Cow::Owned(text.replace(self.placeholder, part)),
                    _ => self.misfit = Some(self.value.span()),
                }
            }
            DeValue::Array(values) => values.iter_mut().for_each(|value| self.value(value)),
            DeValue::Table(table) => self.table(table),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use crate::Source;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shape {
        code: u16,
        text: Vec<String>,
    }

    fn read(text: &str) -> Result<Vec<(Option<String>, u16, String)>, String> {
        let source = Source::new("shape.toml", text);
        let documents = source
            .document()
            .and_then(|document| document.swept())
            .map_err(|problems| problems.to_string())?;
        documents
            .into_iter()
            .map(|(name, document)| {
                let shape: Shape = document.rest().map_err(|problems| problems.to_string())?;
                Ok((name, shape.code, shape.text.concat()))
            })
            .collect()
    }

    #[test]
    fn each_value_makes_a_document() {
        let text = "code = \"{code}\"\ntext = [\"a {other}\"]\n[sweep.code]\nfirst = 1\nsecond = 2\n";
        assert_eq!(
            read(text),
            Ok(vec![
                (Some("first".to_owned()), 1, "a {other}".to_owned()),
                (Some("second".to_owned()), 2, "a {other}".to_owned())
            ])
        );
        let text = "code = 3\ntext = [\"<{word}>\", \"{word}\"]\n[sweep.word]\nx = \"y\"\n";
        assert_eq!(read(text), Ok(vec![(Some("x".to_owned()), 3, "<y>y".to_owned())]));
        assert_eq!(read("code = 3\ntext = []\n"), Ok(vec![(None, 3, String::new())]));
    }

    #[test]
    fn a_mistake_is_shown_at_its_place() {
        let check = |text: &str, place: &str, message: &str| {
            let error = read(text).unwrap_err();
            assert!(error.contains(message) && error.contains(place), "{error}");
        };
        let rest = "code = 3\ntext = []\n";
        check(
            "code = \"{code}\"\ntext = []\n[sweep.code]\nodd = \"x\"\n",
            "shape.toml:4:7",
            "invalid type: string \"x\"",
        );
        check(
            &format!("{rest}[sweep.code]\nodd = 1\n"),
            "shape.toml:3:8",
            "`{code}` stands nowhere in the file",
        );
        check("code = 3\ntext = [\"<{word}>\"]\n[sweep.word]\nx = 1\n", "shape.toml:4:5", "`x` is no text");
        check(&format!("{rest}sweep = 1\n"), "shape.toml:3:1", "`sweep` is a table");
        check(&format!("{rest}[sweep.a]\nx = 1\n[sweep.b]\n"), "shape.toml:3:2", "a sweep has one name");
        check(&format!("{rest}[sweep.a]\n"), "shape.toml:3:8", "the sweep has no value");
    }
}
