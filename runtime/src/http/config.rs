//! The configuration of nebula-idempotency's `http` module, in its own words.

use http::Method;
use std::time::Duration;

/// What a request meets whose key is in use by a request that still runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictStrategy {
    /// 409 with `Retry-After`, at once.
    Reject,
    /// The first request's answer, waited for; should its process fall silent, this one takes over.
    WaitForFirst {
        /// How long to wait before it is 409 after all: 0 to 1 day.
        timeout: Duration,
    },
}

impl Default for ConflictStrategy {
    /// Waits 30 s.
    fn default() -> Self {
        Self::WaitForFirst { timeout: Duration::from_secs(30) }
    }
}

/// The configuration of an [`IdempotencyLayer`](super::IdempotencyLayer) as one value (nebula-idempotency). What is not here,
/// the layer's `with_…` methods add.
///
/// ```
/// use http::Method;
/// use once_again::http::{ConflictStrategy, IdempotencyConfig, IdempotencyLayer, days};
/// use once_again::storage::MemoryStore;
///
/// let config = IdempotencyConfig {
///     key_header: "Idempotency-Key".to_string(),
///     key_prefix: "api".to_string(),
///     response_cache_ttl: days(1),
///     supported_methods: vec![Method::POST, Method::PUT, Method::PATCH],
///     conflict_strategy: ConflictStrategy::Reject,
/// };
/// let layer = IdempotencyLayer::from_config(config, MemoryStore::default());
/// # layer.checked().unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyConfig {
    /// The header that carries the key (`Idempotency-Key`).
    pub key_header: String,
    /// The namespace of keys, for applications that share a store (empty).
    pub key_prefix: String,
    /// How long an answer is kept (1 day): 1 ms to 365 days.
    pub response_cache_ttl: Duration,
    /// The methods that are guarded (POST, PUT, PATCH).
    pub supported_methods: Vec<Method>,
    /// What a request meets whose key is in use (it waits 30 s).
    pub conflict_strategy: ConflictStrategy,
}

impl Default for IdempotencyConfig {
    fn default() -> Self {
        Self {
            key_header: "Idempotency-Key".into(),
            key_prefix: String::new(),
            response_cache_ttl: days(1),
            supported_methods: vec![Method::POST, Method::PUT, Method::PATCH],
            conflict_strategy: ConflictStrategy::default(),
        }
    }
}

/// So many days of 24 hours.
#[must_use]
pub const fn days(days: u32) -> Duration {
    Duration::from_secs(86_400 * days as u64)
}
