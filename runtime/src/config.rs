//! What the builders have in common: a list of fields as the caller wrote them. Core reads it, with the defaults, ranges
//! and error messages of every other language.

use once_again_core::spec::{Unit, Value};
use std::time::Duration;

/// Durations are shown in seconds in errors.
pub(crate) const UNIT: Unit = Unit::Seconds;

/// A configuration under construction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Vec<(String, Value)>);

impl Fields {
    /// Sets a field; the last value of a field counts.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Setting>) {
        let Setting(value) = value.into();
        match self.0.iter_mut().find(|(field, _)| field == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.into(), value)),
        }
    }

    /// Sets a field of an object that is a field itself.
    pub(crate) fn set_in(&mut self, object: &str, name: &str, value: impl Into<Setting>) {
        if let Some((_, Value::Map(fields))) = self.0.iter_mut().find(|(field, _)| field == object) {
            let mut inner = Self(std::mem::take(fields));
            inner.set(name, value);
            *fields = inner.0;
        } else {
            let mut inner = Self::default();
            inner.set(name, value);
            self.set(object, inner);
        }
    }

    pub(crate) fn into_value(self) -> Value {
        Value::Map(self.0)
    }
}

/// A Rust value as a configuration has it.
#[derive(Debug)]
pub(crate) struct Setting(pub(crate) Value);

/// Core rounds it to the nearest microsecond, as in every language.
impl From<Duration> for Setting {
    fn from(duration: Duration) -> Self {
        Self(Value::Number(duration.as_secs_f64()))
    }
}

impl From<u32> for Setting {
    fn from(number: u32) -> Self {
        Self(Value::Number(number.into()))
    }
}

/// Beyond what a double holds exactly every field is out of range anyway.
impl From<u64> for Setting {
    #[expect(clippy::cast_precision_loss, reason = "no field admits what would be rounded")]
    fn from(number: u64) -> Self {
        Self(Value::Number(number as f64))
    }
}

impl From<usize> for Setting {
    fn from(number: usize) -> Self {
        Self::from(number as u64)
    }
}

impl From<f64> for Setting {
    fn from(number: f64) -> Self {
        Self(Value::Number(number))
    }
}

impl From<bool> for Setting {
    fn from(flag: bool) -> Self {
        Self(Value::Bool(flag))
    }
}

impl From<&str> for Setting {
    fn from(text: &str) -> Self {
        Self(Value::Text(text.into()))
    }
}

impl<T: Into<Setting>> FromIterator<T> for Setting {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(Value::List(items.into_iter().map(|item| item.into().0).collect()))
    }
}

impl From<Fields> for Setting {
    fn from(fields: Fields) -> Self {
        Self(fields.into_value())
    }
}
