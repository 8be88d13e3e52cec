//! Actions, and what runs them once.

use super::call::{Call, Work};
use super::config::IdempotencyConfig;
use super::context::ExecutionContext;
use super::error::IdempotencyError;
use super::function::IdempotentFunction;
use super::input::IdempotencyInput;
use crate::clock::{Clock, TokioClock};
use crate::entropy::{Entropy, ThreadRng};
use crate::idempotency::{Counters, IdempotencyStats};
use crate::storage::{RecordKey, Store};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::{self, Display};
use std::sync::Arc;

/// Something that should have its effect once for each key or input.
///
/// Its methods are `async fn`s where they are implemented. Inside of them, [`ExecutionContext::current`] tells of the run.
pub trait IdempotentAction: Sync {
    /// What a call is about.
    type Input: IdempotencyInput;
    /// What it returns. Kept as JSON, which must give back an equal value.
    type Output: Serialize + DeserializeOwned + Send;
    /// How it fails.
    type Error: Display + Send;

    /// The scope of its keys, the same in every language that shares the store: 1 to 255 characters.
    fn id(&self) -> &str;

    /// Has the effect.
    fn execute(&self, input: &Self::Input) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;

    /// How its calls are recorded.
    fn idempotency_config(&self) -> IdempotencyConfig {
        IdempotencyConfig::default()
    }

    /// Asked on every duplicate of a finished call: `true` runs it again, and gives both results to
    /// [`merge_results`](Self::merge_results). Never, unless implemented.
    fn is_safe_to_retry(
        &self,
        _input: &Self::Input,
        _previous: &Self::Output,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send {
        std::future::ready(Ok(false))
    }

    /// What the caller gets of two results; the recorded one stands. Unless implemented, the current one.
    ///
    /// Asked too when another run of the call finished first ([`is_late`](ExecutionContext::is_late)); unless implemented,
    /// that one's result is what this caller gets.
    fn merge_results(
        &self,
        previous: Self::Output,
        current: Self::Output,
    ) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send {
        std::future::ready(Ok(ExecutionContext::usual(previous, current)))
    }
}

/// What a call came to. Two are equal if their outputs are.
#[derive(Clone, Copy)]
pub struct Executed<T> {
    /// What the action returned, now or then.
    pub output: T,
    pub(super) replay: bool,
    pub(super) confirmed: bool,
    pub(super) key: RecordKey,
}

impl<T> Executed<T> {
    /// Whether the action did not run: this is what it returned to an earlier call.
    #[must_use]
    pub const fn is_replay(&self) -> bool {
        self.replay
    }

    /// Whether the store has confirmed the record.
    #[must_use]
    pub const fn is_confirmed(&self) -> bool {
        self.confirmed
    }

    /// What the record is filed under: a digest, not the key itself.
    #[must_use]
    pub const fn key(&self) -> RecordKey {
        self.key
    }
}

impl<T: PartialEq> PartialEq for Executed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.output == other.output
    }
}

impl<T: fmt::Debug> fmt::Debug for Executed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executed")
            .field("output", &self.output)
            .field("replay", &self.replay)
            .field("confirmed", &self.confirmed)
            .finish_non_exhaustive()
    }
}

/// Runs [actions](IdempotentAction) and functions once, with records in one store. A clone is the same executor.
#[derive(Clone)]
pub struct IdempotentExecutor {
    settings: Settings,
}

/// What calls need from the world.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) counters: Arc<Counters>,
}

impl Settings {
    pub(crate) fn new(store: impl Store) -> Self {
        Self {
            store: Arc::new(store),
            clock: Arc::new(TokioClock),
            entropy: Arc::new(ThreadRng),
            counters: Arc::default(),
        }
    }
}

impl IdempotentExecutor {
    /// Over this store; an `Arc<dyn Store>` is one too.
    #[must_use]
    pub fn new(store: impl Store) -> Self {
        Self { settings: Settings::new(store) }
    }

    /// Takes its time from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.settings.clock = Arc::new(clock);
        self
    }

    /// Takes the jitter of its waits from `entropy`.
    #[must_use]
    pub fn entropy(mut self, entropy: impl Entropy) -> Self {
        self.settings.entropy = Arc::new(entropy);
        self
    }

    /// What it has done so far, its clones and its functions included.
    #[must_use]
    pub fn stats(&self) -> IdempotencyStats {
        self.settings.counters.stats()
    }

    /// Runs the action, or answers what an earlier call returned.
    ///
    /// # Errors
    ///
    /// The action's own error, or why there is no result: see [`IdempotencyError`].
    pub async fn execute<A: IdempotentAction>(
        &self,
        action: &A,
        input: A::Input,
    ) -> Result<Executed<A::Output>, IdempotencyError<A::Error>> {
        self.execute_in(action, input, ExecutionContext::new()).await
    }

    /// The same, with what is known of the circumstances.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub async fn execute_in<A: IdempotentAction>(
        &self,
        action: &A,
        input: A::Input,
        context: ExecutionContext,
    ) -> Result<Executed<A::Output>, IdempotencyError<A::Error>> {
        let config = action.idempotency_config();
        let level = config.level;
        let read = config.read(action.id(), A::Input::excluded()).map_err(IdempotencyError::Config)?;
        let given = input.idempotency_key();
        let acting = Acting { action, input: &input };
        let call = Call::new(&self.settings, read, level, context, (given.as_deref(), &input), acting)?;
        Box::pin(call.execute()).await
    }

    /// A function that runs once, for calls of this name.
    ///
    /// ```
    /// use once_again::action::IdempotentExecutor;
    /// use once_again::storage::MemoryStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let executor = IdempotentExecutor::new(MemoryStore::default());
    /// let charge = executor.function("charge", |cents: u64| async move { Ok::<_, std::io::Error>(cents + 1) });
    /// assert_eq!(charge.call(500).await?.output, 501);
    /// assert!(charge.call(500).await?.is_replay());
    /// # Ok(()) }
    /// ```
    pub fn function<I, F, Fut, T, E>(&self, name: &str, work: F) -> IdempotentFunction<I, F>
    where
        F: Fn(I) -> Fut + Sync,
        Fut: Future<Output = Result<T, E>> + Send,
    {
        IdempotentFunction::new(self.settings.clone(), name, work)
    }
}

impl fmt::Debug for IdempotentExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotentExecutor").finish_non_exhaustive()
    }
}

/// An action and what it is called with.
struct Acting<'a, A: IdempotentAction> {
    action: &'a A,
    input: &'a A::Input,
}

impl<A: IdempotentAction> Work for Acting<'_, A> {
    type Output = A::Output;
    type Error = A::Error;

    fn run(&self) -> impl Future<Output = Result<A::Output, A::Error>> + Send {
        self.action.execute(self.input)
    }

    fn is_safe_to_retry(&self, previous: &A::Output) -> impl Future<Output = Result<bool, A::Error>> + Send {
        self.action.is_safe_to_retry(self.input, previous)
    }

    fn merge(
        &self,
        previous: A::Output,
        current: A::Output,
    ) -> impl Future<Output = Result<A::Output, A::Error>> + Send {
        self.action.merge_results(previous, current)
    }
}
