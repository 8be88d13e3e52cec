//! What a breaker is built of: every field of the rate shape, whole configurations, and what is refused.

use once_again::breaker::{
    Abandoned, BreakerSpec, FallbackStrategy, HalfOpenSpec, HealthCheck, Micros, OpenWaitSpec, Pass, State,
    WindowSpec, presets,
};
use once_again::testing::VirtualClock;
use once_again::{
    Breaker, CircuitOpenError, ConfigError, Retry, RetryPolicy, default_circuit_breaker_config,
    is_circuit_breaker_error,
};
use std::error::Error;
use std::future::ready;
use std::time::Duration;
use std::{fmt, io};

const WAIT: Duration = Duration::from_secs(30);

/// Ends one call after another: `F`ailed, or a `S`uccess.
fn play(breaker: &Breaker, calls: &str) -> State {
    for call in calls.chars() {
        let permit = breaker.try_acquire().unwrap();
        if call == 'F' {
            permit.failure()
        } else {
            permit.success()
        };
    }
    breaker.state()
}

/// One failure has opened it, and its wait is over: the next caller is a probe.
fn waited_out(builder: once_again::breaker::BreakerBuilder) -> (Breaker, VirtualClock) {
    let clock = VirtualClock::new();
    let breaker = builder.consecutive_failures(1).open_wait_jitter(0.0).clock(clock.clone()).build().unwrap();
    assert_eq!(play(&breaker, "F"), State::Open);
    clock.advance(WAIT);
    (breaker, clock)
}

#[test]
fn the_rate_shape_opens_when_half_of_twenty_calls_failed() {
    let breaker = Breaker::rate().build().unwrap();
    assert_eq!(play(&breaker, "SSSSSSSSSSFFFFFFFFF"), State::Closed);
    assert_eq!(play(&breaker, "F"), State::Open);
    let error = Breaker::rate().failure_threshold(5).build().unwrap_err();
    assert_eq!(error.field, "failure_threshold");
}

#[test]
fn a_share_of_too_few_failures_opens_nothing() {
    let breaker = Breaker::rate().minimum_calls(2).minimum_failures(3).build().unwrap();
    assert_eq!(play(&breaker, "FF"), State::Closed);
    assert_eq!(play(&breaker, "F"), State::Open);
}

#[test]
fn failures_in_the_window_open_it_however_many_calls_succeed() {
    let breaker = Breaker::rate().without_failure_rate().failures_in_window(2).build().unwrap();
    assert_eq!(play(&breaker, "FSSSSSSSSSSSSSSSSSSSSSSS"), State::Closed);
    assert_eq!(play(&breaker, "F"), State::Open);
}

#[test]
fn without_a_window_only_failures_in_a_row_count() {
    let breaker = Breaker::rate().without_window().consecutive_failures(2).build().unwrap();
    assert_eq!(play(&breaker, "FSFSF"), State::Closed);
    assert_eq!(play(&breaker, "F"), State::Open);
}

#[test]
fn a_breaker_without_any_rule_is_refused() {
    let error = Breaker::rate().without_failure_rate().build().unwrap_err();
    assert_eq!(error.field, "consecutive_failures");
}

#[test]
fn slow_calls_have_a_minimum_of_their_own() {
    let clock = VirtualClock::new();
    let breaker = Breaker::rate()
        .slow_call_duration(Duration::from_secs(1))
        .slow_minimum_calls(2)
        .clock(clock.clone())
        .build()
        .unwrap();
    for state in [State::Closed, State::Open] {
        let permit = breaker.try_acquire().unwrap();
        clock.advance(Duration::from_secs(1));
        permit.success();
        assert_eq!(breaker.state(), state);
    }
}

#[test]
fn a_half_open_breaker_may_have_a_share_of_its_own() {
    let strict = || Breaker::rate().half_open_calls(4).half_open_failure_rate(0.25);
    assert_eq!(play(&waited_out(strict()).0, "F"), State::Open);
    let lenient = || Breaker::rate().half_open_calls(4).half_open_failure_rate(0.75);
    assert_eq!(play(&waited_out(lenient()).0, "FFSS"), State::Closed);
    let error = lenient().half_open_min_successes(1).build().unwrap_err();
    assert_eq!(error.field, "half_open.min_successes");
}

#[test]
fn a_verdict_may_wait_for_every_probe() {
    let one_of_three = || Breaker::rate().half_open_min_successes(1);
    assert_eq!(play(&waited_out(one_of_three()).0, "S"), State::Closed);
    let (breaker, _) = waited_out(one_of_three().half_open_early(false));
    assert_eq!(play(&breaker, "SS"), State::HalfOpen);
    assert_eq!(play(&breaker, "S"), State::Closed);
}

#[test]
fn a_half_open_breaker_that_cannot_decide_opens_again() {
    let (breaker, clock) = waited_out(Breaker::rate().half_open_max_wait(Duration::from_secs(10)));
    let hanging = breaker.try_acquire().unwrap();
    clock.advance(Duration::from_secs(9));
    breaker.try_acquire().unwrap().ignore();
    assert_eq!(breaker.state(), State::HalfOpen);
    clock.advance(Duration::from_secs(1));
    assert_eq!(breaker.try_acquire().unwrap_err().state, State::Open);
    drop(hanging);
}

#[test]
fn a_probe_that_is_dropped_may_count_as_nothing() {
    let (breaker, _) = waited_out(Breaker::rate().abandoned(Abandoned::Ignored));
    drop(breaker.try_acquire().unwrap());
    assert_eq!((breaker.state(), breaker.stats().probes), (State::HalfOpen, 0));
    let (breaker, _) = waited_out(Breaker::rate().abandoned(Abandoned::Failure).half_open_calls(1));
    drop(breaker.try_acquire().unwrap());
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn a_whole_configuration_builds_a_breaker() {
    let spec = BreakerSpec {
        window: WindowSpec::Count(4),
        minimum_calls: Some(2),
        open_wait: OpenWaitSpec { base: Micros::from_secs(5), factor: 1_000_000, max: None, jitter: 0 },
        half_open: HalfOpenSpec { calls: 2, pass: Some(Pass::Successes(1)), ..BreakerSpec::rate().half_open },
        ..BreakerSpec::rate()
    };
    let clock = VirtualClock::new();
    let breaker = Breaker::builder().clock(clock.clone()).build_from(&spec.try_into().unwrap()).unwrap();
    assert_eq!(play(&breaker, "SF"), State::Open);
    assert_eq!(breaker.try_acquire().unwrap_err().retry_after, Duration::from_secs(5));
    clock.advance(Duration::from_secs(5));
    assert_eq!(play(&breaker, "S"), State::Closed);

    // Sony's gobreaker opens at the sixth failure in a row.
    let breaker = Breaker::builder().build_from(&presets::gobreaker().try_into().unwrap()).unwrap();
    assert_eq!(play(&breaker, "FFFFF"), State::Closed);
    assert_eq!(play(&breaker, "F"), State::Open);
}

#[test]
fn what_only_other_languages_do_is_refused_and_not_ignored() {
    let refused = |spec: BreakerSpec| -> ConfigError {
        Breaker::builder().build_from(&spec.try_into().unwrap()).unwrap_err()
    };
    let caching = BreakerSpec { fallback_strategy: FallbackStrategy::Cache, ..BreakerSpec::threshold() };
    assert_eq!(
        refused(caching).to_string(),
        "fallback_strategy: got CACHE, expected REJECT: match on the CircuitOpenError for something else"
    );
    let check = HealthCheck { interval: Micros::from_secs(30), timeout: Micros::from_secs(5) };
    let probing = BreakerSpec { health_check: Some(check), ..BreakerSpec::threshold() };
    assert_eq!(
        refused(probing).to_string(),
        "health_check: got a probe, expected none: run the probe yourself and tell `Breaker::health` how it went"
    );
}

#[test]
fn the_default_configuration_is_that_of_every_language() {
    let spec = default_circuit_breaker_config();
    assert_eq!((spec.failures_in_window, spec.half_open.calls), (Some(5), 3));
    assert_eq!(
        (spec.window, spec.open_wait.base),
        (WindowSpec::Time(Micros::from_secs(60)), Micros::from_secs(30))
    );
    assert_eq!(spec.fallback_strategy, FallbackStrategy::Reject);
}

#[derive(Debug)]
struct AppError(Box<dyn Error + Send + Sync>);

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no order")
    }
}

impl Error for AppError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

#[tokio::test]
async fn a_rejection_is_known_through_whatever_is_around_it() {
    let breaker = Breaker::default();
    let _isolation = breaker.isolate();
    let open: CircuitOpenError = breaker.try_acquire().unwrap_err();
    assert!(is_circuit_breaker_error(&open));
    assert!(is_circuit_breaker_error(&io::Error::from(open.clone())));
    assert!(is_circuit_breaker_error(&AppError(open.clone().into())));
    assert!(is_circuit_breaker_error(&AppError(io::Error::from(open.clone()).into())));

    let call = async || breaker.call(|| ready(Ok::<_, io::Error>(()))).await;
    assert!(is_circuit_breaker_error(&call().await.unwrap_err()));
    assert!(is_circuit_breaker_error(&io::Error::other(call().await.unwrap_err())));
    let outer = Breaker::default();
    assert!(is_circuit_breaker_error(&outer.call(call).await.unwrap_err()));
    let wrapped = outer.call(|| ready(Err::<(), _>(io::Error::from(open.clone())))).await;
    assert!(is_circuit_breaker_error(&wrapped.unwrap_err()));
    let retry = Retry::new(RetryPolicy::no_retry()).breaker(&breaker);
    assert!(is_circuit_breaker_error(&retry.run(|_| ready(Ok::<_, io::Error>(()))).await.unwrap_err()));
}

#[tokio::test]
async fn no_other_error_is_a_rejection() {
    let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
    assert!(!is_circuit_breaker_error(&refused()));
    assert!(!is_circuit_breaker_error(&AppError(refused().into())));
    let failed = Breaker::default().call(|| ready(Err::<(), _>(refused()))).await;
    assert!(!is_circuit_breaker_error(&failed.unwrap_err()));
}
