//! Reads a breaker's configuration object, in either shape and in the user's own names and units.

use super::config::{self, Violation};
use super::presets;
use super::spec::{
    Abandoned, BreakerSpec, FallbackStrategy, HalfOpenSpec, HealthCheck, OpenWaitSpec, Pass, WindowSpec,
};
use crate::error::ConfigError;
use crate::spec::{Names, Reader, Unit, Value};
use crate::time::Micros;

impl BreakerSpec {
    /// Reads what a user wrote: an object of fields, or the name of a [preset](presets). `path` stands before a field's
    /// name in an error (`""`, `"circuitBreaker."`).
    pub fn read(value: &Value, unit: Unit, path: &str) -> Result<Self, ConfigError> {
        if let Value::Text(_) = value {
            return Self::read(&Value::Map(vec![("preset".into(), value.clone())]), unit, path);
        }
        let reader = Reader::new(value, unit, FIELDS, path)?;
        let mut spec = match shape(&reader)? {
            Shape::Threshold => read_threshold(&reader)?,
            Shape::Rate(preset) => read_rate(&reader, preset())?,
        };
        spec.name = reader.text("name")?.map(Into::into);
        spec.consecutive_failures =
            rule(&reader, "consecutive_failures", spec.consecutive_failures, |field| {
                count(&reader, field, 1, config::MAX_COUNT)
            })?;
        spec.probe_lease = reader.duration("probe_lease", config::MILLI, config::DAY)?;
        spec.half_open_max_wait = rule(&reader, "half_open_max_wait", None, |field| {
            reader.duration(field, config::MILLI, config::DAY)
        })?;
        if let Some(place) = reader.one_of("abandoned", &["failure", "ignored"])? {
            spec.abandoned = [Abandoned::Failure, Abandoned::Ignored][place];
        }
        spec.fallback_strategy = read_fallback(&reader)?;
        spec.health_check = read_health_check(&reader)?;
        config::check(&spec).map_err(|violation| refuse(&reader, violation))?;
        Ok(spec)
    }
}

#[derive(Clone, Copy)]
enum Shape {
    Threshold,
    /// Filled from this preset.
    Rate(fn() -> BreakerSpec),
}

const THRESHOLD_ONLY: &[&str] =
    &["failure_threshold", "recovery_timeout", "monitoring_window", "half_open_max_calls"];
const RATE_ONLY: &[&str] = &[
    "window",
    "failure_rate",
    "minimum_calls",
    "minimum_failures",
    "failures_in_window",
    "slow_call_duration",
    "slow_call_rate",
    "slow_minimum_calls",
    "open_wait",
    "half_open",
];

const FIELDS: &[Names] = &[
    Names(&[("failure_threshold", None)]),
    Names(&[("recovery_timeout", None)]),
    Names(&[("monitoring_window", None)]),
    Names(&[("half_open_max_calls", None)]),
    Names(&[("window", None)]),
    Names(&[("failure_rate", None)]),
    Names(&[("minimum_calls", None)]),
    Names(&[("minimum_failures", None)]),
    Names(&[("failures_in_window", None)]),
    Names(&[("slow_call_duration", None)]),
    Names(&[("slow_call_rate", None)]),
    Names(&[("slow_minimum_calls", None)]),
    Names(&[("open_wait", None)]),
    Names(&[("half_open", None)]),
    Names(&[("preset", None)]),
    Names(&[("name", None)]),
    Names(&[("consecutive_failures", None)]),
    Names(&[("probe_lease", None)]),
    Names(&[("half_open_max_wait", None)]),
    Names(&[("abandoned", None)]),
    Names(&[("fallback_strategy", None)]),
    Names(&[("fallback", None)]),
    Names(&[("queue", None)]),
    Names(&[("health_check", None)]),
];
const WINDOW_FIELDS: &[Names] = &[Names(&[("time", None)]), Names(&[("count", None)])];
const OPEN_WAIT_FIELDS: &[Names] = &[
    Names(&[("base", None)]),
    Names(&[("factor", None)]),
    Names(&[("max", None)]),
    Names(&[("jitter", None)]),
];
const HALF_OPEN_FIELDS: &[Names] = &[
    Names(&[("calls", None)]),
    Names(&[("max_concurrent", None)]),
    Names(&[("failure_rate", None)]),
    Names(&[("min_successes", None)]),
    Names(&[("early", None)]),
];
const HEALTH_CHECK_FIELDS: &[Names] =
    &[Names(&[("probe", None)]), Names(&[("interval", None)]), Names(&[("timeout", None)])];

fn shape(reader: &Reader<'_>) -> Result<Shape, ConfigError> {
    let given = |fields: &[&'static str]| fields.iter().copied().find(|field| reader.has(field));
    let preset = reader.one_of("preset", presets::NAMES)?;
    let preset =
        preset.map(|place| if place == 0 { Shape::Threshold } else { Shape::Rate(presets::ALL[place]) });
    match (preset, given(THRESHOLD_ONLY), given(RATE_ONLY)) {
        (_, Some(threshold), Some(rate)) => Err(reader.refuse(
            rate,
            format!(
                "no field of the rate shape beside {}, which is of the threshold shape",
                reader.written(threshold)
            ),
        )),
        (Some(Shape::Rate(_)), Some(field), _) => {
            Err(reader.refuse(field, "a field of the rate shape, as `preset` says"))
        }
        (Some(Shape::Threshold), _, Some(field)) => {
            Err(reader.refuse(field, "a field of the threshold shape, as `preset` says"))
        }
        (Some(shape), ..) => Ok(shape),
        (None, _, Some(_)) => Ok(Shape::Rate(BreakerSpec::rate)),
        (None, _, None) => Ok(Shape::Threshold),
    }
}

fn read_threshold(reader: &Reader<'_>) -> Result<BreakerSpec, ConfigError> {
    let mut spec = BreakerSpec::threshold();
    if let Some(failures) = count(reader, "failure_threshold", 1, config::MAX_COUNT)? {
        spec.failures_in_window = Some(failures);
    }
    if let Some(wait) = reader.duration("recovery_timeout", Micros::ZERO, config::DAY)? {
        spec.open_wait.base = wait;
    }
    if let Some(window) = reader.duration("monitoring_window", config::MILLI, config::DAY)? {
        spec.window = WindowSpec::Time(window);
    }
    if let Some(calls) = count(reader, "half_open_max_calls", 1, config::MAX_CONCURRENT)? {
        spec.half_open.calls = calls;
    }
    Ok(spec)
}

fn read_rate(reader: &Reader<'_>, mut spec: BreakerSpec) -> Result<BreakerSpec, ConfigError> {
    if let Some(window) = read_window(reader)? {
        spec.window = window;
        spec.fit_window();
    }
    spec.failure_rate = rule(reader, "failure_rate", spec.failure_rate, |field| share(reader, field))?;
    spec.minimum_calls = count(reader, "minimum_calls", 1, config::MAX_COUNT)?.or(spec.minimum_calls);
    spec.minimum_failures = count(reader, "minimum_failures", 0, config::MAX_COUNT)?.unwrap_or(0);
    spec.failures_in_window = rule(reader, "failures_in_window", spec.failures_in_window, |field| {
        count(reader, field, 1, config::MAX_COUNT)
    })?;
    spec.slow_call_duration = rule(reader, "slow_call_duration", spec.slow_call_duration, |field| {
        reader.duration(field, Micros::new(1), config::DAY)
    })?;
    if let Some(rate) = share(reader, "slow_call_rate")? {
        spec.slow_call_rate = rate;
    }
    spec.slow_minimum_calls = count(reader, "slow_minimum_calls", 1, config::MAX_COUNT)?;
    for field in ["slow_call_rate", "slow_minimum_calls"] {
        if reader.has(field) && spec.slow_call_duration.is_none() {
            return Err(reader.refuse(field, "slow_call_duration beside it: without one no call is slow"));
        }
    }
    if let Some(value) = reader.get("open_wait") {
        read_open_wait(reader, value, &mut spec.open_wait)?;
    }
    if let Some(value) = reader.get("half_open") {
        read_half_open(&nested(reader, "half_open", value, HALF_OPEN_FIELDS)?, &mut spec.half_open)?;
    }
    Ok(spec)
}

impl BreakerSpec {
    /// Under another window than the preset's own, what the preset counts in it follows: what no longer fits is cut, and
    /// a breaker that remembers no calls has no rate. (Unless one is asked for, which is then refused by name.)
    fn fit_window(&mut self) {
        match self.window {
            WindowSpec::Count(calls) => self.minimum_calls = self.minimum_calls.map(|least| least.min(calls)),
            WindowSpec::None => (self.failure_rate, self.slow_call_duration) = (None, None),
            WindowSpec::Time(_) => {}
        }
    }
}

/// `30_000`, `{time: 30_000}`, `{count: 100}` or `"none"`.
fn read_window(reader: &Reader<'_>) -> Result<Option<WindowSpec>, ConfigError> {
    match reader.get("window") {
        Some(Value::Text(_)) => Ok(reader.one_of("window", &["none"])?.map(|_| WindowSpec::None)),
        Some(value @ Value::Map(_)) => {
            let inner = nested(reader, "window", value, WINDOW_FIELDS)?;
            let time = inner.duration("time", config::MILLI, config::DAY)?;
            let calls = count(&inner, "count", 1, config::MAX_WINDOW_CALLS)?;
            match (time, calls) {
                (Some(time), None) => Ok(Some(WindowSpec::Time(time))),
                (None, Some(calls)) => Ok(Some(WindowSpec::Count(calls))),
                _ => Err(reader.refuse("window", "either `time` or `count` in it")),
            }
        }
        _ => Ok(reader.duration("window", config::MILLI, config::DAY)?.map(WindowSpec::Time)),
    }
}

/// `30_000` or `{base: 30_000, factor: 2, max: 300_000, jitter: 0.1}`.
fn read_open_wait(reader: &Reader<'_>, value: &Value, wait: &mut OpenWaitSpec) -> Result<(), ConfigError> {
    if !matches!(value, Value::Map(_)) {
        wait.base = reader.duration("open_wait", Micros::ZERO, config::DAY)?.unwrap_or(wait.base);
        return Ok(());
    }
    let inner = nested(reader, "open_wait", value, OPEN_WAIT_FIELDS)?;
    wait.base = inner.duration("base", Micros::ZERO, config::DAY)?.unwrap_or(wait.base);
    wait.factor = narrow(inner.millionths("factor", 1.0, 100.0)?).unwrap_or(wait.factor);
    wait.max = inner.duration("max", Micros::ZERO, config::DAY)?;
    wait.jitter = narrow(inner.millionths("jitter", 0.0, 1.0)?).unwrap_or(wait.jitter);
    Ok(())
}

fn read_half_open(inner: &Reader<'_>, half_open: &mut HalfOpenSpec) -> Result<(), ConfigError> {
    half_open.calls = count(inner, "calls", 1, config::MAX_PROBES)?.unwrap_or(half_open.calls);
    half_open.max_concurrent = count(inner, "max_concurrent", 1, config::MAX_CONCURRENT)?;
    half_open.early = inner.boolean("early")?.unwrap_or(half_open.early);
    let rate = share(inner, "failure_rate")?.map(Pass::FailureRateBelow);
    let successes = count(inner, "min_successes", 1, config::MAX_PROBES)?.map(Pass::Successes);
    if rate.is_some() && successes.is_some() {
        return Err(inner.refuse("min_successes", "either failure_rate or min_successes, not both"));
    }
    half_open.pass = rate.or(successes);
    Ok(())
}

fn read_fallback(reader: &Reader<'_>) -> Result<FallbackStrategy, ConfigError> {
    let place = reader.one_of("fallback_strategy", FallbackStrategy::NAMES)?;
    let strategy = place.map_or(FallbackStrategy::Reject, |place| FallbackStrategy::ALL[place]);
    for (field, owner) in [("fallback", FallbackStrategy::Fallback), ("queue", FallbackStrategy::Queue)] {
        match reader.get(field) {
            None if strategy == owner => {
                return Err(reader.refuse(field, format!("a function, which {} needs", owner.name())));
            }
            Some(Value::Opaque(_)) if strategy == owner => {}
            Some(Value::Opaque(_)) => {
                let expected = format!("fallback_strategy {} beside it", owner.name());
                return Err(reader.refuse(field, expected));
            }
            Some(_) => return Err(reader.refuse(field, "a function")),
            None => {}
        }
    }
    Ok(strategy)
}

fn read_health_check(reader: &Reader<'_>) -> Result<Option<HealthCheck>, ConfigError> {
    let Some(value) = reader.get("health_check") else { return Ok(None) };
    let inner = nested(reader, "health_check", value, HEALTH_CHECK_FIELDS)?;
    if !matches!(inner.get("probe"), Some(Value::Opaque(_))) {
        return Err(inner.refuse("probe", "a function"));
    }
    Ok(Some(HealthCheck {
        interval: inner.duration("interval", config::MILLI, config::DAY)?.unwrap_or(Micros::from_secs(30)),
        timeout: inner.duration("timeout", config::MILLI, config::DAY)?.unwrap_or(Micros::from_secs(5)),
    }))
}

fn nested<'a>(
    reader: &Reader<'a>,
    field: &str,
    value: &'a Value,
    table: &[Names],
) -> Result<Reader<'a>, ConfigError> {
    Reader::new(value, reader.unit(), table, &format!("{}.", reader.written(field)))
}

/// A rule that `false` turns off.
fn rule<T>(
    reader: &Reader<'_>,
    field: &str,
    default: Option<T>,
    read: impl FnOnce(&str) -> Result<Option<T>, ConfigError>,
) -> Result<Option<T>, ConfigError> {
    match reader.get(field) {
        None => Ok(default),
        Some(Value::Bool(false)) => Ok(None),
        Some(_) => read(field),
    }
}

fn count(reader: &Reader<'_>, field: &str, lo: u32, hi: u32) -> Result<Option<u32>, ConfigError> {
    reader.integer(field, u64::from(lo), u64::from(hi)).map(narrow)
}

/// A share above 0 up to 1, in millionths.
fn share(reader: &Reader<'_>, field: &str) -> Result<Option<u32>, ConfigError> {
    reader.millionths(field, 0.000_001, 1.0).map(narrow)
}

/// The readers above have checked the range.
fn narrow(number: Option<u64>) -> Option<u32> {
    number.map(|n| u32::try_from(n).unwrap_or(u32::MAX))
}

/// Names a broken combination by the field the user wrote, `open_wait.max` for instance.
fn refuse(reader: &Reader<'_>, violation: Violation) -> ConfigError {
    let Violation { field, expected, .. } = violation;
    if let Some((outer, inner)) = field.split_once('.') {
        let table = if outer == "open_wait" { OPEN_WAIT_FIELDS } else { HALF_OPEN_FIELDS };
        if let Some(value) = reader.get(outer) {
            return nested(reader, outer, value, table)
                .map_or_else(|error| error, |nested| nested.refuse(inner, expected));
        }
    }
    reader.refuse(field, expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, Value)]) -> Value {
        Value::Map(entries.iter().map(|(key, value)| ((*key).into(), value.clone())).collect())
    }

    fn number(n: f64) -> Value {
        Value::Number(n)
    }

    #[test]
    fn the_shape_of_the_q_ecosystem_is_read_in_its_own_names_and_milliseconds() {
        let written = map(&[
            ("failureThreshold", number(3.0)),
            ("recoveryTimeout", number(30_000.0)),
            ("monitoringWindow", number(120_000.0)),
            ("halfOpenMaxCalls", number(2.0)),
            ("fallbackStrategy", Value::Text("CACHE".into())),
            ("name", Value::Text("ledger".into())),
        ]);
        let spec = BreakerSpec::read(&written, Unit::Millis, "circuitBreaker.").unwrap();
        assert_eq!(spec.failures_in_window, Some(3));
        assert_eq!(spec.open_wait.base, Micros::from_secs(30));
        assert_eq!(spec.window, WindowSpec::Time(Micros::from_secs(120)));
        assert_eq!(spec.half_open.calls, 2);
        assert_eq!(spec.fallback_strategy, FallbackStrategy::Cache);
        assert_eq!(spec.name.as_deref(), Some("ledger"));
    }

    #[test]
    fn a_name_alone_is_that_preset() {
        let named = |name: &str| BreakerSpec::read(&Value::Text(name.into()), Unit::Seconds, "");
        assert_eq!(named("hystrix"), Ok(presets::hystrix()));
        assert_eq!(named("threshold"), Ok(BreakerSpec::default()));
        assert_eq!(named("istio").unwrap_err().to_string(), presets::named("istio").unwrap_err().to_string());
    }

    #[test]
    fn nothing_and_an_empty_object_are_the_default() {
        assert_eq!(BreakerSpec::read(&Value::Null, Unit::Seconds, ""), Ok(BreakerSpec::default()));
        assert_eq!(BreakerSpec::read(&map(&[]), Unit::Seconds, ""), Ok(BreakerSpec::default()));
    }

    #[test]
    fn errors_name_the_field_as_written_with_its_path_and_unit() {
        let refused = |entries: &[(&str, Value)], path| {
            BreakerSpec::read(&map(entries), Unit::Millis, path).unwrap_err().to_string()
        };
        assert_eq!(
            refused(&[("recoveryTimeout", number(f64::NAN))], "circuitBreaker."),
            "circuitBreaker.recoveryTimeout: got NaN, expected a number of milliseconds from 0 to 86400000"
        );
        assert_eq!(
            refused(&[("failureTreshold", number(5.0))], ""),
            "failureTreshold: got 5, expected a known field; the nearest is failureThreshold"
        );
        assert_eq!(
            refused(&[("failureThreshold", number(5.0)), ("minimumCalls", number(9.0))], ""),
            "minimumCalls: got 9, expected no field of the rate shape beside failureThreshold, which is of the \
             threshold shape"
        );
        let wait = map(&[("base", number(60_000.0)), ("max", number(1_000.0))]);
        assert_eq!(
            refused(&[("openWait", wait)], ""),
            "openWait.max: got 1000, expected no less than open_wait.base"
        );
    }

    #[test]
    fn functions_are_asked_for_only_by_the_strategy_that_calls_them() {
        let function = || Value::Opaque("function".into());
        let strategy = |name: &str| ("fallbackStrategy", Value::Text(name.into()));
        let read = |entries: &[(&str, Value)]| {
            BreakerSpec::read(&map(entries), Unit::Millis, "")
                .map(|spec| spec.fallback_strategy.name())
                .map_err(|error| error.to_string())
        };
        assert_eq!(read(&[strategy("FALLBACK"), ("fallback", function())]), Ok("FALLBACK"));
        assert_eq!(read(&[strategy("queue"), ("queue", function())]), Ok("QUEUE"));
        assert_eq!(
            read(&[("fallback", function())]),
            Err("fallback: got function, expected fallback_strategy FALLBACK beside it".into())
        );
        assert_eq!(
            read(&[strategy("FALLBACK"), ("fallback", number(1.0))]),
            Err("fallback: got 1, expected a function".into())
        );
    }

    #[test]
    fn a_health_check_runs_every_thirty_seconds_for_at_most_five() {
        let check = map(&[("probe", Value::Opaque("function".into()))]);
        let spec = BreakerSpec::read(&map(&[("healthCheck", check)]), Unit::Millis, "").unwrap();
        let expected = HealthCheck { interval: Micros::from_secs(30), timeout: Micros::from_secs(5) };
        assert_eq!(spec.health_check, Some(expected));
    }
}
