//! A breaker's configuration as a user gives it, in either of two shapes.
//!
//! *Threshold shape*, of the Q ecosystem: `{failureThreshold, recoveryTimeout, monitoringWindow, halfOpenMaxCalls}`.
//! It trips at n failures inside a window, however many calls succeed, and its defaults are those of a breaker that was
//! given nothing. *Rate shape*: everything else a breaker can do, filled from [`BreakerSpec::rate`]. Which one is meant
//! follows from the keys; a configuration that mixes them is refused. Both end in one [`BreakerSpec`].

use super::config::ONE;
use crate::time::Micros;

/// A breaker's configuration. Rules that are `None` are off. Shares are in millionths: core keeps no float.
///
/// [`BreakerConfig`](super::BreakerConfig) is the same once its ranges and combinations are known to be valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerSpec {
    /// The name in events, metrics and errors.
    pub name: Option<String>,
    /// What a closed breaker remembers.
    pub window: WindowSpec,
    /// Trips when at least this share of the window's calls failed; 1 to 1 000 000 millionths.
    pub failure_rate: Option<u32>,
    /// Calls in the window below which `failure_rate` is not asked. Default 20, or a smaller count window's size.
    pub minimum_calls: Option<u32>,
    /// Failures in the window below which `failure_rate` is not asked.
    pub minimum_failures: u32,
    /// Trips at this many failures in the window, however many calls there were (the Q ecosystem's `failureThreshold`).
    pub failures_in_window: Option<u32>,
    /// Trips at this many failures without a success between them.
    pub consecutive_failures: Option<u32>,
    /// A call that takes at least this long is slow.
    pub slow_call_duration: Option<Micros>,
    /// Trips when at least this share of the window's calls were slow; 1 to 1 000 000 millionths.
    pub slow_call_rate: u32,
    /// Calls in the window below which `slow_call_rate` is not asked. Default: as `minimum_calls`.
    pub slow_minimum_calls: Option<u32>,
    /// How long an open breaker rejects.
    pub open_wait: OpenWaitSpec,
    /// How a half-open breaker decides.
    pub half_open: HalfOpenSpec,
    /// A probe that has not ended after this long is settled as abandoned. Default: `open_wait.base`, at least 60 s.
    pub probe_lease: Option<Micros>,
    /// A half-open breaker that has not decided after this long opens again.
    pub half_open_max_wait: Option<Micros>,
    /// What a probe that ends without a result counts as.
    pub abandoned: Abandoned,
    /// What a rejected caller gets.
    pub fallback_strategy: FallbackStrategy,
    /// An active probe that the host runs while the breaker is open.
    pub health_check: Option<HealthCheck>,
}

/// What a closed breaker remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowSpec {
    /// The calls of this much time, in ten buckets; 1 ms to 24 h.
    Time(Micros),
    /// The last so many calls; 1 to 10 000.
    Count(u32),
    /// Nothing but the streak of failures.
    None,
}

/// How long an open breaker rejects: `base · factorⁿ` at the n-th re-opening, at most `max`, give or take `jitter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenWaitSpec {
    /// The first wait; 0 to 24 h.
    pub base: Micros,
    /// Growth at each re-opening in millionths; 1 000 000 (none) to 100 000 000.
    pub factor: u32,
    /// The longest wait. Default 5 minutes, or a longer `base`.
    pub max: Option<Micros>,
    /// Share of the wait by which it may vary to either side, in millionths; up to 1 000 000.
    pub jitter: u32,
}

/// How a half-open breaker decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HalfOpenSpec {
    /// Probes that decide; 1 to 10 000.
    pub calls: u32,
    /// Probes in flight at once; 1 to 32, at most `calls`. Default: `calls`, at most 32.
    pub max_concurrent: Option<u32>,
    /// When it closes. Default: the breaker's own `failure_rate`; without one, when all succeed.
    pub pass: Option<Pass>,
    /// Decide as soon as the remaining probes cannot change the verdict.
    pub early: bool,
}

/// When a half-open breaker closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// When a smaller share of the probes failed; 1 to 1 000 000 millionths.
    FailureRateBelow(u32),
    /// When this many probes succeeded.
    Successes(u32),
}

/// What a probe that ends without a result counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abandoned {
    /// As a failure: who cannot say that it works must not close the breaker.
    Failure,
    /// As nothing: its place goes to the next caller.
    Ignored,
}

/// What a rejected caller gets. Core only names it; hosts carry it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FallbackStrategy {
    /// A typed error with the time to wait.
    Reject,
    /// The last good value for the same key.
    Cache,
    /// What the caller's function answers.
    Fallback,
    /// A place in the retry queue.
    Queue,
}

impl FallbackStrategy {
    pub(super) const NAMES: &'static [&'static str] = &["REJECT", "CACHE", "FALLBACK", "QUEUE"];
    pub(super) const ALL: [Self; 4] = [Self::Reject, Self::Cache, Self::Fallback, Self::Queue];

    /// [`Cache`](Self::Cache) keeps the values of at most so many keys.
    pub const CACHED_VALUES: usize = 1_000;
    /// [`Cache`](Self::Cache) answers with a value so old at most: beyond, it says too little about now.
    pub const CACHED_FOR: Micros = Micros::from_secs(300);

    /// The name users write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// An active probe that the host runs while the breaker is open; its answer goes to
/// [`Breaker::health`](super::Breaker::health).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// Time between two probes; 1 ms to 24 h.
    pub interval: Micros,
    /// How long one may take; 1 ms to 24 h.
    pub timeout: Micros,
}

impl BreakerSpec {
    /// The threshold shape of the Q ecosystem: opens at 5 failures within 60 s for exactly 30 s, then lets 3 probes
    /// through; all of them close it, one failure opens it again.
    #[must_use]
    pub fn threshold() -> Self {
        Self {
            name: None,
            window: WindowSpec::Time(Micros::from_secs(60)),
            failure_rate: None,
            minimum_calls: None,
            minimum_failures: 0,
            failures_in_window: Some(5),
            consecutive_failures: None,
            slow_call_duration: None,
            slow_call_rate: ONE,
            slow_minimum_calls: None,
            open_wait: OpenWaitSpec { base: Micros::from_secs(30), factor: ONE, max: None, jitter: 0 },
            half_open: HalfOpenSpec { calls: 3, max_concurrent: None, pass: None, early: true },
            probe_lease: None,
            half_open_max_wait: None,
            abandoned: Abandoned::Failure,
            fallback_strategy: FallbackStrategy::Reject,
            health_check: None,
        }
    }

    /// The rate shape: opens when half of at least 20 calls within 30 s failed, for 30 s give or take 10 %.
    #[must_use]
    pub fn rate() -> Self {
        Self {
            window: WindowSpec::Time(Micros::from_secs(30)),
            failure_rate: Some(500_000),
            failures_in_window: None,
            open_wait: OpenWaitSpec { base: Micros::from_secs(30), factor: ONE, max: None, jitter: 100_000 },
            ..Self::threshold()
        }
    }
}

impl Default for BreakerSpec {
    /// [`BreakerSpec::threshold`]: what a breaker that was given nothing does, in every language.
    fn default() -> Self {
        Self::threshold()
    }
}
