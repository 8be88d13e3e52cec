//! Which store a tier of nebula has.

use super::{InMemoryConfig, MemoryStore, Store};
use once_again_core::error::ConfigError;
use std::fmt;
use std::sync::Arc;

/// A tier of nebula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tier {
    /// One process: a memory store of 10 000 records that live an hour.
    Personal,
    /// A `PostgresStore`, best with monthly partitions.
    Enterprise,
    /// A `DistributedStore`.
    Cloud,
}

/// Chooses a store by [`Tier`]. A tier whose store was not given is an error, never a memory store in silence.
///
/// ```
/// use once_again::storage::{Tier, TierSpecific};
///
/// let stores = TierSpecific::new(); // .enterprise(postgres).cloud(distributed)
/// assert!(stores.store(Tier::Personal).is_ok());
/// let missing = stores.store(Tier::Cloud).err().unwrap().to_string();
/// assert_eq!(missing, "tier: got Cloud, expected a tier whose store was given, as cloud(store) gives it");
/// ```
#[derive(Clone)]
pub struct TierSpecific {
    personal: Arc<dyn Store>,
    enterprise: Option<Arc<dyn Store>>,
    cloud: Option<Arc<dyn Store>>,
}

impl TierSpecific {
    /// The personal tier's store, and no other yet.
    #[must_use]
    pub fn new() -> Self {
        let personal = Arc::new(MemoryStore::new(InMemoryConfig::default()));
        Self { personal, enterprise: None, cloud: None }
    }

    /// Another store for the personal tier.
    #[must_use]
    pub fn personal(self, store: impl Store) -> Self {
        Self { personal: Arc::new(store), ..self }
    }

    /// The store of the enterprise tier: a `PostgresStore`.
    #[must_use]
    pub fn enterprise(self, store: impl Store) -> Self {
        Self { enterprise: Some(Arc::new(store)), ..self }
    }

    /// The store of the cloud tier: a `DistributedStore`.
    #[must_use]
    pub fn cloud(self, store: impl Store) -> Self {
        Self { cloud: Some(Arc::new(store)), ..self }
    }

    /// The store of this tier.
    pub fn store(&self, tier: Tier) -> Result<Arc<dyn Store>, ConfigError> {
        let (given, how) = match tier {
            Tier::Personal => return Ok(self.personal.clone()),
            Tier::Enterprise => (&self.enterprise, "enterprise(store)"),
            Tier::Cloud => (&self.cloud, "cloud(store)"),
        };
        let expected = || format!("a tier whose store was given, as {how} gives it");
        given.clone().ok_or_else(|| ConfigError::new("tier", format!("{tier:?}"), expected()))
    }
}

impl Default for TierSpecific {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TierSpecific {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TierSpecific").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{RecordKey, StoreOp};

    /// What a closed store says tells one from another.
    async fn is_closed(stores: &TierSpecific, tier: Tier) -> bool {
        let get = StoreOp::Get { key: RecordKey([1; 32]) };
        stores.store(tier).unwrap().apply(get).await.is_err()
    }

    #[tokio::test]
    async fn each_tier_has_the_store_it_was_given_and_no_other() {
        let closed = MemoryStore::default();
        closed.close();
        let stores = TierSpecific::new().enterprise(closed.clone());
        assert!(!is_closed(&stores, Tier::Personal).await && is_closed(&stores, Tier::Enterprise).await);
        assert!(stores.store(Tier::Cloud).is_err());
        let stores = TierSpecific::new().cloud(closed.clone());
        assert!(is_closed(&stores, Tier::Cloud).await);
        assert!(stores.store(Tier::Enterprise).is_err());
        assert!(is_closed(&TierSpecific::new().personal(closed), Tier::Personal).await);
    }
}
