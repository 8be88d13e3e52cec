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
use crate::backoff::Backoff;
use crate::classify::Kind;
use crate::draw::Draw;
use crate::jitter::Jitter;
use crate::time::{Micros, Tick};

/// How long a call without `total_timeout` may wait for the first request with its key, which is still running: those
/// waits use up no attempt, so something else must end them.
const FREE_LIMIT: Micros = Micros::from_secs(60);

/// How long an attempt may run, and which limit ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLeft {
    /// From now on.
    pub left: Micros,
    /// The whole of the limit that ends it.
    pub limit: Micros,
    /// Whether that is the call's, not the attempt's own.
    pub whole_call: bool,
}

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
    /// The slot the next retry starts in: [`RetryPolicy::slot`], or what a coordinator gave out. Without effect on a policy
    /// without slots.
    pub slot: u32,
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
    /// The [budget](crate::budget::Budget) that the calls share has no tokens left for a retry.
    Budget = 6,
}

impl Stop {
    /// Every reason, in the order of its number.
    pub const ALL: [Self; 6] = [
        Self::NotRetryable,
        Self::Exhausted,
        Self::Deadline,
        Self::RetryAfterTooLong,
        Self::KindLimit,
        Self::Budget,
    ];

    /// The reason with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|stop| *stop as u8 == number)
    }

    /// The reason of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stop| stop.name() == name)
    }

    /// The reason in one stable word, for errors, logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotRetryable => "not_retryable",
            Self::Exhausted => "exhausted",
            Self::Deadline => "deadline",
            Self::RetryAfterTooLong => "retry_after_too_long",
            Self::KindLimit => "kind_limit",
            Self::Budget => "budget",
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
    /// deadline · the slot. A [budget](crate::budget::Budget::failed) is asked last, about what comes out of it.
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
        let rule = self.rule(verdict.kind);
        if let Some(stop) = self.limit(call, verdict, rule.and_then(|rule| rule.limit)) {
            return Step::Stop(stop);
        }
        let backoff = rule.map_or(self.backoff(), |rule| &rule.backoff);
        let delay = match self.wait(call, backoff, retry, failure, draw) {
            Ok(delay) => delay,
            Err(stop) => return Step::Stop(stop),
        };
        let ready = call.seen.plus(delay);
        let room = match self.deadline(call, verdict.free) {
            Some(deadline) if ready >= deadline => return Step::Stop(Stop::Deadline),
            // A retry starts before its deadline, not at it.
            Some(deadline) => deadline.since(ready).minus(Micros::new(1)),
            None => Micros::MAX,
        };
        Step::Retry { delay: delay.plus(self.offset(verdict, failure.slot, room)) }
    }

    /// What a retry waits for its slot. New credentials are tried at once.
    fn offset(&self, verdict: Verdict, slot: u32, room: Micros) -> Micros {
        match self.slots() {
            Some(slots) if verdict.once != Once::NewCredentials => slots.offset(slot, room),
            _ => Micros::ZERO,
        }
    }

    /// How long the attempt that starts now may run: the attempt's own limit or what is left of the whole call's.
    #[must_use]
    pub fn time_left(&self, call: &RetryCall, now: Tick) -> Option<TimeLeft> {
        let attempt = self.attempt_timeout().map(|limit| TimeLeft { left: limit, limit, whole_call: false });
        let total = self.total_timeout().map(|limit| {
            let left = call.started.plus(limit).since(now);
            TimeLeft { left, limit, whole_call: true }
        });
        match (attempt, total) {
            (Some(attempt), Some(total)) if total.left < attempt.left => Some(total),
            (attempt, total) => attempt.or(total),
        }
    }

    fn limit(&self, call: &RetryCall, verdict: Verdict, kind_limit: Option<u32>) -> Option<Stop> {
        if verdict.once == Once::NewCredentials {
            return None;
        }
        let kind_limit = kind_limit.unwrap_or(u32::MAX);
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

    fn wait(
        &self,
        call: &mut RetryCall,
        backoff: &Backoff,
        retry: u32,
        failure: &Failure,
        draw: Draw,
    ) -> Result<Micros, Stop> {
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
        } else if failure.verdict.kind == Kind::RateLimit {
            delay = delay.plus(delay).min(max);
        }
        Ok(delay)
    }

    fn deadline(&self, call: &RetryCall, free: bool) -> Option<Tick> {
        let limit = self.total_timeout().or_else(|| free.then_some(FREE_LIMIT))?;
        Some(call.started.plus(limit))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{KindSpec, RetrySpec};
    use super::*;
    use crate::backoff::Strategy;
    use crate::jitter::JitterType;

    const MIDDLE: Draw = Draw(1 << 31);

    /// Three attempts, 100 ms doubling to 1 s, no jitter.
    fn plain() -> RetrySpec {
        RetrySpec {
            max_attempts: Some(3),
            base: Some(Micros::from_millis(100)),
            max_delay: Some(Micros::from_secs(1)),
            jitter: Some(JitterType::None),
            ..RetrySpec::default()
        }
    }

    fn failure(kind: Kind) -> Failure {
        let verdict = Verdict { kind, retry: true, free: false, once: Once::No };
        Failure { verdict, retry_after: None, custom_delay: None, slot: 0 }
    }

    fn asked(kind: Kind, seconds: u64) -> Failure {
        Failure { retry_after: Some(Micros::from_secs(seconds)), ..failure(kind) }
    }

    fn free() -> Failure {
        let verdict = Verdict { kind: Kind::Transient, retry: true, free: true, once: Once::No };
        Failure { verdict, ..failure(Kind::Transient) }
    }

    /// A call that runs on its own clock: attempts take no time, sleeps take all they say.
    struct Run {
        policy: RetryPolicy,
        call: RetryCall,
        now: Tick,
    }

    impl Run {
        fn new(spec: RetrySpec) -> Self {
            let policy = RetryPolicy::try_from(spec).unwrap();
            let now = Tick::new(5_000);
            Self { call: policy.begin(now), policy, now }
        }

        /// Milliseconds slept, or why it stopped.
        fn fail(&mut self, failure: Failure) -> Result<u64, Stop> {
            match self.policy.failed(&mut self.call, self.now, &failure, MIDDLE) {
                Step::Retry { delay } => {
                    self.now = self.now.plus(delay);
                    Ok(delay.get() / 1_000)
                }
                Step::Stop(stop) => Err(stop),
            }
        }
    }

    #[test]
    fn a_reason_is_found_by_its_number_and_its_name() {
        for stop in Stop::ALL {
            assert_eq!(Stop::from_number(stop as u8), Some(stop));
            assert_eq!(Stop::from_name(stop.name()), Some(stop));
        }
        assert_eq!((Stop::from_number(0), Stop::from_name("retry")), (None, None));
    }

    #[test]
    fn delays_double_until_every_attempt_failed() {
        let mut run = Run::new(plain());
        assert_eq!(run.fail(failure(Kind::Server)), Ok(100));
        assert_eq!(run.fail(failure(Kind::Network)), Ok(200));
        assert_eq!(run.fail(failure(Kind::Server)), Err(Stop::Exhausted));
    }

    #[test]
    fn what_is_not_to_be_retried_stops_at_once_whatever_is_left() {
        let mut run = Run::new(plain());
        let verdict = Verdict { retry: false, ..failure(Kind::Client).verdict };
        assert_eq!(run.fail(Failure { verdict, ..asked(Kind::Client, 999) }), Err(Stop::NotRetryable));
    }

    #[test]
    fn a_single_attempt_exhausts_nothing() {
        let mut run = Run::new(RetrySpec { max_attempts: Some(1), ..plain() });
        assert_eq!(run.fail(failure(Kind::Server)), Err(Stop::NotRetryable));
        let mut run = Run::new(RetrySpec { max_attempts: Some(1), ..plain() });
        assert_eq!(run.fail(free()), Err(Stop::NotRetryable), "waiting for another's answer is a retry too");
    }

    #[test]
    fn a_kinds_own_limit_counts_all_attempts_of_the_call() {
        let limit = |n| KindSpec { max_attempts: Some(n), ..KindSpec::default() };
        let spec = RetrySpec {
            max_attempts: Some(5),
            per_kind: Some([(Kind::RateLimit, limit(2)), (Kind::Unknown, limit(1))].into()),
            ..plain()
        };
        let mut run = Run::new(spec.clone());
        assert_eq!(run.fail(failure(Kind::Server)), Ok(100));
        assert_eq!(run.fail(failure(Kind::RateLimit)), Err(Stop::KindLimit));
        assert_eq!(Run::new(spec).fail(failure(Kind::Unknown)), Err(Stop::NotRetryable));
    }

    #[test]
    fn a_kind_may_have_its_own_backoff() {
        let slow = KindSpec { base: Some(Micros::from_secs(2)), ..KindSpec::default() };
        let mut run = Run::new(RetrySpec { per_kind: Some([(Kind::Server, slow)].into()), ..plain() });
        assert_eq!(run.fail(failure(Kind::Server)), Ok(2_000));
        assert_eq!(run.fail(failure(Kind::Network)), Ok(200));
    }

    #[test]
    fn a_rate_limit_without_a_hint_waits_twice_as_long_up_to_the_cap() {
        let mut run = Run::new(RetrySpec { max_attempts: Some(9), ..plain() });
        assert_eq!(run.fail(failure(Kind::RateLimit)), Ok(200));
        assert_eq!(run.fail(failure(Kind::RateLimit)), Ok(400));
        assert_eq!(run.fail(failure(Kind::RateLimit)), Ok(800));
        assert_eq!(run.fail(failure(Kind::RateLimit)), Ok(1_000));
    }

    #[test]
    fn a_hint_is_a_lower_bound_that_neither_the_cap_nor_the_backoff_undercuts() {
        let mut run = Run::new(plain());
        assert_eq!(run.fail(asked(Kind::RateLimit, 3)), Ok(3_000));
        assert_eq!(run.fail(asked(Kind::Server, 0)), Ok(200), "the backoff is longer");
    }

    #[test]
    fn jitter_adds_up_to_a_tenth_to_a_hint() {
        let mut run = Run::new(RetrySpec { jitter: Some(JitterType::Full), ..plain() });
        assert_eq!(run.fail(asked(Kind::RateLimit, 3)), Ok(3_150));
    }

    #[test]
    fn a_hint_beyond_the_longest_stops_instead_of_hammering_early() {
        let mut run = Run::new(plain());
        assert_eq!(run.fail(asked(Kind::RateLimit, 60)), Ok(60_000));
        assert_eq!(run.fail(asked(Kind::RateLimit, 61)), Err(Stop::RetryAfterTooLong));
    }

    #[test]
    fn a_retry_that_could_not_start_before_the_deadline_is_not_slept_for() {
        let total = |millis| RetrySpec { total_timeout: Some(Micros::from_millis(millis)), ..plain() };
        assert_eq!(Run::new(total(101)).fail(failure(Kind::Server)), Ok(100));
        assert_eq!(Run::new(total(100)).fail(failure(Kind::Server)), Err(Stop::Deadline));
        assert_eq!(Run::new(total(500)).fail(asked(Kind::Server, 1)), Err(Stop::Deadline));
    }

    #[test]
    fn a_clock_that_goes_back_does_not_move_the_deadline() {
        let mut run = Run::new(RetrySpec {
            max_attempts: Some(9),
            total_timeout: Some(Micros::from_millis(500)),
            ..plain()
        });
        assert_eq!(run.fail(failure(Kind::Server)), Ok(100));
        run.now = run.now.plus(Micros::from_millis(20));
        assert_eq!(run.fail(failure(Kind::Server)), Ok(200));
        run.now = Tick::ZERO;
        // 120 ms were seen to pass; 400 ms more do not fit.
        assert_eq!(run.fail(failure(Kind::Server)), Err(Stop::Deadline));
    }

    #[test]
    fn waiting_for_the_first_request_uses_up_no_attempt_but_a_minute_at_most() {
        let mut run = Run::new(plain());
        let mut slept = 0;
        let stop = loop {
            match run.fail(free()) {
                Ok(delay) => slept += delay,
                Err(stop) => break stop,
            }
        };
        assert_eq!(stop, Stop::Deadline);
        // 100 + 200 + 400 + 800, then a second each time: 58 × 1 s more stay below 60 s.
        assert_eq!(slept, 59_500);
        assert_eq!(run.call.attempts(), 0);
    }

    #[test]
    fn a_retry_granted_once_is_not_granted_again() {
        let once =
            |once| Verdict { once, free: once == Once::NewCredentials, ..failure(Kind::Client).verdict };
        let mut run = Run::new(RetrySpec { max_attempts: Some(9), ..plain() });
        let moved = Failure { verdict: once(Once::NewConnection), ..failure(Kind::Transient) };
        assert_eq!(run.fail(moved), Ok(100));
        assert_eq!(run.fail(moved), Err(Stop::NotRetryable));
        let login = Failure { verdict: once(Once::NewCredentials), ..failure(Kind::Client) };
        assert_eq!(run.fail(login), Ok(0), "at once, even on what would have been the last attempt");
        assert_eq!(run.fail(login), Err(Stop::NotRetryable));
    }

    #[test]
    fn new_credentials_are_tried_even_by_a_single_attempt() {
        let verdict = Verdict { kind: Kind::Client, retry: true, free: true, once: Once::NewCredentials };
        let login = Failure { verdict, ..failure(Kind::Client) };
        let mut run = Run::new(RetrySpec { max_attempts: Some(1), ..plain() });
        assert_eq!(run.fail(login), Ok(0));
        assert_eq!(run.fail(failure(Kind::Server)), Err(Stop::NotRetryable));
    }

    #[test]
    fn decorrelated_jitter_remembers_the_previous_delay() {
        let mut run = Run::new(RetrySpec {
            max_attempts: Some(9),
            jitter: Some(JitterType::Decorrelated),
            max_delay: Some(Micros::from_secs(10)),
            ..plain()
        });
        // Middle of [100, 300], of [100, 600], of [100, 1 050].
        assert_eq!(run.fail(failure(Kind::Server)), Ok(200));
        assert_eq!(run.fail(failure(Kind::Server)), Ok(350));
        assert_eq!(run.fail(failure(Kind::Server)), Ok(575));
    }

    #[test]
    fn a_slot_comes_on_top_of_the_cap_and_of_a_hint_but_not_past_the_deadline() {
        let slots = RetrySpec {
            max_attempts: Some(9),
            coordination_enabled: Some(true),
            slot_count: Some(5),
            slot_width: Some(Micros::from_millis(300)),
            ..plain()
        };
        let slot = |failure: Failure, slot| Failure { slot, ..failure };
        let mut run = Run::new(slots.clone());
        assert_eq!(run.fail(slot(failure(Kind::Server), 2)), Ok(100 + 600));
        assert_eq!(run.fail(slot(asked(Kind::Server, 3), 2)), Ok(3_000 + 600));
        assert_eq!(run.fail(slot(failure(Kind::Server), 9)), Ok(400 + 1_200), "there is no slot 9");
        let total = |millis| RetrySpec { total_timeout: Some(Micros::from_millis(millis)), ..slots.clone() };
        let third = slot(failure(Kind::Server), 3);
        assert_eq!(Run::new(total(1_001)).fail(third), Ok(100 + 900));
        assert_eq!(
            Run::new(total(1_000)).fail(third),
            Ok(100 + 600),
            "the last slot that begins before the deadline"
        );
        assert_eq!(Run::new(total(101)).fail(third), Ok(100));
        assert_eq!(Run::new(total(100)).fail(third), Err(Stop::Deadline));
        let off = RetrySpec { coordination_enabled: Some(false), ..slots };
        assert_eq!(Run::new(off).fail(third), Ok(100));
    }

    #[test]
    fn decorrelated_jitter_grows_from_the_delay_without_its_slot() {
        let mut run = Run::new(RetrySpec {
            jitter: Some(JitterType::Decorrelated),
            max_attempts: Some(9),
            max_delay: Some(Micros::from_secs(10)),
            coordination_enabled: Some(true),
            ..plain()
        });
        let third = Failure { slot: 3, ..failure(Kind::Server) };
        assert_eq!(run.fail(third), Ok(200 + 300));
        assert_eq!(run.fail(third), Ok(350 + 300));
    }

    #[test]
    fn the_callers_own_delay_is_capped() {
        let spec = RetrySpec { strategy: Some(Strategy::Custom), custom_backoff: Some(true), ..plain() };
        let mut run = Run::new(spec);
        let custom =
            |millis| Failure { custom_delay: Some(Micros::from_millis(millis)), ..failure(Kind::Server) };
        assert_eq!(run.fail(custom(70)), Ok(70));
        assert_eq!(run.fail(custom(7_000)), Ok(1_000));
    }

    #[test]
    fn an_attempt_may_run_for_its_own_limit_or_what_is_left_of_the_whole() {
        let limits = |attempt: Option<u64>, total: Option<u64>| {
            let policy = RetryPolicy::try_from(RetrySpec {
                attempt_timeout: attempt.map(Micros::from_millis),
                total_timeout: total.map(Micros::from_millis),
                ..plain()
            })
            .unwrap();
            let call = policy.begin(Tick::new(5_000));
            policy.time_left(&call, Tick::new(5_000).plus(Micros::from_millis(700)))
        };
        let left = |left, limit, whole_call| {
            Some(TimeLeft { left: Micros::from_millis(left), limit: Micros::from_millis(limit), whole_call })
        };
        assert_eq!(limits(None, None), None);
        assert_eq!(limits(Some(500), None), left(500, 500, false));
        assert_eq!(limits(Some(500), Some(1_000)), left(300, 1_000, true));
        assert_eq!(limits(Some(300), Some(1_000)), left(300, 300, false), "of two equal ones, its own");
        assert_eq!(limits(Some(100), Some(1_000)), left(100, 100, false));
        assert_eq!(limits(None, Some(600)), left(0, 600, true));
    }

    #[test]
    fn a_call_that_has_not_failed_yet_is_its_start_and_five_zeros() {
        let policy = RetryPolicy::try_from(plain()).unwrap();
        let mut begun = policy.begin(Tick::new(77));
        let mut written = RetryCall::from_words(&[77.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let now = Tick::new(99);
        let step = policy.failed(&mut begun, now, &failure(Kind::Server), MIDDLE);
        assert_eq!(policy.failed(&mut written, now, &failure(Kind::Server), MIDDLE), step);
        assert_eq!(begun, written);
        assert_eq!(format!("{:?}", written.to_words()), "[77.0, 99.0, 1.0, 1.0, 100000.0, 0.0]");
    }
}
