//! One call under way: what is remembered between two failures, and how core is asked what to do next. Knows nothing of
//! futures, so the blocking and the asynchronous form share it.

use super::attempt::{Attempt, Failure, TimedOut};
use super::classify::of_failure;
use super::error::{Parts, RetryError};
use super::rules::{Retrying, Rules, Succeeded};
use crate::events;
use crate::time::{duration, micros, tick, timestamp};
use once_again_core::budget::Withdrawal;
use once_again_core::classify::Kind;
use once_again_core::draw::Draw;
use once_again_core::retry::{self, RetryCall, Step, Stop, TimeLeft};
use once_again_core::time::Tick;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Of a call that fails for very long, only the last failures are kept.
const KEPT: usize = 1_000;

pub(super) struct Call<'a, E> {
    pub(super) rules: &'a Rules<E>,
    started: Instant,
    state: RetryCall,
    /// Attempts made, the one that runs included.
    attempts: u32,
    history: VecDeque<Arc<Failure<E>>>,
    /// The latest failure, while the next attempt is waited for.
    last: Option<(Failure<E>, Kind)>,
    /// What the latest retry took from the budget.
    held: Withdrawal,
}

impl<'a, E> Call<'a, E> {
    /// A call that began then, with its first attempt.
    pub(super) fn begin(rules: &'a Rules<E>, started: Instant) -> Self {
        Self {
            rules,
            started,
            // Core only ever looks at differences: each call has a clock of its own that starts at zero.
            state: rules.policy.core().begin(Tick::ZERO),
            attempts: 1,
            history: VecDeque::new(),
            last: None,
            held: Withdrawal::default(),
        }
    }

    /// How long to wait before the next attempt, or how the call ends.
    pub(super) fn failed(&mut self, failure: Failure<E>) -> Result<Duration, RetryError<E>> {
        let (step, kind) = self.ask(&failure);
        let logs = self.rules.policy.logs();
        if logs && kind == Kind::Unknown {
            self.rules.tell_of_unknown(self.attempts);
        }
        match step {
            Step::Retry { delay } => {
                let delay = duration(delay);
                if logs {
                    self.rules.tell_of_slots();
                    events::retrying(self.rules.operation(), self.attempts, delay, kind);
                }
                if let Some(on_retry) = &self.rules.on_retry {
                    let name = self.rules.name.as_deref();
                    on_retry(&Retrying { name, attempt: self.attempts, delay, kind, failure: &failure });
                }
                self.last = Some((failure, kind));
                Ok(delay)
            }
            Step::Stop(reason) => Err(self.give_up(reason, kind, failure)),
        }
    }

    /// The next attempt. A timer that rang late may have passed the deadline: what could not end in time is not begun.
    pub(super) fn next(&mut self) -> Result<Attempt<E>, RetryError<E>> {
        let Some((failure, kind)) = self.last.take() else { return Ok(Attempt::first()) };
        if self.time_left().is_some_and(Limit::is_over) {
            self.give_back();
            return Err(self.give_up(Stop::Deadline, kind, failure));
        }
        let failure = Arc::new(failure);
        if self.history.len() == KEPT {
            self.history.pop_front();
        }
        self.history.push_back(failure.clone());
        self.attempts = self.attempts.saturating_add(1);
        Ok(Attempt::after(failure, self.attempts))
    }

    /// How long the attempt that begins now may run.
    pub(super) fn time_left(&self) -> Option<Limit> {
        let policy = self.rules.policy.core();
        // Without a limit nobody looks at the clock.
        if policy.attempt_timeout().is_none() && policy.total_timeout().is_none() {
            return None;
        }
        let TimeLeft { left, limit, whole_call } = policy.time_left(&self.state, self.now())?;
        let timed_out = TimedOut { limit: duration(limit), whole_call };
        Some(Limit { left: duration(left), timed_out })
    }

    pub(super) fn succeeded(&mut self) {
        if let Some(budget) = &self.rules.budget {
            if self.attempts == 1 { budget.succeeded_at_once() } else { budget.succeeded(&mut self.held) }
        }
        let elapsed = self.elapsed();
        if self.rules.policy.logs() && self.attempts > 1 {
            events::succeeded(self.rules.operation(), self.attempts, elapsed);
        }
        if let Some(on_success) = &self.rules.on_success {
            let name = self.rules.name.as_deref();
            on_success(&Succeeded { name, attempts: self.attempts, elapsed });
        }
    }

    /// What follows this failure: by core, then by the caller's own functions, who are asked only if core would go on, then
    /// by the budget, which is asked last.
    fn ask(&mut self, failure: &Failure<E>) -> (Step, Kind) {
        let rules = self.rules;
        let policy = rules.policy.core();
        let facts = of_failure(failure, &*rules.classify);
        let mut verdict = policy.judge(&facts.signals());
        let retry_after = facts.asked(|| timestamp(rules.clock.wall_now()));
        let (now, draw, slot) = (self.now(), Draw(rules.entropy.draw()), rules.slot);
        let custom = rules.policy.custom_backoff();

        let before = self.state;
        let mut ask = |verdict, custom_delay| {
            self.state = before;
            let failure = retry::Failure { verdict, retry_after, custom_delay, slot };
            policy.failed(&mut self.state, now, &failure, draw)
        };
        let mut step = ask(verdict, None);
        if matches!(step, Step::Retry { .. }) && (custom.is_some() || !rules.conditions.is_empty()) {
            let attempt = self.attempts;
            let agreed = failure
                .error()
                .is_none_or(|error| rules.conditions.iter().all(|condition| condition(error, attempt)));
            verdict.retry &= agreed;
            let base = duration(policy.backoff().base());
            step = ask(verdict, custom.filter(|_| agreed).map(|delay| micros(delay(attempt, base))));
        }
        if let Some(budget) = &rules.budget {
            step = budget.failed(&mut self.held, verdict, step);
        }
        (step, verdict.kind)
    }

    fn give_up(&mut self, reason: Stop, kind: Kind, last: Failure<E>) -> RetryError<E> {
        let elapsed = self.elapsed();
        if self.rules.policy.logs() {
            events::gave_up(self.rules.operation(), self.attempts, elapsed, kind, reason);
        }
        let error = RetryError::new(Parts {
            name: self.rules.name.clone(),
            reason,
            kind,
            attempts: self.attempts,
            elapsed,
            history: std::mem::take(&mut self.history).into(),
            last,
        });
        if let Some(on_give_up) = &self.rules.on_give_up {
            on_give_up(&error);
        }
        error
    }

    /// The retry that is waited for will not start.
    fn give_back(&mut self) {
        if let Some(budget) = &self.rules.budget {
            budget.returned(&mut self.held);
        }
    }

    fn now(&self) -> Tick {
        tick(self.started, self.rules.clock.now())
    }

    fn elapsed(&self) -> Duration {
        self.rules.clock.now().saturating_duration_since(self.started)
    }
}

/// A call that is dropped while it waits takes nothing from the budget.
impl<E> Drop for Call<'_, E> {
    fn drop(&mut self) {
        if self.last.is_some() {
            self.give_back();
        }
    }
}

/// How long an attempt may run, and what it has failed with when it runs longer.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    pub(super) left: Duration,
    pub(super) timed_out: TimedOut,
}

impl Limit {
    fn is_over(self) -> bool {
        self.left.is_zero()
    }
}
