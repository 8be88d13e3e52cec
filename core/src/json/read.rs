//! JSON text into core's own types.
//!
//! serde's derived code says what a type looks like once for every field of every type, and again for each way it is
//! reached: a third of what a page would download. Here a type asks for its fields by name, and whoever answers knows no
//! types.

use super::error::{JsonError, Reason};
use super::float::float;
use super::quote::quoted;
use super::tape::{Item, Json, Tape, Values};
use crate::hex;
use std::borrow::Cow;

/// A type of plain words in JSON text.
macro_rules! words {
    ($type:ident: $($word:literal => $variant:ident),+) => {
        impl $crate::json::Read<'_> for $type {
            fn read(json: $crate::json::Json<'_, '_>) -> Result<Self, $crate::json::JsonError> {
                const ALL: &[$type] = &[$($type::$variant),+];
                Ok(ALL[json.word(&[$($word),+])?])
            }
        }
    };
}
pub(crate) use words;

/// What can be read from a JSON value.
pub trait Read<'a>: Sized {
    /// Reads it, or says what is wrong with it.
    fn read(json: Json<'_, 'a>) -> Result<Self, JsonError>;
}

/// Reads a strict JSON text. Strings without escapes are borrowed from it.
pub fn read<'a, T: Read<'a>>(text: &'a str) -> Result<T, JsonError> {
    T::read(Tape::of(text)?.value()?)
}

impl<'t, 'a> Json<'t, 'a> {
    #[inline(never)]
    pub(crate) fn error(self, message: &str) -> JsonError {
        JsonError { offset: self.node.at, reason: Reason::Mismatch, message: message.into() }
    }

    /// It is something else than `expected`.
    #[inline(never)]
    pub(crate) fn mismatch(self, expected: &str) -> JsonError {
        let found = match &self.node.item {
            Item::Null => "null",
            Item::Boolean(_) => "a boolean",
            Item::Number(number) => number,
            Item::Text(_) => "a string",
            Item::List(_) => "an array",
            Item::Object(_) => "an object",
        };
        self.error(&["found ", found, ", expected ", expected].concat())
    }

    /// Whether it is this text.
    fn is(self, text: &str) -> bool {
        matches!(&self.node.item, Item::Text(own) if own == text)
    }

    const fn is_null(self) -> bool {
        matches!(self.node.item, Item::Null)
    }

    pub(crate) fn text(self) -> Result<&'t Cow<'a, str>, JsonError> {
        if let Item::Text(text) = &self.node.item { Ok(text) } else { Err(self.mismatch("a string")) }
    }

    /// A number without sign, point and exponent.
    fn unsigned(self) -> Option<u64> {
        if let Item::Number(text) = self.node.item { text.parse().ok() } else { None }
    }

    /// One of `words`, by its place among them.
    #[inline(never)]
    pub(crate) fn word(self, words: &[&str]) -> Result<usize, JsonError> {
        let text = self.text()?;
        words.iter().position(|word| word == text).ok_or_else(|| self.unknown("variant", text, words))
    }

    /// The name of a variant, and its content if it has one: `"name"`, or `{"name": content}`.
    #[inline(never)]
    pub(crate) fn variant(self) -> Result<(&'t str, Option<Self>), JsonError> {
        let mut inside = self.values();
        match &self.node.item {
            Item::Text(name) => return Ok((name, None)),
            Item::Object(_) => {
                if let (Some(name), Some(content), None) = (inside.next(), inside.next(), inside.next()) {
                    return Ok((name.text()?, Some(content)));
                }
            }
            _ => {}
        }
        Err(self.mismatch("the name of a variant, or an object with that one name"))
    }

    /// `name` is none of `known`.
    #[inline(never)]
    pub(crate) fn unknown(self, what: &str, name: &str, known: &[&str]) -> JsonError {
        self.error(&["unknown ", what, " `", name, "`, expected one of `", &known.join("`, `"), "`"].concat())
    }

    /// The values of a list.
    pub(crate) fn list(self) -> Result<Values<'t, 'a>, JsonError> {
        if let Item::List(_) = self.node.item { Ok(self.values()) } else { Err(self.mismatch("an array")) }
    }

    /// Exactly as many hexadecimal digits as fill `bytes`.
    #[inline(never)]
    pub(crate) fn digits(self, bytes: &mut [u8]) -> Result<(), JsonError> {
        let expected = format!("{} hexadecimal digits", 2 * bytes.len());
        let Item::Text(text) = &self.node.item else { return Err(self.mismatch(&expected)) };
        if hex::fill(bytes, text) {
            return Ok(());
        }
        Err(self.error(&["found ", &quoted(text), ", expected ", &expected].concat()))
    }
}

/// The members of one object, asked for by name: fastest in the order in which they were written.
pub struct Fields<'t, 'a> {
    object: Json<'t, 'a>,
    /// What follows the member that was found last, and its place.
    next: (Values<'t, 'a>, u32),
    /// Which members somebody has asked for, by their places. No type has as many as this has bits.
    asked: u64,
}

impl<'t, 'a> Fields<'t, 'a> {
    /// The members of `json`, which must be an object.
    #[inline(never)]
    pub fn of(json: Json<'t, 'a>) -> Result<Self, JsonError> {
        if let Item::Object(_) = json.node.item {
            Ok(Self { object: json, next: (json.values(), 0), asked: 0 })
        } else {
            Err(json.mismatch("an object"))
        }
    }

    /// The member of that name.
    #[inline(never)]
    pub(crate) fn get(&mut self, name: &str) -> Option<Json<'t, 'a>> {
        let (mut values, mut place) = self.next.clone();
        for _ in 0..2 {
            while let (Some(own), Some(value)) = (values.next(), values.next()) {
                if own.is(name) {
                    self.asked |= 1_u64.checked_shl(place).unwrap_or(0);
                    self.next = (values, place + 1);
                    return Some(value);
                }
                place += 1;
            }
            (values, place) = (self.object.values(), 0);
        }
        None
    }

    #[inline(never)]
    fn required(&mut self, name: &str) -> Result<Json<'t, 'a>, JsonError> {
        let object = self.object;
        self.get(name).ok_or_else(|| object.error(&["missing field `", name, "`"].concat()))
    }

    /// A member that must be there.
    pub fn need<T: Read<'a>>(&mut self, name: &str) -> Result<T, JsonError> {
        T::read(self.required(name)?)
    }

    /// A member, or `default` where there is none.
    pub fn or<T: Read<'a>>(&mut self, name: &str, default: T) -> Result<T, JsonError> {
        self.get(name).map_or(Ok(default), T::read)
    }

    /// The word under `name` that says what kind of object this is.
    #[inline(never)]
    pub(crate) fn tag(&mut self, name: &str) -> Result<(Json<'t, 'a>, &'t str), JsonError> {
        let json = self.required(name)?;
        Ok((json, json.text()?))
    }

    /// There may be no member that nobody asked for.
    pub fn end(self) -> Result<(), JsonError> {
        self.left(true)
    }

    /// There may be others, but none twice of those that somebody asked for.
    pub fn rest(self) -> Result<(), JsonError> {
        self.left(false)
    }

    #[inline(never)]
    fn left(mut self, strict: bool) -> Result<(), JsonError> {
        let (mut values, mut place) = (self.object.values(), 0);
        let asked = self.asked;
        while let (Some(own), Some(_)) = (values.next(), values.next()) {
            if asked & 1_u64.checked_shl(place).unwrap_or(0) == 0 {
                let name = own.text()?;
                // The first of that name is found, or this one is.
                self.next = (self.object.values(), 0);
                self.asked = 0;
                self.get(name);
                if self.asked & asked != 0 {
                    return Err(own.error(&["duplicate field `", name, "`"].concat()));
                }
                if strict {
                    return Err(own.error(&["unknown field `", name, "`"].concat()));
                }
            }
            place += 1;
        }
        Ok(())
    }
}

macro_rules! unsigned {
    ($($type:ident),*) => {$(
        impl Read<'_> for $type {
            fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
                let fits = json.unsigned().and_then(|number| Self::try_from(number).ok());
                fits.ok_or_else(|| json.mismatch(stringify!($type)))
            }
        }
    )*};
}

unsigned!(u8, u16, u32, u64);

impl Read<'_> for i32 {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        let number = if let Item::Number(text) = json.node.item { text.parse().ok() } else { None };
        number.ok_or_else(|| json.mismatch("i32"))
    }
}

impl Read<'_> for f64 {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        if let Item::Number(text) = json.node.item { Ok(float(text)?) } else { Err(json.mismatch("f64")) }
    }
}

impl Read<'_> for bool {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        if let Item::Boolean(value) = json.node.item { Ok(value) } else { Err(json.mismatch("a boolean")) }
    }
}

impl Read<'_> for String {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        Ok(json.text()?.to_string())
    }
}

impl<'a> Read<'a> for Cow<'a, str> {
    fn read(json: Json<'_, 'a>) -> Result<Self, JsonError> {
        json.text().cloned()
    }
}

/// Null is none.
impl<'a, T: Read<'a>> Read<'a> for Option<T> {
    fn read(json: Json<'_, 'a>) -> Result<Self, JsonError> {
        if json.is_null() { Ok(None) } else { T::read(json).map(Some) }
    }
}

impl<'a, T: Read<'a>> Read<'a> for Vec<T> {
    fn read(json: Json<'_, 'a>) -> Result<Self, JsonError> {
        let values = json.list()?;
        // Texts and numbers, or pairs of them.
        let mut all = Self::with_capacity(values.nodes() / 3 + 1);
        for value in values {
            all.push(T::read(value)?);
        }
        Ok(all)
    }
}

impl<'a, A: Read<'a>, B: Read<'a>> Read<'a> for (A, B) {
    fn read(json: Json<'_, 'a>) -> Result<Self, JsonError> {
        let mut items = json.list()?;
        match (items.next(), items.next(), items.next()) {
            (Some(first), Some(second), None) => Ok((A::read(first)?, B::read(second)?)),
            _ => Err(json.mismatch("an array of two")),
        }
    }
}

/// As hexadecimal digits.
impl<const N: usize> Read<'_> for [u8; N] {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        let mut bytes = [0; N];
        json.digits(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Call<'a> {
        id: u8,
        name: Cow<'a, str>,
        pairs: Vec<(String, f64)>,
        key: Option<[u8; 2]>,
        level: Level,
        open: bool,
    }

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Level {
        Low,
        High,
    }

    words!(Level: "low" => Low, "high" => High);

    impl<'a> Read<'a> for Call<'a> {
        fn read(json: Json<'_, 'a>) -> Result<Self, JsonError> {
            let mut fields = Fields::of(json)?;
            let call = Self {
                id: fields.need("id")?,
                name: fields.need("name")?,
                pairs: fields.or("pairs", Vec::new())?,
                key: fields.or("key", None)?,
                level: fields.or("level", Level::Low)?,
                open: fields.or("open", false)?,
            };
            fields.end()?;
            Ok(call)
        }
    }

    fn said(text: &str) -> String {
        read::<Call<'_>>(text).unwrap_err().to_string()
    }

    #[test]
    fn a_type_asks_for_its_fields_by_name() {
        let text = r#"{"open": true, "pairs": [["a\n", 1], ["", -2.5]], "name": "n", "level": "high", "key": "00fF", "id": 255}"#;
        let call = Call {
            id: 255,
            name: "n".into(),
            pairs: vec![("a\n".into(), 1.0), (String::new(), -2.5)],
            key: Some([0, 255]),
            level: Level::High,
            open: true,
        };
        assert_eq!(read(text), Ok(call));
        let least = read::<Call<'_>>(r#"{"id":0,"name":"n","key":null}"#).unwrap();
        assert!(matches!(least.name, Cow::Borrowed("n")), "without escapes it is borrowed");
        assert_eq!((least.key, least.level, least.open), (None, Level::Low, false));
    }

    #[test]
    fn what_does_not_fit_says_what_and_where() {
        assert_eq!(said(" [1]"), "found an array, expected an object at byte 1");
        assert_eq!(said(r#"{"id":1}"#), "missing field `name` at byte 0");
        assert_eq!(said(r#"{"id":1,"name":"n","ID":1}"#), "unknown field `ID` at byte 19");
        assert_eq!(said(r#"{"id":1,"id":1,"name":"n"}"#), "duplicate field `id` at byte 8");
        assert_eq!(said(r#"{"id":256,"name":"n"}"#), "found 256, expected u8 at byte 6");
        assert_eq!(said(r#"{"id":-1,"name":"n"}"#), "found -1, expected u8 at byte 6");
        assert_eq!(said(r#"{"id":1.0,"name":"n"}"#), "found 1.0, expected u8 at byte 6");
        assert_eq!(said(r#"{"id":1,"name":null}"#), "found null, expected a string at byte 15");
        assert_eq!(
            said(r#"{"id":1,"name":"n","level":"up"}"#),
            "unknown variant `up`, expected one of `low`, `high` at byte 27"
        );
        assert_eq!(
            said(r#"{"id":1,"name":"n","key":"00"}"#),
            r#"found "00", expected 4 hexadecimal digits at byte 25"#
        );
        assert_eq!(
            said(r#"{"id":1,"name":"n","pairs":[["a"]]}"#),
            "found an array, expected an array of two at byte 28"
        );
        assert_eq!(said(r#"{"id":1,"name":"n"} x"#), "an unexpected byte at byte 20");
    }

    #[test]
    fn more_members_than_any_type_has_are_unknown() {
        let many = r#","other":0"#.repeat(100);
        assert!(said(&format!(r#"{{"id":1,"name":"n"{many}}}"#)).starts_with("unknown field `other`"));
        let ids = r#""id":1,"#.repeat(100);
        assert!(said(&format!(r#"{{{ids}"name":"n"}}"#)).starts_with("duplicate field `id`"));
    }
}
