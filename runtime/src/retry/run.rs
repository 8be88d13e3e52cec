//! Runs an operation until it succeeds or core says that it is enough.

use super::attempt::{Attempt, Failure};
use super::call::{Call, Limit};
use super::classify::Facts;
use super::rules::{Retrying, Rules, Succeeded};
use super::{Blocking, RetryError, RetryPolicy};
use crate::breaker::Breaker;
#[cfg(feature = "tower")]
use crate::breaker::Outcome;
use crate::budget::Budget;
use crate::clock::Clock;
use crate::entropy::Entropy;
use once_again_core::error::ConfigError;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

/// Runs operations that fail with `E` under one [`RetryPolicy`].
///
/// Made once and used for any number of calls at a time; a clone is one reference count. Each call has its own state.
/// Dropping a call ends it: no further attempt is made.
///
/// ```
/// use once_again::{Retry, RetryPolicy};
/// # async fn connect() -> std::io::Result<u8> { Ok(7) }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let connection = Retry::new(RetryPolicy::standard())
///     .on_retry(|retry| eprintln!("attempt {} failed: {}", retry.attempt, retry.failure))
///     .run(|_attempt| connect())
///     .await?;
/// # assert_eq!(connection, 7); Ok(()) }
/// ```
pub struct Retry<E> {
    rules: Arc<Rules<E>>,
}

impl<E: 'static> Retry<E> {
    /// Retries under `policy`. An [`io::Error`](std::io::Error), a time-out and an open breaker are told apart, also inside
    /// a `Box<dyn Error>`; what another error means, [`classify`](Self::classify) says. Without it, it is of
    /// [`Kind::Unknown`](super::Kind::Unknown), which most policies retry.
    #[must_use]
    pub fn new(policy: impl Into<RetryPolicy>) -> Self {
        Self { rules: Arc::new(Rules::new(policy.into())) }
    }
}

impl<E: 'static> Retry<E> {
    /// What an error means: its [`Kind`](super::Kind), or more [`Facts`] about it.
    #[must_use]
    pub fn classify<F: Into<Facts>>(mut self, facts: impl Fn(&E) -> F + Send + Sync + 'static) -> Self {
        self.change().classify = Arc::new(move |error| facts(error).into());
        self
    }

    /// Retries only while `condition(error, attempt)` agrees; `attempt` is the one that just failed, from 1. It can veto,
    /// not permit: what the policy does not retry is not asked about. Of several, all must agree.
    #[must_use]
    pub fn when(mut self, condition: impl Fn(&E, u32) -> bool + Send + Sync + 'static) -> Self {
        self.change().conditions.push(Arc::new(condition));
        self
    }

    /// Every attempt asks `breaker` first and tells it how it ended. A breaker that is open ends the call at once.
    #[must_use]
    pub fn breaker(mut self, breaker: &Breaker) -> Self {
        self.change().breaker = Some(breaker.clone());
        self
    }

    /// Every retry takes from `budget`, which all calls to the same dependency should share. A call that finds it empty
    /// ends with the failure it has.
    #[must_use]
    pub fn budget(mut self, budget: &Budget) -> Self {
        self.change().budget = Some(budget.clone());
        self
    }

    /// Names the operation in errors and events.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.change().name = Some(name.into());
        self.place()
    }

    /// Names the service that calls (events of one without a name say "default"), and the one of its processes that does
    /// (a name drawn when the process starts). Under a policy with slots, which of them retries wait for follows from
    /// service, operation and instance.
    #[must_use]
    pub fn caller(mut self, service: &str, instance: &str) -> Self {
        let rules = self.change();
        (rules.service, rules.instance) = (Some(service.into()), Some(instance.into()));
        self.place()
    }

    /// The same under another policy.
    #[cfg(feature = "reqwest")]
    pub(crate) fn under(mut self, policy: RetryPolicy) -> Self {
        let rules = self.change();
        rules.name = policy.name().cloned().or(rules.name.take());
        rules.policy = policy;
        self.place()
    }

    /// Retries are free.
    #[cfg(feature = "reqwest")]
    pub(crate) fn without_budget(mut self) -> Self {
        self.change().budget = None;
        self
    }

    /// What its clock shows.
    #[cfg(feature = "reqwest")]
    pub(crate) fn now(&self) -> Instant {
        self.rules.clock.now()
    }

    /// How an error counts for the breaker, where that is not for its own type to say.
    #[cfg(feature = "tower")]
    pub(crate) fn counted_by(mut self, outcome: fn(&Breaker, &E) -> Outcome) -> Self {
        self.change().outcome = outcome;
        self
    }

    fn place(mut self) -> Self {
        let rules = self.change();
        rules.slot = rules.slot();
        self
    }

    /// Hears of each failure that another attempt follows, before the wait.
    #[must_use]
    pub fn on_retry(mut self, hook: impl Fn(&Retrying<'_, E>) + Send + Sync + 'static) -> Self {
        self.change().on_retry = Some(Arc::new(hook));
        self
    }

    /// Hears of each success.
    #[must_use]
    pub fn on_success(mut self, hook: impl Fn(&Succeeded<'_>) + Send + Sync + 'static) -> Self {
        self.change().on_success = Some(Arc::new(hook));
        self
    }

    /// Hears of each call that ends in an error.
    #[must_use]
    pub fn on_give_up(mut self, hook: impl Fn(&RetryError<E>) + Send + Sync + 'static) -> Self {
        self.change().on_give_up = Some(Arc::new(hook));
        self
    }

    /// Another clock than tokio's.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.change().clock = Arc::new(clock);
        self
    }

    /// Another source of draws than the thread's generator.
    #[must_use]
    pub fn entropy(mut self, entropy: impl Entropy) -> Self {
        self.change().entropy = Arc::new(entropy);
        self
    }

    /// The policy it retries under.
    #[must_use]
    pub fn policy(&self) -> &RetryPolicy {
        &self.rules.policy
    }

    /// The same for operations that block their thread. A policy with `attempt_timeout` is refused: nothing can interrupt
    /// such an operation.
    pub fn blocking(self) -> Result<Blocking<E>, ConfigError> {
        Blocking::new(self.rules)
    }

    /// Runs `operation` until it succeeds, or until the policy has had enough. It is called once for each attempt.
    ///
    /// The future is `Send` where the operation is and `E` is `Send + Sync`: later attempts see earlier failures.
    pub async fn run<T, F, Fut>(&self, mut operation: F) -> Result<T, RetryError<E>>
    where
        F: FnMut(Attempt<E>) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let rules = &*self.rules;
        if let Some(budget) = &rules.budget {
            budget.begun();
        }
        let (started, failure) = if rules.is_unwatched() {
            match first(rules, || operation(Attempt::first())).await {
                Ok(value) => return Ok(value),
                Err((started, failure)) => (started, Some(failure)),
            }
        } else {
            (rules.clock.now(), None)
        };
        // Boxed, so that a call that needs none of this is small.
        Box::pin(persist(Call::begin(rules, started), operation, failure)).await
    }

    pub(super) fn change(&mut self) -> &mut Rules<E> {
        Arc::make_mut(&mut self.rules)
    }
}

/// A first attempt, or when it began and how it failed. It needs no decision; one that succeeds at once not even a clock.
async fn first<E: 'static, T, Fut>(
    rules: &Rules<E>,
    attempt: impl FnOnce() -> Fut,
) -> Result<T, (Instant, Failure<E>)>
where
    Fut: Future<Output = Result<T, E>>,
{
    let permit = match rules.permit_now() {
        Ok(permit) => permit,
        Err(open) => return Err((rules.clock.now(), Failure::CircuitOpen(open))),
    };
    let mut attempt = pin!(attempt());
    let polled = poll_fn(|context| Poll::Ready(attempt.as_mut().poll(context))).await;
    let (started, result) = match polled {
        Poll::Ready(result) => (None, result),
        Poll::Pending => (Some(rules.clock.now()), attempt.await),
    };
    let result = result.map_err(Failure::Error);
    rules.settle(permit, &result);
    match result {
        Ok(value) => {
            if let Some(budget) = &rules.budget {
                budget.succeeded_at_once();
            }
            Ok(value)
        }
        Err(failure) => Err((started.unwrap_or_else(|| rules.clock.now()), failure)),
    }
}

/// Goes on, from the first attempt or after its failure.
async fn persist<E: 'static, T, F, Fut>(
    mut call: Call<'_, E>,
    mut operation: F,
    mut failed: Option<Failure<E>>,
) -> Result<T, RetryError<E>>
where
    F: FnMut(Attempt<E>) -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    let rules = call.rules;
    loop {
        if let Some(failure) = failed {
            let delay = call.failed(failure)?;
            if !delay.is_zero() {
                rules.clock.sleep(delay).await;
            }
        }
        let attempt = call.next()?;
        match through_breaker(rules, call.time_left(), || operation(attempt)).await {
            Ok(value) => {
                call.succeeded();
                return Ok(value);
            }
            Err(failure) => failed = Some(failure),
        }
    }
}

/// One attempt, if the breaker permits it.
async fn through_breaker<E: 'static, T, Fut>(
    rules: &Rules<E>,
    limit: Option<Limit>,
    attempt: impl FnOnce() -> Fut,
) -> Result<T, Failure<E>>
where
    Fut: Future<Output = Result<T, E>>,
{
    let permit = rules.permit().await.map_err(Failure::CircuitOpen)?;
    let result = bounded(rules, limit, attempt()).await;
    rules.settle(permit, &result);
    result
}

/// One attempt within its time. Both the attempt and the timer are gone when this returns.
async fn bounded<E, T>(
    rules: &Rules<E>,
    limit: Option<Limit>,
    attempt: impl Future<Output = Result<T, E>>,
) -> Result<T, Failure<E>> {
    let Some(Limit { left, timed_out }) = limit else { return attempt.await.map_err(Failure::Error) };
    let mut attempt = pin!(attempt);
    let mut over = rules.clock.limit(left);
    // The attempt first: one that is ready has made it, however late this task was woken.
    poll_fn(|context| match attempt.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(result.map_err(Failure::Error)),
        Poll::Pending => over.as_mut().poll(context).map(|()| Err(Failure::TimedOut(timed_out))),
    })
    .await
}

impl<E> Clone for Retry<E> {
    fn clone(&self) -> Self {
        Self { rules: self.rules.clone() }
    }
}

impl<E> fmt::Debug for Retry<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry")
            .field("name", &self.rules.name)
            .field("policy", &self.rules.policy)
            .field("breaker", &self.rules.breaker)
            .finish_non_exhaustive()
    }
}
