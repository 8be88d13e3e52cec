//! Several callers of one call.

use super::{Charge, ORDER, Shaky, pass, seconds, set_up};
use once_again::action::{ConflictBehavior, ExecutionContext, IdempotencyError, IdempotentExecutor};
use once_again::storage::{MemoryStore, OpKind};
use once_again::testing::settle;
use once_again::{Code, testing::VirtualClock};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

#[tokio::test]
async fn a_second_caller_waits_and_gets_the_first_ones_result() {
    let (clock, executor) = set_up();
    let action = Charge::new(&clock).taking(3);
    let second = async {
        settle().await;
        executor.execute(&action, ORDER).await
    };
    let (first, second, ()) =
        tokio::join!(executor.execute(&action, ORDER), second, pass(&clock, seconds(10)));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!((first.output, first.is_replay(), first.is_confirmed()), (1, false, true));
    assert_eq!((second.output, second.is_replay()), (1, true));
    assert_eq!(first.key(), second.key());
    assert_eq!(action.runs(), 1);
}

#[tokio::test]
async fn a_second_caller_is_refused_at_once_where_that_is_configured() {
    let (clock, executor) = set_up();
    let mut action = Charge::new(&clock).taking(3);
    action.config.conflict_behavior = ConflictBehavior::Reject;
    let second = async {
        settle().await;
        executor.execute(&action, ORDER).await
    };
    let (first, second, ()) =
        tokio::join!(executor.execute(&action, ORDER), second, pass(&clock, seconds(4)));
    assert_eq!(first.unwrap().output, 1);
    let IdempotencyError::Refused { code, retry_after, .. } = second.unwrap_err() else { panic!("refused") };
    assert_eq!((code, retry_after), (Code::IdempotencyInProgress, Some(seconds(1))));
}

#[tokio::test]
async fn a_waiter_gives_up_when_its_time_is_over() {
    let (clock, executor) = set_up();
    let mut action = Charge::new(&clock).taking(60);
    action.config.conflict_behavior = ConflictBehavior::WaitForCompletion { timeout: seconds(5) };
    let second = async {
        settle().await;
        executor.execute(&action, ORDER).await
    };
    let (first, second, ()) =
        tokio::join!(executor.execute(&action, ORDER), second, pass(&clock, seconds(70)));
    assert_eq!(first.unwrap().output, 1, "its lease was renewed");
    assert_eq!(second.unwrap_err().code(), Some(Code::IdempotencyInProgress));
    assert_eq!(action.runs(), 1);
}

#[tokio::test]
async fn a_call_that_is_dropped_is_run_again_by_whoever_waits() {
    let (clock, executor) = set_up();
    let action = Charge::new(&clock).taking(60);
    let mut first = Box::pin(executor.execute(&action, ORDER));
    assert!(futures_now(&mut first).await.is_none());
    let second = executor.execute(&action, ORDER);
    drop(first);
    let (second, ()) = tokio::join!(second, pass(&clock, seconds(2)));
    let second = second.unwrap();
    assert_eq!((second.output, second.is_replay()), (2, false), "long before the lease of 20 s was over");
}

/// One poll.
async fn futures_now<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| match std::pin::Pin::new(&mut *future).poll(context) {
        std::task::Poll::Ready(done) => std::task::Poll::Ready(Some(done)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}

/// An owner whose renewals do not arrive, and a waiter that takes over after its lease. The owner finishes last.
async fn late_owner(merge: bool) -> (u32, u32, u32) {
    let clock = VirtualClock::new();
    let store = Shaky::over(&clock);
    let executor = IdempotentExecutor::new(store.clone()).clock(clock.clone());
    let mut action = Charge::new(&clock).taking(25);
    action.merge = merge;
    store.refuse(|op| op.kind() == OpKind::Renew);
    let second = async {
        settle().await;
        executor.execute(&action, ORDER).await
    };
    let (first, second, ()) =
        tokio::join!(executor.execute(&action, ORDER), second, pass(&clock, seconds(40)));
    let kept = executor.execute(&action, ORDER).await.unwrap();
    assert!(kept.is_replay());
    (first.unwrap().output, second.unwrap().output, kept.output)
}

#[tokio::test]
async fn a_late_owner_gets_the_result_that_stands() {
    assert_eq!(late_owner(false).await, (2, 2, 2));
}

#[tokio::test]
async fn a_late_owners_result_is_merged_for_it_alone() {
    assert_eq!(late_owner(true).await, (201, 2, 2));
}

#[tokio::test]
async fn the_signal_fires_before_a_lease_that_cannot_be_renewed_is_over() {
    let clock = VirtualClock::new();
    let store = Shaky::over(&clock);
    store.refuse(|op| op.kind() == OpKind::Renew);
    let executor = IdempotentExecutor::new(store).clock(clock.clone());
    let told_at = clock.clone();
    let function = executor.function("watched", move |(): ()| {
        let clock = told_at.clone();
        async move {
            ExecutionContext::current().unwrap().cancel.clone().fired().await;
            Ok::<_, String>(clock.elapsed().as_secs())
        }
    });
    let (done, ()) = tokio::join!(function.call(()), pass(&clock, seconds(30)));
    assert_eq!(done.unwrap().output, 18, "2 s before the end of the lease of 20 s");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_tasks_one_runs() {
    let executor = IdempotentExecutor::new(MemoryStore::default());
    let runs = Arc::new(AtomicU32::new(0));
    let tasks: Vec<_> = (0..1_000)
        .map(|_| {
            let (executor, runs) = (executor.clone(), runs.clone());
            tokio::spawn(async move {
                let count = |_: u32| async {
                    tokio::task::yield_now().await;
                    Ok::<_, String>(runs.fetch_add(1, Ordering::SeqCst))
                };
                executor.function("count", count).call(7).await.unwrap()
            })
        })
        .collect();
    let mut firsts = 0;
    for task in tasks {
        let done = task.await.unwrap();
        assert_eq!(done.output, 0);
        firsts += u32::from(!done.is_replay());
    }
    assert_eq!((firsts, runs.load(Ordering::SeqCst)), (1, 1));
}
