//! Breakers with a name: both of our shapes, and the defaults of six libraries people come from.
//!
//! Of a library its rules and numbers are taken, so that a service may move without being tuned again. How they are kept
//! is ours: every result carries its epoch, a probe has a lease, and time that goes back changes nothing. Where that
//! makes a difference the preset says so. Limits on the duration of a call, which some of them have too, are a retry's or
//! a caller's business here.

use super::config::ONE;
use super::spec::{BreakerSpec, HalfOpenSpec, OpenWaitSpec, WindowSpec};
use crate::error::ConfigError;
use crate::spec::Value;
use crate::time::Micros;

/// resilience4j 2 (`CircuitBreakerConfig.ofDefaults()`): half of the last 100 calls failed, or all of them took 60 s, once
/// 100 were made; open for 60 s; 10 probes, of which fewer than half may fail.
///
/// Its half-open state judges slow calls by their own rate; here a slow probe is a failed one.
#[must_use]
pub fn resilience4j() -> BreakerSpec {
    BreakerSpec {
        window: WindowSpec::Count(100),
        failure_rate: Some(500_000),
        minimum_calls: Some(100),
        slow_call_duration: Some(Micros::from_secs(60)),
        slow_call_rate: ONE,
        open_wait: exactly(60),
        half_open: probes(10),
        ..BreakerSpec::rate()
    }
}

/// gobreaker 2 of Sony (`Settings` with zero values): more than 5 failures in a row; open for 60 s; 1 probe.
#[must_use]
pub fn gobreaker() -> BreakerSpec {
    BreakerSpec {
        window: WindowSpec::None,
        failure_rate: None,
        consecutive_failures: Some(6),
        open_wait: exactly(60),
        half_open: probes(1),
        ..BreakerSpec::rate()
    }
}

/// opossum 9 (the defaults of `CircuitBreaker.Options`): *more* than half of the calls within 10 s failed, be it the first
/// one; open for 30 s; 1 probe. Its time-out of 10 s per call is not a breaker's here.
#[must_use]
pub fn opossum() -> BreakerSpec {
    BreakerSpec {
        window: WindowSpec::Time(Micros::from_secs(10)),
        // Rates trip at `>=` here and at `>` there.
        failure_rate: Some(500_001),
        minimum_calls: Some(1),
        open_wait: exactly(30),
        half_open: probes(1),
        ..BreakerSpec::rate()
    }
}

/// cockatiel 3: it has no defaults, so this is the breaker its readme introduces, `new ConsecutiveBreaker(5)` with
/// `halfOpenAfter: 10 * 1000`: 5 failures in a row; open for 10 s; 1 probe.
#[must_use]
pub fn cockatiel() -> BreakerSpec {
    BreakerSpec {
        window: WindowSpec::None,
        failure_rate: None,
        consecutive_failures: Some(5),
        open_wait: exactly(10),
        half_open: probes(1),
        ..BreakerSpec::rate()
    }
}

/// Polly 8 (`CircuitBreakerStrategyOptions`): a tenth of at least 100 calls within 30 s failed; open for 5 s; 1 probe.
#[must_use]
pub fn polly() -> BreakerSpec {
    BreakerSpec {
        window: WindowSpec::Time(Micros::from_secs(30)),
        failure_rate: Some(100_000),
        minimum_calls: Some(100),
        open_wait: exactly(5),
        half_open: probes(1),
        ..BreakerSpec::rate()
    }
}

/// Hystrix 1.5 (its wiki's Configuration page): half of at least 20 calls within 10 s failed; open for 5 s; 1 probe. Its
/// time-out of 1 s per call is not a breaker's here.
#[must_use]
pub fn hystrix() -> BreakerSpec {
    BreakerSpec {
        window: WindowSpec::Time(Micros::from_secs(10)),
        failure_rate: Some(500_000),
        minimum_calls: Some(20),
        open_wait: exactly(5),
        half_open: probes(1),
        ..BreakerSpec::rate()
    }
}

/// What [`named`] knows. The first is the shape of the Q ecosystem; all others are of the rate shape, and a
/// configuration that names one may state fields of that shape beside it.
pub const NAMES: &[&str] =
    &["threshold", "rate", "resilience4j", "gobreaker", "opossum", "cockatiel", "polly", "hystrix"];

/// As many, in the order of [`NAMES`].
pub(super) const ALL: [fn() -> BreakerSpec; NAMES.len()] =
    [BreakerSpec::threshold, BreakerSpec::rate, resilience4j, gobreaker, opossum, cockatiel, polly, hystrix];

/// The preset of this name, without regard to case.
pub fn named(name: &str) -> Result<BreakerSpec, ConfigError> {
    let place = NAMES.iter().position(|known| known.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let expected = format!("one of {}", NAMES.join(", "));
        ConfigError::new("preset", Value::Text(name.into()).render(), expected)
    })?;
    Ok(ALL[place]())
}

/// None of the six varies its wait.
const fn exactly(seconds: u64) -> OpenWaitSpec {
    OpenWaitSpec { base: Micros::from_secs(seconds), factor: ONE, max: None, jitter: 0 }
}

const fn probes(calls: u32) -> HalfOpenSpec {
    HalfOpenSpec { calls, max_concurrent: None, pass: None, early: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::breaker::BreakerConfig;

    #[test]
    fn every_preset_is_a_valid_configuration() {
        for name in NAMES {
            assert!(BreakerConfig::try_from(named(name).unwrap()).is_ok(), "{name}");
        }
        assert_eq!(named("threshold"), Ok(BreakerSpec::default()));
    }

    #[test]
    fn an_unknown_preset_is_refused_with_all_that_are_known() {
        assert_eq!(
            named("istio").unwrap_err().to_string(),
            "preset: got \"istio\", expected one of threshold, rate, resilience4j, gobreaker, opossum, cockatiel, \
             polly, hystrix"
        );
    }
}
