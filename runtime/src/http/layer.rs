//! The layer, built field by field. Nothing is checked here: core reads the whole and names what is wrong.

use super::config::{ConflictStrategy, IdempotencyConfig};
use super::guard::{Guard, Reader};
use super::service::IdempotencyService;
use crate::clock::{Clock, TokioClock};
use crate::config::{Fields, Setting, UNIT};
use crate::entropy::{Entropy, ThreadRng};
use crate::idempotency::IdempotencyStats;
use crate::storage::{MemoryStore, OnOrphan, Store};
use http::Method;
use http::request::Parts;
use once_again_core::error::ConfigError;
use once_again_core::http::{HttpConfig, MissingKey, On5xx, Profile};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tower_layer::Layer;

/// Guards the requests of a service: one that comes again with the same key gets the first one's answer.
///
/// Built by the names of nebula-idempotency; [the module](super) shows how it is mounted. A clone guards together with its
/// original: they share their store, also one that was not named.
///
/// Its configuration is checked when it is mounted, or by [`checked`](Self::checked).
#[derive(Clone)]
#[must_use = "a layer does nothing until it is mounted"]
pub struct IdempotencyLayer {
    fields: Fields,
    store: Option<Arc<dyn Store>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    principal: Option<Arc<Reader>>,
    remote: Option<Arc<Reader>>,
    /// Made when it is first mounted: axum mounts a clone on each route.
    guard: Arc<OnceLock<Result<Arc<Guard>, ConfigError>>>,
}

impl IdempotencyLayer {
    /// POST, PUT and PATCH; answers kept for a day, in a memory store of its own; a second request waits up to 30 s for the
    /// first one's answer.
    ///
    /// nebula-idempotency also has `IdempotencyLayer::new(config, storage)`; that is [`from_config`](Self::from_config) here,
    /// as Rust knows one function of a name.
    pub fn new() -> Self {
        let layer = Self {
            fields: Fields::default(),
            store: None,
            clock: Arc::new(TokioClock),
            entropy: Arc::new(ThreadRng),
            principal: None,
            remote: None,
            guard: Arc::default(),
        };
        layer.with_conflict_strategy(ConflictStrategy::default())
    }

    /// The layer of a configuration and a store.
    pub fn from_config(config: IdempotencyConfig, storage: impl Store) -> Self {
        Self::new()
            .with_key_header(&config.key_header)
            .with_key_prefix(&config.key_prefix)
            .with_ttl(config.response_cache_ttl)
            .with_methods(config.supported_methods)
            .with_conflict_strategy(config.conflict_strategy)
            .with_storage(storage)
    }

    fn set(mut self, field: &str, value: impl Into<Setting>) -> Self {
        self.fields.set(field, value);
        self.changed()
    }

    fn set_in(mut self, object: &str, field: &str, value: impl Into<Setting>) -> Self {
        self.fields.set_in(object, field, value);
        self.changed()
    }

    fn changed(mut self) -> Self {
        self.guard = Arc::default();
        self
    }

    /// The header that carries the key (`Idempotency-Key`).
    pub fn with_key_header(self, name: &str) -> Self {
        self.set("key_header", name)
    }

    /// Where records live (a memory store of this layer's own, of 256 MiB). Share one between processes that serve the same
    /// requests.
    pub fn with_storage(mut self, storage: impl Store) -> Self {
        self.store = Some(Arc::new(storage));
        self.changed()
    }

    /// How long an answer is kept (1 day): 1 ms to 365 days.
    pub fn with_ttl(self, ttl: Duration) -> Self {
        self.set("ttl", ttl)
    }

    /// What a request meets whose key is in use by one that still runs (it waits 30 s).
    pub fn with_conflict_strategy(self, strategy: ConflictStrategy) -> Self {
        match strategy {
            ConflictStrategy::Reject => self.set("conflict", "reject"),
            ConflictStrategy::WaitForFirst { timeout } => {
                self.set("conflict", Fields::default()).set_in("conflict", "wait", timeout)
            }
        }
    }

    /// The namespace of keys, for applications that share a store (empty).
    pub fn with_key_prefix(self, prefix: &str) -> Self {
        self.set("key_prefix", prefix)
    }

    /// The methods that are guarded (POST, PUT, PATCH).
    pub fn with_methods(self, methods: impl IntoIterator<Item = Method>) -> Self {
        let names: Vec<Method> = methods.into_iter().collect();
        self.set("methods", names.iter().map(Method::as_str).collect::<Setting>())
    }

    /// Who the caller is: keys of different callers never meet. `None` where it is not known; then the caller is told by its
    /// `Authorization`. Read what an authenticating layer outside of this one has left among the request's extensions.
    pub fn with_principal(
        mut self,
        principal: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.principal = Some(Arc::new(principal));
        self.changed()
    }

    /// Cookies that tell callers apart, beside `Authorization` (none).
    pub fn with_principal_cookies<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.set("principal_cookies", names.into_iter().collect::<Setting>())
    }

    /// The caller's address, for requests without a key. Unless set it is what axum's `ConnectInfo<SocketAddr>` says (feature
    /// `axum`).
    pub fn with_remote(mut self, remote: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        self.remote = Some(Arc::new(remote));
        self.changed()
    }

    /// What a request without a key gets (a derived one).
    pub fn with_missing_key(self, missing: MissingKey) -> Self {
        self.set("missing_key", missing.name())
    }

    /// How long a derived key lives (30 s): 1 ms to 365 days.
    pub fn with_derived_window(self, window: Duration) -> Self {
        self.set("derived_window", window)
    }

    /// How long a silent owner keeps its claim (60 s): 100 ms to 1 day. It is renewed while the handler runs.
    pub fn with_lease(self, lease: Duration) -> Self {
        self.set("lease", lease)
    }

    /// How often the claim is renewed (a third of the lease): 1 ms to half of the lease.
    pub fn with_renew_every(self, every: Duration) -> Self {
        self.set("renew_every", every)
    }

    /// How long the claim is renewed at the most (10 min): 1 ms to 365 days.
    pub fn with_max_run(self, longest: Duration) -> Self {
        self.set("max_run", longest)
    }

    /// What becomes of a claim whose owner fell silent (it is run again).
    pub fn with_on_orphan(self, on_orphan: OnOrphan) -> Self {
        self.set(
            "on_orphan",
            match on_orphan {
                OnOrphan::Reexecute => "reexecute",
                OnOrphan::Fail => "fail",
            },
        )
    }

    /// After so many takeovers the outcome counts as unknown (5): 0 to 1 000 000.
    pub fn with_max_takeovers(self, takeovers: u32) -> Self {
        self.set("max_takeovers", takeovers)
    }

    /// What a 5xx answer makes of its record (as the profile says).
    pub fn with_on_5xx(self, on_5xx: On5xx) -> Self {
        self.set("on_5xx", on_5xx.name())
    }

    /// A named set of rules about answers.
    pub fn with_profile(self, profile: Profile) -> Self {
        self.set("profile", profile.name())
    }

    /// The largest body of an answer that is kept, in bytes (1 MiB): 0 to 1 GiB. Larger ones pass undelayed, and a request that
    /// comes again is told that there was one (409).
    pub fn with_max_body_bytes(self, bytes: u32) -> Self {
        self.set("max_body_bytes", bytes)
    }

    /// The largest body of a request that is read to be compared, in bytes (10 MiB): 0 to 1 GiB. A longer one is refused with 413
    /// if it comes under a key, and passes unguarded if it does not.
    pub fn with_max_request_bytes(self, bytes: u32) -> Self {
        self.set("max_request_bytes", bytes)
    }

    /// After this long the signal of the handler's [`Claim`](super::Claim) fires (never): 1 ms to 1 day. What to do about it is
    /// the handler's decision.
    pub fn with_handler_timeout(self, limit: Duration) -> Self {
        self.set("handler_timeout", limit)
    }

    /// How long one operation of the store may take (2 s, and never more than a quarter of the lease): 1 ms to 1 h.
    pub fn with_store_timeout(self, limit: Duration) -> Self {
        self.set("store_timeout", limit)
    }

    /// How long an answer waits for its record (5 s): 1 ms to 1 h. Then it leaves with `Idempotency-Completion: lost`.
    pub fn with_complete_timeout(self, limit: Duration) -> Self {
        self.set("complete_timeout", limit)
    }

    /// Whether a store that cannot be reached lets requests through unprotected (no: they get 503).
    pub fn with_fail_open(self, open: bool) -> Self {
        self.set("fail_open", open)
    }

    /// JSON Pointers of the fields of a body that alone count (all do).
    pub fn with_fingerprint_include<'a>(self, pointers: impl IntoIterator<Item = &'a str>) -> Self {
        self.set_in("fingerprint", "include", pointers.into_iter().collect::<Setting>())
    }

    /// JSON Pointers of the fields of a body that do not count (none).
    pub fn with_fingerprint_exclude<'a>(self, pointers: impl IntoIterator<Item = &'a str>) -> Self {
        self.set_in("fingerprint", "exclude", pointers.into_iter().collect::<Setting>())
    }

    /// Request headers that count (none).
    pub fn with_fingerprint_headers<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.set("fingerprint_headers", names.into_iter().collect::<Setting>())
    }

    /// Whether the body counts (yes). Without it a request under a client's key is not read at all.
    pub fn with_body_in_fingerprint(self, counts: bool) -> Self {
        self.set("include_body_in_fingerprint", counts)
    }

    /// Whether pages of another origin may read the headers this layer adds (no).
    pub fn with_expose_headers(self, expose: bool) -> Self {
        self.set("expose_headers", expose)
    }

    /// Another clock than tokio's.
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self.changed()
    }

    /// Another source of the draws that spread waiting requests than the thread's generator.
    pub fn with_entropy(mut self, entropy: impl Entropy) -> Self {
        self.entropy = Arc::new(entropy);
        self.changed()
    }

    /// What was done under keys so far where it is mounted, its clones included. Changed afterwards, it counts anew.
    #[must_use]
    pub fn stats(&self) -> IdempotencyStats {
        match self.guard.get() {
            Some(Ok(guard)) => guard.counters.stats(),
            _ => IdempotencyStats::default(),
        }
    }

    /// Checks everything. The error names the field, what was given, and what is allowed.
    pub fn checked(self) -> Result<Self, ConfigError> {
        self.guard()?;
        Ok(self)
    }

    fn guard(&self) -> Result<Arc<Guard>, ConfigError> {
        self.guard.get_or_init(|| self.make().map(Arc::new)).clone()
    }

    fn make(&self) -> Result<Guard, ConfigError> {
        let config = HttpConfig::read(&self.fields.clone().into_value(), UNIT, "")?;
        let store = match &self.store {
            Some(store) => store.clone(),
            None => Arc::new(own_store(&config, self.clock.clone())?),
        };
        Ok(Guard {
            config,
            store,
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            principal: self.principal.clone(),
            remote: self.remote.clone(),
            counters: Arc::default(),
        })
    }
}

fn own_store(config: &HttpConfig, clock: Arc<dyn Clock>) -> Result<MemoryStore, ConfigError> {
    let mut store = MemoryStore::builder().clock(clock);
    if let Some(bytes) = config.own_store(0).max_bytes {
        store = store.max_bytes(bytes);
    }
    store.build()
}

impl Default for IdempotencyLayer {
    fn default() -> Self {
        Self::new()
    }
}

/// # Panics
///
/// Mounting a configuration that does not hold panics with what is wrong, as axum does for a route that cannot be;
/// [`checked`](IdempotencyLayer::checked) answers it instead.
impl<S> Layer<S> for IdempotencyLayer {
    type Service = IdempotencyService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        match self.guard() {
            Ok(guard) => IdempotencyService::new(inner, guard),
            Err(error) => panic!("IdempotencyLayer: {error}"),
        }
    }
}

impl fmt::Debug for IdempotencyLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotencyLayer").field("fields", &self.fields).finish_non_exhaustive()
    }
}
