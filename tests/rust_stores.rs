//! The stores of the Rust package as their users hold them, on real servers: the same histories as the memory store, the
//! same replies; and what only such a store has.

#[path = "rust_stores/distributed.rs"]
mod distributed;
#[path = "../core/tests/store_model/history.rs"]
mod history;
#[path = "stores/killable.rs"]
mod killable;
#[path = "rust_stores/outage.rs"]
mod outage;
#[path = "rust_stores/postgres.rs"]
mod postgres;
#[path = "rust_stores/redis.rs"]
mod redis_server;
#[path = "stores/samples.rs"]
mod samples;
#[path = "stores/servers.rs"]
mod servers;
#[path = "rust_stores/sqlite.rs"]
mod sqlite;
#[path = "rust_stores/wire.rs"]
mod wire;

use history::{History, Owners, histories};
use once_again::storage::{
    Answer, Begin, MemoryStore, Micros, OpKind, RecordKey, Store, StoreOp, StoreReply, Timestamp,
};
use once_again::testing::VirtualClock;
use once_again_core::store::memory::{MemoryConfig, MemoryStore as Oracle, WhenFull};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use samples::{begin, begin_key, complete, epoch_of};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};
use wire::Wire;

/// The time at which histories begin: in our days, so that times have all their digits.
const START: Duration = Duration::from_micros(1_795_000_000_000_123);

static CORNERS: AtomicU32 = AtomicU32::new(0);

/// A name that no other store of this process has.
fn corner() -> String {
    format!("Rust{}", CORNERS.fetch_add(1, Ordering::Relaxed))
}

fn clock() -> VirtualClock {
    VirtualClock::new().at(SystemTime::UNIX_EPOCH + START)
}

fn some_histories(count: usize) -> Vec<History> {
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    (0..count).map(|_| histories().new_tree(&mut runner).unwrap().current()).collect()
}

/// Plays a history on a store and on the memory store. What was swept is each store's own affair.
async fn compare(history: &History, clock: &VirtualClock, store: &dyn Store) {
    let unbounded = MemoryConfig { max_records: None, max_bytes: None, when_full: WhenFull::Refuse, seed: 7 };
    let (mut memory, mut owners, mut before) = (Oracle::new(unbounded), Owners::default(), 0);
    for (at, one_move) in history.moves() {
        let Some(op) = owners.resolve(one_move) else { continue };
        clock.advance(Duration::from_micros(at.get() - before));
        before = at.get();
        let now = Timestamp::new(u64::try_from(START.as_micros()).unwrap()).plus(Micros::new(before));
        let (reply, expected) = (store.apply(op.clone()).await.unwrap(), memory.apply(now, &op));
        if op.kind() != OpKind::Sweep {
            assert_eq!(reply, expected, "{op:?} at {now:?}");
        }
        owners.learn(&op, &reply);
    }
}

/// A claim by one of many.
fn claim(number: u64) -> StoreOp {
    let StoreOp::Begin(mut begin) = begin(0) else { unreachable!() };
    begin.owner.0[..8].copy_from_slice(&number.to_be_bytes());
    StoreOp::Begin(begin)
}

/// A thousand tasks claim one key; one of them runs, and all others are told so.
async fn race(store: Arc<dyn Store>) {
    let claims: Vec<_> = (1..=1_000)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { (number, store.apply(claim(number)).await.unwrap()) })
        })
        .collect();
    let mut acquired = Vec::new();
    for claim in claims {
        match claim.await.unwrap() {
            (number, StoreReply::Acquired { epoch, .. }) => acquired.push((number, epoch)),
            (_, reply) => assert!(matches!(reply, StoreReply::Busy { .. }), "{reply:?}"),
        }
    }
    let [(number, epoch)] = acquired[..] else { panic!("{acquired:?}") };
    let StoreOp::Begin(Begin { key, owner, retention, .. }) = claim(number) else { unreachable!() };
    let outcome = b"once".to_vec();
    let complete = StoreOp::Complete { key, owner, epoch, outcome: outcome.clone(), retention };
    assert_eq!(store.apply(complete).await.unwrap(), StoreReply::Completed);
    let replies = store.apply_many((1_001..1_101).map(claim).collect()).await.unwrap();
    assert_eq!(replies.len(), 100);
    for reply in replies {
        assert!(matches!(&reply, StoreReply::Replay { outcome: kept, .. } if *kept == outcome), "{reply:?}");
    }
}

/// Answers come in the order of the operations, claims or not, and a key's second claim sees the first.
async fn many(store: &dyn Store) {
    let key = |number: u64| {
        let mut key = [7; 32];
        key[..8].copy_from_slice(&number.to_be_bytes());
        RecordKey(key)
    };
    let claims = |owner| (0..1_500).map(move |number| begin_key(key(number), owner)).collect::<Vec<_>>();
    let first = store.apply_many(claims(1)).await.unwrap();
    assert!(first.iter().all(|reply| matches!(reply, StoreReply::Acquired { .. })), "{first:?}");
    assert_eq!(first.len(), 1_500);
    let mixed = vec![begin_key(key(3), 2), StoreOp::Get { key: key(9_999) }, begin_key(key(9_999), 2)];
    let mixed = store.apply_many(mixed).await.unwrap();
    assert!(matches!(mixed[0], StoreReply::Busy { .. }), "{mixed:?}");
    assert_eq!(mixed.len(), 3);
    let usage = store.usage().await.unwrap().unwrap();
    assert_eq!(usage.records, 1_501);
    assert!((1_501 * 100..1_501 * 2_000).contains(&usage.bytes), "{usage:?}");
}

/// How many round trips a first run and then a replay take on a store that has already been used.
async fn round_trips(store: &dyn Store, wire: &Wire) -> [u32; 2] {
    let key = RecordKey([0xb2; 32]);
    let StoreOp::Complete { owner, outcome, retention, .. } = complete(1, 0) else { unreachable!() };
    let epoch = epoch_of(&store.apply(begin_key(key, 1)).await.unwrap());
    store.apply(StoreOp::Complete { key, owner, epoch, outcome, retention }).await.unwrap();
    wire.fall_silent().await;
    let epoch = epoch_of(&store.apply(begin(1)).await.unwrap());
    assert_eq!(store.apply(complete(1, epoch)).await.unwrap(), StoreReply::Completed);
    let first = wire.round_trips();
    assert!(is_replayed(store).await);
    [first, wire.round_trips()]
}

/// What a transaction did to the record of [`samples::KEY`].
async fn is_replayed(store: &dyn Store) -> bool {
    matches!(store.apply(begin(9)).await.unwrap(), StoreReply::Replay { .. })
}

#[tokio::test]
async fn a_store_of_the_users_own_is_asked_one_by_one() {
    struct Own(MemoryStore);
    impl Store for Own {
        fn apply(&self, op: StoreOp) -> Answer<'_, StoreReply> {
            self.0.apply(op)
        }
    }
    let own: Arc<dyn Store> = Arc::new(Own(MemoryStore::default()));
    assert_eq!(own.usage().await.unwrap(), None, "it cannot tell");
    race(own).await;
}
