//! One call under way: what is remembered between two failures, and how core is asked what to do next. Knows nothing of
//! futures, so the blocking and the asynchronous form share it.

use super::attempt::{Attempt, Failure, TimedOut};
use super::classify::of_failure;
use super::error::{Parts, RetryError};
use super::rules::{Retrying, Rules, Succeeded};
use crate::time::{duration, micros, tick, timestamp};
use once_again_core::classify::Kind;
use once_again_core::draw::Draw;
use once_again_core::retry::{self, RetryCall, Step, Stop};
use once_again_core::time::Tick;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Of a call that fails for very long, only the last failures are kept.
const KEPT: usize = 1_000;

pub(super) struct Call<E> {
    started: Instant,
    state: RetryCall,
    /// Attempts made, the one that runs included.
    attempts: u32,
    history: VecDeque<Arc<Failure<E>>>,
    /// The latest failure; core has decided to go on after it.
    last: Option<(Failure<E>, Kind)>,
}

impl<E> Call<E> {
    /// A call whose first attempt begins, or has just begun.
    pub(super) fn begin(rules: &Rules<E>) -> Self {
        Self {
            started: rules.clock.now(),
            // Core only ever looks at differences: each call has a clock of its own that starts at zero.
            state: rules.policy.core().begin(Tick::ZERO),
            attempts: 1,
            history: VecDeque::new(),
            last: None,
        }
    }

    /// How long to wait before the next attempt, or how the call ends.
    pub(super) fn failed(
        &mut self,
        rules: &Rules<E>,
        failure: Failure<E>,
    ) -> Result<Duration, RetryError<E>> {
        let (step, kind) = self.ask(rules, &failure);
        match step {
            Step::Retry { delay } => {
                let delay = duration(delay);
                if let Some(on_retry) = &rules.on_retry {
                    let name = rules.name.as_deref();
                    on_retry(&Retrying { name, attempt: self.attempts, delay, kind, failure: &failure });
                }
                self.last = Some((failure, kind));
                Ok(delay)
            }
            Step::Stop(reason) => Err(self.give_up(rules, reason, kind, failure)),
        }
    }

    /// The next attempt. A timer that rang late may have passed the deadline: what could not end in time is not begun.
    pub(super) fn next(&mut self, rules: &Rules<E>) -> Result<Attempt<E>, RetryError<E>> {
        let out_of_time = self.time_left(rules).is_some_and(Limit::is_over);
        let Some((failure, kind)) = self.last.take() else { return Ok(Attempt::first()) };
        if out_of_time {
            return Err(self.give_up(rules, Stop::Deadline, kind, failure));
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
    pub(super) fn time_left(&self, rules: &Rules<E>) -> Option<Limit> {
        let policy = rules.policy.core();
        if policy.attempt_timeout().is_none() && policy.total_timeout().is_none() {
            return None;
        }
        let left = policy.time_left(&self.state, self.now(rules))?;
        let own = policy.attempt_timeout().filter(|own| *own == left);
        let timed_out =
            TimedOut { limit: duration(own.or(policy.total_timeout())?), whole_call: own.is_none() };
        Some(Limit { left: duration(left), timed_out })
    }

    pub(super) fn succeeded(&self, rules: &Rules<E>) {
        if let Some(on_success) = &rules.on_success {
            let (name, elapsed) = (rules.name.as_deref(), self.elapsed(rules));
            on_success(&Succeeded { name, attempts: self.attempts, elapsed });
        }
    }

    /// What follows this failure, by core and then by the caller's own functions, who are asked only if core would go on.
    fn ask(&mut self, rules: &Rules<E>, failure: &Failure<E>) -> (Step, Kind) {
        let policy = rules.policy.core();
        let facts = of_failure(failure, &*rules.classify);
        let mut verdict = policy.judge(&facts.signals());
        let retry_after = facts.asked(|| timestamp(rules.clock.wall_now()));
        let (now, draw) = (self.now(rules), Draw(rules.entropy.draw()));
        let custom = rules.policy.custom_backoff();

        let before = self.state;
        let mut ask = |verdict, custom_delay| {
            self.state = before;
            let failure = retry::Failure { verdict, retry_after, custom_delay, slot: 0 };
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
        (step, verdict.kind)
    }

    fn give_up(&mut self, rules: &Rules<E>, reason: Stop, kind: Kind, last: Failure<E>) -> RetryError<E> {
        let error = RetryError::new(Parts {
            name: rules.name.clone(),
            reason,
            kind,
            attempts: self.attempts,
            elapsed: self.elapsed(rules),
            history: std::mem::take(&mut self.history).into(),
            last,
        });
        if let Some(on_give_up) = &rules.on_give_up {
            on_give_up(&error);
        }
        error
    }

    fn now(&self, rules: &Rules<E>) -> Tick {
        tick(self.started, rules.clock.now())
    }

    fn elapsed(&self, rules: &Rules<E>) -> Duration {
        rules.clock.now().saturating_duration_since(self.started)
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
