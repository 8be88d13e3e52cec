//! What an executor, a manager or a layer counts of what was done under keys.

use once_again::IdempotencyStats;
use once_again::action::{ConflictBehavior, IdempotencyConfig, IdempotentExecutor};
use once_again::request::RequestIdempotencyManager;
use once_again::storage::{Applied, MemoryStore, OpKind, Store, StoreError, StoreOp};
use once_again::testing::{VirtualClock, settle};
use std::future::{pending, ready};
use std::task::{Context, Waker};
use std::time::Duration;

/// A memory store that does not do operations of one kind.
struct Without(OpKind, MemoryStore);

impl Store for Without {
    fn apply(&self, op: StoreOp) -> Applied<'_> {
        if op.kind() == self.0 {
            return Box::pin(ready(Err(StoreError::because("the test took it away"))));
        }
        self.1.apply(op)
    }
}

fn rejecting() -> IdempotencyConfig {
    IdempotencyConfig { conflict_behavior: ConflictBehavior::Reject, ..IdempotencyConfig::default() }
}

#[tokio::test]
async fn before_the_first_operation_everything_is_zero() {
    let executor = IdempotentExecutor::new(MemoryStore::default());
    assert_eq!(executor.stats(), IdempotencyStats::default());
    assert_eq!(executor.stats().duplicate_rate.to_bits(), 0.0_f64.to_bits());
}

#[tokio::test]
async fn runs_replays_and_refusals_are_counted_by_all_clones_together() {
    let clock = VirtualClock::new();
    let store = MemoryStore::builder().clock(clock.clone()).build().unwrap();
    let executor = IdempotentExecutor::new(store).clock(clock.clone());
    let slow = {
        let clock = clock.clone();
        move |cents: u32| {
            let clock = clock.clone();
            async move {
                once_again::Clock::sleep(&clock, Duration::from_secs(4)).await;
                Ok::<u32, String>(cents)
            }
        }
    };
    let charge = executor.clone().function("charge", slow).config(rejecting());
    let mut first = Box::pin(charge.call(500));
    assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!((executor.stats().active, executor.stats().total_operations), (1, 0));

    charge.call(500).await.unwrap_err();
    clock.advance(Duration::from_secs(4));
    assert!(!first.await.unwrap().is_replay());
    for _ in 0..2 {
        assert!(charge.call(500).await.unwrap().is_replay());
    }

    // One run of 4 s, one that was refused because of it, two replays.
    let stats = executor.stats();
    assert_eq!((stats.total_operations, stats.duplicates, stats.active), (4, 3, 0));
    assert_eq!(
        (stats.duplicate_rate.to_bits(), stats.cache_hit_rate.to_bits()),
        (0.75_f64.to_bits(), 0.5_f64.to_bits())
    );
    assert_eq!(stats.average_processing_time, Duration::from_secs(1));
    assert_eq!((stats.unprotected, stats.lost_completions), (0, 0));
}

#[tokio::test]
async fn a_key_that_comes_with_another_input_is_no_duplicate() {
    let executor = IdempotentExecutor::new(MemoryStore::default());
    let config = IdempotencyConfig {
        key_strategy: once_again::action::IdempotencyKeyStrategy::Client,
        ..IdempotencyConfig::default()
    };
    let charge = executor.function("charge", |cents: u32| ready(Ok::<u32, String>(cents)));
    let charge = charge.key(|_| "order-7").config(config);
    charge.call(500).await.unwrap();
    charge.call(501).await.unwrap_err();
    let stats = executor.stats();
    assert_eq!((stats.total_operations, stats.duplicates), (2, 0));
}

#[tokio::test]
async fn a_call_that_is_dropped_has_ended() {
    let manager = RequestIdempotencyManager::new(MemoryStore::default());
    let call = tokio::spawn({
        let manager = manager.clone();
        async move { manager.execute_request("order-1", pending::<Result<u32, _>>()).await }
    });
    settle().await;
    assert_eq!(manager.stats().active, 1);
    call.abort();
    settle().await;
    assert_eq!((manager.stats().active, manager.stats().total_operations), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn runs_without_a_record_and_results_that_could_not_be_recorded_are_counted() {
    let counted = async |kind, fail_open| {
        let config = IdempotencyConfig { fail_open, ..IdempotencyConfig::default() };
        let store = Without(kind, MemoryStore::default());
        let manager = RequestIdempotencyManager::new(store).with_config(config);
        manager.execute_request("order-1", ready(Ok(1))).await.unwrap();
        settle().await;
        let stats = manager.stats();
        (stats.unprotected, stats.lost_completions, stats.total_operations, stats.active)
    };
    assert_eq!(counted(OpKind::Begin, true).await, (1, 0, 1, 0));
    assert_eq!(counted(OpKind::Complete, false).await, (0, 1, 1, 0));
    assert_eq!(counted(OpKind::Renew, false).await, (0, 0, 1, 0));
}
