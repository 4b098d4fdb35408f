//! A value of a file that waits for somebody who knows which type it should have.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use serde_spanned::Spanned;
use serde_spanned::de::{SpannedDeserializer, is_spanned};

use crate::mistake::Mistake;

/// Any value but a date. Every value in it still has its place, which serde's own buffers lose.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Array(Vec<Spanned<Value>>),
    Boolean(bool),
    Float(f64),
    Integer(i64),
    String(String),
    Table(Vec<(Spanned<String>, Spanned<Value>)>),
}

impl Value {
    /// Applies this to every string, but not to the keys of tables.
    pub(crate) fn map_strings(&mut self, map: &dyn Fn(&str) -> String) {
        match self {
            Self::Array(values) => values.iter_mut().for_each(|value| value.as_mut().map_strings(map)),
            Self::Boolean(_) | Self::Float(_) | Self::Integer(_) => {}
            Self::String(text) => *text = map(text),
            Self::Table(entries) => entries.iter_mut().for_each(|(_, value)| value.as_mut().map_strings(map)),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string, number, boolean, array or table")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = elements.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut table = Vec::new();
        // A date comes as a map whose key has no place.
        while let Some(key) =
            entries.next_key().map_err(|_| A::Error::custom(format_args!("expected {}", Expected)))?
        {
            table.push((key, entries.next_value()?));
        }
        Ok(Value::Table(table))
    }
}

/// What [`AnyValue`] expects, for an error of its own.
struct Expected;

impl fmt::Display for Expected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        AnyValue.expecting(formatter)
    }
}

/// What is wrong with a value, and where, as far as it is known.
#[derive(Clone, Debug)]
pub(crate) struct ValueError {
    pub(crate) mistake: Mistake,
    pub(crate) span: Option<std::ops::Range<usize>>,
}

impl ValueError {
    pub(crate) fn or_at(self, span: std::ops::Range<usize>) -> Self {
        Self { span: self.span.or(Some(span)), ..self }
    }
}

impl From<Mistake> for ValueError {
    fn from(mistake: Mistake) -> Self {
        Self { mistake, span: None }
    }
}

impl serde::de::Error for ValueError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Mistake::Other(message.to_string()).into()
    }

    fn missing_field(field: &'static str) -> Self {
        Mistake::MissingKey(field.to_owned()).into()
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let known = expected.iter().map(|&name| name.to_owned()).collect();
        Mistake::UnknownKey { name: field.to_owned(), known }.into()
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let known = expected.iter().map(|&name| name.to_owned()).collect();
        Mistake::UnknownValue { name: variant.to_owned(), known }.into()
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.mistake.problem(0..0).message)
    }
}

impl std::error::Error for ValueError {}

/// Reads a value at its place: what is wrong with it and has no place of its own is wrong there.
#[derive(Clone, Debug)]
pub(crate) struct ValueDeserializer(pub(crate) Spanned<Value>);

impl<'de> Deserializer<'de> for ValueDeserializer {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        let span = self.0.span();
        match self.0.into_inner() {
            Value::Array(values) => visitor.visit_seq(Elements(values.into_iter())),
            Value::Boolean(value) => visitor.visit_bool(value),
            Value::Float(value) => visitor.visit_f64(value),
            Value::Integer(value) => visitor.visit_i64(value),
            Value::String(text) => visitor.visit_string(text),
            Value::Table(entries) => visitor.visit_map(Entries { entries: entries.into_iter(), value: None }),
        }
        .map_err(|error: ValueError| error.or_at(span))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let span = self.0.span();
        visitor.visit_newtype_struct(self).map_err(|error| error.or_at(span))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        if is_spanned(name) {
            let span = self.0.span();
            return visitor
                .visit_map(SpannedDeserializer::new(self, span.clone()))
                .map_err(|error| error.or_at(span));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let span = self.0.span();
        match self.0.into_inner() {
            Value::String(name) => visitor.visit_enum(Name(name)),
            _ => Err(ValueError::custom("expected a string")),
        }
        .map_err(|error| error.or_at(span))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map identifier ignored_any
    }
}

impl IntoDeserializer<'_, ValueError> for ValueDeserializer {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The elements of an array. What is wrong with one once it has been read, such as a number that is too large, is wrong at
/// its place.
struct Elements(std::vec::IntoIter<Spanned<Value>>);

impl<'de> SeqAccess<'de> for Elements {
    type Error = ValueError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ValueError> {
        let Some(value) = self.0.next() else { return Ok(None) };
        let span = value.span();
        seed.deserialize(ValueDeserializer(value)).map(Some).map_err(|error| error.or_at(span))
    }
}

/// The entries of a table, and the value whose key has been read.
struct Entries {
    entries: std::vec::IntoIter<(Spanned<String>, Spanned<Value>)>,
    value: Option<Spanned<Value>>,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = ValueError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ValueError> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some(value);
        let span = key.span();
        seed.deserialize(KeyDeserializer(key)).map(Some).map_err(|error| error.or_at(span))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ValueError> {
        let value = self.value.take().ok_or_else(|| ValueError::custom("a value without its key"))?;
        let span = value.span();
        seed.deserialize(ValueDeserializer(value)).map_err(|error| error.or_at(span))
    }
}

/// Reads a key at its place.
#[derive(Clone, Debug)]
pub(crate) struct KeyDeserializer(pub(crate) Spanned<String>);

impl<'de> Deserializer<'de> for KeyDeserializer {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        let span = self.0.span();
        visitor.visit_string(self.0.into_inner()).map_err(|error: ValueError| error.or_at(span))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A string that names one of several values.
struct Name(String);

impl<'de> EnumAccess<'de> for Name {
    type Error = ValueError;
    type Variant = Nothing;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Nothing), ValueError> {
        let name: StrDeserializer<'_, ValueError> = self.0.as_str().into_deserializer();
        Ok((seed.deserialize(name)?, Nothing))
    }
}

/// A name stands for a value without anything in it.
struct Nothing;

impl<'de> VariantAccess<'de> for Nothing {
    type Error = ValueError;

    fn unit_variant(self) -> Result<(), ValueError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, ValueError> {
        Err(ValueError::custom("expected a name alone"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, ValueError> {
        Err(ValueError::custom("expected a name alone"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, ValueError> {
        Err(ValueError::custom("expected a name alone"))
    }
}
