//! Reads a retry configuration, field by field, in the user's names and units.

use super::fields::{FIELDS, KIND_FIELDS};
use super::presets;
use super::spec::{KindSpec, RetrySpec, Spelling, range};
use crate::backoff::Strategy;
use crate::classify::Kind;
use crate::error::ConfigError;
use crate::jitter::JitterType;
use crate::spec::{Names, Reader, Unit, Value};
use crate::time::Micros;
use std::collections::BTreeMap;

impl RetrySpec {
    /// Reads a user's configuration: an object of fields, or the name of a preset.
    ///
    /// `unit` is the host's unit of time, and tells what `jitter: true` means: the retry policy standards, written in
    /// seconds, mean a deviation; everybody else means full jitter. Unknown keys, two names of one field, wrong types
    /// and values out of range are errors that name field, value and range as the user wrote them.
    pub fn read(value: &Value, unit: Unit, path: &str) -> Result<Self, ConfigError> {
        if let Value::Text(name) = value {
            let mut spec = presets::named(name).map_err(|error| ConfigError {
                field: path.strip_suffix('.').filter(|path| !path.is_empty()).unwrap_or("preset").into(),
                ..error
            })?;
            spec.spelling.unit = unit;
            return Ok(spec);
        }
        let reader = Reader::new(value, unit, FIELDS, path)?;
        let long = |field| reader.duration(field, Micros::ZERO, range::LONGEST);
        let limit = |field| reader.duration(field, range::SHORTEST_TIMEOUT, range::LONGEST);
        let growth = growth(&reader)?;
        let custom_backoff =
            function(&reader, "custom_backoff", "a function (attempt, baseDelay) that gives a delay")?;
        // A list or a function alone says which strategy is meant.
        let implied = match (&growth.schedule, custom_backoff) {
            (Some(_), _) => Some(Strategy::Schedule),
            (None, Some(true)) => Some(Strategy::Custom),
            (None, _) => None,
        };
        Ok(Self {
            max_attempts: growth.max_attempts,
            strategy: growth.strategy.or(implied),
            base: growth.base,
            multiplier: growth.multiplier,
            max_delay: growth.max_delay,
            schedule: growth.schedule,
            custom_backoff,
            jitter: jitter(&reader)?,
            deviation: small(reader.millionths("deviation", 0.0, 1.0)?),
            attempt_timeout: limit("attempt_timeout")?,
            total_timeout: limit("total_timeout")?,
            max_retry_after: long("max_retry_after")?,
            retry_on: words(&reader, "retry_on")?,
            never_on: words(&reader, "never_on")?,
            retry_statuses: statuses(&reader)?,
            per_kind: per_kind(&reader)?,
            custom_conditions: conditions(&reader)?,
            name: reader.text("name")?.map(Into::into),
            r#type: reader.text("type")?.map(Into::into),
            tags: tags(&reader)?,
            enable_circuit_breaker: reader.boolean("enable_circuit_breaker")?,
            enable_dead_letter: reader.boolean("enable_dead_letter")?,
            enable_metrics: reader.boolean("enable_metrics")?,
            enable_logging: reader.boolean("enable_logging")?,
            log_level: log_level(&reader)?,
            log_messages: reader.boolean("log_messages")?,
            slot_count: small(reader.integer("slot_count", 1, range::SLOTS)?),
            slot_width: long("slot_width")?,
            coordination_enabled: reader.boolean("coordination_enabled")?,
            require_coordination: reader.boolean("require_coordination")?,
            coordinator: None,
            retention: limit("retention")?,
            spelling: Spelling {
                unit,
                names: FIELDS
                    .iter()
                    .map(Names::canonical)
                    .filter(|field| reader.has(field))
                    .map(|field| (field, reader.written(field)))
                    .collect(),
            },
        })
    }
}

/// The fields that a policy and an entry of `per_kind` share.
fn growth(reader: &Reader<'_>) -> Result<KindSpec, ConfigError> {
    Ok(KindSpec {
        max_attempts: small(reader.integer("max_attempts", 1, range::MAX_ATTEMPTS)?),
        strategy: named(reader, "strategy", Strategy::from_name, Strategy::NAMES)?,
        base: reader.duration("base", Micros::ZERO, range::LONGEST)?,
        multiplier: reader.millionths("multiplier", 0.0, range::MULTIPLIER.into())?,
        max_delay: reader.duration("max_delay", Micros::ZERO, range::LONGEST)?,
        schedule: schedule(reader)?,
    })
}

/// Range checks come first, so the narrowing never cuts.
fn small(number: Option<u64>) -> Option<u32> {
    number.map(|number| u32::try_from(number).unwrap_or(u32::MAX))
}

fn named<T>(
    reader: &Reader<'_>,
    field: &str,
    from_name: fn(&str) -> Option<T>,
    names: &[&str],
) -> Result<Option<T>, ConfigError> {
    let Some(value) = reader.get(field) else { return Ok(None) };
    let found = if let Value::Text(text) = value { from_name(text) } else { None };
    found.map(Some).ok_or_else(|| reader.refuse(field, format!("one of {}", names.join(", "))))
}

fn jitter(reader: &Reader<'_>) -> Result<Option<JitterType>, ConfigError> {
    let Some(value) = reader.get("jitter") else { return Ok(None) };
    let found = match value {
        Value::Bool(false) => Some(JitterType::None),
        Value::Bool(true) if reader.unit() == Unit::Seconds => Some(JitterType::Deviation),
        Value::Bool(true) => Some(JitterType::Full),
        Value::Text(text) => JitterType::from_name(text),
        _ => None,
    };
    found.map(Some).ok_or_else(|| {
        reader.refuse("jitter", format!("true, false or one of {}", JitterType::NAMES.join(", ")))
    })
}

fn function(reader: &Reader<'_>, field: &str, expected: &str) -> Result<Option<bool>, ConfigError> {
    match reader.get(field) {
        None => Ok(None),
        Some(Value::Opaque(_)) => Ok(Some(true)),
        Some(_) => Err(reader.refuse(field, expected)),
    }
}

fn schedule(reader: &Reader<'_>) -> Result<Option<Vec<Micros>>, ConfigError> {
    let unit = reader.unit();
    let expected = || {
        let longest = unit.text_of(range::LONGEST);
        format!("a list of 1 to {} numbers of {} from 0 to {longest}", range::SCHEDULE, unit.name())
    };
    let Some(items) = reader.list("schedule", &expected())? else { return Ok(None) };
    let delays: Option<Vec<Micros>> = items
        .iter()
        .map(|item| if let Value::Number(number) = item { unit.to_micros(*number) } else { None })
        .map(|delay| delay.filter(|delay| *delay <= range::LONGEST))
        .collect();
    match delays {
        Some(delays) if (1..=range::SCHEDULE).contains(&delays.len()) => Ok(Some(delays)),
        _ => Err(reader.refuse("schedule", expected())),
    }
}

fn words(reader: &Reader<'_>, field: &str) -> Result<Option<Vec<String>>, ConfigError> {
    Ok(reader.texts(field)?.map(|words| words.into_iter().map(Into::into).collect()))
}

fn statuses(reader: &Reader<'_>) -> Result<Option<Vec<u16>>, ConfigError> {
    const EXPECTED: &str = "a list of HTTP statuses from 100 to 599";
    let Some(items) = reader.list("retry_statuses", EXPECTED)? else { return Ok(None) };
    let statuses: Option<Vec<u16>> = items
        .iter()
        .map(|item| {
            if let Value::Number(number) = item {
                (100..=599).find(|status: &u16| f64::from(*status).total_cmp(number).is_eq())
            } else {
                None
            }
        })
        .collect();
    statuses.map(Some).ok_or_else(|| reader.refuse("retry_statuses", EXPECTED))
}

/// `{ RateLimit: 2 }` or `{ RateLimit: { maxAttempts: 2, baseDelay: 1000 } }`.
fn per_kind(reader: &Reader<'_>) -> Result<Option<BTreeMap<Kind, KindSpec>>, ConfigError> {
    let Some(value) = reader.get("per_kind") else { return Ok(None) };
    let Value::Map(entries) = value else {
        return Err(
            reader.refuse("per_kind", "an object of kinds, each with a number of attempts or an object")
        );
    };
    let mut kinds = BTreeMap::new();
    for (name, value) in entries {
        let path = format!("{}.{name}", reader.written("per_kind"));
        let Some(kind) = Kind::from_name(name) else {
            return Err(ConfigError::new(path, value.render(), format!("one of {}", Kind::NAMES.join(", "))));
        };
        let spec = if let Value::Number(_) = value {
            let object = Value::Map(vec![("max_attempts".into(), value.clone())]);
            // One number stands for its field, so an error names the kind.
            growth(&Reader::new(&object, reader.unit(), KIND_FIELDS, "")?)
                .map_err(|error| ConfigError { field: path.clone(), ..error })?
        } else {
            kind_object(value, reader.unit(), &path)?
        };
        if kinds.insert(kind, spec).is_some() {
            return Err(ConfigError::new(path, value.render(), format!("{} only once", kind.name())));
        }
    }
    Ok(Some(kinds))
}

fn kind_object(value: &Value, unit: Unit, path: &str) -> Result<KindSpec, ConfigError> {
    let reader = Reader::new(value, unit, KIND_FIELDS, &format!("{path}."))?;
    let mut spec = growth(&reader)?;
    if spec.strategy.is_none() && spec.schedule.is_some() {
        spec.strategy = Some(Strategy::Schedule);
    }
    if spec.strategy == Some(Strategy::Custom) {
        return Err(reader.refuse("strategy", "a strategy without a function of its own"));
    }
    Ok(spec)
}

fn conditions(reader: &Reader<'_>) -> Result<Option<u32>, ConfigError> {
    const EXPECTED: &str = "a list of functions (error, attempt) that give true or false";
    let Some(items) = reader.list("custom_conditions", EXPECTED)? else { return Ok(None) };
    if items.iter().all(|item| matches!(item, Value::Opaque(_))) {
        Ok(Some(u32::try_from(items.len()).unwrap_or(u32::MAX)))
    } else {
        Err(reader.refuse("custom_conditions", EXPECTED))
    }
}

fn tags(reader: &Reader<'_>) -> Result<Option<BTreeMap<String, String>>, ConfigError> {
    const EXPECTED: &str = "an object of strings, numbers or booleans";
    let Some(value) = reader.get("tags") else { return Ok(None) };
    let Value::Map(entries) = value else { return Err(reader.refuse("tags", EXPECTED)) };
    let mut tags = BTreeMap::new();
    for (name, value) in entries {
        let text = match value {
            Value::Text(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.render(),
            _ => {
                return Err(ConfigError::new(
                    format!("{}.{name}", reader.written("tags")),
                    value.render(),
                    EXPECTED,
                ));
            }
        };
        tags.insert(name.clone(), text);
    }
    Ok(Some(tags))
}

fn log_level(reader: &Reader<'_>) -> Result<Option<String>, ConfigError> {
    const LEVELS: &[&str] = &["debug", "info", "warning", "error", "warn"];
    // `warn` is what JavaScript's loggers say; it means warning.
    let found = reader.one_of("log_level", LEVELS)?;
    Ok(found.map(|level| LEVELS[if level == 4 { 2 } else { level }].into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, unit: Unit) -> Result<RetrySpec, ConfigError> {
        RetrySpec::read(&crate::json::parse(json).unwrap(), unit, "")
    }

    fn refused(json: &str, unit: Unit) -> String {
        read(json, unit).unwrap_err().to_string()
    }

    #[test]
    fn the_q_ecosystems_policy_is_read_in_milliseconds() {
        let spec = read(
            r#"{"maxAttempts": 4, "baseDelay": 500, "maxDelay": 20000, "backoffMultiplier": 1.8, "jitter": true,
                "retryableErrors": ["SERVICE_UNAVAILABLE"], "retryableStatusCodes": [503, 429]}"#,
            Unit::Millis,
        )
        .unwrap();
        assert_eq!(
            spec,
            RetrySpec {
                max_attempts: Some(4),
                base: Some(Micros::from_millis(500)),
                max_delay: Some(Micros::from_secs(20)),
                multiplier: Some(1_800_000),
                jitter: Some(JitterType::Full),
                retry_on: Some(vec!["SERVICE_UNAVAILABLE".into()]),
                retry_statuses: Some(vec![503, 429]),
                ..RetrySpec::default()
            }
        );
    }

    #[test]
    fn a_level_of_the_retry_policy_standards_is_read_in_seconds() {
        let spec = read(
            r#"{"max_attempts": 5, "initial_delay": 0.05, "max_delay": 5.0, "exponential_base": 1.5, "jitter": true,
                "jitter_factor": 0.05, "slot_count": 20, "slot_width": 0.05, "coordination_enabled": true,
                "idempotency_ttl": 1800}"#,
            Unit::Seconds,
        )
        .unwrap();
        assert_eq!(
            spec,
            RetrySpec {
                max_attempts: Some(5),
                base: Some(Micros::from_millis(50)),
                max_delay: Some(Micros::from_secs(5)),
                multiplier: Some(1_500_000),
                jitter: Some(JitterType::Deviation),
                deviation: Some(50_000),
                slot_count: Some(20),
                slot_width: Some(Micros::from_millis(50)),
                coordination_enabled: Some(true),
                retention: Some(Micros::from_secs(1_800)),
                ..RetrySpec::default()
            }
        );
    }

    #[test]
    fn the_advanced_retrys_configuration_is_read_whole() {
        let spec = read(
            r#"{"MaxAttempts": 5, "BaseDelay": 200, "MaxDelay": 10000, "Timeout": 120000,
                "Strategy": "StrategyExponentialBackoff", "Multiplier": 1.5, "JitterType": "JitterTypeEqual",
                "JitterMaxDeviation": 0.1, "EnableCircuitBreaker": true, "RetryableErrors": ["ErrorTypeTransient"],
                "PermanentErrors": ["ErrorTypeClient"], "CustomConditions": [{"$opaque": "function"}],
                "EnableDeadLetter": true, "DeadLetterHandler": {"$opaque": "function"}, "EnableMetrics": true,
                "EnableLogging": true, "LogLevel": "info", "OperationName": "pay", "OperationType": "api_call",
                "Tags": {"service": "user", "shard": 3}}"#,
            Unit::Millis,
        )
        .unwrap();
        assert_eq!(
            spec,
            RetrySpec {
                max_attempts: Some(5),
                base: Some(Micros::from_millis(200)),
                max_delay: Some(Micros::from_secs(10)),
                total_timeout: Some(Micros::from_secs(120)),
                strategy: Some(Strategy::Exponential),
                multiplier: Some(1_500_000),
                jitter: Some(JitterType::Equal),
                deviation: Some(100_000),
                enable_circuit_breaker: Some(true),
                retry_on: Some(vec!["ErrorTypeTransient".into()]),
                never_on: Some(vec!["ErrorTypeClient".into()]),
                custom_conditions: Some(1),
                enable_dead_letter: Some(true),
                enable_metrics: Some(true),
                enable_logging: Some(true),
                log_level: Some("info".into()),
                name: Some("pay".into()),
                r#type: Some("api_call".into()),
                tags: Some([("service".into(), "user".into()), ("shard".into(), "3".into())].into()),
                ..RetrySpec::default()
            }
        );
    }

    #[test]
    fn a_boolean_jitter_means_what_its_language_means() {
        let jitter = |json, unit| read(json, unit).unwrap().jitter;
        assert_eq!(jitter(r#"{"jitter": true}"#, Unit::Millis), Some(JitterType::Full));
        assert_eq!(jitter(r#"{"jitter": true}"#, Unit::Seconds), Some(JitterType::Deviation));
        assert_eq!(jitter(r#"{"jitter": false}"#, Unit::Seconds), Some(JitterType::None));
        assert_eq!(jitter(r#"{"jitter": "equal"}"#, Unit::Seconds), Some(JitterType::Equal));
    }

    #[test]
    fn a_list_or_a_function_alone_names_the_strategy() {
        let strategy = |json| read(json, Unit::Millis).unwrap().strategy;
        assert_eq!(strategy(r#"{"schedule": [10, 20]}"#), Some(Strategy::Schedule));
        assert_eq!(strategy(r#"{"customBackoff": {"$opaque": "function"}}"#), Some(Strategy::Custom));
        assert_eq!(strategy(r#"{"schedule": [10], "strategy": "fixed"}"#), Some(Strategy::Fixed));
    }

    #[test]
    fn a_kind_takes_a_number_or_an_object() {
        let spec = read(
            r#"{"perKind": {"RateLimit": 2, "Server": {"baseDelay": 30, "schedule": [1]}}}"#,
            Unit::Millis,
        );
        let kinds = spec.unwrap().per_kind.unwrap();
        assert_eq!(kinds[&Kind::RateLimit], KindSpec { max_attempts: Some(2), ..KindSpec::default() });
        assert_eq!(
            kinds[&Kind::Server],
            KindSpec {
                base: Some(Micros::from_millis(30)),
                schedule: Some(vec![Micros::from_millis(1)]),
                strategy: Some(Strategy::Schedule),
                ..KindSpec::default()
            }
        );
    }

    #[test]
    fn a_bare_string_is_a_preset() {
        assert_eq!(read(r#""critical""#, Unit::Seconds).unwrap(), presets::CRITICAL.spec());
        let error =
            RetrySpec::read(&Value::Text("conservative".into()), Unit::Millis, "retryPolicy.").unwrap_err();
        assert_eq!(
            error.to_string(),
            "retryPolicy: got \"conservative\", expected q.conservative or service.conservative: the bare name means both"
        );
    }

    #[test]
    fn every_refusal_names_field_value_and_range() {
        for (json, message) in [
            (r#"{"maxAttempts": 0}"#, "maxAttempts: got 0, expected a whole number from 1 to 10000000"),
            (r#"{"maxAttempts": 2.5}"#, "maxAttempts: got 2.5, expected a whole number from 1 to 10000000"),
            (r#"{"maxAttempts": "3"}"#, "maxAttempts: got \"3\", expected a whole number from 1 to 10000000"),
            (
                r#"{"baseDelay": -1}"#,
                "baseDelay: got -1, expected a number of milliseconds from 0 to 31536000000",
            ),
            (
                r#"{"multiplier": {"$number": "NaN"}}"#,
                "multiplier: got NaN, expected a number from 0 to 1000",
            ),
            (
                r#"{"strategy": "quadratic"}"#,
                "strategy: got \"quadratic\", expected one of fixed, exponential, linear, fibonacci, schedule, custom",
            ),
            (
                r#"{"jitter": 0.1}"#,
                "jitter: got 0.1, expected true, false or one of none, full, equal, decorrelated, deviation",
            ),
            (r#"{"jitterFactor": 2}"#, "jitterFactor: got 2, expected a number from 0 to 1"),
            (
                r#"{"timeout": 0}"#,
                "timeout: got 0, expected a number of milliseconds from 0.001 to 31536000000",
            ),
            (
                r#"{"schedule": []}"#,
                "schedule: got a list of 0, expected a list of 1 to 1000 numbers of milliseconds from 0 to 31536000000",
            ),
            (
                r#"{"retryableStatusCodes": [503, 42]}"#,
                "retryableStatusCodes: got a list of 2, expected a list of HTTP statuses from 100 to 599",
            ),
            (
                r#"{"retryableErrors": "Timeout"}"#,
                "retryableErrors: got \"Timeout\", expected a list of strings",
            ),
            (
                r#"{"customBackoff": 5}"#,
                "customBackoff: got 5, expected a function (attempt, baseDelay) that gives a delay",
            ),
            (
                r#"{"customConditions": [1]}"#,
                "customConditions: got a list of 1, expected a list of functions (error, attempt) that give true or false",
            ),
            (
                r#"{"perKind": {"Slow": 2}}"#,
                "perKind.Slow: got 2, expected one of Transient, Permanent, Timeout, RateLimit, CircuitBreaker, Network, Server, Client, Unknown",
            ),
            (
                r#"{"perKind": {"Server": 0}}"#,
                "perKind.Server: got 0, expected a whole number from 1 to 10000000",
            ),
            (
                r#"{"perKind": {"Server": {"maxAttempts": 0}}}"#,
                "perKind.Server.maxAttempts: got 0, expected a whole number from 1 to 10000000",
            ),
            (
                r#"{"perKind": {"Server": {"strategy": "custom"}}}"#,
                "perKind.Server.strategy: got \"custom\", expected a strategy without a function of its own",
            ),
            (
                r#"{"perKind": {"RateLimit": 2, "rate_limit": 3}}"#,
                "perKind.rate_limit: got 3, expected RateLimit only once",
            ),
            (
                r#"{"perKind": 3}"#,
                "perKind: got 3, expected an object of kinds, each with a number of attempts or an object",
            ),
            (
                r#"{"tags": {"a": []}}"#,
                "tags.a: got a list of 0, expected an object of strings, numbers or booleans",
            ),
            (
                r#"{"logLevel": "loud"}"#,
                "logLevel: got \"loud\", expected one of debug, info, warning, error, warn",
            ),
            (r#"{"maxAtempts": 3}"#, "maxAtempts: got 3, expected a known field; the nearest is maxAttempts"),
            (
                r#"{"baseDelay": 1, "initialDelay": 2}"#,
                "initialDelay: got 2, expected baseDelay or initialDelay, not both: they are one field",
            ),
            ("[1]", "configuration: got a list of 1, expected an object of fields"),
        ] {
            assert_eq!(refused(json, Unit::Millis), message);
        }
    }

    #[test]
    fn a_warning_by_javascripts_name_is_a_warning() {
        assert_eq!(
            read(r#"{"logLevel": "warn"}"#, Unit::Millis).unwrap().log_level.as_deref(),
            Some("warning")
        );
    }
}
