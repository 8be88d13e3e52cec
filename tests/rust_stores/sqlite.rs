//! `SqliteStore` on files.

use crate::samples::{KEY, begin, complete, epoch_of};
use crate::{clock, compare, corner, is_replayed, many, race, some_histories};
use once_again::action::{IdempotencyConfig, IdempotentExecutor};
use once_again::storage::{Applied, Begin, RecordKey, SqliteStore, Store, StoreError, StoreOp, StoreReply};
use once_again::testing::VirtualClock;
use once_again::{Clock, Code, Sleep, TokioClock};
use rusqlite::{Connection, TransactionBehavior};
use std::error::Error;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("once-again-{}-{}", std::process::id(), corner());
        let folder = Self(std::env::temp_dir().join(name));
        std::fs::create_dir_all(&folder.0).unwrap();
        folder
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A store's thread may close its file a moment later; what is left lies in the system's temporary folder.
        let _left = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn sqlite_is_the_memory_store() {
    for history in some_histories(64) {
        let clock = clock();
        let store = SqliteStore::builder().clock(clock.clone()).over(Connection::open_in_memory().unwrap());
        compare(&history, &clock, &store.unwrap()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_tasks_over_two_connections_one_runs() {
    let folder = Folder::new();
    let file = folder.file("records.db");
    let stores = [SqliteStore::open(&file).unwrap(), SqliteStore::open(&file).unwrap()];
    race(Arc::new(Alternating(stores, AtomicUsize::new(0)))).await;
    let seen = SqliteStore::open(&file).unwrap().apply(StoreOp::Get { key: KEY }).await.unwrap();
    assert!(matches!(seen, StoreReply::Found { .. }), "{seen:?}");
}

/// Two stores over one file, in turn.
struct Alternating([SqliteStore; 2], AtomicUsize);

impl Store for Alternating {
    fn apply(&self, op: StoreOp) -> Applied<'_> {
        let turn = self.1.fetch_add(1, Ordering::Relaxed);
        self.0[turn % 2].apply(op)
    }
}

#[tokio::test]
async fn many_operations_are_answered_in_their_order() {
    many(&SqliteStore::builder().over(Connection::open_in_memory().unwrap()).unwrap()).await;
}

#[tokio::test]
async fn what_was_completed_is_replayed_after_the_file_was_opened_again() {
    let folder = Folder::new();
    let file = folder.file("records.db");
    let store = SqliteStore::open(&file).unwrap();
    let epoch = epoch_of(&store.apply(begin(1)).await.unwrap());
    store.apply(complete(1, epoch)).await.unwrap();
    store.close();
    let error = store.apply(begin(2)).await.unwrap_err();
    assert_eq!(error.to_string(), "the SQLite store was closed");
    assert!(is_replayed(&SqliteStore::open(&file).unwrap()).await);
}

#[tokio::test]
async fn a_joint_completion_lives_and_dies_with_the_users_transaction() {
    let folder = Folder::new();
    let file = folder.file("shop.db");
    let store = SqliteStore::open(&file).unwrap();
    let epoch = epoch_of(&store.apply(begin(1)).await.unwrap());
    let mut shop = Connection::open(&file).unwrap();
    shop.execute_batch("CREATE TABLE payments (amount)").unwrap();

    let pays = |shop: &mut Connection, epoch, dies: bool| -> Result<(), Box<dyn Error>> {
        let transaction = shop.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("INSERT INTO payments VALUES (12)", ())?;
        store.complete_in(&transaction, &complete(1, epoch))?;
        if dies {
            return Err("died".into());
        }
        transaction.commit()?;
        Ok(())
    };
    let payments = |shop: &Connection| -> i64 {
        shop.query_row("SELECT count(*) FROM payments", (), |row| row.get(0)).unwrap()
    };
    assert_eq!(pays(&mut shop, epoch, true).unwrap_err().to_string(), "died");
    assert!(!is_replayed(&store).await, "rolled back");
    let lost = pays(&mut shop, epoch + 1, false).unwrap_err();
    let lost: &StoreError = lost.downcast_ref().unwrap();
    assert_eq!(lost.code(), Code::IdempotencyInProgress);
    assert_eq!(payments(&shop), 0);
    pays(&mut shop, epoch, false).unwrap();
    assert_eq!(payments(&shop), 1);
    assert!(is_replayed(&store).await);
}

#[tokio::test]
async fn a_file_of_a_later_version_is_refused() {
    let folder = Folder::new();
    let file = folder.file("later.db");
    drop(SqliteStore::open(&file).unwrap());
    let connection = Connection::open(&file).unwrap();
    connection.execute("UPDATE once_again_schema SET version = 99", ()).unwrap();
    let error = SqliteStore::open(&file).unwrap_err();
    assert_eq!(error.code(), Code::ConfigInvalid);
    let expected = "database: got a file whose records have schema 99, expected a file that no later version has written";
    assert_eq!(error.source().unwrap().to_string(), expected);
}

#[tokio::test]
async fn a_file_that_another_process_holds_is_an_error_after_two_seconds() {
    let folder = Folder::new();
    let file = folder.file("held.db");
    let store = SqliteStore::open(&file).unwrap();
    let mut other = Connection::open(&file).unwrap();
    let held = other.transaction_with_behavior(TransactionBehavior::Exclusive).unwrap();
    let error = store.apply(begin(1)).await.unwrap_err();
    assert_eq!(error.code(), Code::StoreUnavailable);
    assert_eq!(error.source().unwrap().to_string(), "database is locked");
    drop(held);
    assert!(matches!(store.apply(begin(1)).await, Ok(StoreReply::Acquired { .. })));
}

#[tokio::test]
async fn expired_records_are_swept_in_the_background() {
    let clock = clock();
    let interval = Duration::from_secs(100_000);
    let builder = SqliteStore::builder().clock(clock.clone()).cleanup_interval(interval);
    let store = builder.over(Connection::open_in_memory().unwrap()).unwrap();
    store.apply(begin(1)).await.unwrap();
    assert_eq!(clock.sleeping(), 1);
    clock.advance(interval);
    while clock.sleeping() == 0 {
        tokio::task::yield_now().await;
    }
    let swept = store.apply(StoreOp::Sweep { limit: 10 }).await.unwrap();
    assert_eq!(swept, StoreReply::Swept { count: 0 }, "nothing was left");
}

/// A clock that the store's thread reads: it waits there until it is let go, or panics.
#[derive(Clone)]
struct Gate(Arc<Mutex<Receiver<Pass>>>);

enum Pass {
    On,
    Panic,
}

impl Clock for Gate {
    fn now(&self) -> Instant {
        TokioClock.now()
    }

    fn wall_now(&self) -> SystemTime {
        if thread::current().name() == Some("once-again-sqlite") {
            // Let go for good once the test has dropped the other end.
            let pass = self.0.lock().unwrap_or_else(PoisonError::into_inner).recv().unwrap_or(Pass::On);
            assert!(matches!(pass, Pass::On), "the clock is out of order");
        }
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        TokioClock.sleep(duration)
    }

    fn sleep_blocking(&self, duration: Duration) {
        thread::sleep(duration);
    }
}

/// A store whose thread waits before each operation for what is sent here.
fn gated() -> (SqliteStore, Sender<Pass>) {
    let (passes, gate) = channel();
    let store = SqliteStore::builder().clock(Gate(Arc::new(Mutex::new(gate))));
    (store.over(Connection::open_in_memory().unwrap()).unwrap(), passes)
}

fn claim_of(key: u8) -> StoreOp {
    let StoreOp::Begin(claim) = begin(1) else { unreachable!() };
    StoreOp::Begin(Begin { key: RecordKey([key; 32]), ..claim })
}

#[tokio::test]
async fn a_panic_under_an_operation_is_its_answer_and_the_store_goes_on() {
    let (store, passes) = gated();
    passes.send(Pass::Panic).unwrap();
    let error = store.apply(begin(1)).await.unwrap_err();
    assert_eq!(error.code(), Code::StoreUnavailable);
    assert_eq!(error.to_string(), "the SQLite store panicked at this operation");
    passes.send(Pass::On).unwrap();
    let reply = store.apply(begin(1)).await.unwrap();
    assert!(matches!(reply, StoreReply::Acquired { .. }), "nothing of it stayed: {reply:?}");
}

#[tokio::test]
async fn what_finds_no_place_in_the_queue_waits_for_one_and_is_not_done_once_it_is_given_up() {
    let (store, passes) = gated();
    let mut waiting: Vec<_> = (0..200).map(|key| store.apply(claim_of(key))).collect();
    for answer in &mut waiting {
        let polled = answer.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
    }
    drop(waiting);
    drop(passes);
    let done = store.usage().await.unwrap().unwrap().records;
    // 64 wait in the queue, and the thread may have taken one out of it already.
    assert!((64..=65).contains(&done), "{done} of 200 were done");
}

#[tokio::test]
async fn the_wait_for_a_place_counts_for_the_store_timeout() {
    let (store, passes) = gated();
    let mut waiting: Vec<_> = (0..200).map(|key| store.apply(claim_of(key))).collect();
    for answer in &mut waiting {
        assert!(answer.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    let clock = VirtualClock::new();
    let config = IdempotencyConfig { store_timeout: Some(Duration::from_secs(1)), ..Default::default() };
    let executor = IdempotentExecutor::new(store.clone()).clock(clock.clone());
    let charge = executor.function("charge", |cents: u32| async move { Ok::<u32, String>(cents) });
    let charge = charge.config(config);
    let mut call = pin!(charge.call(500));
    for _ in 0..100 {
        if let Poll::Ready(answer) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            let error = answer.unwrap_err();
            assert_eq!(error.code(), Some(Code::StoreUnavailable));
            drop(passes);
            return;
        }
        clock.advance(Duration::from_millis(250));
    }
    panic!("the call waits for ever");
}
