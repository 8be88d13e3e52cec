//! The memory store: operations and replies cross as one JSON text and at most one byte payload.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use once_again_core::error::ConfigError;
use once_again_core::idempotency::record::{Owner, Record};
use once_again_core::json;
use once_again_core::spec::{Unit, Value};
use once_again_core::store::memory::{self, MemorySpec};
use once_again_core::store::{StoreOp, Write, step};
use pyo3::prelude::*;

use crate::error::{refused, unavailable};
use crate::spec;
use crate::time::{seconds, timestamp};

/// Records in the memory of this process, shared by threads. Its lock is held for core's work only, never while Python
/// runs.
#[pyclass(frozen, module = "once_again._core")]
pub(crate) struct MemoryStore {
    store: Mutex<memory::MemoryStore>,
    /// Seconds between two sweeps.
    #[pyo3(get)]
    cleanup_interval: f64,
    seed: u64,
    owners: AtomicU64,
}

#[pymethods]
impl MemoryStore {
    /// A store bounded as the fields say. `seed` is any random number: it keeps those who choose keys from foreseeing
    /// which of them collide.
    #[new]
    fn new(fields: &Bound<'_, PyAny>, seed: u64) -> PyResult<Self> {
        let given = MemorySpec::read(&spec::read(fields)?, Unit::Seconds, "").map_err(refused)?;
        let interval = given.cleanup_interval.unwrap_or(MemorySpec::CLEANUP_INTERVAL);
        let store = Mutex::new(memory::MemoryStore::new(given.config(seed)));
        Ok(Self { store, cleanup_interval: seconds(interval), seed, owners: AtomicU64::new(0) })
    }

    /// Does an operation at `wall_now`; both ways a JSON text and its payload.
    fn apply(
        &self,
        op: &str,
        payload: Option<Vec<u8>>,
        wall_now: f64,
    ) -> PyResult<(String, Option<Vec<u8>>)> {
        let op = operation(op, payload)?;
        let reply = self.with(|store| store.apply(timestamp(wall_now), &op));
        Ok(reply.to_wire())
    }

    /// What it holds, as a JSON text.
    fn stats(&self) -> String {
        json::to_string(&self.with(|store| store.stats()))
    }
}

/// An operation from its JSON text and its payload.
pub(crate) fn operation(text: &str, payload: Option<Vec<u8>>) -> PyResult<StoreOp> {
    StoreOp::from_wire(text, payload)
        .map_err(|why| refused(ConfigError::new("op", why.to_string(), "an operation of a store")))
}

/// What to do with the one value under a key, for a store that keeps encoded records itself: `keep`, `put` or `delete`;
/// the record to put; for how many whole seconds it must be kept; the reply, a JSON text, and its payload.
type Stepped = (&'static str, Option<Vec<u8>>, u64, String, Option<Vec<u8>>);

/// Decides one operation at `wall_now`, where `found` is what lies under its key.
#[pyfunction]
pub(crate) fn store_step(
    op: &str,
    payload: Option<Vec<u8>>,
    found: Option<&[u8]>,
    wall_now: f64,
) -> PyResult<Stepped> {
    let (op, now) = (operation(op, payload)?, timestamp(wall_now));
    let found = found.map(Record::decode).transpose().map_err(|why| unavailable(why.to_string()))?;
    let (write, reply) = step(now, found, &op);
    let (reply, payload) = reply.to_wire();
    let (name, record) = match write {
        Write::Keep => ("keep", None),
        Write::Delete => ("delete", None),
        Write::Put(record) => ("put", Some(record)),
    };
    let ttl = record.as_ref().map_or(0, |record| record.kept_for(now));
    Ok((name, record.map(|record| record.encode()), ttl, reply, payload))
}

/// Seconds between two sweeps of a store that is bounded by nothing else.
#[pyfunction]
pub(crate) fn cleanup_interval(given: &Bound<'_, PyAny>) -> PyResult<f64> {
    let fields = Value::Map(vec![("cleanup_interval".into(), spec::read(given)?)]);
    let given = MemorySpec::read(&fields, Unit::Seconds, "").map_err(refused)?;
    Ok(seconds(given.cleanup_interval.unwrap_or(MemorySpec::CLEANUP_INTERVAL)))
}

impl MemoryStore {
    /// An owner that no other run over this store has. Nobody outside this process sees it, so that it needs no system
    /// call for its randomness.
    pub(crate) fn owner(&self) -> Owner {
        let number = self.owners.fetch_add(1, Ordering::Relaxed);
        Owner((u128::from(self.seed) << 64 | u128::from(number)).to_be_bytes())
    }

    /// The lock is held for core's work only.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut memory::MemoryStore) -> R) -> R {
        work(&mut self.store.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
