//! A function that runs once: an action without hooks, from a closure.

use super::call::{Call, Work};
use super::config::IdempotencyConfig;
use super::context::ExecutionContext;
use super::error::IdempotencyError;
use super::executor::{Executed, Settings};
use super::input::IdempotencyInput;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::{self, Display};
use std::sync::Arc;

/// A function that runs once, made by [`IdempotentExecutor::function`](super::IdempotentExecutor::function).
#[must_use = "a function does nothing until it is called"]
pub struct IdempotentFunction<I, F> {
    settings: Settings,
    name: String,
    config: IdempotencyConfig,
    key: Option<Arc<KeyOf<I>>>,
    work: F,
}

type KeyOf<I> = dyn Fn(&I) -> Option<String> + Send + Sync;

impl<I, F> IdempotentFunction<I, F> {
    pub(super) fn new(settings: Settings, name: &str, work: F) -> Self {
        Self { settings, name: name.into(), config: IdempotencyConfig::default(), key: None, work }
    }

    /// How its calls are recorded.
    pub fn config(mut self, config: IdempotencyConfig) -> Self {
        self.config = config;
        self
    }

    /// The key of a call, in place of the input's own: 1 to 255 visible ASCII characters.
    pub fn key<K: Into<String>>(mut self, key: impl Fn(&I) -> K + Send + Sync + 'static) -> Self {
        self.key = Some(Arc::new(move |input| Some(key(input).into())));
        self
    }

    /// Runs the function, or answers what an earlier call returned.
    ///
    /// # Errors
    ///
    /// The function's own error, or why there is no result: see [`IdempotencyError`].
    pub async fn call<Fut, T, E>(&self, input: I) -> Result<Executed<T>, IdempotencyError<E>>
    where
        I: IdempotencyInput + Clone,
        F: Fn(I) -> Fut + Sync,
        Fut: Future<Output = Result<T, E>> + Send,
        T: Serialize + DeserializeOwned + Send,
        E: Display + Send,
    {
        let read = self.config.read(&self.name, I::excluded()).map_err(IdempotencyError::Config)?;
        let given = self.key.as_ref().map_or_else(|| input.idempotency_key(), |key| key(&input));
        let about = (given.as_deref(), &input);
        let calling = Calling { work: &self.work, input: &input };
        let level = self.config.level;
        let call = Call::new(&self.settings, read, level, ExecutionContext::new(), about, calling)?;
        Box::pin(call.execute()).await
    }
}

impl<I, F> fmt::Debug for IdempotentFunction<I, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotentFunction").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A function and what it is called with.
struct Calling<'a, I, F> {
    work: &'a F,
    input: &'a I,
}

impl<I, F, Fut, T, E> Work for Calling<'_, I, F>
where
    I: Clone + Sync,
    F: Fn(I) -> Fut + Sync,
    Fut: Future<Output = Result<T, E>> + Send,
    T: Serialize + DeserializeOwned + Send,
    E: Display + Send,
{
    type Output = T;
    type Error = E;

    fn run(&self) -> impl Future<Output = Result<T, E>> + Send {
        (self.work)(self.input.clone())
    }
}
