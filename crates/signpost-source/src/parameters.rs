//! Tables that hold a kind and what this kind takes.

use std::ops::Range;

use serde::de::{DeserializeOwned, DeserializeSeed, EnumAccess, VariantAccess, Visitor};
use serde_spanned::Spanned;

use crate::mistake::Mistake;
use crate::value::{KeyDeserializer, Value, ValueDeserializer, ValueError};
use crate::{Problem, nearest};

/// The keys and values of a table that are read once it is known what they belong to: those of a `[[table]]` whose `kind`
/// is one of an enum that another crate declares.
///
/// The owner of the kinds derives `Deserialize` on an externally tagged enum with `deny_unknown_fields`, and needs to
/// know neither TOML nor places. serde's own way to flatten an enum into a table keeps the values without their places.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    entries: Vec<(Spanned<String>, Spanned<Value>)>,
}

impl Parameters {
    /// Takes the value of a key from the table that is being read.
    ///
    /// # Errors
    ///
    /// What the table says of the value, such as that it is a date.
    pub fn take<'de, A: serde::de::MapAccess<'de>>(
        &mut self,
        key: Spanned<String>,
        table: &mut A,
    ) -> Result<(), A::Error> {
        self.entries.push((key, table.next_value()?));
        Ok(())
    }

    /// The same with this done to every string, such as filling placeholders in.
    #[must_use]
    pub fn map_strings(mut self, map: impl Fn(&str) -> String) -> Self {
        for (_, value) in &mut self.entries {
            value.as_mut().map_strings(&map);
        }
        self
    }

    /// Reads the parameters as those of a kind: a variant of an externally tagged enum.
    ///
    /// # Errors
    ///
    /// Each parameter that the kind does not take, at its place, and the first other mistake, behind which serde does not
    /// look: an unknown kind, a parameter that is missing, one of a wrong type.
    pub fn read<T: DeserializeOwned>(mut self, kind: &Spanned<String>) -> Result<T, Vec<Problem>> {
        let mut problems = Vec::new();
        loop {
            let variant = Variant { kind, parameters: self.entries.clone() };
            let error = match T::deserialize(variant) {
                Ok(value) if problems.is_empty() => return Ok(value),
                Ok(_) => return Err(problems),
                Err(error) => error,
            };
            let span = error.span.unwrap_or(kind.span());
            problems.push(problem(kind, &error.mistake, &span));
            let Mistake::UnknownKey { name, known } = error.mistake else { return Err(problems) };
            if !self.mend(&span, nearest(&name, &known)) {
                return Err(problems);
            }
        }
    }

    /// Puts the parameter that was meant in place of the one that stands here, or takes it out, so that what follows is
    /// read as if the mistake were corrected.
    fn mend(&mut self, span: &Range<usize>, meant: Option<&str>) -> bool {
        let Some(place) = self.entries.iter().position(|(key, _)| key.span() == *span) else {
            return false;
        };
        let is_given = |name: &str| self.entries.iter().any(|(key, _)| key.get_ref() == name);
        match meant.filter(|name| !is_given(name)) {
            Some(name) => name.clone_into(self.entries[place].0.as_mut()),
            None => {
                self.entries.remove(place);
            }
        }
        true
    }
}

/// What is said of a mistake in the parameters of a kind.
fn problem(kind: &Spanned<String>, mistake: &Mistake, span: &Range<usize>) -> Problem {
    let (kind, place) = (kind.get_ref(), &kind.span());
    match mistake {
        Mistake::MissingKey(name) => Problem::at(span.clone(), format!("`{kind}` needs `{name}`"))
            .help(format!("add `{name} = …` to this table")),
        Mistake::UnknownKey { name, known } => {
            let problem = Problem::at(span.clone(), format!("`{name}` has no meaning for `{kind}`"));
            match (nearest(name, known), known.as_slice()) {
                (Some(meant), _) => problem.help(format!("did you mean `{meant}`?")),
                (None, []) => problem.help(format!("remove it: `{kind}` takes no parameters")),
                (None, known) => {
                    let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
                    problem.help(format!("remove it: `{kind}` takes {}", known.join(", ")))
                }
            }
        }
        Mistake::UnknownValue { name, known } if span == place => {
            Problem::at(span.clone(), format!("unknown kind `{name}`")).one_of(name, known)
        }
        mistake => mistake.problem(span.clone()),
    }
}

/// An externally tagged enum whose tag stands beside what it holds.
struct Variant<'a> {
    kind: &'a Spanned<String>,
    parameters: Vec<(Spanned<String>, Spanned<Value>)>,
}

impl<'de> serde::Deserializer<'de> for Variant<'_> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_enum(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = ValueError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), ValueError> {
        Ok((seed.deserialize(KeyDeserializer(self.kind.clone()))?, self))
    }
}

impl Variant<'_> {
    fn table(self) -> ValueDeserializer {
        ValueDeserializer(Spanned::new(self.kind.span(), Value::Table(self.parameters)))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = ValueError;

    fn unit_variant(self) -> Result<(), ValueError> {
        let Some((key, _)) = self.parameters.into_iter().next() else { return Ok(()) };
        let span = key.span();
        let mistake = Mistake::UnknownKey { name: key.into_inner(), known: Vec::new() };
        Err(ValueError::from(mistake).or_at(span))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ValueError> {
        seed.deserialize(self.table())
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, ValueError> {
        Err(Mistake::Other("parameters have names".to_owned()).into())
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        serde::Deserializer::deserialize_map(self.table(), visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use serde::de::MapAccess;
    use serde::{Deserialize, Deserializer};

    use super::*;
    use crate::Source;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "kebab-case", deny_unknown_fields)]
    enum Change {
        Fade,
        Mark {
            #[serde(deserialize_with = "sign")]
            with: char,
        },
        Paint {
            colour: Colour,
            coats: Option<u8>,
            #[serde(default)]
            on: Vec<String>,
        },
        Move {
            by: Spanned<i64>,
        },
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "kebab-case")]
    enum Colour {
        Green,
        LightBlue,
    }

    /// What is only seen once the value has been read is wrong at the value all the same.
    fn sign<'de, D: Deserializer<'de>>(deserializer: D) -> Result<char, D::Error> {
        match char::deserialize(deserializer)? {
            sign @ ('x' | '+') => Ok(sign),
            other => Err(serde::de::Error::custom(format_args!("`{other}` is no sign"))),
        }
    }

    #[derive(Debug, Deserialize)]
    struct Changes {
        change: Vec<ChangeTable>,
    }

    #[derive(Debug)]
    struct ChangeTable {
        kind: Spanned<String>,
        parameters: Parameters,
    }

    impl<'de> Deserialize<'de> for ChangeTable {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(Entries)
        }
    }

    struct Entries;

    impl<'de> Visitor<'de> for Entries {
        type Value = ChangeTable;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a table")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<ChangeTable, A::Error> {
            let (mut kind, mut parameters) = (None, Parameters::default());
            while let Some(key) = table.next_key::<Spanned<String>>()? {
                match key.get_ref().as_str() {
                    "kind" => kind = Some(table.next_value()?),
                    _ => parameters.take(key, &mut table)?,
                }
            }
            Ok(ChangeTable { kind: kind.unwrap(), parameters })
        }
    }

    fn read(text: &str) -> Result<Vec<Change>, String> {
        let source = Source::new("changes.toml", text);
        let changes: Changes = source.parse().map_err(|problems| problems.to_string())?;
        let (mut read, mut problems) = (Vec::new(), Vec::new());
        for ChangeTable { kind, parameters } in changes.change {
            match parameters.map_strings(|text| text.replace("{place}", "door")).read(&kind) {
                Ok(change) => read.push(change),
                Err(found) => problems.extend(found),
            }
        }
        source.check(problems).map(|()| read).map_err(|problems| problems.to_string())
    }

    #[test]
    fn each_kind_takes_its_own_parameters() {
        let text = "[[change]]\nkind = \"fade\"\n\
                    [[change]]\nkind = \"paint\"\ncolour = \"light-blue\"\non = [\"{place}\", \"wall\"]\n\
                    [[change]]\ncoats = 2\ncolour = \"green\"\nkind = \"paint\"\n";
        let on = vec!["door".to_owned(), "wall".to_owned()];
        assert_eq!(
            read(text).unwrap(),
            [
                Change::Fade,
                Change::Paint { colour: Colour::LightBlue, coats: None, on },
                Change::Paint { colour: Colour::Green, coats: Some(2), on: Vec::new() },
            ]
        );
    }

    #[test]
    fn places_survive() {
        let text = "[[change]]\nkind = \"move\"\nby = -7\n";
        let change = read(text).unwrap();
        let [Change::Move { by }] = change.as_slice() else { panic!("{change:?}") };
        assert_eq!((&text[by.span()], *by.get_ref()), ("-7", -7));
    }

    #[test]
    fn every_superfluous_parameter_is_shown_at_its_place() {
        let text = "[[change]]\nkind = \"fade\"\ncoats = 1\n\n\
                    [[change]]\nkind = \"paint\"\ncolor = \"green\"\nby = 1\nspeed = 9\n";
        insta::assert_snapshot!(read(text).unwrap_err(), @r#"
        error: `coats` has no meaning for `fade`
         --> changes.toml:3:1
          |
        3 | coats = 1
          | ^^^^^
          |
          = help: remove it: `fade` takes no parameters

        error: `color` has no meaning for `paint`
         --> changes.toml:7:1
          |
        7 | color = "green"
          | ^^^^^
          |
          = help: did you mean `colour`?

        error: `by` has no meaning for `paint`
         --> changes.toml:8:1
          |
        8 | by = 1
          | ^^
          |
          = help: remove it: `paint` takes `colour`, `coats`, `on`

        error: `speed` has no meaning for `paint`
         --> changes.toml:9:1
          |
        9 | speed = 9
          | ^^^^^
          |
          = help: remove it: `paint` takes `colour`, `coats`, `on`
        "#);
    }

    #[test]
    fn what_is_missing_is_shown_at_the_kind_and_what_is_wrong_where_it_stands() {
        let text = "[[change]]\nkind = \"pait\"\ncolour = \"green\"\n\n\
                    [[change]]\nkind = \"paint\"\n\n\
                    [[change]]\nkind = \"paint\"\ncolour = \"light_blue\"\n\n\
                    [[change]]\nkind = \"paint\"\ncolour = 3\n\n\
                    [[change]]\nkind = \"paint\"\ncolour = \"green\"\ncoats = 300\n\n\
                    [[change]]\nkind = \"paint\"\ncolour = \"green\"\non = [\"door\", 5]\n\n\
                    [[change]]\nkind = \"move\"\nby = \"far\"\n\n\
                    [[change]]\nkind = \"mark\"\nwith = \"y\"\n";
        insta::assert_snapshot!(read(text).unwrap_err(), @r#"
        error: unknown kind `pait`
         --> changes.toml:2:8
          |
        2 | kind = "pait"
          |        ^^^^^^
          |
          = help: did you mean `paint`?

        error: `paint` needs `colour`
         --> changes.toml:6:8
          |
        6 | kind = "paint"
          |        ^^^^^^^
          |
          = help: add `colour = …` to this table

        error: unknown value `light_blue`
          --> changes.toml:10:10
           |
        10 | colour = "light_blue"
           |          ^^^^^^^^^^^^
           |
           = help: did you mean `light-blue`?

        error: expected a string
          --> changes.toml:14:10
           |
        14 | colour = 3
           |          ^

        error: invalid value: integer `300`, expected u8
          --> changes.toml:19:9
           |
        19 | coats = 300
           |         ^^^

        error: invalid type: integer `5`, expected a string
          --> changes.toml:24:15
           |
        24 | on = ["door", 5]
           |               ^

        error: invalid type: string "far", expected i64
          --> changes.toml:28:6
           |
        28 | by = "far"
           |      ^^^^^

        error: `y` is no sign
          --> changes.toml:32:8
           |
        32 | with = "y"
           |        ^^^
        "#);
    }

    #[test]
    fn a_date_is_no_parameter() {
        let error = read("[[change]]\nkind = \"move\"\nby = 1979-05-27\n").unwrap_err();
        assert!(error.contains("expected a string, number, boolean, array or table"), "{error}");
    }
}
