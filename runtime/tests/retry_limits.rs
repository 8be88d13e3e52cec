//! Time limits, cancellation and stepping through the waits.

use once_again::retry::{JitterType, Stop};
use once_again::testing::{VirtualClock, settle};
use once_again::{Attempt, Kind, Retry, RetryPolicy};
use std::cell::Cell;
use std::future::{pending, ready};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// 100 ms, 200 ms, 400 ms…
fn steady(attempts: u32) -> RetryPolicy {
    RetryPolicy::builder().max_attempts(attempts).jitter(JitterType::None).build().unwrap()
}

/// Says when it is dropped.
struct Noisy(Arc<AtomicU32>);

impl Drop for Noisy {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_takes_too_long_is_dropped_before_the_next_begins() {
    let policy = RetryPolicy::builder().max_attempts(2).attempt_timeout(ms(500)).build().unwrap();
    let dropped = Arc::new(AtomicU32::new(0));
    let started = tokio::time::Instant::now();
    let error = Retry::<io::Error>::new(policy)
        .entropy(|| u32::MAX)
        .run(|attempt| {
            assert_eq!(dropped.load(Ordering::Relaxed), attempt.number() - 1);
            let noisy = Noisy(dropped.clone());
            async move {
                let _noisy = noisy;
                pending::<Result<(), _>>().await
            }
        })
        .await
        .unwrap_err();
    assert_eq!((error.reason(), error.kind(), error.attempts()), (Stop::Exhausted, Kind::Timeout, 2));
    assert_eq!(error.last().to_string(), "the attempt took longer than 500ms");
    assert_eq!(dropped.load(Ordering::Relaxed), 2);
    assert_eq!(started.elapsed(), ms(500 + 100 + 500));
    assert_eq!(error.into_error().kind(), io::ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn the_whole_call_ends_at_its_deadline_even_in_the_middle_of_an_attempt() {
    let policy = RetryPolicy::builder()
        .max_attempts(9)
        .jitter(JitterType::None)
        .attempt_timeout(ms(400))
        .total_timeout(ms(1_000))
        .build()
        .unwrap();
    let started = tokio::time::Instant::now();
    // 400 running, 100 waiting, 400 running: the 200 that would follow do not fit.
    let hang = |_: Attempt<&'static str>| pending::<Result<(), _>>();
    let error = Retry::new(policy.clone()).run(hang).await.unwrap_err();
    assert_eq!((error.reason(), started.elapsed()), (Stop::Deadline, ms(900)));
    assert!(error.to_string().ends_with("no time is left for another attempt"));

    let started = tokio::time::Instant::now();
    // A quick failure, 100 waiting, 400 running, 200 waiting: 300 are left of the last attempt's 400.
    let error = Retry::new(policy)
        .run(|attempt| async move {
            if attempt.number() == 1 { Err("quick") } else { pending::<Result<(), _>>().await }
        })
        .await
        .unwrap_err();
    assert_eq!(error.last().to_string(), "the call took longer than 1s");
    assert_eq!((error.reason(), error.attempts(), started.elapsed()), (Stop::Deadline, 3, ms(1_000)));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_makes_no_further_attempt() {
    let attempts = Arc::new(AtomicU32::new(0));
    let count = attempts.clone();
    let call = tokio::spawn(async move {
        let retry = Retry::new(steady(9));
        retry
            .run(|_| {
                count.fetch_add(1, Ordering::Relaxed);
                ready(Err::<(), _>("down"))
            })
            .await
    });
    tokio::time::sleep(ms(350)).await;
    // At 0, 100 and 300.
    assert_eq!(attempts.load(Ordering::Relaxed), 3);
    call.abort();
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(attempts.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_test_may_step_through_the_waits() {
    let clock = VirtualClock::new();
    let attempts = Arc::new(AtomicU32::new(0));
    let (retry, count) = (Retry::new(steady(3)).clock(clock.clone()), attempts.clone());
    let call = tokio::spawn(async move {
        let attempt = |attempt: Attempt<&'static str>| {
            count.store(attempt.number(), Ordering::Relaxed);
            ready(Err::<(), _>("down"))
        };
        retry.run(attempt).await.unwrap_err().elapsed()
    });
    settle().await;
    assert_eq!((attempts.load(Ordering::Relaxed), clock.sleeping()), (1, 1));
    clock.advance(ms(99));
    settle().await;
    assert_eq!(attempts.load(Ordering::Relaxed), 1);
    clock.advance(ms(1));
    settle().await;
    assert_eq!((attempts.load(Ordering::Relaxed), clock.sleeping()), (2, 1));
    clock.advance(ms(200));
    assert_eq!(call.await.unwrap(), ms(300));
    assert_eq!(clock.sleeping(), 0);
}

#[test]
fn code_that_blocks_is_retried_by_the_same_rules() {
    let clock = VirtualClock::new();
    let policy = RetryPolicy::builder()
        .max_attempts(9)
        .jitter(JitterType::None)
        .total_timeout(ms(700))
        .build()
        .unwrap();
    let retry = Retry::new(policy).clock(clock.clone()).blocking().unwrap();
    let made = Cell::new(0);
    let error = retry
        .run(|attempt| {
            made.set(attempt.number());
            Err::<(), _>("down")
        })
        .unwrap_err();
    assert_eq!((error.reason(), error.attempts(), made.get()), (Stop::Deadline, 3, 3));
    assert_eq!(clock.slept(), [ms(100), ms(200)]);
    assert_eq!(retry.run(|_| Ok::<_, &str>(5)).unwrap(), 5);
}

#[test]
fn nothing_can_interrupt_code_that_blocks() {
    let policy = RetryPolicy::builder().attempt_timeout(ms(1)).build().unwrap();
    let error = Retry::<()>::new(policy).blocking().unwrap_err();
    assert_eq!((&*error.field, &*error.value), ("attempt_timeout", "1ms"));
}
