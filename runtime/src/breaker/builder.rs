//! Builds a breaker field by field. Nothing is checked here: core reads the whole and names what is wrong.

use super::{
    Abandoned, Breaker, BreakerConfig, BreakerEvent, BreakerSpec, FallbackStrategy, ScriptStore, Snapshot,
};
use crate::clock::{Clock, TokioClock};
use crate::config::{Fields, Setting, UNIT};
use crate::entropy::{Entropy, ThreadRng};
use once_again_core::breaker;
use once_again_core::breaker::shared::Link;
use once_again_core::error::ConfigError;
use once_again_core::time::Tick;
use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Whether an error is a failure of the dependency; `None` for an error of a type it does not know.
pub(super) type Judge = dyn Fn(&dyn Any) -> Option<bool> + Send + Sync;
pub(super) type Listener = dyn Fn(&BreakerEvent) + Send + Sync;

/// Builds a [`Breaker`], in either of two shapes.
///
/// *Threshold*, of the Q ecosystem and the default: opens at [`failure_threshold`](Self::failure_threshold) failures within
/// [`monitoring_window`](Self::monitoring_window), however many calls succeed. *Rate*: opens when a share of the calls
/// fails or is slow. A breaker is of one shape; mixing their fields is an error.
#[must_use = "a builder does nothing until `build`"]
pub struct BreakerBuilder {
    fields: Fields,
    restored: Option<Snapshot>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) judges: Vec<Box<Judge>>,
    pub(super) listener: Option<Box<Listener>>,
    pub(super) store: Option<Arc<dyn ScriptStore>>,
}

impl BreakerBuilder {
    pub(super) fn new() -> Self {
        Self {
            fields: Fields::default(),
            restored: None,
            clock: Arc::new(TokioClock),
            entropy: Arc::new(ThreadRng),
            judges: Vec::new(),
            listener: None,
            store: None,
        }
    }

    fn set(mut self, field: &str, value: impl Into<Setting>) -> Self {
        self.fields.set(field, value);
        self
    }

    fn set_open_wait(mut self, field: &str, value: impl Into<Setting>) -> Self {
        self.fields.set_in("open_wait", field, value);
        self
    }

    fn set_half_open(mut self, field: &str, value: impl Into<Setting>) -> Self {
        self.fields.set_in("half_open", field, value);
        self
    }

    /// The preset that fills what is not set: `"threshold"` (the default), `"rate"`, or the defaults of another library,
    /// such as `"resilience4j"`.
    pub fn preset(self, name: &str) -> Self {
        self.set("preset", name)
    }

    /// The name in events and errors ("default").
    pub fn name(self, name: &str) -> Self {
        self.set("name", name)
    }

    /// Threshold shape: opens at this many failures within the window (5): 1 to 1 000 000.
    pub fn failure_threshold(self, failures: u32) -> Self {
        self.set("failure_threshold", failures)
    }

    /// Threshold shape: how long a failure counts (60 s): 1 ms to 24 h.
    pub fn monitoring_window(self, window: Duration) -> Self {
        self.set("monitoring_window", window)
    }

    /// Threshold shape: how long an open breaker rejects (30 s): 0 to 24 h.
    pub fn recovery_timeout(self, wait: Duration) -> Self {
        self.set("recovery_timeout", wait)
    }

    /// Threshold shape: how many probes a half-open breaker lets through, all of which must succeed (3): 1 to 32.
    pub fn half_open_max_calls(self, probes: u32) -> Self {
        self.set("half_open_max_calls", probes)
    }

    /// Either shape: opens at this many failures without a success between them: 1 to 1 000 000.
    pub fn consecutive_failures(self, failures: u32) -> Self {
        self.set("consecutive_failures", failures)
    }

    /// Rate shape: opens when this share of the calls in the window failed (0.5): above 0, to 1.
    pub fn failure_rate(self, share: f64) -> Self {
        self.set("failure_rate", share)
    }

    /// Rate shape: no share of failures opens it; another rule must.
    pub fn without_failure_rate(self) -> Self {
        self.set("failure_rate", false)
    }

    /// Rate shape: no share is computed of fewer calls than this (20, or all calls of a smaller window): 1 to 1 000 000.
    pub fn minimum_calls(self, calls: u32) -> Self {
        self.set("minimum_calls", calls)
    }

    /// Rate shape: no share of failures opens it while there are fewer failures than this in the window (0): 0 to 1 000 000.
    pub fn minimum_failures(self, failures: u32) -> Self {
        self.set("minimum_failures", failures)
    }

    /// Rate shape: opens at this many failures in the window, however many calls succeed: 1 to 1 000 000.
    pub fn failures_in_window(self, failures: u32) -> Self {
        self.set("failures_in_window", failures)
    }

    /// Rate shape: the window is this long (30 s): 1 ms to 24 h.
    pub fn window(self, window: Duration) -> Self {
        self.set("window", window)
    }

    /// Rate shape: the window is the last so many calls: 1 to 10 000.
    pub fn window_calls(mut self, calls: u32) -> Self {
        self.fields.set_in("window", "count", calls);
        self
    }

    /// Rate shape: nothing is remembered but the failures in a row, so that
    /// [`consecutive_failures`](Self::consecutive_failures) is the one rule.
    pub fn without_window(self) -> Self {
        self.set("window", "none")
    }

    /// Rate shape: a call that takes at least this long is slow: 1 µs to 24 h.
    pub fn slow_call_duration(self, duration: Duration) -> Self {
        self.set("slow_call_duration", duration)
    }

    /// Rate shape: opens when this share of the calls in the window were slow (1): above 0, to 1.
    pub fn slow_call_rate(self, share: f64) -> Self {
        self.set("slow_call_rate", share)
    }

    /// Rate shape: no share of slow calls is computed of fewer calls than this
    /// ([`minimum_calls`](Self::minimum_calls)): 1 to 1 000 000.
    pub fn slow_minimum_calls(self, calls: u32) -> Self {
        self.set("slow_minimum_calls", calls)
    }

    /// Rate shape: how long an open breaker rejects at first (30 s): 0 to 24 h.
    pub fn open_wait(self, wait: Duration) -> Self {
        self.set_open_wait("base", wait)
    }

    /// Rate shape: each re-opening lasts this many times longer (1), up to `longest` (5 min).
    pub fn open_wait_backoff(self, factor: f64, longest: Duration) -> Self {
        self.set_open_wait("factor", factor).set_open_wait("max", longest)
    }

    /// Rate shape: the share by which an open wait varies, so that many processes do not probe at once (0.1): 0 to 1.
    pub fn open_wait_jitter(self, share: f64) -> Self {
        self.set_open_wait("jitter", share)
    }

    /// Rate shape: how many probes decide (3): 1 to 10 000.
    pub fn half_open_calls(self, probes: u32) -> Self {
        self.set_half_open("calls", probes)
    }

    /// Rate shape: how many probes may be in flight at once: 1 to 32.
    pub fn half_open_max_concurrent(self, probes: u32) -> Self {
        self.set_half_open("max_concurrent", probes)
    }

    /// Rate shape: closes when a smaller share of the probes failed ([`failure_rate`](Self::failure_rate), or when all
    /// succeeded if that is off): above 0, to 1. Not beside
    /// [`half_open_min_successes`](Self::half_open_min_successes).
    pub fn half_open_failure_rate(self, share: f64) -> Self {
        self.set_half_open("failure_rate", share)
    }

    /// Rate shape: closes when this many probes succeeded: 1 to [`half_open_calls`](Self::half_open_calls).
    pub fn half_open_min_successes(self, successes: u32) -> Self {
        self.set_half_open("min_successes", successes)
    }

    /// Rate shape: whether the verdict falls as soon as the remaining probes cannot change it (true), or when all have ended.
    pub fn half_open_early(self, early: bool) -> Self {
        self.set_half_open("early", early)
    }

    /// Either shape: a half-open breaker that has not decided after this long opens again (never): 1 ms to 24 h.
    pub fn half_open_max_wait(self, wait: Duration) -> Self {
        self.set("half_open_max_wait", wait)
    }

    /// Either shape: what a probe that ends without a result counts as ([`Abandoned::Failure`]).
    pub fn abandoned(self, counts_as: Abandoned) -> Self {
        let name = match counts_as {
            Abandoned::Failure => "failure",
            Abandoned::Ignored => "ignored",
        };
        self.set("abandoned", name)
    }

    /// Either shape: a probe that has not ended after this long is given up: 1 ms to 24 h.
    pub fn probe_lease(self, lease: Duration) -> Self {
        self.set("probe_lease", lease)
    }

    /// Errors of type `E` for which this answers false count nowhere: the dependency is well, only this request was not.
    /// Errors of other types count as failures. Behind a tower layer, `E` may be the type of a response too, and one for
    /// which this answers true counts as a failure. May be called once for each type.
    ///
    /// ```
    /// use once_again::Breaker;
    /// use std::io;
    ///
    /// let breaker = Breaker::builder().is_failure(|error: &io::Error| error.kind() != io::ErrorKind::NotFound).build()?;
    /// # Ok::<(), once_again::ConfigError>(())
    /// ```
    pub fn is_failure<E: 'static>(mut self, is_failure: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        self.judges.push(Box::new(move |error| error.downcast_ref().map(&is_failure)));
        self
    }

    /// Hears of every change of state, rejected call and stale result, and of what a breaker in
    /// [`Mode::MetricsOnly`](super::Mode::MetricsOnly) would have done. Called by whoever made it happen, after the breaker
    /// has let go of its lock.
    pub fn on_event(mut self, listener: impl Fn(&BreakerEvent) + Send + Sync + 'static) -> Self {
        self.listener = Some(Box::new(listener));
        self
    }

    /// Shares the breaker with all others of its [`name`](Self::name), which it must have, over one Redis, in whatever process
    /// and language: they open, probe and close together. `RedisScripts` (feature `redis`) is such a store.
    ///
    /// Shared are the state, when an open breaker is due, the back-off and the probes; the window and what you do by hand stay
    /// local. Give all the same configuration. A closed breaker never waits for the store, which it asks at most once a
    /// second, in the background, when a call comes. Only a probe waits ([`Breaker::acquire`]). While the store is away or
    /// slow the breaker goes on alone; [`BreakerEvent::Detached`] tells it once.
    ///
    /// Requests run as tasks of the tokio runtime they are made in, else of the one the breaker was built in. Where there is
    /// neither, the store counts as away.
    pub fn shared(mut self, store: impl ScriptStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Another clock than tokio's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Another source of draws than the thread's generator.
    pub fn entropy(mut self, entropy: impl Entropy) -> Self {
        self.entropy = Arc::new(entropy);
        self
    }

    /// Goes on where [`Breaker::snapshot`] stopped, perhaps in another process.
    pub fn restore(mut self, snapshot: Snapshot) -> Self {
        self.restored = Some(snapshot);
        self
    }

    /// Checks everything. The error names the field, what was given, and what is allowed.
    pub fn build(mut self) -> Result<Breaker, ConfigError> {
        let value = std::mem::take(&mut self.fields).into_value();
        let config = BreakerSpec::read(&value, UNIT, "")?.try_into()?;
        self.build_from(&config)
    }

    /// Builds a breaker of a configuration that comes from elsewhere, in place of what was set field by field.
    ///
    /// One that carries what only other languages do, a health check or a fallback strategy other than `REJECT`, is refused; so
    /// is one without a name, if it is [`shared`](Self::shared).
    pub fn build_from(mut self, config: &BreakerConfig) -> Result<Breaker, ConfigError> {
        refuse_what_rust_lacks(config)?;
        let link = self.store.is_some().then(|| Link::new(config)).transpose()?;
        // The breaker's own clock begins with it.
        let core = match self.restored.take() {
            Some(snapshot) => breaker::Breaker::restore(config, &snapshot, Tick::ZERO)?,
            None => breaker::Breaker::new(config),
        };
        Ok(self.made_of(core, link, config))
    }

    pub(super) fn made_of(
        self,
        core: breaker::Breaker,
        link: Option<Link>,
        config: &BreakerConfig,
    ) -> Breaker {
        Breaker::new(core, link, config, self)
    }
}

/// To ignore these would be to promise what nobody keeps.
fn refuse_what_rust_lacks(config: &BreakerConfig) -> Result<(), ConfigError> {
    let strategy = config.fallback_strategy();
    if strategy != FallbackStrategy::Reject {
        let expected = "REJECT: match on the CircuitOpenError for something else";
        return Err(ConfigError::new("fallback_strategy", strategy.name(), expected));
    }
    if config.health_check().is_some() {
        let expected = "none: run the probe yourself and tell `Breaker::health` how it went";
        return Err(ConfigError::new("health_check", "a probe", expected));
    }
    Ok(())
}

impl fmt::Debug for BreakerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerBuilder").field("fields", &self.fields).finish_non_exhaustive()
    }
}
