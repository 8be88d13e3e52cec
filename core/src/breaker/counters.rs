//! What a breaker has counted, for statistics and labels on a dashboard.

use serde::Serialize;

use super::machine::Breaker;
use super::permit::State;
use crate::time::Tick;

/// A breaker's numbers at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    /// Calls in the window. A breaker that has no use for successes keeps failures only.
    pub calls: u32,
    /// Failed calls in the window.
    pub failures: u32,
    /// Slow calls in the window.
    pub slow_calls: u32,
    /// Failures without a success between them, where `consecutive_failures` is set.
    pub consecutive_failures: u32,
    /// Probes in flight.
    pub probes: u32,
    /// Calls rejected so far.
    pub rejected: u64,
    /// Results of an earlier epoch so far.
    pub stale: u64,
    /// Times it has opened.
    pub opened: u64,
}

impl Breaker {
    /// What has been counted, as of `now`.
    #[must_use]
    pub fn counters(&self, now: Tick) -> Counters {
        let window = self.window.seen_from(now.max(self.seen));
        let in_flight = if self.state == State::HalfOpen { self.probes.in_flight() } else { 0 };
        Counters {
            calls: window.calls,
            failures: window.failures,
            slow_calls: window.slow,
            consecutive_failures: self.streak,
            probes: u32::try_from(in_flight).unwrap_or(u32::MAX),
            rejected: self.rejected,
            stale: self.stale,
            opened: self.opened,
        }
    }
}
