//! A document that several types read, each the keys that it knows: a later one may depend on what an earlier one read.

use serde::de::value::Error as NoValue;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use toml::Spanned;
use toml::de::DeTable;

use crate::reading::{read_table, syntax};
use crate::{Problems, Source};

/// A TOML document of which some keys have been taken.
#[derive(Clone, Debug)]
pub struct Document<'s> {
    pub(crate) source: &'s Source,
    pub(crate) table: Spanned<DeTable<'s>>,
    /// Keys that have been taken, which whoever reads the rest knows of.
    taken: Vec<&'static str>,
}

impl<'s> Document<'s> {
    pub(crate) fn parse(source: &'s Source) -> Result<Self, Problems> {
        let table = syntax(&source.text).map_err(|problems| Problems::new(source.clone(), problems))?;
        Ok(Self { source, table, taken: Vec::new() })
    }

    /// Reads the keys that a struct knows and takes them out of the document.
    ///
    /// # Errors
    ///
    /// A key that is missing, or whose value is not of the right form.
    pub fn take<T: DeserializeOwned>(&mut self) -> Result<T, Problems> {
        let fields = field_names::<T>();
        let mut own = DeTable::new();
        let table = self.table.get_mut();
        for key in
            table.keys().filter(|key| fields.contains(&key.get_ref().as_ref())).cloned().collect::<Vec<_>>()
        {
            own.extend(table.remove_entry(&key));
        }
        self.taken.extend(fields);
        self.read(Spanned::new(self.table.span(), own), &[])
    }

    /// Reads all keys that have not been taken: one that this type does not know is an error.
    ///
    /// # Errors
    ///
    /// Every unknown key, a missing one, a wrong type.
    pub fn rest<T: DeserializeOwned>(self) -> Result<T, Problems> {
        self.read(self.table.clone(), &self.taken)
    }

    fn read<T: DeserializeOwned>(&self, table: Spanned<DeTable<'_>>, known: &[&str]) -> Result<T, Problems> {
        read_table(&self.source.text, table, known)
            .map_err(|problems| Problems::new(self.source.clone(), problems))
    }
}

/// The names of a struct's fields, which serde tells whoever deserializes it.
fn field_names<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut fields: &'static [&'static str] = &[];
    // Nothing is read, so that there is no value; the names have been told by then.
    let _ = T::deserialize(FieldNames(&mut fields));
    fields
}

struct FieldNames<'f>(&'f mut &'static [&'static str]);

impl<'de> Deserializer<'de> for FieldNames<'_> {
    type Error = NoValue;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, NoValue> {
        Err(NoValue::custom("not a struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, NoValue> {
        *self.0 = fields;
        Err(NoValue::custom("only the names were wanted"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use crate::Source;

    #[derive(Debug, Deserialize)]
    struct Common {
        title: String,
        #[serde(rename = "type")]
        kind: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sphere {
        radius: u8,
    }

    fn read(text: &str) -> Result<(Common, Sphere), String> {
        let source = Source::new("solid.toml", text);
        let mut document = source.document().map_err(|problems| problems.to_string())?;
        let common: Common = document.take().map_err(|problems| problems.to_string())?;
        Ok((common, document.rest().map_err(|problems| problems.to_string())?))
    }

    #[test]
    fn each_type_reads_its_own_keys() {
        let (common, sphere) = read("radius = 3\ntitle = \"t\"\ntype = \"sphere\"\n").unwrap();
        assert_eq!((common.title.as_str(), common.kind.as_str(), sphere.radius), ("t", "sphere", 3));
    }

    #[test]
    fn what_nobody_knows_is_shown_with_the_key_of_either_that_was_meant() {
        insta::assert_snapshot!(read("radius = 3\ntitle = \"t\"\ntype = \"x\"\ntiddle = 1\n").unwrap_err(), @r#"
        error: unknown key `tiddle`
         --> solid.toml:4:1
          |
        4 | tiddle = 1
          | ^^^^^^
          |
          = help: did you mean `title`?
        "#);
    }

    #[test]
    fn what_is_missing_or_wrong_is_shown_at_its_place() {
        insta::assert_snapshot!(read("title = \"t\"\nradius = 3\n").unwrap_err(), @r#"
        error: `type` is missing
         --> solid.toml:1:1
          |
        1 | title = "t"
          | ^
          |
          = help: add `type = …` here
        "#);
        insta::assert_snapshot!(read("title = \"t\"\ntype = \"x\"\nradius = -3\n").unwrap_err(), @r#"
        error: invalid value: integer `-3`, expected u8
         --> solid.toml:3:10
          |
        3 | radius = -3
          |          ^^
        "#);
    }
}
