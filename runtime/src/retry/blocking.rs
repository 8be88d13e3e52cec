//! Retries for code that blocks its thread.

use super::attempt::{Attempt, Failure};
use super::call::Call;
use super::rules::Rules;
use super::{RetryError, RetryPolicy};
use once_again_core::error::ConfigError;
use std::fmt;
use std::sync::Arc;

/// Runs operations that block, under the rules of a [`Retry`](super::Retry): made by
/// [`Retry::blocking`](super::Retry::blocking).
///
/// ```
/// use once_again::{Retry, RetryPolicy};
///
/// let reader = Retry::new(RetryPolicy::quick()).blocking()?;
/// let length = reader.run(|_attempt| std::fs::metadata(".").map(|file| file.len()))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Its waits block the thread: in asynchronous code, use [`Retry::run`](super::Retry::run).
pub struct Blocking<E> {
    rules: Arc<Rules<E>>,
}

impl<E: 'static> Blocking<E> {
    pub(super) fn new(rules: Arc<Rules<E>>) -> Result<Self, ConfigError> {
        match rules.policy.attempt_timeout() {
            Some(limit) => Err(ConfigError::new(
                "attempt_timeout",
                format!("{limit:?}"),
                "none for an operation that blocks: nothing can interrupt it (total_timeout ends the waits)",
            )),
            None => Ok(Self { rules }),
        }
    }

    /// The policy it retries under.
    #[must_use]
    pub fn policy(&self) -> &RetryPolicy {
        &self.rules.policy
    }

    /// Runs `operation` until it succeeds, or until the policy has had enough. An operation that runs past `total_timeout`
    /// is not interrupted, but nothing is tried after it.
    pub fn run<T>(&self, mut operation: impl FnMut(Attempt<E>) -> Result<T, E>) -> Result<T, RetryError<E>> {
        let rules = &*self.rules;
        if let Some(budget) = &rules.budget {
            budget.begun();
        }
        let mut call = Call::begin(rules, rules.clock.now());
        loop {
            let attempt = call.next()?;
            let failure = match self.through_breaker(|| operation(attempt)) {
                Ok(value) => {
                    call.succeeded();
                    return Ok(value);
                }
                Err(failure) => failure,
            };
            let delay = call.failed(failure)?;
            if !delay.is_zero() {
                rules.clock.sleep_blocking(delay);
            }
        }
    }

    fn through_breaker<T>(&self, attempt: impl FnOnce() -> Result<T, E>) -> Result<T, Failure<E>> {
        let permit = self.rules.permit_now().map_err(Failure::CircuitOpen)?;
        let result = attempt().map_err(Failure::Error);
        self.rules.settle(permit, &result);
        result
    }
}

impl<E> Clone for Blocking<E> {
    fn clone(&self) -> Self {
        Self { rules: self.rules.clone() }
    }
}

impl<E> fmt::Debug for Blocking<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").field("policy", &self.rules.policy).finish_non_exhaustive()
    }
}
