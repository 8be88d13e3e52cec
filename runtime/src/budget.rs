//! Retry budgets: what keeps many calls' retries from becoming a storm.
//!
//! A policy limits one call's retries; when a dependency is down, every call retries, and three attempts each are three
//! times the load on something that is failing already. A [`Budget`] is shared by all calls to one dependency: calls
//! deposit, retries withdraw, and without tokens a call ends with the failure it has.

use crate::clock::{Clock, TokioClock};
use crate::config::{Fields, Setting, UNIT};
use crate::time::tick;
use once_again_core::budget::{self, BudgetConfig, DepositOn, Withdrawal};
use once_again_core::classify::Kind;
use once_again_core::error::ConfigError;
use once_again_core::retry::{Step, Verdict};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

pub use once_again_core::budget::{BudgetSpec, Counters};

/// The tokens that many calls share. A clone is the same budget; keep one per dependency.
///
/// A call that succeeds at once costs it one atomic increment.
///
/// ```
/// use once_again::{Budget, Retry, RetryPolicy};
///
/// // One retry for five calls, 10 more each second, 100 saved up.
/// let budget = Budget::default();
/// let retry = Retry::<std::io::Error>::new(RetryPolicy::http()).budget(&budget);
/// ```
#[derive(Clone)]
pub struct Budget(Arc<Inner>);

struct Inner {
    origin: Instant,
    clock: Arc<dyn Clock>,
    deposit_on: DepositOn,
    /// Calls that core has not been told of yet: it need not know before the next failure.
    untold: AtomicU64,
    core: Mutex<budget::Budget>,
}

/// One retry for five calls, 10 more each second, 100 saved up.
impl Default for Budget {
    fn default() -> Self {
        let config = BudgetSpec::default().try_into().expect("the defaults are valid: a test makes them");
        Self::new(config, Arc::new(TokioClock))
    }
}

impl Budget {
    /// Starts from the [default](Self::default).
    pub fn builder() -> BudgetBuilder {
        BudgetBuilder { fields: Fields::default(), clock: Arc::new(TokioClock) }
    }

    fn new(config: BudgetConfig, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            origin: clock.now(),
            clock,
            deposit_on: config.deposit_on(),
            untold: AtomicU64::new(0),
            core: Mutex::new(budget::Budget::new(config)),
        }))
    }

    /// Tokens and counts as they stand.
    #[must_use]
    pub fn stats(&self) -> Counters {
        let now = self.0.clock.now();
        self.lock().counters(tick(self.0.origin, now))
    }

    /// A call begins.
    pub(crate) fn begun(&self) {
        self.count(DepositOn::Attempt);
    }

    /// A call succeeded at its first attempt.
    pub(crate) fn succeeded_at_once(&self) {
        self.count(DepositOn::Success);
    }

    /// A call succeeded after a retry.
    pub(crate) fn succeeded(&self, held: &mut Withdrawal) {
        self.lock().succeeded(held);
    }

    /// What follows a failure after all.
    pub(crate) fn failed(&self, held: &mut Withdrawal, verdict: Verdict, step: Step) -> Step {
        let now = self.0.clock.now();
        self.lock().failed(held, tick(self.0.origin, now), verdict, step)
    }

    /// A retry never started.
    pub(crate) fn returned(&self, held: &mut Withdrawal) {
        self.lock().returned(held);
    }

    fn count(&self, event: DepositOn) {
        if self.0.deposit_on == event {
            self.0.untold.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The bucket, as full as if every call had been told at once.
    fn lock(&self) -> MutexGuard<'_, budget::Budget> {
        let mut core = self.0.core.lock().unwrap_or_else(PoisonError::into_inner);
        core.deposit(self.0.untold.swap(0, Ordering::Relaxed));
        core
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Budget").field(&self.stats()).finish()
    }
}

/// Builds a [`Budget`]. What is not set comes from the preset it starts from.
#[must_use = "a builder does nothing until `build`"]
pub struct BudgetBuilder {
    fields: Fields,
    clock: Arc<dyn Clock>,
}

impl BudgetBuilder {
    fn set(mut self, field: &str, value: impl Into<Setting>) -> Self {
        self.fields.set(field, value);
        self
    }

    /// What fills everything that is not set: `"default"`, `"grpc"`, `"aws"` or `"finagle"`.
    pub fn preset(self, name: &str) -> Self {
        self.set("preset", name)
    }

    /// The most tokens there are, and how many there are at first (100): 1 to 1 000 000.
    pub fn capacity(self, tokens: u32) -> Self {
        self.set("capacity", tokens)
    }

    /// Tokens that one call deposits (0.2, so one retry for five calls): 0 to 1 000.
    pub fn ratio(self, tokens: f64) -> Self {
        self.set("ratio", tokens)
    }

    /// Tokens that come by themselves each second (10), for services that are seldom called: 0 to 1 000 000.
    pub fn reserve_per_second(self, tokens: f64) -> Self {
        self.set("reserve_per_second", tokens)
    }

    /// Tokens that one retry takes (1): above 0, to 1 000.
    pub fn cost(self, tokens: f64) -> Self {
        self.set("cost", tokens)
    }

    /// Another cost after failures of one kind: 0 to 1 000.
    pub fn cost_of(mut self, kind: Kind, tokens: f64) -> Self {
        self.fields.set_in("cost_per_kind", kind.name(), tokens);
        self
    }

    /// The share of the capacity at or under which nothing is retried (0): 0 to below 1.
    pub fn gate(self, share: f64) -> Self {
        self.set("gate", share)
    }

    /// Another clock than tokio's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Checks everything. The error names the field, what was given, and what is allowed.
    pub fn build(self) -> Result<Budget, ConfigError> {
        let config = BudgetSpec::read(&self.fields.into_value(), UNIT, "")?.try_into()?;
        Ok(Budget::new(config, self.clock))
    }
}

impl fmt::Debug for BudgetBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BudgetBuilder").field("fields", &self.fields).finish_non_exhaustive()
    }
}
