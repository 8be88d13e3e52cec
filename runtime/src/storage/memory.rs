//! The memory store: core holds the records, this file holds the clock and the task that sweeps.

use super::sweeper::{SWEEP_LIMIT, Sweeper, Sweeps};
use super::{Answer, Applied, MemoryStats, Store, StoreError, StoreOp, StoreUsage, WhenFull};
use crate::clock::{Clock, TokioClock};
use crate::config::{Fields, UNIT};
use crate::time::{duration, micros, timestamp};
use once_again_core::error::ConfigError;
use once_again_core::store::memory::{self as core, MemorySpec};
use once_again_core::store::{OpKind, StoreReply};
use once_again_core::time::Micros;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// [`MemoryStore`] as nebula-idempotency calls it.
pub type InMemoryIdempotencyStorage = MemoryStore;

/// [`MemoryConfig`] as nebula-idempotency calls it.
pub type InMemoryConfig = MemoryConfig;

/// Limits of a [`MemoryStore`], as nebula-idempotency has them. [`MemoryStore::builder`] has more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryConfig {
    /// The most records it holds (10 000): 1 to 2 147 483 647.
    pub max_entries: usize,
    /// The longest a record lives, whatever a claim asks for (1 h).
    pub ttl: Duration,
    /// How often expired records are swept (5 min): 100 ms to 24 h.
    pub cleanup_interval: Duration,
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self {
            max_entries: core::MemoryConfig::MAX_RECORDS as usize,
            ttl: Duration::from_secs(3_600),
            cleanup_interval: duration(MemorySpec::CLEANUP_INTERVAL),
        }
    }
}

/// Records in this process's memory: fast, bounded, gone with the process. A clone is the same store.
///
/// A full store refuses new work and drops nothing that is alive. Expiry is exact; the sweep, a tokio task that begins with
/// the first record and ends when nothing is left, only gives memory back.
///
/// ```
/// use once_again::storage::{InMemoryConfig, InMemoryIdempotencyStorage, MemoryStore, WhenFull};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::default(); // 10 000 records of 256 MiB in all
/// let store = MemoryStore::builder().max_bytes(64 << 20).when_full(WhenFull::EvictCompleted).build()?;
/// let store = InMemoryIdempotencyStorage::new(InMemoryConfig {
///     max_entries: 10_000,
///     ttl: Duration::from_secs(3_600),
///     cleanup_interval: Duration::from_secs(300),
/// });
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct MemoryStore(Arc<Inner>);

struct Inner {
    /// `None` once it was closed.
    records: Result<Mutex<Option<core::MemoryStore>>, ConfigError>,
    longest: Micros,
    clock: Arc<dyn Clock>,
    sweeper: Sweeper,
}

impl MemoryStore {
    /// A store with these limits. With a limit out of its range it refuses every operation with an error that names it.
    #[must_use]
    pub fn new(config: MemoryConfig) -> Self {
        let mut builder = Self::builder().ttl(config.ttl).cleanup_interval(config.cleanup_interval);
        builder.fields.set("max_entries", config.max_entries);
        let clock = builder.clock.clone();
        builder.build().unwrap_or_else(|error| {
            let sweeper = Sweeper::new(Duration::ZERO, clock.clone());
            Self(Arc::new(Inner { records: Err(error), longest: Micros::MAX, clock, sweeper }))
        })
    }

    /// Sets limits one by one.
    pub fn builder() -> MemoryStoreBuilder {
        MemoryStoreBuilder { fields: Fields::default(), longest: Micros::MAX, clock: Arc::new(TokioClock) }
    }

    /// Does one operation at once: what [`apply`](Store::apply) does, without a future.
    pub fn apply_now(&self, op: StoreOp) -> Result<StoreReply, StoreError> {
        let begins = op.kind() == OpKind::Begin;
        let op = op.living_at_most(self.0.longest);
        let reply = self.0.with(|records| records.apply(timestamp(self.0.clock.wall_now()), &op))?;
        if begins {
            Sweeper::start(&self.0);
        }
        Ok(reply)
    }

    /// What it holds, and what it had to do to hold it; nothing once it was closed.
    #[must_use]
    pub fn stats(&self) -> MemoryStats {
        self.0.with(|records| records.stats()).unwrap_or_default()
    }

    /// Forgets everything and stops the sweep; every operation fails from now on.
    pub fn close(&self) {
        self.0.sweeper.stop();
        if let Ok(records) = &self.0.records {
            *lock(records) = None;
        }
    }
}

impl Default for MemoryStore {
    /// 10 000 records of 256 MiB in all, which live as long as a claim asks for.
    fn default() -> Self {
        Self::of(MemorySpec::default(), Micros::MAX, Arc::new(TokioClock))
    }
}

impl MemoryStore {
    fn of(spec: MemorySpec, longest: Micros, clock: Arc<dyn Clock>) -> Self {
        let interval = spec.cleanup_interval.unwrap_or(MemorySpec::CLEANUP_INTERVAL);
        let sweeper = Sweeper::new(duration(interval), clock.clone());
        // Whoever chooses keys must not foresee which of them collide in the store's index.
        let records = core::MemoryStore::new(spec.config(fastrand::u64(..)));
        Self(Arc::new(Inner { records: Ok(Mutex::new(Some(records))), longest, clock, sweeper }))
    }
}

impl Store for MemoryStore {
    fn apply(&self, op: StoreOp) -> Applied<'_> {
        Box::pin(async move { self.apply_now(op) })
    }

    fn usage(&self) -> Answer<'_, Option<StoreUsage>> {
        Box::pin(async move {
            let core::MemoryStats { records, bytes, .. } = self.0.with(|records| records.stats())?;
            Ok(Some(StoreUsage { records: records.into(), bytes }))
        })
    }
}

impl Inner {
    /// No lock is held but for the look-up, the step and the write.
    fn with<T>(&self, work: impl FnOnce(&mut core::MemoryStore) -> T) -> Result<T, StoreError> {
        let mut records = lock(self.records.as_ref().map_err(Clone::clone)?);
        records.as_mut().map(work).ok_or(StoreError::because("the memory store was closed"))
    }
}

impl Sweeps for Inner {
    fn sweeper(&self) -> &Sweeper {
        &self.sweeper
    }

    async fn sweep(&self) -> bool {
        let now = timestamp(self.clock.wall_now());
        let left = self.with(|records| {
            records.apply(now, &StoreOp::Sweep { limit: SWEEP_LIMIT });
            records.stats().records
        });
        left.is_ok_and(|left| left > 0)
    }
}

fn lock(records: &Mutex<Option<core::MemoryStore>>) -> MutexGuard<'_, Option<core::MemoryStore>> {
    records.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemoryStore").field(&self.stats()).finish()
    }
}

/// Builds a [`MemoryStore`] limit by limit.
#[must_use = "a builder does nothing until `build`"]
pub struct MemoryStoreBuilder {
    fields: Fields,
    longest: Micros,
    clock: Arc<dyn Clock>,
}

impl MemoryStoreBuilder {
    /// The most records it holds (10 000, or no such bound when [`max_bytes`](Self::max_bytes) is given alone): 1 to
    /// 2 147 483 647.
    pub fn max_records(mut self, records: u32) -> Self {
        self.fields.set("max_records", records);
        self
    }

    /// The most bytes its records take, about (256 MiB): 1 KiB to 1 PiB.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.fields.set("max_bytes", bytes);
        self
    }

    /// What a full store does with a new record (refuses it).
    pub fn when_full(mut self, when_full: WhenFull) -> Self {
        self.fields.set("when_full", when_full.name());
        self
    }

    /// How often expired records are swept while there are records (5 min): 100 ms to 24 h.
    pub fn cleanup_interval(mut self, interval: Duration) -> Self {
        self.fields.set("cleanup_interval", interval);
        self
    }

    /// The longest a record lives, whatever a claim asks for (no bound); never shorter than its lease.
    pub fn ttl(mut self, longest: Duration) -> Self {
        self.longest = micros(longest);
        self
    }

    /// Where the time of day comes from.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The store, or what is wrong with its limits.
    pub fn build(self) -> Result<MemoryStore, ConfigError> {
        let spec = MemorySpec::read(&self.fields.into_value(), UNIT, "")?;
        Ok(MemoryStore::of(spec, self.longest, self.clock))
    }
}

impl fmt::Debug for MemoryStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStoreBuilder").finish_non_exhaustive()
    }
}
