//! Where else a configuration comes from: a table of levels, and the environment.

use super::presets;
use super::spec::RetrySpec;
use crate::error::ConfigError;
use crate::json::plain_float;
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
        let value = plain_float(text.trim()).map_or_else(|| Value::Text(text.into()), Value::Number);
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
        refuse_what_is_no_data(&rest, level)?;
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

/// What only the program has: its functions and objects, which calls share a budget, and who this process is.
const OF_THE_PROGRAM: [&str; 9] = [
    "budget",
    "instance",
    "clock",
    "random",
    "logger",
    "customBackoff",
    "customConditions",
    "deadLetterHandler",
    "deadLetterStore",
];

/// A file says what a policy is; the rest would be dropped without a word.
fn refuse_what_is_no_data(level: &Value, name: &str) -> Result<(), ConfigError> {
    let Value::Map(fields) = level else { return Ok(()) };
    let is_of_the_program = |written: &str| {
        let plain = written.replace('_', "");
        OF_THE_PROGRAM.iter().any(|known| known.eq_ignore_ascii_case(&plain))
    };
    match fields.iter().find(|(written, value)| *value != Value::Null && is_of_the_program(written)) {
        None => Ok(()),
        Some((written, value)) => {
            let expected = "nothing here: the program gives it beside the policy";
            Err(ConfigError::new(format!("{name}.{written}"), value.render(), expected))
        }
    }
}

/// The names of the levels in a table.
#[must_use]
pub fn level_names(table: &Value) -> Vec<&str> {
    match field(table, "retry_policies").unwrap_or(table) {
        Value::Map(entries) => entries.iter().map(|(name, _)| name.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// The unit of a table's durations, by how its fields are spelled: `initial_delay` is written as the retry policy standards
/// write it, in seconds, `initialDelay` as JavaScript does, in milliseconds. So one file serves every language. A table with
/// both is refused, since one of them is meant otherwise; one with neither is in `usual`.
pub fn unit_of_levels(table: &Value, usual: Unit) -> Result<Unit, ConfigError> {
    let Value::Map(levels) = field(table, "retry_policies").unwrap_or(table) else {
        return Err(ConfigError::new("policies", table.render(), "an object of policies by name"));
    };
    let mut found: Option<(Unit, &str)> = None;
    for (level, fields) in levels {
        let Value::Map(fields) = fields else { continue };
        for (name, value) in fields {
            let unit = match name {
                name if name.contains('_') => Unit::Seconds,
                name if name.contains(|c: char| c.is_ascii_uppercase()) => Unit::Millis,
                _ => continue,
            };
            match found {
                Some((before, other)) if before != unit => {
                    return Err(ConfigError::new(
                        format!("{level}.{name}"),
                        value.render(),
                        format!(
                            "one spelling, and {other} is another: snake_case means seconds, camelCase milliseconds"
                        ),
                    ));
                }
                _ => found = Some((unit, name)),
            }
        }
    }
    Ok(found.map_or(usual, |(unit, _)| unit))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Micros;

    fn level(json: &str, name: &str) -> Result<RetrySpec, ConfigError> {
        from_levels(&crate::json::parse(json).unwrap(), name, Unit::Seconds)
    }

    #[test]
    fn three_variables_are_read_and_others_ignored() {
        let spec = from_environment(|name| match name {
            "RETRY_MAX_ATTEMPTS" => Some("5"),
            "RETRY_INITIAL_DELAY" => Some(" 0.1 "),
            "RETRY_MAX_DELAY" => Some("10.0"),
            _ => Some("not asked for"),
        });
        let expected = RetrySpec {
            max_attempts: Some(5),
            base: Some(Micros::from_millis(100)),
            max_delay: Some(Micros::from_secs(10)),
            ..RetrySpec::default()
        };
        assert_eq!(spec, Ok(expected));
        assert_eq!(from_environment(|_| None), Ok(RetrySpec::default()));
    }

    #[test]
    fn what_only_the_program_knows_is_no_part_of_a_table() {
        for (given, shown) in [
            (r#""budget": "grpc""#, "budget: got \"grpc\""),
            (r#""instance": 7"#, "instance: got 7"),
            (r#""dead_letter_store": "letters""#, "dead_letter_store: got \"letters\""),
            (r#""DeadLetterStore": "letters""#, "DeadLetterStore: got \"letters\""),
            (r#""custom_backoff": "f""#, "custom_backoff: got \"f\""),
        ] {
            let error = level(&format!("{{\"api\": {{{given}}}}}"), "api").unwrap_err();
            let expected = "expected nothing here: the program gives it beside the policy";
            assert_eq!(error.to_string(), format!("api.{shown}, {expected}"));
        }
        assert!(level(r#"{"api": {"budget": null}}"#, "api").is_ok());
    }

    #[test]
    fn a_malformed_variable_is_named() {
        let wrong = |variable: &'static str, text| {
            from_environment(move |name| (name == variable).then_some(text)).unwrap_err().to_string()
        };
        assert_eq!(
            wrong("RETRY_MAX_ATTEMPTS", "many"),
            "RETRY_MAX_ATTEMPTS: got \"many\", expected a whole number from 1 to 10000000"
        );
        assert_eq!(
            wrong("RETRY_INITIAL_DELAY", "-1"),
            "RETRY_INITIAL_DELAY: got -1, expected a number of seconds from 0 to 31536000"
        );
        assert_eq!(
            wrong("RETRY_MAX_DELAY", "nan"),
            "RETRY_MAX_DELAY: got NaN, expected a number of seconds from 0 to 31536000"
        );
        assert_eq!(
            wrong("RETRY_MAX_DELAY", ""),
            "RETRY_MAX_DELAY: got \"\", expected a number of seconds from 0 to 31536000"
        );
    }

    #[test]
    fn a_level_inherits_from_levels_and_they_from_presets() {
        let table = r#"{"retry_policies": {
            "base": {"extends": "kernel", "max_attempts": 7},
            "patient": {"extends": "base", "max_delay": 120}}}"#;
        let expected = RetrySpec {
            max_attempts: Some(7),
            max_delay: Some(Micros::from_secs(120)),
            ..presets::KERNEL.spec()
        };
        assert_eq!(level(table, "patient"), Ok(expected));
        assert_eq!(
            level(table, "quick"),
            Ok(presets::QUICK.spec()),
            "a preset where the table has no such level"
        );
        assert_eq!(level(r#"{"a": {"max_attempts": 2}}"#, "a").unwrap().max_attempts, Some(2));
    }

    #[test]
    fn the_spelling_of_a_table_tells_its_unit() {
        let unit = |json: &str| unit_of_levels(&crate::json::parse(json).unwrap(), Unit::Micros);
        assert_eq!(unit(r#"{"retry_policies": {"a": {"initial_delay": 1}}}"#), Ok(Unit::Seconds));
        assert_eq!(
            unit(r#"{"a": {"jitter": true}, "b": {"baseDelay": 1, "tags": {"a_b": "c"}}}"#),
            Ok(Unit::Millis)
        );
        assert_eq!(unit(r#"{"a": {"jitter": true}, "b": "kernel"}"#), Ok(Unit::Micros));
        let error = unit(r#"{"a": {"max_attempts": 2}, "b": {"baseDelay": 1}}"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "b.baseDelay: got 1, expected one spelling, and max_attempts is another: snake_case means seconds, \
             camelCase milliseconds"
        );
        assert_eq!(unit("3").unwrap_err().field, "policies");
    }

    #[test]
    fn the_levels_of_a_table_have_names() {
        let names = |json: &str| level_names(&crate::json::parse(json).unwrap()).join(" ");
        assert_eq!(names(r#"{"retry_policies": {"b": {}, "a": {}}}"#), "b a");
        assert_eq!((names(r#"{"x": {}}"#), names("[]")), ("x".into(), String::new()));
    }

    #[test]
    fn a_level_that_extends_itself_or_nothing_is_refused() {
        let ring = r#"{"a": {"extends": "b"}, "b": {"extends": "a"}}"#;
        assert_eq!(
            level(ring, "a").unwrap_err().to_string(),
            "b.extends: got a → b → a, expected a level that does not extend itself"
        );
        assert_eq!(
            level(r#"{"a": {"extends": "c"}, "b": {}}"#, "a").unwrap_err().to_string(),
            "a.extends: got \"c\", expected one of a, b, or a preset"
        );
        assert_eq!(
            level(r#"{"a": {}}"#, "z").unwrap_err().to_string(),
            "level: got \"z\", expected one of a, or a preset"
        );
        assert_eq!(
            level(r#"{"a": {"extends": 3}}"#, "a").unwrap_err().to_string(),
            "a.extends: got 3, expected a level's name"
        );
        assert_eq!(level(r#"{"a": {"max_attempts": 0}}"#, "a").unwrap_err().field, "a.max_attempts");
    }
}
