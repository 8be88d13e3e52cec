//! Where else a configuration comes from: a table of levels, and the environment.

use super::presets;
use super::spec::RetrySpec;
use crate::error::ConfigError;
use crate::spec::{Unit, Value};

/// The variables of the retry policy standards, and the fields they set. Delays are seconds.
const VARIABLES: [(&str, &str); 3] = [
    ("RETRY_MAX_ATTEMPTS", "max_attempts"),
    ("RETRY_INITIAL_DELAY", "initial_delay"),
    ("RETRY_MAX_DELAY", "max_delay"),
];

/// The configuration in environment variables: `RETRY_MAX_ATTEMPTS`, `RETRY_INITIAL_DELAY`, `RETRY_MAX_DELAY` (seconds).
/// `lookup` is the host's environment. A malformed value is an error that names the variable.
pub fn from_environment<'a>(lookup: impl Fn(&str) -> Option<&'a str>) -> Result<RetrySpec, ConfigError> {
    let mut fields = Vec::new();
    for (variable, field) in VARIABLES {
        let Some(text) = lookup(variable) else { continue };
        // Text that is no number reaches the reader as text, and is refused there with the range.
        let value = text.trim().parse().map_or_else(|_| Value::Text(text.into()), Value::Number);
        fields.push((field.to_owned(), value));
    }
    RetrySpec::read(&Value::Map(fields), Unit::Seconds, "").map_err(|error| ConfigError {
        field: VARIABLES
            .iter()
            .find(|(_, f)| *f == error.field)
            .map_or(error.field, |(name, _)| (*name).into()),
        ..error
    })
}

/// One level of a table of policies, `{default: {...}, aggressive: {extends: "default", ...}}`, with everything it
/// inherits. The table may stand under `retry_policies`, as in the retry policy standards.
///
/// `extends` names another level or, failing that, a preset. A level that extends itself, over however many steps, is an
/// error.
pub fn from_levels(table: &Value, name: &str, unit: Unit) -> Result<RetrySpec, ConfigError> {
    let table = field(table, "retry_policies").unwrap_or(table);
    let mut chain = vec![name];
    let mut spec = RetrySpec::default();
    loop {
        let level = chain[chain.len() - 1];
        let Some(value) = field(table, level) else {
            let Ok(preset) = presets::named(level) else { return Err(unknown(table, &chain)) };
            return Ok(spec.or(&preset));
        };
        let (rest, parent) = split(value);
        let read = RetrySpec::read(&rest, unit, &format!("{level}."))?;
        spec = if chain.len() == 1 { read } else { spec.or(&read) };
        let parent = match parent {
            None | Some(Value::Null) => return Ok(spec),
            Some(Value::Text(parent)) => parent,
            Some(other) => {
                return Err(ConfigError::new(format!("{level}.extends"), other.render(), "a level's name"));
            }
        };
        if chain.contains(&&**parent) {
            let path = format!("{} → {parent}", chain.join(" → "));
            return Err(ConfigError::new(
                format!("{level}.extends"),
                path,
                "a level that does not extend itself",
            ));
        }
        chain.push(parent);
    }
}

fn field<'a>(map: &'a Value, name: &str) -> Option<&'a Value> {
    let Value::Map(entries) = map else { return None };
    entries.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// A level without its `extends`, and that.
fn split(level: &Value) -> (Value, Option<&Value>) {
    let Value::Map(entries) = level else { return (level.clone(), None) };
    let rest = entries.iter().filter(|(key, _)| key != "extends").cloned().collect();
    (Value::Map(rest), field(level, "extends"))
}

fn unknown(table: &Value, chain: &[&str]) -> ConfigError {
    let mut known = Vec::new();
    if let Value::Map(entries) = table {
        known.extend(entries.iter().map(|(name, _)| name.as_str()));
    }
    let field = match chain {
        [.., parent, _] => format!("{parent}.extends"),
        _ => "level".into(),
    };
    let missing = chain[chain.len() - 1];
    ConfigError::new(
        field,
        Value::Text(missing.into()).render(),
        format!("one of {}, or a preset", known.join(", ")),
    )
}
