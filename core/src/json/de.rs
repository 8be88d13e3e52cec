//! JSON text into any serde type.

use super::error::{JsonError, Reason};
use super::scan::{MAX_DEPTH, Scanner};
use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Error as _, Unexpected, Visitor};
use std::borrow::Cow;

/// Reads a strict JSON text into `T`. Strings without escapes are borrowed from the text.
///
/// A number without point and exponent that fits is given as `u64` or `i64`, any other as the nearest `f64`. A name used
/// twice is refused by types with fields; a map keeps the last, as every `Deserialize` of a map does.
pub fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, JsonError> {
    let mut reader = Reader { scanner: Scanner::new(text.as_bytes())?, depth: 0 };
    let whole = T::deserialize(&mut reader).and_then(|value| {
        reader.scanner.finish()?;
        Ok(value)
    });
    // A message from the reading type is about what was read last.
    whole.map_err(|error| JsonError { offset: reader.scanner.offset(), ..error })
}

struct Reader<'de> {
    scanner: Scanner<'de>,
    depth: usize,
}

enum Number {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

impl Reader<'_> {
    fn number(&mut self) -> Result<Number, Reason> {
        let text = self.scanner.number()?.text;
        if let Ok(number) = text.parse() {
            return Ok(Number::Unsigned(number));
        }
        if let Ok(number) = text.parse() {
            return Ok(Number::Signed(number));
        }
        text.parse().map(Number::Float).map_err(|_| Reason::BadNumber)
    }

    /// Reads a container with `read`, between its brackets and one level deeper.
    fn inside<T>(
        &mut self,
        [open, close]: [u8; 2],
        read: impl FnOnce(&mut Self) -> Result<T, JsonError>,
    ) -> Result<T, JsonError> {
        if self.depth == MAX_DEPTH {
            return Err(Reason::TooDeep.into());
        }
        self.scanner.expect(open)?;
        self.depth += 1;
        let value = read(self)?;
        self.depth -= 1;
        self.scanner.expect(close)?;
        Ok(value)
    }
}

impl<'de> de::Deserializer<'de> for &mut Reader<'de> {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.scanner.need()? {
            b'{' => self.inside(*b"{}", |reader| visitor.visit_map(Entries { reader, first: true })),
            b'[' => self.inside(*b"[]", |reader| visitor.visit_seq(Entries { reader, first: true })),
            b'"' => match self.scanner.string()? {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                Cow::Owned(text) => visitor.visit_string(text),
            },
            b't' => {
                self.scanner.literal("true")?;
                visitor.visit_bool(true)
            }
            b'f' => {
                self.scanner.literal("false")?;
                visitor.visit_bool(false)
            }
            b'n' => {
                self.scanner.literal("null")?;
                visitor.visit_unit()
            }
            b'-' | b'0'..=b'9' => match self.number()? {
                Number::Unsigned(number) => visitor.visit_u64(number),
                Number::Signed(number) => visitor.visit_i64(number),
                Number::Float(number) => visitor.visit_f64(number),
            },
            _ => Err(Reason::UnexpectedByte.into()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.scanner.need()? == b'n' {
            self.scanner.literal("null")?;
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        visitor.visit_newtype_struct(self)
    }

    /// `"Variant"`, or `{"Variant": content}`.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        match self.scanner.need()? {
            b'"' => visitor.visit_enum(Unit { reader: self }),
            b'{' => self.inside(*b"{}", |reader| visitor.visit_enum(Tagged { reader })),
            _ => Err(Reason::UnexpectedByte.into()),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// What stands between two brackets, comma by comma.
struct Entries<'a, 'de> {
    reader: &'a mut Reader<'de>,
    first: bool,
}

impl Entries<'_, '_> {
    /// Whether another entry follows before `close`.
    fn more(&mut self, close: u8) -> Result<bool, JsonError> {
        if self.reader.scanner.need()? == close {
            return Ok(false);
        }
        if !core::mem::take(&mut self.first) {
            self.reader.scanner.expect(b',')?;
            // A comma promises an entry; a bracket here falls through and is refused as no value.
        }
        Ok(true)
    }
}

impl<'de> de::SeqAccess<'de> for Entries<'_, 'de> {
    type Error = JsonError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, JsonError> {
        if self.more(b']')? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'de> de::MapAccess<'de> for Entries<'_, 'de> {
    type Error = JsonError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, JsonError> {
        if self.more(b'}')? { seed.deserialize(Name { reader: self.reader }).map(Some) } else { Ok(None) }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, JsonError> {
        self.reader.scanner.expect(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

/// A name in an object: a string, or an integer that a map's key type asks for.
struct Name<'a, 'de> {
    reader: &'a mut Reader<'de>,
}

macro_rules! integer_names {
    ($($method:ident),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
            let name = self.reader.scanner.string()?;
            if let Ok(number) = name.parse() {
                visitor.visit_u64(number)
            } else if let Ok(number) = name.parse() {
                visitor.visit_i64(number)
            } else {
                Err(JsonError::invalid_type(Unexpected::Str(&name), &visitor))
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Name<'_, 'de> {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.reader.scanner.string()? {
            Cow::Borrowed(name) => visitor.visit_borrowed_str(name),
            Cow::Owned(name) => visitor.visit_string(name),
        }
    }

    integer_names!(deserialize_i8, deserialize_i16, deserialize_i32, deserialize_i64);
    integer_names!(deserialize_u8, deserialize_u16, deserialize_u32, deserialize_u64);

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        visitor.visit_enum(Unit { reader: self.reader })
    }

    serde::forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

/// A variant that is only its name.
struct Unit<'a, 'de> {
    reader: &'a mut Reader<'de>,
}

impl<'de> de::EnumAccess<'de> for Unit<'_, 'de> {
    type Error = JsonError;
    type Variant = Bare;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Bare), JsonError> {
        Ok((seed.deserialize(Name { reader: self.reader })?, Bare))
    }
}

struct Bare;

impl<'de> de::VariantAccess<'de> for Bare {
    type Error = JsonError;

    fn unit_variant(self) -> Result<(), JsonError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, JsonError> {
        Err(JsonError::invalid_type(Unexpected::UnitVariant, &"a variant with content"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, JsonError> {
        Err(JsonError::invalid_type(Unexpected::UnitVariant, &visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        Err(JsonError::invalid_type(Unexpected::UnitVariant, &visitor))
    }
}

/// A variant with content: the object's only name, then the content.
struct Tagged<'a, 'de> {
    reader: &'a mut Reader<'de>,
}

impl<'de> de::EnumAccess<'de> for Tagged<'_, 'de> {
    type Error = JsonError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), JsonError> {
        let variant = seed.deserialize(Name { reader: self.reader })?;
        self.reader.scanner.expect(b':')?;
        Ok((variant, self))
    }
}

impl<'de> de::VariantAccess<'de> for Tagged<'_, 'de> {
    type Error = JsonError;

    fn unit_variant(self) -> Result<(), JsonError> {
        <() as Deserialize>::deserialize(self.reader)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, JsonError> {
        seed.deserialize(self.reader)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, JsonError> {
        de::Deserializer::deserialize_any(self.reader, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        de::Deserializer::deserialize_any(self.reader, visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Everything<'a> {
        truth: bool,
        small: i8,
        large: u64,
        rate: f64,
        whole: f64,
        nothing: Option<u8>,
        something: Option<u8>,
        unit: (),
        tuple: (u8, char),
        borrowed: &'a str,
        owned: String,
        map: BTreeMap<u16, Kind>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    enum Kind {
        Unit,
        Newtype(u8),
        Tuple(u8, u8),
        Struct { a: u8 },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "type", rename_all = "camelCase")]
    enum Tagged {
        CountWindow { size: u32 },
        None,
    }

    #[test]
    fn every_shape_of_serde_is_read() {
        let text = r#" { "truth" : true, "small": -8, "large": 9007199254740993, "rate": 0.25, "whole": 3, "nothing": null,
            "something": 0, "unit": null, "tuple": [1, "\u00e9"], "borrowed": "plain", "owned": "a\tb", "ignored": [{}, []],
            "map": {"1": "Unit", "2": {"Newtype": 3}, "4": {"Tuple": [5, 6]}, "7": {"Struct": {"a": 8}}} } "#;
        let expected = Everything {
            truth: true,
            small: -8,
            large: 9_007_199_254_740_993,
            rate: 0.25,
            whole: 3.0,
            nothing: None,
            something: Some(0),
            unit: (),
            tuple: (1, 'é'),
            borrowed: "plain",
            owned: "a\tb".into(),
            map: BTreeMap::from([
                (1, Kind::Unit),
                (2, Kind::Newtype(3)),
                (4, Kind::Tuple(5, 6)),
                (7, Kind::Struct { a: 8 }),
            ]),
        };
        assert_eq!(from_str(text), Ok(expected));
    }

    #[test]
    fn internally_tagged_enums_are_read_in_any_order() {
        assert_eq!(from_str(r#"{"size":5,"type":"countWindow"}"#), Ok(Tagged::CountWindow { size: 5 }));
        assert_eq!(from_str(r#"{"type":"none"}"#), Ok(Tagged::None));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_place() {
        let error = from_str::<u8>(" 256 ").unwrap_err();
        assert_eq!(error.to_string(), "invalid value: integer `256`, expected u8 at byte 4");
        assert!(from_str::<Kind>(r#"{"Unit":1}"#).is_err());
        assert!(from_str::<Kind>(r#""Newtype""#).is_err());
        assert!(from_str::<Kind>(r#"{"Newtype":1,"Newtype":2}"#).is_err());
        assert!(from_str::<Kind>("7").is_err());
        assert!(from_str::<Vec<u8>>("[1,]").is_err());
        assert!(from_str::<(u8, u8)>("[1,2,3]").is_err());
        assert!(from_str::<Tagged>(r#"{"type":"none","type":"none"}"#).is_err());
        assert!(from_str::<u8>("1 1").is_err());
    }

    #[test]
    fn depth_is_bounded_for_types_that_recurse() {
        #[derive(Debug, Deserialize)]
        struct Nest {
            #[serde(rename = "n")]
            _inner: Option<Box<Nest>>,
        }
        let nested = |depth| "{\"n\":".repeat(depth) + "null" + &"}".repeat(depth);
        assert!(from_str::<Nest>(&nested(128)).is_ok());
        assert_eq!(from_str::<Nest>(&nested(129)).unwrap_err().reason, Reason::TooDeep);
    }
}
