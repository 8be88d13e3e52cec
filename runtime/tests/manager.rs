//! The advanced retry's names.

use once_again::retry::{JitterType, RetryManager, RetryManagerPool, Stop};
use once_again::testing::VirtualClock;
use once_again::{Breaker, Kind, RetryPolicy};
use std::future::ready;
use std::io;
use std::time::Duration;

fn refused() -> io::Error {
    io::ErrorKind::ConnectionRefused.into()
}

/// The advanced retry's own test: 100 ms and 200 ms, then success.
#[tokio::test(start_paused = true)]
async fn exponential_backoff_of_the_advanced_retry() {
    let policy = RetryPolicy::builder()
        .preset("default.config")
        .max_attempts(3)
        .base_delay(Duration::from_millis(100))
        .exponential(2.0)
        .jitter(JitterType::None)
        .build()
        .unwrap();
    let started = tokio::time::Instant::now();
    let result = RetryManager::new(policy)
        .execute(|attempt| ready(if attempt.number() < 3 { Err("temporary failure") } else { Ok("success") }))
        .await;
    assert_eq!(result.unwrap(), "success");
    assert_eq!(started.elapsed(), Duration::from_millis(300));
}

#[tokio::test]
async fn a_manager_may_have_a_clock_and_draws_of_its_own() {
    let clock = VirtualClock::no_sleep();
    let policy = RetryPolicy::builder().max_attempts(3).jitter(JitterType::Full).build().unwrap();
    let manager = RetryManager::new(policy).with_clock(clock.clone()).with_entropy(|| 1 << 31);
    manager.execute(|_| ready(Err::<(), _>(refused()))).await.unwrap_err();
    assert_eq!(clock.slept(), [50, 100].map(Duration::from_millis), "half of 100 ms, half of 200 ms");
}

/// The advanced retry's own test: three calls, and the breaker is open.
#[tokio::test(start_paused = true)]
async fn a_manager_with_a_circuit_breaker_opens_it() {
    let breaker = Breaker::builder().failure_threshold(2).consecutive_failures(2).build().unwrap();
    let manager = RetryManager::new(RetryPolicy::default_config()).with_breaker(&breaker);
    for _ in 0..3 {
        manager.execute(|_| ready(Err::<(), _>("always fails"))).await.unwrap_err();
    }
    assert!(breaker.is_open());
    let error = manager.execute(|_| ready(Err::<(), _>("always fails"))).await.unwrap_err();
    assert!(error.is_circuit_open());
}

#[tokio::test(start_paused = true)]
async fn a_cache_has_no_breaker_even_if_it_is_given_one() {
    let breaker = Breaker::builder().failure_threshold(1).build().unwrap();
    let manager = RetryManager::new(RetryPolicy::cache()).with_breaker(&breaker);
    let error = manager.execute(|_| ready(Err::<(), _>(refused()))).await.unwrap_err();
    assert_eq!((error.reason(), error.attempts(), breaker.is_open()), (Stop::Exhausted, 2, false));
}

#[tokio::test]
async fn a_pool_has_a_policy_for_every_type_of_operation() {
    let pool = RetryManagerPool::new();
    let attempts = |name| pool.get_manager(name).policy().max_attempts();
    assert_eq!(["database", "http", "s3", "cache", "default", "anything"].map(attempts), [3, 5, 4, 2, 3, 3]);
    assert_eq!(pool.get_manager("anything").policy().to_spec().r#type.as_deref(), Some("anything"));
    assert_eq!(pool.len(), 6);
    // Of the kinds, `default` shows Transient, Timeout and Network: an error that says nothing is not retried.
    let error = pool.get_manager("default").execute(|_| ready(Err::<(), _>("?"))).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Unknown, 1));
}

#[test]
fn a_pool_keeps_a_thousand_managers_and_makes_the_others_anew() {
    let pool = RetryManagerPool::new();
    for n in 0..1_100 {
        assert_eq!(pool.get_manager(&n.to_string()).policy().max_attempts(), 3);
    }
    assert_eq!(pool.len(), 1_000);
    pool.set_manager("7", RetryManager::new(RetryPolicy::no_retry()));
    assert_eq!((pool.get_manager("7").policy().max_attempts(), pool.len()), (1, 1_000));
}
