//! What a host hands over: its configuration object, walked once.

use crate::fingerprint::number;
use crate::json::quoted;
use crate::time::Micros;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A configuration value. Numbers keep NaN and ±Infinity, so that core can refuse them by name.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `undefined`, `None`: the same as not given.
    Null,
    /// A boolean.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// A string.
    Text(String),
    /// An array, list, tuple or set.
    List(Vec<Value>),
    /// An object or mapping, in the order the user wrote it.
    Map(Vec<(String, Value)>),
    /// Something only the host understands, a function or a class for instance, by the name of its type.
    Opaque(String),
}

/// The unit in which a host writes durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds: JavaScript.
    Millis,
    /// Seconds: Python, environment variables, YAML levels.
    Seconds,
    /// Microseconds: core's own.
    Micros,
}

impl Unit {
    /// The unit's name in an error.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Millis => "milliseconds",
            Self::Seconds => "seconds",
            Self::Micros => "microseconds",
        }
    }

    const fn factor(self) -> u32 {
        match self {
            Self::Millis => 1_000,
            Self::Seconds => 1_000_000,
            Self::Micros => 1,
        }
    }

    /// `number` of this unit in whole microseconds, rounded to the nearest; `None` for NaN, ±Infinity and negatives.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked finite and not negative; `as` saturates and Micros cuts"
    )]
    pub fn to_micros(self, number: f64) -> Option<Micros> {
        if !number.is_finite() || number < 0.0 {
            return None;
        }
        Some(Micros::new((number * f64::from(self.factor())).round() as u64))
    }

    /// `micros` in this unit, as text. Not through `Display`, which weighs 14 kilobytes in the wasm.
    #[must_use]
    pub fn text_of(self, micros: Micros) -> String {
        render_number(self.of_micros(micros))
    }

    /// `micros` in this unit.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "below 2^53, so exact")]
    pub fn of_micros(self, micros: Micros) -> f64 {
        micros.get() as f64 / f64::from(self.factor())
    }
}

impl Value {
    /// The value in one short line, for an error.
    #[must_use]
    pub fn render(&self) -> String {
        match self {
            Self::Null => "nothing".into(),
            Self::Bool(b) => b.to_string(),
            Self::Number(n) => render_number(*n),
            Self::Text(t) if t.chars().count() > 40 => {
                format!("a string of {} characters", t.chars().count())
            }
            Self::Text(t) => quoted(t),
            Self::List(items) => format!("a list of {}", items.len()),
            Self::Map(_) => "an object".into(),
            Self::Opaque(kind) => kind.clone(),
        }
    }
}

/// 2^53: from here on not every whole number is an `f64`.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// As hosts write it: plain JSON, with `{"$number":"NaN"}` and `{"$opaque":"function"}` for what JSON has no word for.
impl Serialize for Value {
    #[expect(clippy::cast_possible_truncation, reason = "checked whole and below 2^53")]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(b) => serializer.serialize_bool(*b),
            // A whole number is written as one, so that Python reads `3` back and not `3.0`.
            Self::Number(n) if n.fract() == 0.0 && n.abs() < WHOLE => serializer.serialize_i64(*n as i64),
            Self::Number(n) if n.is_finite() => serializer.serialize_f64(*n),
            Self::Number(n) => escape(serializer, "$number", &render_number(*n)),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(entries) => serializer.collect_map(entries.iter().map(|(name, value)| (name, value))),
            Self::Opaque(kind) => escape(serializer, "$opaque", kind),
        }
    }
}

fn escape<S: Serializer>(serializer: S, name: &str, text: &str) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(name, text)?;
    map.end()
}

/// `5`, `0.25`, `NaN`, `Infinity`, as ECMAScript writes numbers.
pub(crate) fn render_number(n: f64) -> String {
    let mut text = Vec::new();
    number::write(n, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_written_as_hosts_write_it() {
        let value = Value::Map(vec![
            ("whole".into(), Value::Number(3.0)),
            ("part".into(), Value::List(vec![Value::Number(0.25), Value::Null, Value::Bool(true)])),
            ("none".into(), Value::Number(f64::NEG_INFINITY)),
            ("call".into(), Value::Opaque("function".into())),
        ]);
        let text = crate::json::to_string(&value);
        assert_eq!(
            text,
            r#"{"whole":3,"part":[0.25,null,true],"none":{"$number":"-Infinity"},"call":{"$opaque":"function"}}"#
        );
        assert_eq!(crate::json::parse(text), Ok(value));
    }

    #[test]
    fn a_text_is_shown_as_json_has_it() {
        assert_eq!(
            Value::Text("a \"b\"\n\u{1}é\u{200b}".into()).render(),
            "\"a \\\"b\\\"\\n\\u0001é\u{200b}\""
        );
    }

    #[test]
    fn units_reach_whole_microseconds() {
        assert_eq!(Unit::Seconds.to_micros(0.1), Some(Micros::new(100_000)));
        assert_eq!(Unit::Millis.to_micros(0.0004), Some(Micros::ZERO));
        assert_eq!(Unit::Millis.to_micros(-1.0), None);
        assert_eq!(Unit::Millis.to_micros(f64::NAN), None);
        assert_eq!(Unit::Seconds.to_micros(f64::INFINITY), None);
        assert_eq!(Unit::Seconds.to_micros(1e300), Some(Micros::MAX));
    }
}
