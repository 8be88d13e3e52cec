//! Records in Redis: shared by all processes that reach it. The rules run in Redis, as core's Lua scripts; this module
//! carries them over your own connection.

mod connection;
mod distributed;
mod pinned;

pub use connection::RedisConnection;
use connection::{Link, Scripts};
pub use distributed::{DistributedConfig, DistributedIdempotencyStorage, DistributedStore, ShardingStrategy};

use super::dialect::{Answered, Carrier, Server};
use super::environment::variable;
use super::together::all;
use super::{Answer, Applied, Store, StoreError, StoreOp, StoreReply, StoreUsage};
use crate::clock::Clock;
use crate::config::Fields;
use once_again_core::error::ConfigError;
use once_again_core::store::redis::Redis;
use once_again_core::store::{Command, Dialect};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A store in Redis or Valkey, also as a Cluster, over your own connection. A clone is the same store.
///
/// A replay is one round trip, a first run two. Set `maxmemory-policy noeviction`, and `appendonly yes` where a restart must
/// lose nothing; a failover may lose the last writes in any case. Whoever is promoted then may give a key away a second
/// time: where that must not happen, use [`PostgresStore`](super::PostgresStore).
///
/// ```no_run
/// use once_again::storage::RedisStore;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let connection = redis::Client::open("redis://127.0.0.1/")?.get_connection_manager().await?;
/// let store = RedisStore::new(connection);
/// for warning in store.check().await? {
///     eprintln!("{warning}");
/// }
/// # Ok(()) }
/// ```
///
/// A `ConnectionManager` connects again by itself; a `MultiplexedConnection` does not. Give either a response time-out of its
/// own choice: an operation waits as long as the connection does.
pub struct RedisStore<C: RedisConnection = ConnectionManager>(Arc<Carrier<Scripts<C>>>);

impl<C: RedisConnection> RedisStore<C> {
    /// Over this connection, of which each operation uses a clone; keys begin with `idempotency:`.
    #[must_use]
    pub fn new(connection: C) -> Self {
        Self(Carrier::new(Scripts::new(connection), Dialect::Redis(Redis::default()), None))
    }

    /// Sets what keys begin with, or a clock for tests.
    pub fn builder(connection: C) -> RedisStoreBuilder<C> {
        RedisStoreBuilder { connection, fields: Fields::default(), clock: None }
    }

    /// What about the server's settings endangers records; the first operation tells `tracing` of it too, once.
    pub async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.0.check().await
    }
}

impl RedisStore {
    /// A store at the address in the environment variable `REDIS_URL`, over a connection of its own that is made with the first
    /// operation, and again whenever the server was away; an operation waits two seconds for it at most.
    pub fn from_env() -> Result<Self, StoreError> {
        let url = variable("REDIS_URL", "an address such as redis://localhost:6379")?;
        let limit = Some(Duration::from_secs(2));
        let patience =
            ConnectionManagerConfig::new().set_response_timeout(limit).set_connection_timeout(limit);
        let client = redis::Client::open(url).map_err(StoreError::unavailable)?;
        let connection = client
            .get_connection_manager_lazy(patience.set_number_of_retries(1))
            .map_err(StoreError::unavailable)?;
        Ok(Self::new(connection))
    }
}

impl<C: RedisConnection> Store for RedisStore<C> {
    fn apply(&self, op: StoreOp) -> Applied<'_> {
        Box::pin(async move { self.0.apply(&op).await })
    }

    /// All at once, so in about one round trip; each is atomic by itself.
    fn apply_many(&self, ops: Vec<StoreOp>) -> Answer<'_, Vec<StoreReply>> {
        Box::pin(all(ops.into_iter().map(|op| self.apply(op)).collect()))
    }

    /// In a Cluster on all primaries; about, since Redis counts while others write.
    fn usage(&self) -> Answer<'_, Option<StoreUsage>> {
        Box::pin(async move {
            let (scripts, mut usage) = (&self.0.server, StoreUsage::default());
            for node in &scripts.connection.primaries().await? {
                usage += self.0.usage(async |command| scripts.run(&command, 0, node.as_ref()).await).await?;
            }
            Ok(Some(usage))
        })
    }
}

impl<C: Link> Server for Scripts<C> {
    async fn send(&self, command: Command) -> Answered {
        self.run(&command, 1, None).await
    }
}

impl<C: RedisConnection> Clone for RedisStore<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<C: RedisConnection> fmt::Debug for RedisStore<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}

/// Builds a [`RedisStore`].
#[must_use = "a builder does nothing until `build`"]
pub struct RedisStoreBuilder<C> {
    connection: C,
    fields: Fields,
    clock: Option<Arc<dyn Clock>>,
}

impl<C: RedisConnection> RedisStoreBuilder<C> {
    /// What keys begin with (`idempotency:`): 1 to 200 bytes.
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.fields.set("prefix", prefix);
        self
    }

    /// For tests: takes the place of the server's own clock, which otherwise decides what has expired.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// The store, or what is wrong with its settings.
    pub fn build(self) -> Result<RedisStore<C>, ConfigError> {
        let dialect = Redis::read(&self.fields.into_value(), "")?;
        Ok(RedisStore(Carrier::new(Scripts::new(self.connection), Dialect::Redis(dialect), self.clock)))
    }
}

impl<C> fmt::Debug for RedisStoreBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStoreBuilder").finish_non_exhaustive()
    }
}
