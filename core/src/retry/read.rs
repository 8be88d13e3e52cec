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
        let longest = unit.of_micros(range::LONGEST);
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
        let object;
        let (value, path) = if let Value::Number(_) = value {
            object = Value::Map(vec![("max_attempts".into(), value.clone())]);
            (&object, reader.written("per_kind"))
        } else {
            (value, path)
        };
        let reader = Reader::new(value, reader.unit(), KIND_FIELDS, &format!("{path}."))?;
        let mut spec = growth(&reader)?;
        if spec.strategy.is_none() && spec.schedule.is_some() {
            spec.strategy = Some(Strategy::Schedule);
        }
        if spec.strategy == Some(Strategy::Custom) {
            return Err(reader.refuse("strategy", "a strategy without a function of its own"));
        }
        kinds.insert(kind, spec);
    }
    Ok(Some(kinds))
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
