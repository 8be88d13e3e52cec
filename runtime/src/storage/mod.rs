//! Where records live: what a store is, and the stores there are.
//!
//! A [`Store`] does one [`StoreOp`] at a time, each atomically, and answers a [`StoreReply`]. What an operation means is
//! [`step`](fn@step), which every store must match; the stores of this module are played beside it on real servers.
//!
//! | store | feature | shared by | survives | exactly-once effect |
//! |---|---|---|---|---|
//! | [`MemoryStore`] | – | one process | nothing | no |
//! | `SqliteStore` | `sqlite` | processes of one machine | a crash of process or machine | yes, by `complete_in` |
//! | `RedisStore` | `redis` | whoever reaches it | a crash, with `appendonly yes`; a failover may lose the last writes | no |
//! | `DistributedStore` | `redis` | whoever reaches it | the same, and fewer writes are lost | no |
//! | `PostgresStore` | `postgres` | whoever reaches it | what PostgreSQL survives | yes, by `complete_in` |
//!
//! Records are the same bytes in every language: what an Express server began is busy for a store of this module, and what it
//! completed is replayed here.
//!
//! # A store of your own
//!
//! Bring record and `step` together, atomically; what is kept under a key is one value.
//!
//! ```
//! use once_again::storage::{Applied, Store, StoreError, StoreOp, StoreReply, Target, Timestamp, Write, step_encoded};
//! use std::collections::BTreeMap;
//! use std::sync::Mutex;
//! use std::time::SystemTime;
//!
//! #[derive(Default)]
//! struct Shelf(Mutex<BTreeMap<[u8; 32], Vec<u8>>>);
//!
//! impl Store for Shelf {
//!     fn apply(&self, op: StoreOp) -> Applied<'_> {
//!         Box::pin(async move {
//!             let Target::Record(key) = op.target() else { return Ok(StoreReply::Swept { count: 0 }) };
//!             let since_1970 = SystemTime::UNIX_EPOCH.elapsed().map_err(StoreError::unavailable)?;
//!             let now = Timestamp::new(since_1970.as_micros() as u64);
//!             // A database would open its transaction here, and commit it at the end.
//!             let mut shelf = self.0.lock().unwrap();
//!             let found = shelf.get(&key.0).map(Vec::as_slice);
//!             let (write, reply) = step_encoded(now, found, &op).map_err(StoreError::unavailable)?;
//!             match write {
//!                 Write::Keep => {}
//!                 Write::Put(record) => drop(shelf.insert(key.0, record)),
//!                 Write::Delete => drop(shelf.remove(&key.0)),
//!             }
//!             Ok(reply)
//!         })
//!     }
//! }
//! ```

#[cfg(any(feature = "postgres", feature = "redis"))]
mod dialect;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod environment;
mod error;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "sqlite")]
mod sqlite;
mod sweeper;
mod tier;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod together;

pub use error::StoreError;
pub use memory::{InMemoryConfig, InMemoryIdempotencyStorage, MemoryConfig, MemoryStore, MemoryStoreBuilder};
pub use once_again_core::fingerprint::{Alg, Fingerprint};
pub use once_again_core::idempotency::record::{
    Body, Outcome, OutcomeKind, Owner, Record, RecordError, RecordKey, State,
};
pub use once_again_core::store::memory::{MemoryStats, WhenFull};
pub use once_again_core::store::{
    Begin, Mismatch, Mode, OnOrphan, OpKind, Resolution, StoreOp, StoreReply, Target, Write, step,
    step_encoded,
};
pub use once_again_core::time::{Micros, Timestamp};
pub use tier::{Tier, TierSpecific};

#[cfg(feature = "redis")]
pub use once_again_core::store::distributed::ConsistencyLevel;
#[cfg(feature = "postgres")]
pub use once_again_core::store::postgres::PartitionStrategy;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresConfig, PostgresIdempotencyStorage, PostgresStore, PostgresStoreBuilder};
#[cfg(feature = "redis")]
pub use redis::{
    DistributedConfig, DistributedIdempotencyStorage, DistributedStore, RedisConnection, RedisStore,
    RedisStoreBuilder, ShardingStrategy,
};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteStore, SqliteStoreBuilder};

use std::ops::AddAssign;
use std::pin::Pin;
use std::sync::Arc;

/// What [`Store::apply`] answers, once it does.
pub type Applied<'a> = Answer<'a, StoreReply>;

/// What a store answers, once it does.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A place where records live. Share it as an `Arc<dyn Store>`.
pub trait Store: Send + Sync + 'static {
    /// Does one operation atomically. Dropping the answer may or may not undo it; whoever claimed and did not hear of it
    /// claims again with the same [`Owner`].
    ///
    /// # Errors
    ///
    /// The store cannot be reached, or did not do what it was asked: whether the operation took effect is not known.
    fn apply(&self, op: StoreOp) -> Applied<'_>;

    /// Does many operations, each atomically, and answers in their order. One after the other unless a store knows better;
    /// a server's store needs fewer round trips.
    fn apply_many(&self, ops: Vec<StoreOp>) -> Answer<'_, Vec<StoreReply>> {
        Box::pin(async move {
            let mut replies = Vec::with_capacity(ops.len());
            for op in ops {
                replies.push(self.apply(op).await?);
            }
            Ok(replies)
        })
    }

    /// How much it holds; `None` when it cannot tell. It may look at every record, so it is for dashboards, not for requests.
    fn usage(&self) -> Answer<'_, Option<StoreUsage>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

/// How much a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreUsage {
    /// Records that are alive.
    pub records: u64,
    /// Bytes they take, about.
    pub bytes: u64,
}

impl AddAssign for StoreUsage {
    fn add_assign(&mut self, Self { records, bytes }: Self) {
        self.records += records;
        self.bytes += bytes;
    }
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn apply(&self, op: StoreOp) -> Applied<'_> {
        (**self).apply(op)
    }

    fn apply_many(&self, ops: Vec<StoreOp>) -> Answer<'_, Vec<StoreReply>> {
        (**self).apply_many(ops)
    }

    fn usage(&self) -> Answer<'_, Option<StoreUsage>> {
        (**self).usage()
    }
}
