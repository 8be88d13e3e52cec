//! Builds a policy field by field. Nothing is checked here: core reads the whole and names what is wrong.

use super::policy::{CustomBackoff, RetryPolicy};
use super::{JitterType, Kind, Strategy};
use crate::config::{Fields, Setting, UNIT};
use once_again_core::error::ConfigError;
use once_again_core::retry;
use once_again_core::spec::Value;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Builds a [`RetryPolicy`]. What is not set comes from the preset it starts from.
#[must_use = "a builder does nothing until `build`"]
#[derive(Clone)]
pub struct RetryPolicyBuilder {
    preset: String,
    fields: Fields,
    custom_backoff: Option<Arc<CustomBackoff>>,
}

impl RetryPolicyBuilder {
    pub(super) fn new(preset: &str) -> Self {
        Self { preset: preset.into(), fields: Fields::default(), custom_backoff: None }
    }

    fn set(mut self, field: &str, value: impl Into<Setting>) -> Self {
        self.fields.set(field, value);
        self
    }

    /// The preset that fills what is not set: a name as in every language, `"http"` or `"service.default"`.
    pub fn preset(mut self, name: &str) -> Self {
        self.preset = name.into();
        self
    }

    /// All attempts, the first included: 1 (never retry) to 10 000 000.
    pub fn max_attempts(self, attempts: u32) -> Self {
        self.set("max_attempts", attempts)
    }

    /// The first delay: 0 to 365 days, at most [`max_delay`](Self::max_delay).
    pub fn base_delay(self, delay: Duration) -> Self {
        self.set("base_delay", delay)
    }

    /// The cap of every delay that no server asked for: 0 to 365 days.
    pub fn max_delay(self, delay: Duration) -> Self {
        self.set("max_delay", delay)
    }

    /// `base · multiplierⁿ` before retry n = 0, 1, 2…; the multiplier from 1 to 1 000. This is the default, with 2.
    pub fn exponential(self, multiplier: f64) -> Self {
        self.set("strategy", Strategy::Exponential.name()).set("multiplier", multiplier)
    }

    /// `base · (1 + multiplier · n)` before retry n = 0, 1, 2…; the multiplier from 0 to 1 000.
    pub fn linear(self, multiplier: f64) -> Self {
        self.set("strategy", Strategy::Linear.name()).set("multiplier", multiplier)
    }

    /// `base` each time.
    pub fn fixed(self) -> Self {
        self.set("strategy", Strategy::Fixed.name())
    }

    /// `base` times 1, 1, 2, 3, 5…
    pub fn fibonacci(self) -> Self {
        self.set("strategy", Strategy::Fibonacci.name())
    }

    /// These delays, 1 to 1 000 of them; the last repeats.
    pub fn schedule(self, delays: impl IntoIterator<Item = Duration>) -> Self {
        self.set("schedule", delays.into_iter().collect::<Setting>())
    }

    /// `delay(attempt, base)` computes each delay: `attempt` is the one that just failed, from 1. The answer is capped
    /// and jittered like any other.
    pub fn custom_backoff(
        mut self,
        delay: impl Fn(u32, Duration) -> Duration + Send + Sync + 'static,
    ) -> Self {
        self.custom_backoff = Some(Arc::new(delay));
        self.set("custom_backoff", Setting(Value::Opaque("function".into())))
    }

    /// How delays are spread, so that callers who failed together do not come back together.
    pub fn jitter(self, jitter: JitterType) -> Self {
        self.set("jitter", jitter.name())
    }

    /// Each delay is this fraction more or less, 0 to 1.
    pub fn jitter_deviation(self, fraction: f64) -> Self {
        self.jitter(JitterType::Deviation).set("deviation", fraction)
    }

    /// The limit of each attempt: above 0, to 365 days. An attempt that takes longer is dropped.
    pub fn attempt_timeout(self, limit: Duration) -> Self {
        self.set("attempt_timeout", limit)
    }

    /// The limit of the whole call, waits included: above 0, to 365 days. No retry is waited for that could not start
    /// before it, and an attempt that is still running then is dropped.
    pub fn total_timeout(self, limit: Duration) -> Self {
        self.set("total_timeout", limit)
    }

    /// The longest `Retry-After` that is waited for (60 s unless set): 0 to 365 days. A server that asks for more ends
    /// the call.
    pub fn max_retry_after(self, longest: Duration) -> Self {
        self.set("max_retry_after", longest)
    }

    /// Only these are retried: kinds, codes or type names. Replaces the default.
    pub fn retry_on<W: Word>(self, words: impl IntoIterator<Item = W>) -> Self {
        self.set("retry_on", self::words(words))
    }

    /// These are never retried, whatever else says so: kinds, codes or type names.
    pub fn never_on<W: Word>(self, words: impl IntoIterator<Item = W>) -> Self {
        self.set("never_on", self::words(words))
    }

    /// Only these HTTP statuses are retried, 100 to 599 (and what [`retry_on`](Self::retry_on) names).
    pub fn retry_statuses(self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.set("retryable_status_codes", statuses.into_iter().map(u32::from).collect::<Setting>())
    }

    /// What failures of one kind do differently.
    pub fn per_kind(mut self, kind: Kind, rule: KindRule) -> Self {
        self.fields.set_in("per_kind", kind.name(), rule.0);
        self
    }

    /// Spreads retries over `count` slots of `width` behind their backoff: 1 to 10 000, 0 to 365 days. Which slot a process
    /// waits for follows from [`Retry::caller`](super::Retry::caller).
    pub fn slots(self, count: u32, width: Duration) -> Self {
        self.set("slot_count", count).set("slot_width", width).set("coordination_enabled", true)
    }

    /// Starts retries right after their backoff, although the preset has slots.
    pub fn without_slots(self) -> Self {
        self.set("coordination_enabled", false)
    }

    /// Whether calls write events to `tracing` (true; with feature `tracing`).
    pub fn logging(self, on: bool) -> Self {
        self.set("enable_logging", on)
    }

    /// The operation's name in errors and events ("default").
    pub fn name(self, name: &str) -> Self {
        self.set("name", name)
    }

    /// Checks everything. The error names the field, what was given, and what is allowed.
    pub fn build(self) -> Result<RetryPolicy, ConfigError> {
        let value = self.fields.into_value();
        let core = retry::RetryPolicy::from_value(&value, UNIT, "", &self.preset)?;
        Ok(RetryPolicy::new(core, self.custom_backoff))
    }
}

impl fmt::Debug for RetryPolicyBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPolicyBuilder")
            .field("preset", &self.preset)
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}

/// What one [`Kind`] of failure does differently; the rest is the policy's.
///
/// ```
/// use once_again::{Kind, RetryPolicy, retry::KindRule};
/// use std::time::Duration;
///
/// let policy = RetryPolicy::builder()
///     .max_attempts(5)
///     .per_kind(Kind::RateLimit, KindRule::new().max_attempts(2).base_delay(Duration::from_secs(1)))
///     .build()?;
/// # Ok::<(), once_again::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct KindRule(Fields);

impl KindRule {
    /// Nothing different yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn set(mut self, field: &str, value: impl Into<Setting>) -> Self {
        self.0.set(field, value);
        self
    }

    /// The attempt after which a failure of this kind is final: 1 (never retried) to 10 000 000.
    pub fn max_attempts(self, attempts: u32) -> Self {
        self.set("max_attempts", attempts)
    }

    /// As [`RetryPolicyBuilder::base_delay`].
    pub fn base_delay(self, delay: Duration) -> Self {
        self.set("base_delay", delay)
    }

    /// As [`RetryPolicyBuilder::max_delay`].
    pub fn max_delay(self, delay: Duration) -> Self {
        self.set("max_delay", delay)
    }

    /// Any but [`Strategy::Custom`].
    pub fn strategy(self, strategy: Strategy) -> Self {
        self.set("strategy", strategy.name())
    }

    /// The multiplier of the strategy.
    pub fn multiplier(self, multiplier: f64) -> Self {
        self.set("multiplier", multiplier)
    }
}

/// What [`RetryPolicyBuilder::retry_on`] lists: a [`Kind`], or a code or type name as text.
pub trait Word: sealed::Sealed {
    #[doc(hidden)]
    fn word(&self) -> &str;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Kind {}
    impl Sealed for &str {}
    impl Sealed for String {}
}

impl Word for Kind {
    fn word(&self) -> &str {
        self.name()
    }
}

impl Word for &str {
    fn word(&self) -> &str {
        self
    }
}

impl Word for String {
    fn word(&self) -> &str {
        self
    }
}

fn words<W: Word>(words: impl IntoIterator<Item = W>) -> Setting {
    Setting(Value::List(words.into_iter().map(|word| Value::Text(word.word().into())).collect()))
}
