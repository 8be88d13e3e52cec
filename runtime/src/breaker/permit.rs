//! The right to make one call, which cannot be forgotten: a permit that is dropped is settled as abandoned.

use super::{Breaker, Outcome, Verdict};
use once_again_core::breaker;
use std::fmt;
use std::time::Instant;

/// The right to make one call, from [`Breaker::try_acquire`]. Say how the call ended; a permit that is dropped (its task was
/// cancelled, the call panicked) counts as abandoned: nothing in a closed breaker, a failed probe in a half-open one.
#[must_use = "a permit that is dropped counts as an abandoned call"]
pub struct Permit {
    breaker: Breaker,
    granted: breaker::Permit,
    /// When the call began, where a slow call is worse than a fast one.
    since: Option<Instant>,
    settled: bool,
}

#[expect(clippy::must_use_candidate, reason = "few callers care what became of a result")]
impl Permit {
    pub(super) const fn new(breaker: Breaker, granted: breaker::Permit, since: Option<Instant>) -> Self {
        Self { breaker, granted, since, settled: false }
    }

    /// The dependency answered. A slow answer may still count against it.
    pub fn success(self) -> Verdict {
        self.settle(Outcome::Success)
    }

    /// The dependency failed.
    pub fn failure(self) -> Verdict {
        self.settle(Outcome::Failure)
    }

    /// The result says nothing about the dependency: a request it rightly refused, for instance.
    pub fn ignore(self) -> Verdict {
        self.settle(Outcome::Ignored)
    }

    /// The call ended. [`Verdict::Stale`] when the breaker has moved on since, so that nothing changed.
    pub fn settle(mut self, outcome: Outcome) -> Verdict {
        self.settled = true;
        self.breaker.settle(self.granted, self.since, outcome)
    }

    /// The breaker that gave it.
    #[must_use]
    pub const fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// Whether this call is one of the few that decide whether a half-open breaker closes.
    #[must_use]
    pub fn is_probe(&self) -> bool {
        self.granted.kind == breaker::PermitKind::Probe
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.settled {
            self.breaker.settle(self.granted, self.since, Outcome::Abandoned);
        }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("breaker", &self.breaker.name())
            .field("is_probe", &self.is_probe())
            .finish_non_exhaustive()
    }
}
