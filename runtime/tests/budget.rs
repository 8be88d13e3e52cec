//! Many calls, one budget.

use once_again::retry::{JitterType, Stop};
use once_again::testing::{VirtualClock, settle};
use once_again::{Budget, Retry, RetryPolicy};
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

fn at_once(attempts: u32) -> RetryPolicy {
    let zero = Duration::ZERO;
    RetryPolicy::builder().max_attempts(attempts).base_delay(zero).max_delay(zero).build().unwrap()
}

#[tokio::test]
async fn a_dependency_that_is_down_for_a_minute_sees_no_storm() {
    let clock = VirtualClock::no_sleep();
    let budget = Budget::builder().clock(clock.clone()).build().unwrap();
    let retry = Retry::new(at_once(5)).budget(&budget).clock(clock.clone());
    let sent = AtomicU64::new(0);
    let request = || {
        sent.fetch_add(1, Ordering::Relaxed);
        ready(Err::<(), _>("down"))
    };
    // A thousand calls a second for 60 s.
    for _ in 0..60_000 {
        let error = retry.run(|_| request()).await.unwrap_err();
        assert!(matches!(error.reason(), Stop::Budget | Stop::Exhausted));
        clock.advance(Duration::from_millis(1));
    }
    // (1 + ratio) · calls + reserve · seconds + capacity
    let most = 60_000 * 12 / 10 + 10 * 60 + 100;
    let sent = sent.into_inner();
    assert!((most - 10..=most).contains(&sent), "{sent} requests, at most {most}");

    // A year later it is full again, at once.
    clock.advance(Duration::from_secs(365 * 86_400));
    let recovered = budget.stats().tokens;
    assert!((99.9..=100.0).contains(&recovered), "{recovered}");
}

#[tokio::test]
async fn a_call_that_finds_it_empty_ends_with_the_failure_it_has() {
    let budget = Budget::builder().capacity(1).ratio(0.0).reserve_per_second(0.0).build().unwrap();
    let retry = Retry::new(at_once(9)).budget(&budget);
    let error = retry.run(|attempt| ready(Err::<(), _>(attempt.number()))).await.unwrap_err();
    assert_eq!((error.reason(), error.attempts(), error.error()), (Stop::Budget, 2, Some(&2)));
    assert!(error.to_string().ends_with("the budget that calls share has no retry left"));
}

#[tokio::test]
async fn a_retry_that_never_started_costs_nothing() {
    let clock = VirtualClock::new();
    let budget = Budget::builder().ratio(0.0).reserve_per_second(0.0).clock(clock.clone()).build().unwrap();
    let policy = RetryPolicy::builder().jitter(JitterType::None).build().unwrap();
    let retry = Arc::new(Retry::new(policy).budget(&budget).clock(clock.clone()));
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let retry = retry.clone();
            tokio::spawn(async move { retry.run(|_| ready(Err::<(), _>("down"))).await })
        })
        .collect();
    settle().await;
    assert_eq!(budget.stats().tokens.to_string(), "90");
    for call in calls {
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
    }
    let stats = budget.stats();
    assert_eq!((stats.tokens.to_string(), stats.returned), ("100".into(), 10));
}

#[tokio::test]
async fn other_libraries_budgets_are_presets() {
    for (preset, retries) in [("grpc", 4), ("aws", 100), ("finagle", 100), ("default", 100)] {
        let clock = VirtualClock::no_sleep();
        let budget = Budget::builder().preset(preset).clock(clock).build().unwrap();
        let retry = Retry::new(at_once(1_000)).budget(&budget);
        let error = retry.run(|_| ready(Err::<(), _>("down"))).await.unwrap_err();
        assert_eq!((error.reason(), error.history().len()), (Stop::Budget, retries), "{preset}");
    }
    let error = Budget::builder().preset("envoy").build().unwrap_err();
    assert_eq!(error.field, "preset");
}
