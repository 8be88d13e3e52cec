//! Texts that cross: configuration in, and answers out. A refused configuration is an answer too, never an exception.

use once_again_core::error::{Code, ConfigError};
use once_again_core::json;
use once_again_core::spec::Value;
use serde::ser::{Serialize, Serializer};

/// `{"error":{…}}`, from which the driver builds its `ConfigError`.
#[derive(serde::Serialize)]
struct Refusal<'a> {
    error: Fields<'a>,
}

#[derive(serde::Serialize)]
struct Fields<'a> {
    code: &'static str,
    field: &'a str,
    value: &'a str,
    expected: &'a str,
}

/// The JSON text of an answer or of its refusal.
pub(crate) fn text<T: Serialize>(answer: Result<T, ConfigError>) -> String {
    match answer {
        Ok(answer) => json::to_string(&answer),
        Err(error) => refusal(Code::ConfigInvalid, &error),
    }
}

/// The text of a refusal under another code than that of a configuration.
pub(crate) fn refusal(code: Code, ConfigError { field, value, expected }: &ConfigError) -> String {
    json::to_string(&Refusal { error: Fields { code: code.name(), field, value, expected } })
}

/// The configuration object in `text`, as the driver's `spec.ts` wrote it.
pub(crate) fn config(text: &str) -> Result<Value, ConfigError> {
    json::parse(text)
        .map_err(|error| ConfigError::new("configuration", error.to_string(), "an object of fields"))
}

/// A configuration as plain JSON. What only the host understands is left to the host: `null`.
pub(crate) struct Plain(pub(crate) Value);

impl Serialize for Plain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(&self.0, serializer)
    }
}

struct Ref<'a>(&'a Value);

impl Serialize for Ref<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(self.0, serializer)
    }
}

fn write<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Value::Null | Value::Opaque(_) => serializer.serialize_unit(),
        Value::Bool(flag) => serializer.serialize_bool(*flag),
        Value::Number(number) => serializer.serialize_f64(*number),
        Value::Text(text) => serializer.serialize_str(text),
        Value::List(items) => serializer.collect_seq(items.iter().map(Ref)),
        Value::Map(fields) => serializer.collect_map(fields.iter().map(|(name, value)| (name, Ref(value)))),
    }
}
