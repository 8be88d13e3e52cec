//! How much a memory store may hold, and what it does then.

use crate::error::ConfigError;
use crate::spec::{Names, Reader, Unit, Value};
use crate::time::Micros;

/// What a full store does with a new record once nothing in it has expired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// Refuses it.
    #[default]
    Refuse,
    /// Drops the record that was completed first; never one in progress.
    EvictCompleted,
}

impl WhenFull {
    /// Its word in configurations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::EvictCompleted => "evictCompleted",
        }
    }
}

/// The bounds of a memory store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryConfig {
    /// Records; `None`: bounded by bytes alone.
    pub max_records: Option<u32>,
    /// Bytes, each record counted as its encoded length and [`OVERHEAD`](super::OVERHEAD); `None`: bounded by records alone.
    pub max_bytes: Option<u64>,
    /// What happens at the bound.
    pub when_full: WhenFull,
    /// Any random number: nobody who chooses keys can then foresee which of them collide.
    pub seed: u64,
}

impl MemoryConfig {
    /// 10 000 records (the Q ecosystem's `maxRecords`).
    pub const MAX_RECORDS: u32 = 10_000;
    /// 256 MiB: about 150 000 answers of 1 KB.
    pub const MAX_BYTES: u64 = 256 << 20;

    /// Bounded by bytes alone: the store a middleware makes for itself.
    #[must_use]
    pub const fn by_bytes(seed: u64) -> Self {
        Self { max_records: None, max_bytes: Some(Self::MAX_BYTES), when_full: WhenFull::Refuse, seed }
    }
}

impl Default for MemoryConfig {
    /// 10 000 records of 256 MiB in all.
    fn default() -> Self {
        Self { max_records: Some(Self::MAX_RECORDS), ..Self::by_bytes(0) }
    }
}

/// A memory store's configuration as given, nothing filled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemorySpec {
    /// See [`MemoryConfig::max_records`]; 10 000 when neither bound is given.
    pub max_records: Option<u32>,
    /// See [`MemoryConfig::max_bytes`]; 256 MiB when not given.
    pub max_bytes: Option<u64>,
    /// See [`MemoryConfig::when_full`].
    pub when_full: Option<WhenFull>,
    /// How often the host sweeps while there are records; 5 minutes when not given.
    pub cleanup_interval: Option<Micros>,
}

impl MemorySpec {
    /// How often a host sweeps unless told otherwise.
    pub const CLEANUP_INTERVAL: Micros = Micros::from_secs(300);

    /// Number of records (`max_entries` in nebula-idempotency).
    pub const MAX_RECORDS: Names = Names(&[("max_records", None), ("max_entries", None)]);
    /// Number of bytes.
    pub const MAX_BYTES: Names = Names(&[("max_bytes", None)]);
    /// `refuse` or `evictCompleted`.
    pub const WHEN_FULL: Names = Names(&[("when_full", None)]);
    /// Time between two sweeps.
    pub const CLEANUP: Names = Names(&[("cleanup_interval", None)]);
    /// All fields, for a configuration object that holds nothing else.
    pub const NAMES: &[Names] = &[Self::MAX_RECORDS, Self::MAX_BYTES, Self::WHEN_FULL, Self::CLEANUP];

    /// Reads an object that holds these fields and no others.
    pub fn read(value: &Value, unit: Unit, path: &str) -> Result<Self, ConfigError> {
        Self::from_reader(&Reader::new(value, unit, Self::NAMES, path)?)
    }

    /// Reads these fields of an object that holds others too.
    pub fn from_reader(reader: &Reader<'_>) -> Result<Self, ConfigError> {
        let policies = [WhenFull::Refuse, WhenFull::EvictCompleted];
        let when_full = reader.one_of("when_full", &policies.map(WhenFull::name))?;
        Ok(Self {
            max_records: reader
                .integer("max_records", 1, u64::from(u32::MAX / 2))?
                .and_then(|records| u32::try_from(records).ok()),
            max_bytes: reader.integer("max_bytes", 1 << 10, 1 << 50)?,
            when_full: when_full.map(|i| policies[i]),
            cleanup_interval: reader.duration(
                "cleanup_interval",
                Micros::from_millis(100),
                Micros::from_secs(86_400),
            )?,
        })
    }

    /// The bounds this gives, with `seed` as [`MemoryConfig::seed`].
    #[must_use]
    pub fn config(&self, seed: u64) -> MemoryConfig {
        let max_records = match (self.max_records, self.max_bytes) {
            (None, None) => Some(MemoryConfig::MAX_RECORDS),
            (records, _) => records,
        };
        MemoryConfig {
            max_records,
            max_bytes: Some(self.max_bytes.unwrap_or(MemoryConfig::MAX_BYTES)),
            when_full: self.when_full.unwrap_or_default(),
            seed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&str, Value)]) -> Result<MemorySpec, ConfigError> {
        let value = Value::Map(fields.iter().map(|(name, value)| ((*name).into(), value.clone())).collect());
        MemorySpec::read(&value, Unit::Millis, "")
    }

    #[test]
    fn without_bounds_it_holds_10_000_records_of_256_mib() {
        assert_eq!(read(&[]).unwrap().config(0), MemoryConfig::default());
        let by_entries = read(&[("max_entries", Value::Number(5.0))]).unwrap().config(3);
        assert_eq!(by_entries, MemoryConfig { max_records: Some(5), seed: 3, ..MemoryConfig::default() });
    }

    #[test]
    fn a_bound_in_bytes_stands_alone() {
        let by_bytes = read(&[("maxBytes", Value::Number(4096.0))]).unwrap().config(0);
        assert_eq!((by_bytes.max_records, by_bytes.max_bytes), (None, Some(4096)));
    }

    #[test]
    fn a_wrong_bound_is_named_with_its_range() {
        let error = read(&[("maxRecords", Value::Number(0.0))]).unwrap_err();
        assert_eq!(error.to_string(), "maxRecords: got 0, expected a whole number from 1 to 2147483647");
        let error = read(&[("whenFull", Value::Text("evict".into()))]).unwrap_err();
        assert_eq!(error.to_string(), "whenFull: got \"evict\", expected one of refuse, evictCompleted");
    }
}
