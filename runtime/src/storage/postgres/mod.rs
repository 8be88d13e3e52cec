//! Records in PostgreSQL: shared, durable, and joint with your own transaction. The rules run in PostgreSQL, as core's
//! functions; this module carries them over your own pool.

mod builder;
mod connection;

pub use builder::{PostgresConfig, PostgresIdempotencyStorage, PostgresStoreBuilder};

use super::dialect::Carrier;
use super::environment::variable;
use super::sweeper::{SWEEP_LIMIT, Sweeper, Sweeps};
use super::{Answer, Applied, Store, StoreError, StoreOp, StoreReply, StoreUsage};
use connection::{rows, rows_on};
use deadpool_postgres::{Manager, Pool};
use once_again_core::store::{Begin, OpKind, Request};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::{NoTls, Transaction};

/// A store in PostgreSQL 12 or later, over a pool of the crate `deadpool-postgres`. A clone is the same store.
///
/// Call [`ensure_schema`](Self::ensure_schema) once before, at start or when deploying. A replay is one round trip, a first run
/// two. Give the pool a time-out: an operation waits for a connection as long as the pool does.
///
/// ```no_run
/// use deadpool_postgres::{Manager, Pool};
/// use once_again::storage::PostgresStore;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let manager = Manager::new("postgres://app@localhost/shop".parse()?, tokio_postgres::NoTls);
/// let store = PostgresStore::builder(Pool::builder(manager).build()?).build()?;
/// store.ensure_schema().await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PostgresStore(Arc<Inner>);

struct Inner {
    carrier: Arc<Carrier<Pool>>,
    sweeper: Sweeper,
}

impl PostgresStore {
    /// A store with these settings; fails with what is wrong with them. [`builder`](Self::builder) has more.
    #[expect(
        clippy::unused_async,
        reason = "nebula-idempotency awaits it, as it does each store on a server"
    )]
    pub async fn new(config: PostgresConfig) -> Result<Self, StoreError> {
        let PostgresConfig { connection_pool, table_name, partition_strategy } = config;
        let builder = Self::builder(connection_pool).table_name(table_name);
        Ok(builder.partition_strategy(partition_strategy).build()?)
    }

    /// Over this pool, setting by setting.
    pub fn builder(pool: Pool) -> PostgresStoreBuilder {
        PostgresStoreBuilder::new(pool)
    }

    /// A store at the address in the environment variable `DATABASE_URL`, without TLS, over a pool of its own of 10 connections
    /// that are made when they are needed; an operation waits two seconds for one at most.
    pub fn from_env() -> Result<Self, StoreError> {
        let url = variable("DATABASE_URL", "an address such as postgres://user@localhost:5432/database")?;
        let config = url.parse().map_err(StoreError::unavailable)?;
        let pool = Pool::builder(Manager::new(config, NoTls)).max_size(10);
        let limit = Some(Duration::from_secs(2));
        let pool = pool.wait_timeout(limit).create_timeout(limit).recycle_timeout(limit);
        let pool = pool.runtime(deadpool_postgres::Runtime::Tokio1).build();
        Ok(Self::builder(pool.map_err(StoreError::unavailable)?).build()?)
    }

    /// Makes table, indexes and functions, or brings them up to date. Harmless to repeat, also by several processes at once.
    pub async fn ensure_schema(&self) -> Result<(), StoreError> {
        let Some(install) = self.0.carrier.dialect.install() else { return Ok(()) };
        rows_on(&self.0.carrier.server, &install).await.map(drop)
    }

    /// Fails, with [`Code::ConfigInvalid`](crate::Code::ConfigInvalid), when the schema is not there; the first operation tells
    /// `tracing` of it too, once.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.0.carrier.check().await.map(drop)
    }

    /// Keeps the outcome inside your own transaction: record and effect are committed or rolled back together. Leave the
    /// transaction with `?`: when another owner has taken over, this fails with
    /// [`Code::IdempotencyInProgress`](crate::Code::IdempotencyInProgress) and the effect must not stay.
    ///
    /// The transaction should be READ COMMITTED, PostgreSQL's default: a stricter one that was open while the lease was
    /// renewed ends in `40001`.
    ///
    /// ```no_run
    /// use once_again::storage::{PostgresStore, StoreOp};
    ///
    /// # async fn pay(
    /// #     pool: deadpool_postgres::Pool, store: PostgresStore, completion: StoreOp,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut client = pool.get().await?;
    /// let transaction = client.transaction().await?;
    /// transaction.execute("INSERT INTO payments (amount) VALUES (12)", &[]).await?;
    /// store.complete_in(&transaction, completion).await?;
    /// transaction.commit().await?;
    /// # Ok(()) }
    /// ```
    pub async fn complete_in(
        &self,
        transaction: &Transaction<'_>,
        completion: StoreOp,
    ) -> Result<(), StoreError> {
        let carrier = &self.0.carrier;
        let request = carrier.dialect.request(carrier.now(), &completion);
        let Request::Send(command) = request else { return Err(StoreError::lost()) };
        let row = rows(transaction, &command).await?.pop();
        match carrier.read(row.as_deref())? {
            StoreReply::Completed => Ok(()),
            _ => Err(StoreError::lost()),
        }
    }

    /// Stops sweeping. The pool stays yours.
    pub fn close(&self) {
        self.0.sweeper.stop();
    }

    async fn begin_all(&self, begins: &[Begin]) -> Result<Vec<StoreReply>, StoreError> {
        let carrier = &self.0.carrier;
        let mut replies = Vec::with_capacity(begins.len());
        for command in carrier.dialect.begin_many(carrier.now(), begins).unwrap_or_default() {
            for row in rows_on(&carrier.server, &command).await? {
                replies.push(carrier.read(Some(&row))?);
            }
        }
        Ok(replies)
    }
}

impl Store for PostgresStore {
    fn apply(&self, op: StoreOp) -> Applied<'_> {
        Box::pin(async move {
            let reply = self.0.carrier.apply(&op).await?;
            if op.kind() == OpKind::Begin {
                Sweeper::start(&self.0);
            }
            Ok(reply)
        })
    }

    /// Claims in one round trip for each thousand, all made or none; anything else over as many connections as the pool has,
    /// each atomic by itself.
    fn apply_many(&self, ops: Vec<StoreOp>) -> Answer<'_, Vec<StoreReply>> {
        let begin = |op: &StoreOp| if let StoreOp::Begin(begin) = op { Some(begin.clone()) } else { None };
        match ops.iter().map(begin).collect::<Option<Vec<_>>>() {
            None => Box::pin(super::together::all(ops.into_iter().map(|op| self.apply(op)).collect())),
            Some(begins) => Box::pin(async move {
                let replies = self.begin_all(&begins).await?;
                Sweeper::start(&self.0);
                Ok(replies)
            }),
        }
    }

    /// Records that are alive, and the bytes of table and indexes.
    fn usage(&self) -> Answer<'_, Option<StoreUsage>> {
        Box::pin(async move {
            let server = &self.0.carrier.server;
            let usage = self.0.carrier.usage(async |command| Ok(rows_on(server, &command).await?.pop()));
            usage.await.map(Some)
        })
    }
}

impl Sweeps for Inner {
    fn sweeper(&self) -> &Sweeper {
        &self.sweeper
    }

    /// Nothing else takes expired records away, so a sweep goes on until it finds less than it may take.
    async fn sweep(&self) -> bool {
        let mut found = false;
        loop {
            match self.carrier.apply(&StoreOp::Sweep { limit: SWEEP_LIMIT }).await {
                Ok(StoreReply::Swept { count }) => {
                    found |= count > 0;
                    if count < SWEEP_LIMIT {
                        return found;
                    }
                }
                // A server that is away: the next record that begins arms the timer again.
                _ => return false,
            }
        }
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}
