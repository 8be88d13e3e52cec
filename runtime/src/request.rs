//! Requests that run once, known by their key alone.

use crate::action::{
    Call, ConflictBehavior, Executed, ExecutionContext, IdempotencyConfig, IdempotencyError,
};
use crate::action::{Level, Settings, Work};
use crate::clock::Clock;
use crate::idempotency::{IdempotencyKey, IdempotencyStats};
use crate::storage::Store;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What a request fails with: `?` turns any error into one, and so does `.into()` a text.
pub struct RequestError(Box<dyn Error + Send + Sync>);

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for RequestError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl RequestError {
    /// The error itself.
    #[must_use]
    pub fn into_inner(self) -> Box<dyn Error + Send + Sync> {
        self.0
    }
}

impl fmt::Debug for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The scope of the keys unless told otherwise.
const SCOPE: &str = "request";

/// Runs whatever has a key once: two at once with one key get one result, and so does whoever comes within 24 h. A clone is
/// the same manager.
///
/// ```
/// use once_again::IdempotencyKey;
/// use once_again::request::RequestIdempotencyManager;
/// use once_again::storage::MemoryStore;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let manager = RequestIdempotencyManager::new(MemoryStore::default());
/// let key = IdempotencyKey::from("order-7");
/// let first = manager.execute_request(key.clone(), async { Ok("charged".to_owned()) }).await?;
/// let again = manager.execute_request(key, async { Ok("charged twice".to_owned()) }).await?;
/// assert!(again.is_replay());
/// assert_eq!((first.output.as_str(), again.output.as_str()), ("charged", "charged"));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct RequestIdempotencyManager {
    settings: Settings,
    scope: Arc<str>,
    config: IdempotencyConfig,
}

impl RequestIdempotencyManager {
    /// Over this store; an `Arc<dyn Store>` is one too.
    #[must_use]
    pub fn new(storage: impl Store) -> Self {
        let config = IdempotencyConfig::for_level(Level::Request);
        Self { settings: Settings::new(storage), scope: SCOPE.into(), config }
    }

    /// Whose keys they are, where several share a store ("request"): 1 to 255 characters.
    #[must_use]
    pub fn with_scope(mut self, scope: &str) -> Self {
        self.scope = scope.into();
        self
    }

    /// What a request meets while another with its key is at work (waits 30 s).
    #[must_use]
    pub const fn with_conflict_behavior(mut self, conflict: ConflictBehavior) -> Self {
        self.config.conflict_behavior = conflict;
        self
    }

    /// How requests are recorded; by their keys alone, whatever it says of strategies.
    #[must_use]
    pub fn with_config(mut self, config: IdempotencyConfig) -> Self {
        self.config = config;
        self
    }

    /// Takes its time from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.settings.clock = Arc::new(clock);
        self
    }

    /// What it has done so far, its clones included.
    #[must_use]
    pub fn stats(&self) -> IdempotencyStats {
        self.settings.counters.stats()
    }

    /// Awaits `future` if its key is new, else answers what the first one with the key came to; `future` is then dropped
    /// without being polled.
    ///
    /// # Errors
    ///
    /// The future's own error, or why there is no result: see [`IdempotencyError`].
    pub async fn execute_request<T>(
        &self,
        key: impl Into<IdempotencyKey>,
        future: impl Future<Output = Result<T, RequestError>> + Send,
    ) -> Result<Executed<T>, IdempotencyError<RequestError>>
    where
        T: Serialize + DeserializeOwned + Send,
    {
        let IdempotencyKey(key) = key.into();
        let config = IdempotencyConfig {
            key_strategy: crate::action::IdempotencyKeyStrategy::Client,
            ..self.config.clone()
        };
        let read = config.read(&self.scope, &[]).map_err(IdempotencyError::Config)?;
        let context = ExecutionContext::new();
        let once = Once(Mutex::new(Some(future)));
        let call = Call::new(&self.settings, read, config.level, context, (Some(&key), &()), once)?;
        Box::pin(call.execute()).await
    }
}

impl fmt::Debug for RequestIdempotencyManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestIdempotencyManager").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// A future, until it is awaited.
struct Once<F>(Mutex<Option<F>>);

impl<T, F> Work for Once<F>
where
    T: Serialize + DeserializeOwned + Send,
    F: Future<Output = Result<T, RequestError>> + Send,
{
    type Output = T;
    type Error = RequestError;

    async fn run(&self) -> Result<T, RequestError> {
        let future = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match future {
            Some(future) => future.await,
            // Nobody says that it is safe to run again, so nobody comes a second time.
            None => Err("a request runs once".into()),
        }
    }
}
