//! A tokio runtime whose timers are not enabled: what needs them says so before anything has happened, what does not works.

use once_again::Code;
use once_again::action::{IdempotencyError, IdempotentExecutor};
use once_again::request::RequestIdempotencyManager;
use once_again::storage::{
    Alg, Begin, Fingerprint, MemoryStore, Micros, OnOrphan, Owner, RecordKey, Store, StoreOp, StoreReply,
};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use tokio::runtime::{Builder, Runtime};

fn without_timers() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn begin(key: u8) -> StoreOp {
    StoreOp::Begin(Begin {
        key: RecordKey([key; 32]),
        owner: Owner([1; 16]),
        fingerprint: Fingerprint::new(Alg::Raw, [7; 32]),
        caller: None,
        lease: Some(Micros::from_secs(60)),
        retention: Micros::from_secs(86_400),
        on_orphan: OnOrphan::Reexecute,
        max_takeovers: 5,
        derived: false,
    })
}

const WITHOUT: &str = "runtime: got a tokio runtime without timers, expected one that was built with enable_time() or enable_all()";
const OUTSIDE: &str =
    "runtime: got a thread outside of tokio, expected one that was built with enable_time() or enable_all()";

#[test]
fn a_store_answers_and_does_not_sweep() {
    let store = MemoryStore::default();
    without_timers().block_on(async {
        for key in 1..=2 {
            let reply = store.apply(begin(key)).await.unwrap();
            assert!(matches!(reply, StoreReply::Acquired { .. }), "{reply:?}");
        }
    });
    assert_eq!(store.stats().records, 2);
}

#[test]
fn a_call_is_refused_before_it_claims_and_runs_where_there_are_timers() {
    let store = MemoryStore::default();
    let runs = AtomicU32::new(0);
    let charge = IdempotentExecutor::new(store.clone()).function("charge", |cents: u32| {
        runs.fetch_add(1, Ordering::Relaxed);
        async move { Ok::<u32, String>(cents) }
    });
    let error = without_timers().block_on(charge.call(500)).unwrap_err();
    assert_eq!(error.code(), Some(Code::ConfigInvalid));
    assert_eq!(error.to_string(), WITHOUT);
    assert_eq!((runs.load(Ordering::Relaxed), store.stats().records), (0, 0));

    let with_timers = Builder::new_current_thread().enable_time().build().unwrap();
    let executed = with_timers.block_on(charge.call(500)).unwrap();
    assert!(!executed.is_replay());
    assert_eq!((runs.load(Ordering::Relaxed), store.stats().records), (1, 1));
}

#[test]
fn outside_of_tokio_a_request_is_refused_too() {
    let manager = RequestIdempotencyManager::new(MemoryStore::default());
    let mut call = pin!(manager.execute_request("order-7", async { Ok(1) }));
    let Poll::Ready(Err(error)) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("it waits, or ran")
    };
    assert!(matches!(error, IdempotencyError::Config(_)), "{error:?}");
    assert_eq!(error.to_string(), OUTSIDE);
}
