//! The memory store as its users hold it. What it answers is core's; here are its limits, its clock and its sweep.

use once_again::storage::{
    Alg, Begin, Fingerprint, InMemoryConfig, InMemoryIdempotencyStorage, MemoryStore, MemoryStoreBuilder,
    Micros, OnOrphan, Owner, RecordKey, Store, StoreOp, StoreReply, StoreUsage, WhenFull,
};
use once_again::testing::{VirtualClock, settle};
use once_again::{Code, ConfigError};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

fn owner(number: u8) -> Owner {
    Owner([number; 16])
}

fn begin(key: u8, owner_number: u8) -> StoreOp {
    StoreOp::Begin(Begin {
        key: RecordKey([key; 32]),
        owner: owner(owner_number),
        fingerprint: Fingerprint::new(Alg::Raw, [7; 32]),
        caller: None,
        lease: Some(Micros::from_secs(60)),
        retention: Micros::from_secs(86_400),
        on_orphan: OnOrphan::Reexecute,
        max_takeovers: 5,
        derived: false,
    })
}

fn complete(key: u8, owner_number: u8, epoch: u64) -> StoreOp {
    let (key, owner) = (RecordKey([key; 32]), owner(owner_number));
    StoreOp::Complete { key, owner, epoch, outcome: vec![1], retention: Micros::from_secs(86_400) }
}

fn epoch(reply: &StoreReply) -> u64 {
    let StoreReply::Acquired { epoch, .. } = reply else { panic!("{reply:?}") };
    *epoch
}

async fn run(store: &dyn Store, key: u8) {
    let epoch = epoch(&store.apply(begin(key, 1)).await.unwrap());
    assert_eq!(store.apply(complete(key, 1, epoch)).await.unwrap(), StoreReply::Completed);
}

fn build(change: impl Fn(MemoryStoreBuilder) -> MemoryStoreBuilder) -> Result<MemoryStore, ConfigError> {
    change(MemoryStore::builder()).build()
}

#[tokio::test]
async fn a_run_is_busy_for_others_and_then_replayed() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let acquired = store.apply(begin(1, 1)).await.unwrap();
    assert!(matches!(store.apply(begin(1, 2)).await, Ok(StoreReply::Busy { .. })));
    store.apply(complete(1, 1, epoch(&acquired))).await.unwrap();
    let replies = store.apply_many(vec![begin(1, 2), begin(2, 2)]).await.unwrap();
    assert!(matches!(&replies[..], [StoreReply::Replay { .. }, StoreReply::Acquired { .. }]), "{replies:?}");
    let usage = store.usage().await.unwrap().unwrap();
    assert!(matches!(usage, StoreUsage { records: 2, bytes: 200..1_000 }), "{usage:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_tasks_with_one_key_one_acquires() {
    let store = MemoryStore::default();
    let claims: Vec<_> = (0..1_000_u64)
        .map(|number| {
            let store = store.clone();
            let StoreOp::Begin(mut begin) = begin(1, 0) else { unreachable!() };
            begin.owner.0[..8].copy_from_slice(&number.to_be_bytes());
            tokio::spawn(async move { store.apply(StoreOp::Begin(begin)).await.unwrap() })
        })
        .collect();
    let mut acquired = 0;
    for claim in claims {
        match claim.await.unwrap() {
            StoreReply::Acquired { .. } => acquired += 1,
            reply => assert!(matches!(reply, StoreReply::Busy { .. }), "{reply:?}"),
        }
    }
    assert_eq!(acquired, 1);
}

#[tokio::test]
async fn a_full_store_refuses_or_drops_what_was_completed_first() {
    let refuses = build(|builder| builder.max_records(1)).unwrap();
    run(&refuses, 1).await;
    let full = refuses.apply(begin(2, 1)).await.unwrap();
    assert!(matches!(full, StoreReply::Full { retry_after } if retry_after > Micros::from_secs(86_000)));

    let evicts = build(|builder| builder.max_records(1).when_full(WhenFull::EvictCompleted)).unwrap();
    run(&evicts, 1).await;
    assert!(matches!(evicts.apply(begin(2, 1)).await, Ok(StoreReply::Acquired { .. })));
    assert_eq!((evicts.stats().records, evicts.stats().evicted), (1, 1));
}

#[tokio::test]
async fn a_record_lives_no_longer_than_the_stores_own_ttl() {
    let clock = VirtualClock::new();
    let store = build(|builder| builder.ttl(HOUR).clock(clock.clone())).unwrap();
    run(&store, 1).await;
    clock.advance(Duration::from_micros(3_599_999_999));
    assert!(matches!(store.apply(begin(1, 2)).await, Ok(StoreReply::Replay { .. })));
    clock.advance(Duration::from_micros(1));
    assert!(matches!(store.apply(begin(1, 2)).await, Ok(StoreReply::Acquired { attempts: 1, .. })));
}

#[tokio::test]
async fn expired_records_are_swept_until_none_is_left() {
    let clock = VirtualClock::new();
    let store = build(|builder| builder.ttl(HOUR).cleanup_interval(HOUR * 2).clock(clock.clone())).unwrap();
    assert_eq!(clock.sleeping(), 0, "nothing to sweep");
    for key in 0..9 {
        run(&store, key).await;
    }
    assert_eq!(clock.sleeping(), 1);
    clock.advance(HOUR * 2);
    settle().await;
    assert_eq!((store.stats().records, store.stats().expired), (0, 9));
    assert_eq!(clock.sleeping(), 0, "an empty store has no timer");
    run(&store, 1).await;
    assert_eq!(clock.sleeping(), 1);
}

#[tokio::test]
async fn the_sweep_ends_with_the_last_handle_on_the_store() {
    let clock = VirtualClock::new();
    let store = build(|builder| builder.clock(clock.clone())).unwrap();
    run(&store, 1).await;
    drop(store);
    settle().await;
    assert_eq!(clock.sleeping(), 0);
}

#[tokio::test]
async fn a_closed_store_forgets_and_fails() {
    let clock = VirtualClock::new();
    let store = build(|builder| builder.clock(clock.clone())).unwrap();
    run(&store, 1).await;
    store.close();
    settle().await;
    assert_eq!((store.stats().records, clock.sleeping()), (0, 0));
    let error = store.apply(begin(1, 1)).await.unwrap_err();
    assert_eq!((error.code(), &*error.to_string()), (Code::StoreUnavailable, "the memory store was closed"));
    assert!(store.usage().await.is_err());
}

#[test]
fn without_a_runtime_a_store_answers_all_the_same() {
    let store = MemoryStore::default();
    assert!(matches!(store.apply_now(begin(1, 1)), Ok(StoreReply::Acquired { .. })));
}

#[test]
fn a_limit_out_of_range_is_named() {
    let said = |change: fn(MemoryStoreBuilder) -> MemoryStoreBuilder| build(change).unwrap_err().to_string();
    assert_eq!(
        said(|builder| builder.max_records(0)),
        "max_records: got 0, expected a whole number from 1 to 2147483647"
    );
    assert_eq!(
        said(|builder| builder.cleanup_interval(Duration::from_millis(50))),
        "cleanup_interval: got 0.05, expected a number of seconds from 0.1 to 86400"
    );
}

#[tokio::test]
async fn the_names_of_nebula_make_the_same_store() {
    let config = InMemoryConfig { max_entries: 1, ttl: HOUR, cleanup_interval: HOUR };
    let store = InMemoryIdempotencyStorage::new(config);
    run(&store, 1).await;
    assert!(matches!(store.apply(begin(2, 1)).await, Ok(StoreReply::Full { .. })));

    let impossible = InMemoryIdempotencyStorage::new(InMemoryConfig { max_entries: 0, ..config });
    let error = impossible.apply(begin(1, 1)).await.unwrap_err();
    assert_eq!(error.code(), Code::ConfigInvalid);
    let reason = error.source().unwrap().to_string();
    assert_eq!(reason, "max_entries: got 0, expected a whole number from 1 to 2147483647");
}
