//! `RetryManager` and `RetryManagerPool`: the advanced retry's names over the same [`Retry`].

use super::rules::Told;
use super::{Attempt, Retry, RetryError, RetryPolicy};
use crate::breaker::Breaker;
use crate::budget::Budget;
use crate::clock::{Clock, TokioClock};
use crate::entropy::{Entropy, ThreadRng};
use once_again_core::retry::presets;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A policy, and a breaker if one is given, for operations whatever they fail with. Of the advanced retry.
///
/// ```
/// use once_again::{Breaker, RetryPolicy, retry::RetryManager};
/// # async fn fetch() -> std::io::Result<u8> { Ok(7) }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let breaker = Breaker::builder().name("api_client").failure_threshold(5).build()?;
/// let manager = RetryManager::new(RetryPolicy::http()).with_breaker(&breaker);
/// let page = manager.execute(|_attempt| fetch()).await?;
/// # Ok(()) }
/// ```
///
/// A [`Retry`] is for one type of error, and can be told more about it.
#[derive(Clone)]
pub struct RetryManager {
    policy: RetryPolicy,
    breaker: Option<Breaker>,
    budget: Option<Budget>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    told: Arc<Told>,
}

impl RetryManager {
    /// Runs operations under `policy`; [`RetryPolicy::default_config`] is the advanced retry's own.
    #[must_use]
    pub fn new(policy: impl Into<RetryPolicy>) -> Self {
        Self {
            policy: policy.into(),
            breaker: None,
            budget: None,
            clock: Arc::new(TokioClock),
            entropy: Arc::new(ThreadRng),
            told: Arc::default(),
        }
    }

    /// Every attempt asks `breaker` first and tells it how it ended, unless the policy has it turned off
    /// (`enable_circuit_breaker`, as [`RetryPolicy::cache`] has).
    #[must_use]
    pub fn with_breaker(mut self, breaker: &Breaker) -> Self {
        let enabled = self.policy.to_spec().enable_circuit_breaker != Some(false);
        self.breaker = enabled.then(|| breaker.clone());
        self
    }

    /// Every retry takes from `budget`.
    #[must_use]
    pub fn with_budget(mut self, budget: &Budget) -> Self {
        self.budget = Some(budget.clone());
        self
    }

    /// Another clock than tokio's.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Another source of draws than the thread's generator.
    #[must_use]
    pub fn with_entropy(mut self, entropy: impl Entropy) -> Self {
        self.entropy = Arc::new(entropy);
        self
    }

    /// The policy it retries under.
    #[must_use]
    pub fn policy(&self) -> &RetryPolicy {
        &self.policy
    }

    /// As [`Retry::run`].
    pub async fn execute<T, E, F, Fut>(&self, operation: F) -> Result<T, RetryError<E>>
    where
        E: 'static,
        F: FnMut(Attempt<E>) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let mut retry = Retry::new(&self.policy);
        let rules = retry.change();
        (rules.clock, rules.entropy) = (self.clock.clone(), self.entropy.clone());
        rules.told = self.told.clone();
        if let Some(breaker) = &self.breaker {
            retry = retry.breaker(breaker);
        }
        if let Some(budget) = &self.budget {
            retry = retry.budget(budget);
        }
        retry.run(operation).await
    }
}

impl fmt::Debug for RetryManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryManager").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// As core has it.
const MOST_MANAGERS: usize = presets::MOST_MANAGERS as usize;

/// One manager for each type of operation: `database`, `http`, `s3` and `cache` have policies of their own, every other
/// name gets `default`. Of the advanced retry. A clone is the same pool.
///
/// ```
/// use once_again::retry::RetryManagerPool;
///
/// let pool = RetryManagerPool::new();
/// assert_eq!(pool.get_manager("http").policy().max_attempts(), 5);
/// ```
#[derive(Clone, Debug, Default)]
pub struct RetryManagerPool {
    managers: Arc<Mutex<BTreeMap<String, RetryManager>>>,
}

impl RetryManagerPool {
    /// A pool that makes its managers as they are asked for.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The manager for this type of operation. The pool keeps at most 1 000; beyond that one is made anew for each call.
    #[must_use]
    pub fn get_manager(&self, operation_type: &str) -> RetryManager {
        let mut managers = self.lock();
        if let Some(manager) = managers.get(operation_type) {
            return manager.clone();
        }
        let manager = RetryManager::new(RetryPolicy::of_core(presets::for_operation(operation_type)));
        if managers.len() < MOST_MANAGERS {
            managers.insert(operation_type.into(), manager.clone());
        }
        manager
    }

    /// Keeps this manager for a type of operation, one with a breaker for instance.
    pub fn set_manager(&self, operation_type: &str, manager: RetryManager) {
        let mut managers = self.lock();
        if managers.contains_key(operation_type) || managers.len() < MOST_MANAGERS {
            managers.insert(operation_type.into(), manager);
        }
    }

    /// How many managers it keeps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nobody has asked for a manager yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, RetryManager>> {
        self.managers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
