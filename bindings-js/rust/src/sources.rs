//! Where else retry policies come from: tables of levels, the environment, a pool's types of operation.

use crate::answer;
use crate::retry::{Described, describe};
use once_again_core::error::ConfigError;
use once_again_core::json;
use once_again_core::retry::{
    RetryPolicy, RetrySpec, from_environment, from_levels, level_names, presets, unit_of_levels,
};
use once_again_core::spec::{Unit, Value};
use serde::Serialize;
use serde::ser::Serializer;

struct Levels(Vec<(String, Described)>);

impl Serialize for Levels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, level)| (name, level)))
    }
}

/// Every policy of a table of levels, by name, each with all that it inherits filled in.
#[must_use]
pub fn levels(table: &str) -> String {
    answer::text(try_levels(table))
}

fn try_levels(table: &str) -> Result<Levels, ConfigError> {
    let table = answer::config(table)?;
    let unit = unit_of_levels(&table, Unit::Millis)?;
    let names = level_names(&table);
    let level = |name: &&str| {
        let policy = RetryPolicy::try_from(from_levels(&table, name, unit)?);
        policy
            .map(|policy| ((*name).to_owned(), describe(&policy)))
            .map_err(|error| located(error, name, &names))
    };
    names.iter().map(level).collect::<Result<_, _>>().map(Levels)
}

/// A level whose fields are right by themselves may be wrong as a whole. Fields that were written carry the name of their
/// level; the others get that of the level that was asked for.
fn located(error: ConfigError, asked: &str, levels: &[&str]) -> ConfigError {
    let level = error.field.split('.').next().unwrap_or_default();
    let field = if levels.contains(&level) { error.field } else { format!("{asked}.{}", error.field) };
    ConfigError { field, ..error }
}

/// A configuration, else the environment's variables, else the preset `fill`.
#[must_use]
pub fn environment(variables: &str, config: &str, fill: &str) -> String {
    answer::text(try_environment(variables, config, fill))
}

fn try_environment(variables: &str, config: &str, fill: &str) -> Result<Described, ConfigError> {
    let Value::Map(variables) = answer::config(variables)? else {
        return Err(ConfigError::new("env", "no object", "variables by name"));
    };
    // A mapping made by hand may hold numbers; whatever else it holds is refused as text that is none.
    let variables: Vec<(String, String)> = variables
        .into_iter()
        .filter(|(_, value)| *value != Value::Null)
        .map(|(name, value)| match value {
            Value::Text(text) => (name, text),
            other => (name, other.render()),
        })
        .collect();
    let lookup = |name: &str| variables.iter().find(|(n, _)| n == name).map(|(_, text)| text.as_str());
    let written = RetrySpec::read(&answer::config(config)?, Unit::Millis, "")?;
    let filled = written.or(&from_environment(lookup)?).or(&presets::named(fill)?);
    RetryPolicy::try_from(filled).as_ref().map_err(Clone::clone).map(describe)
}

/// What a pool's manager for this type of operation starts from: the preset that fills what its user leaves open, and the
/// type where the preset does not say it; and how many managers the pool may hold.
#[must_use]
pub fn operation(operation_type: &str) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Start<'a> {
        preset: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        operation_type: Option<&'a str>,
        most_managers: u32,
    }
    let (preset, operation_type) = presets::of_operation(operation_type);
    json::to_string(&Start { preset: preset.name(), operation_type, most_managers: presets::MOST_MANAGERS })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_wins_over_the_environment_and_that_over_the_preset() {
        let answer = environment(
            r#"{"RETRY_MAX_ATTEMPTS":"7","RETRY_INITIAL_DELAY":"0.5"}"#,
            r#"{"maxAttempts":2}"#,
            "kernel",
        );
        assert!(answer.contains(r#""maxAttempts":2,"strategy":"exponential","baseDelay":500,"#), "{answer}");
        assert!(answer.contains(r#""maxDelay":30000,"jitterType":"none""#), "{answer}");
    }

    #[test]
    fn a_mapping_made_by_hand_may_hold_numbers_and_nothing() {
        let answer = environment(r#"{"RETRY_MAX_ATTEMPTS":7,"RETRY_MAX_DELAY":null}"#, "null", "kernel");
        assert!(answer.contains(r#""maxAttempts":7"#), "{answer}");
        let answer = environment(r#"{"RETRY_MAX_ATTEMPTS":[7]}"#, "null", "kernel");
        assert!(answer.contains(r#""field":"RETRY_MAX_ATTEMPTS""#), "{answer}");
    }
}
