//! A valid breaker configuration: what a [`BreakerSpec`] becomes once its ranges and combinations have been checked.

use super::spec::{Abandoned, BreakerSpec, FallbackStrategy, HealthCheck, Pass, WindowSpec};
use super::window::Tally;
use crate::error::ConfigError;
use crate::time::Micros;

/// 1, in millionths.
pub(super) const ONE: u32 = 1_000_000;
/// The shortest window, lease or interval: a tenth of it must still be a time.
pub(super) const MILLI: Micros = Micros::from_millis(1);
/// The longest wait or window. Below 2^37 µs, so that a wait keeps 16 bits of fraction in a number JavaScript holds.
pub(super) const DAY: Micros = Micros::from_secs(86_400);
pub(super) const MAX_COUNT: u32 = 1_000_000;
pub(super) const MAX_WINDOW_CALLS: u32 = 10_000;
pub(super) const MAX_PROBES: u32 = 10_000;
pub(super) const MAX_CONCURRENT: u32 = 32;
const MAX_FACTOR: u32 = 100 * ONE;

/// A valid configuration of a [`Breaker`](super::Breaker).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerConfig {
    name: Option<String>,
    fallback_strategy: FallbackStrategy,
    health_check: Option<HealthCheck>,
    pub(super) rules: Rules,
}

impl BreakerConfig {
    /// The name in events, metrics and errors.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What a rejected caller gets.
    #[must_use]
    pub const fn fallback_strategy(&self) -> FallbackStrategy {
        self.fallback_strategy
    }

    /// The active probe to run while the breaker is open.
    #[must_use]
    pub const fn health_check(&self) -> Option<HealthCheck> {
        self.health_check
    }

    /// Whether a call's duration matters, so that the host must read its clock before the call too.
    #[must_use]
    pub const fn times_calls(&self) -> bool {
        self.rules.slow.is_some()
    }
}

impl Default for BreakerConfig {
    /// [`BreakerSpec::threshold`].
    fn default() -> Self {
        Self::of(BreakerSpec::threshold())
    }
}

impl TryFrom<BreakerSpec> for BreakerConfig {
    type Error = ConfigError;

    /// Refuses ranges and combinations that [`BreakerSpec`] rules out, naming core's own field.
    fn try_from(spec: BreakerSpec) -> Result<Self, ConfigError> {
        check(&spec)
            .map_err(|Violation { field, value, expected }| ConfigError::new(field, value, expected))?;
        Ok(Self::of(spec))
    }
}

impl BreakerConfig {
    /// The configuration of a spec that [`check`] has passed.
    fn of(spec: BreakerSpec) -> Self {
        let minimum_calls = spec.minimum_calls.unwrap_or(match spec.window {
            WindowSpec::Count(calls) => calls.min(20),
            _ => 20,
        });
        let half_open = spec.half_open;
        let rules = Rules {
            window: spec.window,
            failure_rate: spec.failure_rate,
            minimum_calls,
            minimum_failures: spec.minimum_failures,
            failures_in_window: spec.failures_in_window,
            consecutive_failures: spec.consecutive_failures,
            slow: spec.slow_call_duration.map(|duration| Slow {
                duration,
                rate: spec.slow_call_rate,
                minimum_calls: spec.slow_minimum_calls.unwrap_or(minimum_calls),
            }),
            wait: Wait {
                base: spec.open_wait.base,
                factor: spec.open_wait.factor,
                max: spec.open_wait.max.unwrap_or(Micros::from_secs(300).max(spec.open_wait.base)),
                jitter: spec.open_wait.jitter,
            },
            trial: Trial {
                calls: half_open.calls,
                max_concurrent: half_open.max_concurrent.unwrap_or(half_open.calls.min(MAX_CONCURRENT)),
                pass: half_open.pass.unwrap_or(
                    spec.failure_rate.map_or(Pass::Successes(half_open.calls), Pass::FailureRateBelow),
                ),
                early: half_open.early,
                lease: spec.probe_lease.unwrap_or(Micros::from_secs(60).max(spec.open_wait.base)),
                max_wait: spec.half_open_max_wait.unwrap_or(Micros::MAX),
                abandoned: spec.abandoned,
            },
        };
        Self {
            name: spec.name,
            fallback_strategy: spec.fallback_strategy,
            health_check: spec.health_check,
            rules,
        }
    }
}

/// The numbers a breaker decides by, copied into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) window: WindowSpec,
    pub(super) failure_rate: Option<u32>,
    pub(super) minimum_calls: u32,
    pub(super) minimum_failures: u32,
    pub(super) failures_in_window: Option<u32>,
    pub(super) consecutive_failures: Option<u32>,
    pub(super) slow: Option<Slow>,
    pub(super) wait: Wait,
    pub(super) trial: Trial,
}

/// When calls are slow, and how many slow ones are too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slow {
    pub(super) duration: Micros,
    pub(super) rate: u32,
    pub(super) minimum_calls: u32,
}

/// How long an open breaker rejects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) base: Micros,
    pub(super) factor: u32,
    pub(super) max: Micros,
    pub(super) jitter: u32,
}

/// How a half-open breaker decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trial {
    pub(super) calls: u32,
    pub(super) max_concurrent: u32,
    pub(super) pass: Pass,
    pub(super) early: bool,
    pub(super) lease: Micros,
    /// [`Micros::MAX`]: for ever.
    pub(super) max_wait: Micros,
    pub(super) abandoned: Abandoned,
}

impl Rules {
    /// Whether successes are recorded: a rate must know how many calls there were, and in a window of calls each one
    /// pushes another out.
    pub(super) const fn counts_successes(&self) -> bool {
        self.failure_rate.is_some()
            || self.slow.is_some()
            || self.failures_in_window.is_some() && matches!(self.window, WindowSpec::Count(_))
    }

    /// Whether a call of this length is slow.
    pub(super) fn is_slow(&self, duration: Micros) -> bool {
        self.slow.is_some_and(|slow| duration >= slow.duration)
    }

    /// Whether what is remembered is reason enough to open.
    pub(super) fn trip(&self, window: Tally, streak: u32) -> bool {
        let reached = |threshold: Option<u32>, count: u32| threshold.is_some_and(|least| count >= least);
        reached(self.consecutive_failures, streak)
            || reached(self.failures_in_window, window.failures)
            || self.failure_rate.is_some_and(|rate| {
                window.calls >= self.minimum_calls
                    && window.failures >= self.minimum_failures
                    && at_least(window.failures, window.calls, rate)
            })
            || self.slow.is_some_and(|slow| {
                window.calls >= slow.minimum_calls && at_least(window.slow, window.calls, slow.rate)
            })
    }
}

/// `part / whole >= millionths`, without division.
pub(super) fn at_least(part: u32, whole: u32, millionths: u32) -> bool {
    u64::from(part) * u64::from(ONE) >= u64::from(millionths) * u64::from(whole)
}

/// A field out of its range, or at odds with another.
pub(super) struct Violation {
    pub(super) field: &'static str,
    pub(super) value: String,
    pub(super) expected: String,
}

/// Checks every range and every combination of a spec.
pub(super) fn check(spec: &BreakerSpec) -> Result<(), Violation> {
    check_ranges(spec)?;
    let refuse = |field, value: Option<u32>, expected: &str| {
        let value = value.map_or_else(|| "nothing".into(), |value| value.to_string());
        Err(Violation { field, value, expected: expected.into() })
    };
    match spec.window {
        WindowSpec::None => {
            let expected = "nothing without a window, which it is counted in";
            for (field, given) in [
                ("failure_rate", spec.failure_rate.is_some()),
                ("failures_in_window", spec.failures_in_window.is_some()),
                ("slow_call_duration", spec.slow_call_duration.is_some()),
            ] {
                if given {
                    return Err(Violation { field, value: "a rule".into(), expected: expected.into() });
                }
            }
        }
        WindowSpec::Count(calls) => {
            let expected = format!("no more than the {calls} calls of the window");
            for (field, least) in [
                ("minimum_calls", spec.minimum_calls),
                ("minimum_failures", Some(spec.minimum_failures)),
                ("failures_in_window", spec.failures_in_window),
                ("slow_minimum_calls", spec.slow_minimum_calls),
            ] {
                if least.is_some_and(|least| least > calls) {
                    return refuse(field, least, &expected);
                }
            }
        }
        WindowSpec::Time(_) => {}
    }
    if spec.failure_rate.is_none()
        && spec.failures_in_window.is_none()
        && spec.consecutive_failures.is_none()
        && spec.slow_call_duration.is_none()
    {
        let expected = "a number, or another rule that can open the breaker";
        return refuse("consecutive_failures", None, expected);
    }
    if spec.open_wait.max.is_some_and(|max| max < spec.open_wait.base) {
        return Err(Violation {
            field: "open_wait.max",
            value: spec.open_wait.max.unwrap_or_default().get().to_string(),
            expected: "no less than open_wait.base".into(),
        });
    }
    let probes = format!("no more than the {} calls of half_open", spec.half_open.calls);
    if spec.half_open.max_concurrent.is_some_and(|most| most > spec.half_open.calls) {
        return refuse("half_open.max_concurrent", spec.half_open.max_concurrent, &probes);
    }
    match spec.half_open.pass {
        Some(Pass::Successes(least)) if least > spec.half_open.calls => {
            refuse("half_open.min_successes", Some(least), &probes)
        }
        _ => Ok(()),
    }
}

/// The ranges that [`BreakerSpec::read`] holds a user to, for those who fill the struct themselves.
fn check_ranges(spec: &BreakerSpec) -> Result<(), Violation> {
    let within = |field, value: u64, lo: u64, hi: u64| {
        if (lo..=hi).contains(&value) {
            return Ok(());
        }
        Err(Violation {
            field,
            value: value.to_string(),
            expected: format!("a whole number from {lo} to {hi}"),
        })
    };
    let number = |field, value: Option<u32>, lo: u32, hi: u32| {
        value.map_or(Ok(()), |value| within(field, value.into(), lo.into(), hi.into()))
    };
    let span = |field, value: Option<Micros>, lo: Micros| {
        value.map_or(Ok(()), |value| within(field, value.get(), lo.get(), DAY.get()))
    };
    match spec.window {
        WindowSpec::Time(time) => span("window", Some(time), MILLI)?,
        WindowSpec::Count(calls) => number("window", Some(calls), 1, MAX_WINDOW_CALLS)?,
        WindowSpec::None => {}
    }
    number("failure_rate", spec.failure_rate, 1, ONE)?;
    number("minimum_calls", spec.minimum_calls, 1, MAX_COUNT)?;
    number("minimum_failures", Some(spec.minimum_failures), 0, MAX_COUNT)?;
    number("failures_in_window", spec.failures_in_window, 1, MAX_COUNT)?;
    number("consecutive_failures", spec.consecutive_failures, 1, MAX_COUNT)?;
    span("slow_call_duration", spec.slow_call_duration, Micros::new(1))?;
    number("slow_call_rate", Some(spec.slow_call_rate), 1, ONE)?;
    number("slow_minimum_calls", spec.slow_minimum_calls, 1, MAX_COUNT)?;
    span("open_wait.base", Some(spec.open_wait.base), Micros::ZERO)?;
    number("open_wait.factor", Some(spec.open_wait.factor), ONE, MAX_FACTOR)?;
    span("open_wait.max", spec.open_wait.max, Micros::ZERO)?;
    number("open_wait.jitter", Some(spec.open_wait.jitter), 0, ONE)?;
    number("half_open.calls", Some(spec.half_open.calls), 1, MAX_PROBES)?;
    number("half_open.max_concurrent", spec.half_open.max_concurrent, 1, MAX_CONCURRENT)?;
    match spec.half_open.pass {
        Some(Pass::FailureRateBelow(rate)) => number("half_open.failure_rate", Some(rate), 1, ONE)?,
        Some(Pass::Successes(least)) => number("half_open.min_successes", Some(least), 1, MAX_PROBES)?,
        None => {}
    }
    span("probe_lease", spec.probe_lease, MILLI)?;
    span("half_open_max_wait", spec.half_open_max_wait, MILLI)?;
    span("health_check.interval", spec.health_check.map(|check| check.interval), MILLI)?;
    span("health_check.timeout", spec.health_check.map(|check| check.timeout), MILLI)
}

#[cfg(test)]
mod tests {
    use super::super::spec::{HalfOpenSpec, OpenWaitSpec};
    use super::*;

    fn refused(spec: BreakerSpec) -> String {
        BreakerConfig::try_from(spec).map_or_else(|error| error.to_string(), |_| "accepted".into())
    }

    #[test]
    fn both_shapes_defaults_are_valid() {
        assert_eq!(refused(BreakerSpec::threshold()), "accepted");
        assert_eq!(refused(BreakerSpec::rate()), "accepted");
        assert_eq!(BreakerConfig::try_from(BreakerSpec::default()), Ok(BreakerConfig::default()));
    }

    #[test]
    fn a_spec_filled_by_hand_is_held_to_the_same_ranges() {
        let base = BreakerSpec::rate;
        let wait = base().open_wait;
        let half_open = base().half_open;
        for (spec, expected) in [
            (
                BreakerSpec { window: WindowSpec::Time(Micros::new(999)), ..base() },
                "window: got 999, expected a whole number from 1000 to 86400000000",
            ),
            (
                BreakerSpec { window: WindowSpec::Count(0), ..base() },
                "window: got 0, expected a whole number from 1 to 10000",
            ),
            (
                BreakerSpec { failure_rate: Some(1_000_001), ..base() },
                "failure_rate: got 1000001, expected a whole number from 1 to 1000000",
            ),
            (
                BreakerSpec { open_wait: OpenWaitSpec { factor: 999_999, ..wait }, ..base() },
                "open_wait.factor: got 999999, expected a whole number from 1000000 to 100000000",
            ),
            (
                BreakerSpec { open_wait: OpenWaitSpec { max: Some(Micros::new(1)), ..wait }, ..base() },
                "open_wait.max: got 1, expected no less than open_wait.base",
            ),
            (
                BreakerSpec { half_open: HalfOpenSpec { max_concurrent: Some(33), ..half_open }, ..base() },
                "half_open.max_concurrent: got 33, expected a whole number from 1 to 32",
            ),
            (
                BreakerSpec {
                    half_open: HalfOpenSpec { pass: Some(Pass::Successes(4)), ..half_open },
                    ..base()
                },
                "half_open.min_successes: got 4, expected no more than the 3 calls of half_open",
            ),
            (
                BreakerSpec { window: WindowSpec::Count(5), minimum_failures: 6, ..base() },
                "minimum_failures: got 6, expected no more than the 5 calls of the window",
            ),
        ] {
            assert_eq!(refused(spec), expected);
        }
    }

    #[test]
    fn only_slow_rules_need_the_clock_before_a_call() {
        assert!(!BreakerConfig::default().times_calls());
        let slow = BreakerSpec { slow_call_duration: Some(Micros::from_secs(1)), ..BreakerSpec::rate() };
        assert!(BreakerConfig::try_from(slow).unwrap().times_calls());
    }
}
