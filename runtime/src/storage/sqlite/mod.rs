//! Records in an SQLite file: durable, shared by the processes of one machine, also those in Node and Python. The rules are
//! core's [`step`](fn@super::step), between reading the row and writing it.

mod statements;
mod worker;

use super::sweeper::{CLEANUP, SWEEP_LIMIT, Sweeper, Sweeps};
use super::{Answer, Applied, Store, StoreError, StoreOp, StoreReply, StoreUsage};
use crate::clock::{Clock, TokioClock};
use crate::time::timestamp;
use once_again_core::store::OpKind;
use once_again_core::time::Timestamp;
use rusqlite::{Connection, Transaction};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use worker::Worker;

/// A store in an SQLite file, over the crate `rusqlite`, which brings SQLite along. A clone is the same store.
///
/// It has a connection and a thread of its own. An operation is one `BEGIN IMMEDIATE` transaction, on disk when it is
/// answered, and waits at most two seconds for another process's. 64 operations wait for the thread; those after them wait
/// for a place, and are not done if they are given up before they have one.
///
/// ```
/// use once_again::storage::SqliteStore;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = std::env::temp_dir().join(format!("once-again-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let file = folder.join("records.db");
/// let store = SqliteStore::open(&file)?;
/// # drop(store); std::fs::remove_dir_all(&folder)?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct SqliteStore(Arc<Inner>);

struct Inner {
    worker: Worker,
    clock: Arc<dyn Clock>,
    sweeper: Sweeper,
}

impl SqliteStore {
    /// Opens a file, or makes it, with WAL, `synchronous = FULL` and a `busy_timeout` of two seconds. Blocks while it does.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, or a later version of this library has written it.
    pub fn open(file: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::builder().open(file)
    }

    /// Sets how often it sweeps, and a clock for tests.
    pub fn builder() -> SqliteStoreBuilder {
        SqliteStoreBuilder { cleanup_interval: CLEANUP, clock: Arc::new(TokioClock) }
    }

    /// Keeps the outcome inside your own transaction, on any connection to the same file: record and effect are committed
    /// or rolled back together. Leave the transaction with `?`: when another owner has taken over, this fails with
    /// [`Code::IdempotencyInProgress`](crate::Code::IdempotencyInProgress) and the effect must not stay. Blocks, as everything
    /// of `rusqlite` does.
    ///
    /// Begin the transaction with `TransactionBehavior::Immediate`: a deferred one that has read fails when another
    /// connection wrote in between.
    ///
    /// ```no_run
    /// use once_again::storage::{SqliteStore, StoreOp};
    /// use rusqlite::{Connection, TransactionBehavior};
    ///
    /// fn pay(
    ///     shop: &mut Connection,
    ///     store: &SqliteStore,
    ///     completion: &StoreOp,
    /// ) -> Result<(), Box<dyn std::error::Error>> {
    ///     let transaction = shop.transaction_with_behavior(TransactionBehavior::Immediate)?;
    ///     transaction.execute("INSERT INTO payments (amount) VALUES (12)", ())?;
    ///     store.complete_in(&transaction, completion)?;
    ///     transaction.commit()?;
    ///     Ok(())
    /// }
    /// ```
    pub fn complete_in(&self, transaction: &Transaction<'_>, completion: &StoreOp) -> Result<(), StoreError> {
        match statements::apply(transaction, self.0.now(), completion)? {
            StoreReply::Completed => Ok(()),
            _ => Err(StoreError::lost()),
        }
    }

    /// Stops sweeping, and closes the file once what was asked before is done; every operation fails from now on.
    pub fn close(&self) {
        self.0.sweeper.stop();
        self.0.worker.close();
    }
}

impl Store for SqliteStore {
    fn apply(&self, op: StoreOp) -> Applied<'_> {
        Box::pin(async move {
            let begins = op.kind() == OpKind::Begin;
            let reply = self.0.apply(op).await?;
            if begins {
                Sweeper::start(&self.0);
            }
            Ok(reply)
        })
    }

    fn usage(&self) -> Answer<'_, Option<StoreUsage>> {
        let now = self.0.now();
        Box::pin(async move {
            let usage = self.0.worker.run(move |connection| statements::usage(connection, now));
            usage.await.map(Some)
        })
    }
}

impl Inner {
    fn now(&self) -> Timestamp {
        timestamp(self.clock.wall_now())
    }

    async fn apply(&self, op: StoreOp) -> Result<StoreReply, StoreError> {
        let clock = self.clock.clone();
        let atomic = move |connection: &mut Connection| {
            // The time is read under the lock: an operation that waited for it is no older than the one it waited for.
            statements::atomically(connection, |connection| {
                statements::apply(connection, timestamp(clock.wall_now()), &op)
            })
        };
        self.worker.run(atomic).await
    }
}

impl Sweeps for Inner {
    fn sweeper(&self) -> &Sweeper {
        &self.sweeper
    }

    /// Each claim takes expired records away too, so one sweep in turn is enough.
    async fn sweep(&self) -> bool {
        let reply = self.apply(StoreOp::Sweep { limit: SWEEP_LIMIT }).await;
        matches!(reply, Ok(StoreReply::Swept { count }) if count > 0)
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

/// Builds a [`SqliteStore`].
#[must_use = "a builder does nothing until `open` or `over`"]
pub struct SqliteStoreBuilder {
    cleanup_interval: Duration,
    clock: Arc<dyn Clock>,
}

impl SqliteStoreBuilder {
    /// How often expired records are swept, in a tokio task that begins with the first claim (5 min); zero: never.
    pub fn cleanup_interval(mut self, interval: Duration) -> Self {
        self.cleanup_interval = interval;
        self
    }

    /// Where the time of day comes from.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// See [`SqliteStore::open`].
    pub fn open(self, file: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        let connection = Connection::open(file).map_err(StoreError::unavailable)?;
        statements::open(&connection)?;
        self.over(connection)
    }

    /// Over a connection of yours, with the settings that you gave it. Blocks while it makes the schema.
    pub fn over(self, mut connection: Connection) -> Result<SqliteStore, StoreError> {
        statements::migrate(&mut connection)?;
        let worker = Worker::start(connection)?;
        let sweeper = Sweeper::new(self.cleanup_interval, self.clock.clone());
        Ok(SqliteStore(Arc::new(Inner { worker, clock: self.clock, sweeper })))
    }
}

impl fmt::Debug for SqliteStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStoreBuilder").finish_non_exhaustive()
    }
}
