//! One call under a policy: one failure in, one step out.
//!
//! ```text
//!            ┌───────────── failed → Retry{delay} ─────────────┐
//!            ▼                                                 │
//! begin ─ attempt n ── success ──▶ (nobody asks)     sleep ◀───┘
//!            └──────── failed → Stop(why)
//! ```

use super::judge::{Once, Verdict};
use super::policy::RetryPolicy;
use crate::classify::Kind;
use crate::draw::Draw;
use crate::jitter::Jitter;
use crate::time::{Micros, Tick};

/// How long a call without `total_timeout` may wait for the first request with its key, which is still running: those
/// waits use up no attempt, so something else must end them.
const FREE_LIMIT: Micros = Micros::from_secs(60);

/// The state of one call: six numbers that a driver keeps in its own locals. Nothing has to be freed when a call never
/// ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryCall {
    started: Tick,
    /// The latest time seen: a clock that goes back does not move the call back.
    seen: Tick,
    /// Failures that used up an attempt.
    attempts: u32,
    /// All failures; the number of the next retry's delay.
    failures: u32,
    /// The last computed delay, for decorrelated jitter; zero before the first.
    previous: Micros,
    /// One bit for each [`Once`] that was granted.
    granted: u8,
}

/// A failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the policy thinks of it ([`RetryPolicy::judge`]).
    pub verdict: Verdict,
    /// When the server asked to be called again ([`crate::classify::retry_after::read`]).
    pub retry_after: Option<Micros>,
    /// What the caller's backoff function answered, for strategy `custom`.
    pub custom_delay: Option<Micros>,
}

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Wait, then call again. No delay means no sleep at all.
    Retry {
        /// How long to wait.
        delay: Micros,
    },
    /// Give up.
    Stop(Stop),
}

/// Why a call ended. The numbers are fixed; 0 is free for "retry".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stop {
    /// The failure is not one to retry, or the policy (for this kind) is a single attempt: the original error goes out
    /// untouched.
    NotRetryable = 1,
    /// Every attempt failed.
    Exhausted = 2,
    /// The next attempt could not start before the deadline.
    Deadline = 3,
    /// The server asked for a longer wait than `max_retry_after`.
    RetryAfterTooLong = 4,
    /// This kind of failure has used up its own limit.
    KindLimit = 5,
}

impl Stop {
    /// The reason in one stable word, for errors, logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotRetryable => "not_retryable",
            Self::Exhausted => "exhausted",
            Self::Deadline => "deadline",
            Self::RetryAfterTooLong => "retry_after_too_long",
            Self::KindLimit => "kind_limit",
        }
    }

    /// Whether the host raises its own error (`RetryExhaustedError`, `MaxRetriesExceeded`) from the last failure, rather
    /// than the failure itself.
    #[must_use]
    pub const fn gives_up(self) -> bool {
        !matches!(self, Self::NotRetryable)
    }
}

impl RetryCall {
    /// The state as six numbers: started, latest time seen, attempts used up, failures, previous delay, grants. A call
    /// that has not failed yet is `[started, 0, 0, 0, 0, 0]`, which a driver may write by itself.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "below 2^53, so exact")]
    pub const fn to_words(&self) -> [f64; 6] {
        [
            self.started.get() as f64,
            self.seen.get() as f64,
            self.attempts as f64,
            self.failures as f64,
            self.previous.get() as f64,
            self.granted as f64,
        ]
    }

    /// The state of [`to_words`](Self::to_words). Numbers that mean nothing (NaN, negative, too large) are cut to the
    /// nearest that do.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates and maps NaN to 0"
    )]
    pub const fn from_words(words: &[f64; 6]) -> Self {
        Self {
            started: Tick::new(words[0] as u64),
            seen: Tick::new(words[1] as u64),
            attempts: words[2] as u32,
            failures: words[3] as u32,
            previous: Micros::new(words[4] as u64),
            granted: words[5] as u8,
        }
    }

    /// Attempts that failed and were counted so far.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Grants a retry that is granted only once; false the second time.
    fn grant(&mut self, once: Once) -> bool {
        let bit = match once {
            Once::No => return true,
            Once::NewConnection => 1,
            Once::NewCredentials => 2,
        };
        let first = self.granted & bit == 0;
        self.granted |= bit;
        first
    }
}

impl RetryPolicy {
    /// A call that starts now.
    #[must_use]
    pub const fn begin(&self, now: Tick) -> RetryCall {
        RetryCall { started: now, seen: now, attempts: 0, failures: 0, previous: Micros::ZERO, granted: 0 }
    }

    /// What follows a failed attempt. Order: may it be retried at all · attempts · the kind's own limit · the delay
    /// (backoff, cap, jitter; a rate limit without a hint waits twice as long) · `Retry-After` as a lower bound · the
    /// deadline.
    #[must_use]
    pub fn failed(&self, call: &mut RetryCall, now: Tick, failure: &Failure, draw: Draw) -> Step {
        let verdict = failure.verdict;
        call.seen = now.max(call.seen).max(call.started);
        let retry = call.failures;
        call.failures = call.failures.saturating_add(1);
        call.attempts = call.attempts.saturating_add(u32::from(!verdict.free));

        if !verdict.retry || !call.grant(verdict.once) {
            return Step::Stop(Stop::NotRetryable);
        }
        if let Some(stop) = self.limit(call, verdict) {
            return Step::Stop(stop);
        }
        let delay = match self.wait(call, retry, failure, draw) {
            Ok(delay) => delay,
            Err(stop) => return Step::Stop(stop),
        };
        match self.deadline(call, verdict.free) {
            Some(deadline) if call.seen.plus(delay) >= deadline => Step::Stop(Stop::Deadline),
            _ => Step::Retry { delay },
        }
    }

    /// How long the attempt that starts now may run: the attempt's own limit or what is left of the whole call's.
    #[must_use]
    pub fn time_left(&self, call: &RetryCall, now: Tick) -> Option<Micros> {
        let total = self.total_timeout().map(|total| call.started.plus(total).since(now));
        match (self.attempt_timeout(), total) {
            (Some(attempt), Some(total)) => Some(attempt.min(total)),
            (attempt, total) => attempt.or(total),
        }
    }

    fn limit(&self, call: &RetryCall, verdict: Verdict) -> Option<Stop> {
        if verdict.once == Once::NewCredentials {
            return None;
        }
        let kind_limit = self.rule(verdict.kind).and_then(|rule| rule.limit).unwrap_or(u32::MAX);
        // A single attempt was never meant to be retried, so nothing is exhausted (and the free wait is a retry too).
        if self.max_attempts() == 1 || kind_limit == 1 {
            Some(Stop::NotRetryable)
        } else if verdict.free {
            None
        } else if call.attempts >= self.max_attempts() {
            Some(Stop::Exhausted)
        } else if call.attempts >= kind_limit {
            Some(Stop::KindLimit)
        } else {
            None
        }
    }

    fn wait(&self, call: &mut RetryCall, retry: u32, failure: &Failure, draw: Draw) -> Result<Micros, Stop> {
        let kind = failure.verdict.kind;
        let backoff = self.rule(kind).map_or(self.backoff(), |rule| &rule.backoff);
        if failure.verdict.once == Once::NewCredentials {
            return Ok(Micros::ZERO);
        }
        let (base, max) = (backoff.base(), backoff.max());
        let previous = if call.previous.is_zero() { base } else { call.previous };
        let capped = backoff.delay(retry, failure.custom_delay);
        let mut delay = self.jitter().apply(capped, base, max, previous, draw);
        call.previous = delay;
        if let Some(asked) = failure.retry_after {
            if asked > self.max_retry_after() {
                return Err(Stop::RetryAfterTooLong);
            }
            // Everybody was told the same time: a little later each, never earlier.
            let spread = if self.jitter() == Jitter::None { 0 } else { draw.uniform(0, asked.get() / 10) };
            delay = delay.max(asked.plus(Micros::new(spread)));
        } else if kind == Kind::RateLimit {
            delay = delay.plus(delay).min(max);
        }
        Ok(delay)
    }

    fn deadline(&self, call: &RetryCall, free: bool) -> Option<Tick> {
        let limit = self.total_timeout().or_else(|| free.then_some(FREE_LIMIT))?;
        Some(call.started.plus(limit))
    }
}
