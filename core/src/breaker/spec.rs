//! A breaker's configuration as a user gives it, in either of two shapes.
//!
//! *Threshold shape*, of the Q ecosystem: `{failureThreshold, recoveryTimeout, monitoringWindow, halfOpenMaxCalls}`.
//! It trips at n failures inside a window, however many calls succeed, and its defaults are those of a breaker that was
//! given nothing. *Rate shape*: everything else a breaker can do, filled from [`BreakerSpec::rate`]. Which one is meant
//! follows from the keys; a configuration that mixes them is refused. Both end in one [`BreakerSpec`].

use super::config::{self, Violation};
use crate::error::ConfigError;
use crate::spec::{Names, Reader, Unit, Value};
use crate::time::Micros;

/// A breaker's configuration. Rules that are `None` are off. Shares are in millionths: core keeps no float.
///
/// [`BreakerConfig`](super::BreakerConfig) is the same once its ranges and combinations are known to be valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerSpec {
    /// The name in events, metrics and errors.
    pub name: Option<String>,
    /// What a closed breaker remembers.
    pub window: WindowSpec,
    /// Trips when at least this share of the window's calls failed; 1 to 1 000 000 millionths.
    pub failure_rate: Option<u32>,
    /// Calls in the window below which `failure_rate` is not asked. Default 20, or a smaller count window's size.
    pub minimum_calls: Option<u32>,
    /// Failures in the window below which `failure_rate` is not asked.
    pub minimum_failures: u32,
    /// Trips at this many failures in the window, however many calls there were (the Q ecosystem's `failureThreshold`).
    pub failures_in_window: Option<u32>,
    /// Trips at this many failures without a success between them.
    pub consecutive_failures: Option<u32>,
    /// A call that takes at least this long is slow.
    pub slow_call_duration: Option<Micros>,
    /// Trips when at least this share of the window's calls were slow; 1 to 1 000 000 millionths.
    pub slow_call_rate: u32,
    /// Calls in the window below which `slow_call_rate` is not asked. Default: as `minimum_calls`.
    pub slow_minimum_calls: Option<u32>,
    /// How long an open breaker rejects.
    pub open_wait: OpenWaitSpec,
    /// How a half-open breaker decides.
    pub half_open: HalfOpenSpec,
    /// A probe that has not ended after this long is settled as abandoned. Default: `open_wait.base`, at least 60 s.
    pub probe_lease: Option<Micros>,
    /// A half-open breaker that has not decided after this long opens again.
    pub half_open_max_wait: Option<Micros>,
    /// What a probe that ends without a result counts as.
    pub abandoned: Abandoned,
    /// What a rejected caller gets.
    pub fallback_strategy: FallbackStrategy,
    /// An active probe that the host runs while the breaker is open.
    pub health_check: Option<HealthCheck>,
}

/// What a closed breaker remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowSpec {
    /// The calls of this much time, in ten buckets; 1 ms to 24 h.
    Time(Micros),
    /// The last so many calls; 1 to 10 000.
    Count(u32),
    /// Nothing but the streak of failures.
    None,
}

/// How long an open breaker rejects: `base · factorⁿ` at the n-th re-opening, at most `max`, give or take `jitter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenWaitSpec {
    /// The first wait; 0 to 24 h.
    pub base: Micros,
    /// Growth at each re-opening in millionths; 1 000 000 (none) to 100 000 000.
    pub factor: u32,
    /// The longest wait. Default 5 minutes, or a longer `base`.
    pub max: Option<Micros>,
    /// Share of the wait by which it may vary to either side, in millionths; up to 1 000 000.
    pub jitter: u32,
}

/// How a half-open breaker decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HalfOpenSpec {
    /// Probes that decide; 1 to 10 000.
    pub calls: u32,
    /// Probes in flight at once; 1 to 32, at most `calls`. Default: `calls`, at most 32.
    pub max_concurrent: Option<u32>,
    /// When it closes. Default: the breaker's own `failure_rate`; without one, when all succeed.
    pub pass: Option<Pass>,
    /// Decide as soon as the remaining probes cannot change the verdict.
    pub early: bool,
}

/// When a half-open breaker closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// When a smaller share of the probes failed; 1 to 1 000 000 millionths.
    FailureRateBelow(u32),
    /// When this many probes succeeded.
    Successes(u32),
}

/// What a probe that ends without a result counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abandoned {
    /// As a failure: who cannot say that it works must not close the breaker.
    Failure,
    /// As nothing: its place goes to the next caller.
    Ignored,
}

/// What a rejected caller gets. Core only names it; hosts carry it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FallbackStrategy {
    /// A typed error with the time to wait.
    Reject,
    /// The last good value for the same key.
    Cache,
    /// What the caller's function answers.
    Fallback,
    /// A place in the retry queue.
    Queue,
}

impl FallbackStrategy {
    const NAMES: &'static [&'static str] = &["REJECT", "CACHE", "FALLBACK", "QUEUE"];
    const ALL: [Self; 4] = [Self::Reject, Self::Cache, Self::Fallback, Self::Queue];

    /// The name users write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// An active probe that the host runs while the breaker is open; its answer goes to
/// [`Breaker::health`](super::Breaker::health).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// Time between two probes; 1 ms to 24 h.
    pub interval: Micros,
    /// How long one may take; 1 ms to 24 h.
    pub timeout: Micros,
}

impl BreakerSpec {
    /// The threshold shape of the Q ecosystem: opens at 5 failures within 60 s for exactly 30 s, then lets 3 probes
    /// through; all of them close it, one failure opens it again.
    #[must_use]
    pub fn threshold() -> Self {
        Self {
            name: None,
            window: WindowSpec::Time(Micros::from_secs(60)),
            failure_rate: None,
            minimum_calls: None,
            minimum_failures: 0,
            failures_in_window: Some(5),
            consecutive_failures: None,
            slow_call_duration: None,
            slow_call_rate: config::ONE,
            slow_minimum_calls: None,
            open_wait: OpenWaitSpec {
                base: Micros::from_secs(30),
                factor: config::ONE,
                max: None,
                jitter: 0,
            },
            half_open: HalfOpenSpec { calls: 3, max_concurrent: None, pass: None, early: true },
            probe_lease: None,
            half_open_max_wait: None,
            abandoned: Abandoned::Failure,
            fallback_strategy: FallbackStrategy::Reject,
            health_check: None,
        }
    }

    /// The rate shape: opens when half of at least 20 calls within 30 s failed, for 30 s give or take 10 %.
    #[must_use]
    pub fn rate() -> Self {
        Self {
            window: WindowSpec::Time(Micros::from_secs(30)),
            failure_rate: Some(500_000),
            failures_in_window: None,
            open_wait: OpenWaitSpec {
                base: Micros::from_secs(30),
                factor: config::ONE,
                max: None,
                jitter: 100_000,
            },
            ..Self::threshold()
        }
    }

    /// Reads the object a user wrote. `path` stands before a field's name in an error (`""`, `"circuitBreaker."`).
    pub fn read(value: &Value, unit: Unit, path: &str) -> Result<Self, ConfigError> {
        let reader = Reader::new(value, unit, FIELDS, path)?;
        let mut spec = match shape(&reader)? {
            Shape::Threshold => read_threshold(&reader)?,
            Shape::Rate => read_rate(&reader)?,
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

impl Default for BreakerSpec {
    /// [`BreakerSpec::threshold`]: what a breaker that was given nothing does, in every language.
    fn default() -> Self {
        Self::threshold()
    }
}

#[derive(Clone, Copy)]
enum Shape {
    Threshold,
    Rate,
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
    let preset = reader.one_of("preset", &["threshold", "rate"])?;
    match (
        preset.map(|place| [Shape::Threshold, Shape::Rate][place]),
        given(THRESHOLD_ONLY),
        given(RATE_ONLY),
    ) {
        (_, Some(threshold), Some(rate)) => Err(reader.refuse(
            rate,
            format!(
                "no field of the rate shape beside {}, which is of the threshold shape",
                reader.written(threshold)
            ),
        )),
        (Some(Shape::Rate), Some(field), _) => {
            Err(reader.refuse(field, "a field of the rate shape, as `preset` says"))
        }
        (Some(Shape::Threshold), _, Some(field)) => {
            Err(reader.refuse(field, "a field of the threshold shape, as `preset` says"))
        }
        (Some(shape), ..) => Ok(shape),
        (None, _, Some(_)) => Ok(Shape::Rate),
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

fn read_rate(reader: &Reader<'_>) -> Result<BreakerSpec, ConfigError> {
    let mut spec = BreakerSpec::rate();
    if let Some(window) = read_window(reader)? {
        spec.window = window;
    }
    // A breaker that remembers no calls has no rate, unless one is asked for, which is then refused by name.
    let rate = spec.failure_rate.filter(|_| spec.window != WindowSpec::None);
    spec.failure_rate = rule(reader, "failure_rate", rate, |field| share(reader, field))?;
    spec.minimum_calls = count(reader, "minimum_calls", 1, config::MAX_COUNT)?;
    spec.minimum_failures = count(reader, "minimum_failures", 0, config::MAX_COUNT)?.unwrap_or(0);
    spec.failures_in_window =
        rule(reader, "failures_in_window", None, |field| count(reader, field, 1, config::MAX_COUNT))?;
    spec.slow_call_duration = rule(reader, "slow_call_duration", None, |field| {
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
