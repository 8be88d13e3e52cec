//! Builds a store in PostgreSQL setting by setting.

use super::super::PartitionStrategy;
use super::super::dialect::Carrier;
use super::super::sweeper::{CLEANUP, Sweeper};
use super::{Inner, PostgresStore};
use crate::clock::{Clock, TokioClock};
use crate::config::Fields;
use deadpool_postgres::Pool;
use once_again_core::error::ConfigError;
use once_again_core::store::Dialect;
use once_again_core::store::postgres::Postgres;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// [`PostgresStore`] as nebula-idempotency calls it.
pub type PostgresIdempotencyStorage = PostgresStore;

/// Settings of a [`PostgresStore`], as nebula-idempotency has them. [`PostgresStore::builder`] has more.
#[derive(Clone, Debug)]
pub struct PostgresConfig {
    /// Connections to the database; yours.
    pub connection_pool: Pool,
    /// The table's name: 1 to 40 letters, digits and underscores, the first no digit. nebula-idempotency calls it
    /// `idempotency_keys`.
    pub table_name: &'static str,
    /// Whether records lie in one table or in one for each month.
    pub partition_strategy: PartitionStrategy,
}

/// Builds a [`PostgresStore`].
#[must_use = "a builder does nothing until `build`"]
pub struct PostgresStoreBuilder {
    pool: Pool,
    fields: Fields,
    cleanup_interval: Duration,
    clock: Option<Arc<dyn Clock>>,
}

impl PostgresStoreBuilder {
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, fields: Fields::default(), cleanup_interval: CLEANUP, clock: None }
    }

    /// The table's name (`idempotency_keys`): 1 to 40 letters, digits and underscores, the first no digit.
    pub fn table_name(mut self, table: &str) -> Self {
        self.fields.set("table_name", table);
        self
    }

    /// The schema it is in (where the connection's search path leads).
    pub fn schema(mut self, schema: &str) -> Self {
        self.fields.set("schema", schema);
        self
    }

    /// Whether records lie in one table or in one for each month, which a sweep drops whole (one table). Takes effect when
    /// [`ensure_schema`](PostgresStore::ensure_schema) makes the table.
    pub fn partition_strategy(mut self, strategy: PartitionStrategy) -> Self {
        self.fields.set("partition_strategy", strategy.name());
        self
    }

    /// How often expired records are swept, in a tokio task that begins with the first claim (5 min); zero: never.
    pub fn cleanup_interval(mut self, interval: Duration) -> Self {
        self.cleanup_interval = interval;
        self
    }

    /// For tests: takes the place of the server's own clock, which otherwise decides what has expired.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// The store, or what is wrong with its settings. Connects to nothing yet.
    pub fn build(self) -> Result<PostgresStore, ConfigError> {
        let dialect = Postgres::read(&self.fields.into_value(), "")?;
        let timer = self.clock.clone().unwrap_or_else(|| Arc::new(TokioClock));
        let carrier = Carrier::new(self.pool, Dialect::Postgres(Box::new(dialect)), self.clock);
        Ok(PostgresStore(Arc::new(Inner { carrier, sweeper: Sweeper::new(self.cleanup_interval, timer) })))
    }
}

impl fmt::Debug for PostgresStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStoreBuilder").finish_non_exhaustive()
    }
}
