//! JSON text into any serde type.

mod variant;

use super::error::{JsonError, Reason};
use super::float::float;
use super::scan::{Lexeme, MAX_DEPTH, Scanner};
use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Error as _, Expected, Visitor};
use std::borrow::Cow;
use std::marker::PhantomData;
use variant::Variant;

/// Reads a strict JSON text into `T`. Strings without escapes are borrowed from the text.
///
/// A number without point and exponent that fits is given as `u64` or `i64`, any other as the nearest `f64`. A name used
/// twice is refused by types with fields; a map keeps the last, as every `Deserialize` of a map does.
pub fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, JsonError> {
    from_str_with(text, PhantomData)
}

/// As [`from_str`], for what a binding makes of a text: `seed` brings what its making needs.
pub fn from_str_with<'de, S: DeserializeSeed<'de>>(text: &'de str, seed: S) -> Result<S::Value, JsonError> {
    let mut reader = Reader { scanner: Scanner::new(text.as_bytes())?, depth: 0 };
    let whole = seed.deserialize(&mut reader).and_then(|value| {
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

// What does not depend on the type that is read stays out of the generic code below, which the compiler writes once for
// every field of every type: half of what a wasm weighs.
impl<'de> Reader<'de> {
    #[inline(never)]
    fn number(&mut self, expected: &dyn Expected) -> Result<Number, JsonError> {
        if !matches!(self.scanner.need()?, b'-' | b'0'..=b'9') {
            return Err(self.mismatch(expected));
        }
        let Lexeme { text, negative, whole, .. } = self.scanner.number()?;
        let fits = match text.len() - usize::from(negative) == whole {
            true if negative => text.parse().ok().map(Number::Signed),
            true => text.parse().ok().map(Number::Unsigned),
            false => None,
        };
        fits.map_or_else(|| Ok(Number::Float(float(text)?)), Ok)
    }

    #[inline(never)]
    fn text(&mut self, expected: &dyn Expected) -> Result<Cow<'de, str>, JsonError> {
        match self.scanner.need()? {
            b'"' => Ok(self.scanner.string()?),
            _ => Err(self.mismatch(expected)),
        }
    }

    #[inline(never)]
    fn boolean(&mut self, expected: &dyn Expected) -> Result<bool, JsonError> {
        match self.scanner.need()? {
            b't' => Ok(self.scanner.literal("true").map(|()| true)?),
            b'f' => Ok(self.scanner.literal("false").map(|()| false)?),
            _ => Err(self.mismatch(expected)),
        }
    }

    #[inline(never)]
    fn null(&mut self, expected: &dyn Expected) -> Result<(), JsonError> {
        match self.scanner.need()? {
            b'n' => Ok(self.scanner.literal("null")?),
            _ => Err(self.mismatch(expected)),
        }
    }

    /// Consumes an opening bracket and goes one level deeper.
    #[inline(never)]
    fn open(&mut self, bracket: u8, expected: &dyn Expected) -> Result<(), JsonError> {
        if self.scanner.need()? != bracket {
            return Err(self.mismatch(expected));
        }
        if self.depth == MAX_DEPTH {
            return Err(Reason::TooDeep.into());
        }
        self.depth += 1;
        Ok(self.scanner.expect(bracket)?)
    }

    /// Consumes a closing bracket: the type has read all it wanted.
    #[inline(never)]
    fn close(&mut self, bracket: u8) -> Result<(), JsonError> {
        self.depth -= 1;
        Ok(self.scanner.expect(bracket)?)
    }

    /// The next value is well-formed, or not, and is not what the type expects.
    fn mismatch(&mut self, expected: &dyn Expected) -> JsonError {
        let place = self.scanner.offset();
        let found = match self.scanner.byte() {
            Some(b'{') => "an object",
            Some(b'[') => "an array",
            Some(b'"') => "a string",
            Some(b't' | b'f') => "a boolean",
            Some(b'n') => "null",
            Some(b'-' | b'0'..=b'9') => "a number",
            _ => return Reason::UnexpectedByte.into(),
        };
        if let Err(reason) = self.skip() {
            return reason.into();
        }
        self.scanner.go_to(place);
        JsonError::custom(format_args!("found {found}, expected {expected}"))
    }

    /// Reads a value that nobody wants. It must be well-formed all the same.
    fn skip(&mut self) -> Result<(), Reason> {
        let close = match self.scanner.need()? {
            b'{' => b'}',
            b'[' => b']',
            b'"' => return self.scanner.string().map(drop),
            b't' => return self.scanner.literal("true"),
            b'f' => return self.scanner.literal("false"),
            b'n' => return self.scanner.literal("null"),
            b'-' | b'0'..=b'9' => return self.scanner.number().map(drop),
            _ => return Err(Reason::UnexpectedByte),
        };
        if self.depth == MAX_DEPTH {
            return Err(Reason::TooDeep);
        }
        self.depth += 1;
        self.scanner.bump();
        let mut first = true;
        while self.more(close, &mut first)? {
            if close == b'}' {
                self.scanner.string()?;
                self.scanner.expect(b':')?;
            }
            self.skip()?;
        }
        self.depth -= 1;
        self.scanner.expect(close)
    }

    /// Whether another entry follows before `close`. A comma promises one: a bracket after it is then refused as no value.
    fn more(&mut self, close: u8, first: &mut bool) -> Result<bool, Reason> {
        if self.scanner.need()? == close {
            return Ok(false);
        }
        if !core::mem::take(first) {
            self.scanner.expect(b',')?;
        }
        Ok(true)
    }
}

macro_rules! numbers {
    ($($method:ident),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
            match self.number(&visitor)? {
                Number::Unsigned(number) => visitor.visit_u64(number),
                Number::Signed(number) => visitor.visit_i64(number),
                Number::Float(number) => visitor.visit_f64(number),
            }
        }
    )*};
}

macro_rules! texts {
    ($($method:ident),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
            match self.text(&visitor)? {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                Cow::Owned(text) => visitor.visit_string(text),
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for &mut Reader<'de> {
    type Error = JsonError;

    numbers!(deserialize_i8, deserialize_i16, deserialize_i32, deserialize_i64, deserialize_f32);
    numbers!(deserialize_u8, deserialize_u16, deserialize_u32, deserialize_u64, deserialize_f64);
    texts!(deserialize_str, deserialize_string, deserialize_char);

    /// For types that look at what comes: internally tagged enums, for instance.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.scanner.need()? {
            b'{' => self.deserialize_map(visitor),
            b'[' => self.deserialize_seq(visitor),
            b'"' => self.deserialize_str(visitor),
            b't' | b'f' => self.deserialize_bool(visitor),
            b'n' => self.deserialize_unit(visitor),
            _ => self.deserialize_f64(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        let value = self.boolean(&visitor)?;
        visitor.visit_bool(value)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.null(&visitor)?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.scanner.need()? == b'n' {
            self.null(&visitor)?;
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

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.open(b'[', &visitor)?;
        let value = visitor.visit_seq(Entries { reader: &mut *self, first: true })?;
        self.close(b']')?;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.open(b'{', &visitor)?;
        let value = visitor.visit_map(Entries { reader: &mut *self, first: true })?;
        self.close(b'}')?;
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.deserialize_map(visitor)
    }

    /// `"Variant"`, or `{"Variant": content}`.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        if self.scanner.need()? == b'"' {
            return visitor.visit_enum(Variant { reader: self, tagged: false });
        }
        self.open(b'{', &visitor)?;
        let value = visitor.visit_enum(Variant { reader: &mut *self, tagged: true })?;
        self.close(b'}')?;
        Ok(value)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        let name = self.text(&visitor)?;
        visitor.visit_str(&name)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.skip()?;
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { i128 u128 bytes byte_buf }
}

/// What stands between two brackets, comma by comma.
struct Entries<'a, 'de> {
    reader: &'a mut Reader<'de>,
    first: bool,
}

impl<'de> de::SeqAccess<'de> for Entries<'_, 'de> {
    type Error = JsonError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, JsonError> {
        if !self.reader.more(b']', &mut self.first)? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

impl<'de> de::MapAccess<'de> for Entries<'_, 'de> {
    type Error = JsonError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, JsonError> {
        if !self.reader.more(b'}', &mut self.first)? {
            return Ok(None);
        }
        seed.deserialize(Name { reader: self.reader }).map(Some)
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
            let name = self.reader.text(&visitor)?;
            match (name.parse(), name.parse()) {
                (Ok(number), _) => visitor.visit_u64(number),
                (_, Ok(number)) => visitor.visit_i64(number),
                _ => visitor.visit_str(&name),
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Name<'_, 'de> {
    type Error = JsonError;

    integer_names!(deserialize_i8, deserialize_i16, deserialize_i32, deserialize_i64);
    integer_names!(deserialize_u8, deserialize_u16, deserialize_u32, deserialize_u64);

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.reader.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.reader.deserialize_identifier(visitor)
    }

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
        visitor.visit_enum(Variant { reader: self.reader, tagged: false })
    }

    serde::forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple tuple_struct map struct
        ignored_any
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
        assert_eq!(error.to_string(), "found 256, expected u8 at byte 4");
        let error = from_str::<Vec<u8>>("[1, {\"a\": [true]}]").unwrap_err();
        assert_eq!(error.to_string(), "found an object, expected u8 at byte 4");
        assert_eq!(from_str::<u8>("{\"a\": tru}").unwrap_err(), JsonError::new(9, Reason::UnexpectedByte));
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
