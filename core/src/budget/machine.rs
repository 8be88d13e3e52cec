//! The token bucket.
//!
//! ```text
//!  calls that begin, or succeed ── deposit ──▶ ┌────────┐
//!  time ─────────────────────────── reserve ─▶ │ tokens │ ── failed ──▶ Retry, or Stop(Budget)
//!  retries that never started ──── returned ─▶ └────────┘
//! ```
//!
//! **Why deposits may be told late.** Deposits, reserve and returned tokens only add, and each addition is cut at
//! `capacity`. Additions of that kind give the same sum in any order and in any grouping, as long as no withdrawal stands
//! between them. So a driver counts its calls in a variable of its own and hands the number over right before the next
//! [`failed`](Budget::failed): the bucket is then exactly as full as if every call had been told at once, and a call that
//! succeeds costs one increment. The reserve is folded in the same way, from the time that passed, so a year without a
//! call is one multiplication.

use super::config::{BudgetConfig, TOKEN};
use super::spec::{DepositOn, WithdrawOn};
use crate::backoff::MILLION;
use crate::classify::Kind;
use crate::retry::{Step, Stop, Verdict};
use crate::time::Tick;
use serde::Serialize;

/// The tokens that many calls share. It starts full.
#[derive(Clone, Debug)]
pub struct Budget {
    config: BudgetConfig,
    /// In millionths of a millionth of a token, at `seen`.
    level: u64,
    /// The latest time seen: a clock that goes back brings nothing.
    seen: Tick,
    deposits: u64,
    retries: u64,
    refused: u64,
    returned: u64,
}

/// What one call took from the budget for the retry it is about to make or is making. It belongs to that call, and starts
/// empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Withdrawal {
    /// In millionths of a token.
    cost: u64,
}

/// What a budget has counted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Counters {
    /// Tokens there are now, to the millionth.
    pub tokens: f64,
    /// The most tokens there can be.
    pub capacity: f64,
    /// Calls that deposited.
    pub deposits: u64,
    /// Retries that were allowed.
    pub retries: u64,
    /// Retries that were refused.
    pub refused: u64,
    /// Retries that gave their tokens back, because they never started.
    pub returned: u64,
}

impl Withdrawal {
    /// What was taken as one number, millionths of a token; 0 for nothing.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "at most a thousand tokens, so exact")]
    pub const fn to_word(self) -> f64 {
        self.cost as f64
    }

    /// The withdrawal of [`to_word`](Self::to_word). A number that means nothing is cut to the nearest that does.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates and maps NaN to 0"
    )]
    pub const fn from_word(word: f64) -> Self {
        Self { cost: word as u64 }
    }
}

impl Budget {
    /// A full bucket.
    #[must_use]
    pub fn new(config: BudgetConfig) -> Self {
        let level = config.capacity;
        Self { config, level, seen: Tick::ZERO, deposits: 0, retries: 0, refused: 0, returned: 0 }
    }

    /// The rules.
    #[must_use]
    pub const fn config(&self) -> &BudgetConfig {
        &self.config
    }

    /// So many calls began, or succeeded at once: whichever [`BudgetConfig::deposit_on`] says. May be told at any time
    /// before the next [`failed`](Self::failed).
    pub const fn deposit(&mut self, calls: u64) {
        self.deposits = self.deposits.saturating_add(calls);
        self.add(self.config.deposit.saturating_mul(calls));
    }

    /// An attempt failed, and the policy decided on `step`: what follows after all. The last of the decisions, after the
    /// policy's own (whether the failure is one to retry, attempts, delay, deadline) and before the sleep.
    ///
    /// `held` is what this call's last retry took, and becomes what its next one takes. An attempt that a circuit breaker
    /// rejected never started, so it gives back what it took.
    #[must_use]
    pub fn failed(&mut self, held: &mut Withdrawal, now: Tick, verdict: Verdict, step: Step) -> Step {
        self.refill(now);
        let rejected = verdict.kind == Kind::CircuitBreaker;
        if rejected {
            self.returned(held);
        }
        *held = Withdrawal::default();
        let cost = self.config.cost(verdict.kind);
        let retrying = self.config.withdraw_on == WithdrawOn::Retry;
        if !retrying && verdict.retry && !rejected {
            self.level = self.level.saturating_sub(cost * MILLION);
        }
        let Step::Retry { .. } = step else { return step };
        let short = retrying && self.level < cost * MILLION;
        if short || self.level <= self.config.gate {
            self.refused = self.refused.saturating_add(1);
            return Step::Stop(Stop::Budget);
        }
        self.retries = self.retries.saturating_add(1);
        if retrying {
            self.level -= cost * MILLION;
            *held = Withdrawal { cost };
        }
        step
    }

    /// The retry that took `held` never started: its call was cancelled, or came to its deadline, in the sleep before.
    pub const fn returned(&mut self, held: &mut Withdrawal) {
        if held.cost > 0 {
            self.returned = self.returned.saturating_add(1);
            self.give_back(held);
        }
    }

    /// A call succeeded after a retry. Those that succeed at once are counted by the driver ([`deposit`](Self::deposit)).
    pub fn succeeded(&mut self, held: &mut Withdrawal) {
        if self.config.refund_on_success && held.cost > 0 {
            self.give_back(held);
        } else if self.config.deposit_on == DepositOn::Success {
            self.deposit(1);
        }
        *held = Withdrawal::default();
    }

    /// Tokens and counts as of `now`.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "at most a million tokens in millionths, so exact")]
    pub fn counters(&self, now: Tick) -> Counters {
        Counters {
            tokens: (self.level_at(now) / MILLION) as f64 / 1e6,
            capacity: (self.config.capacity / TOKEN) as f64,
            deposits: self.deposits,
            retries: self.retries,
            refused: self.refused,
            returned: self.returned,
        }
    }

    fn refill(&mut self, now: Tick) {
        self.level = self.level_at(now);
        self.seen = self.seen.max(now);
    }

    fn level_at(&self, now: Tick) -> u64 {
        let reserve = self.config.reserve.saturating_mul(now.since(self.seen).get());
        self.level.saturating_add(reserve).min(self.config.capacity)
    }

    const fn give_back(&mut self, held: &mut Withdrawal) {
        self.add(held.cost.saturating_mul(MILLION));
        held.cost = 0;
    }

    const fn add(&mut self, amount: u64) {
        let sum = self.level.saturating_add(amount);
        self.level = if sum > self.config.capacity { self.config.capacity } else { sum };
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "millionths of a token are exact")]
mod tests {
    use super::super::{BudgetSpec, presets};
    use super::*;
    use crate::retry::Once;
    use crate::time::Micros;

    const RETRY: Step = Step::Retry { delay: Micros::ZERO };

    fn verdict(kind: Kind) -> Verdict {
        Verdict { kind, retry: true, free: false, once: Once::No }
    }

    fn budget(spec: BudgetSpec) -> Budget {
        Budget::new(BudgetConfig::try_from(spec).unwrap())
    }

    fn small() -> BudgetSpec {
        BudgetSpec { capacity: Some(2), reserve_per_second: Some(0), ..BudgetSpec::default() }
    }

    impl Budget {
        fn fail(&mut self, held: &mut Withdrawal, seconds: u64, kind: Kind) -> Step {
            self.failed(held, Tick::ZERO.plus(Micros::from_secs(seconds)), verdict(kind), RETRY)
        }

        fn tokens(&self, seconds: u64) -> f64 {
            self.counters(Tick::ZERO.plus(Micros::from_secs(seconds))).tokens
        }
    }

    #[test]
    fn a_retry_takes_a_token_and_without_one_there_is_none() {
        let mut budget = budget(small());
        let mut held = Withdrawal::default();
        assert_eq!(budget.fail(&mut held, 0, Kind::Server), RETRY);
        assert_eq!(held.to_word(), 1e6);
        assert_eq!(budget.fail(&mut held, 0, Kind::Server), RETRY);
        assert_eq!(budget.fail(&mut held, 0, Kind::Server), Step::Stop(Stop::Budget));
        assert_eq!(held, Withdrawal::default(), "who may not retry holds nothing");
        assert_eq!((budget.retries, budget.refused), (2, 1));
    }

    #[test]
    fn the_policys_own_reason_to_stop_stands_and_costs_nothing() {
        let mut budget = budget(small());
        for stop in [Stop::Exhausted, Stop::Deadline, Stop::NotRetryable] {
            let step = Step::Stop(stop);
            assert_eq!(
                budget.failed(&mut Withdrawal::default(), Tick::ZERO, verdict(Kind::Server), step),
                step
            );
        }
        assert_eq!(budget.tokens(0), 2.0);
    }

    #[test]
    fn grpcs_failures_take_a_token_each_even_the_last_of_a_call() {
        let mut budget = budget(presets::GRPC.spec());
        let held = &mut Withdrawal::default();
        let exhausted = Step::Stop(Stop::Exhausted);
        for _ in 0..4 {
            assert_eq!(budget.failed(held, Tick::ZERO, verdict(Kind::Server), exhausted), exhausted);
        }
        // 6 of 10: the fifth failure leaves half, at which nothing is retried.
        assert_eq!(budget.fail(held, 0, Kind::Server), Step::Stop(Stop::Budget));
        let refused = Verdict { retry: false, ..verdict(Kind::Client) };
        let stop = Step::Stop(Stop::NotRetryable);
        assert_eq!(budget.failed(held, Tick::ZERO, refused, stop), stop);
        assert_eq!(budget.tokens(0), 5.0, "a malformed request says nothing about the server");
        budget.deposit(10);
        assert_eq!(budget.tokens(0), 6.0);
        budget.deposit(1);
        assert_eq!(budget.fail(held, 0, Kind::Server), RETRY);
    }

    #[test]
    fn a_bucket_of_failures_is_never_less_than_empty() {
        let mut budget = budget(BudgetSpec { capacity: Some(2), ..presets::GRPC.spec() });
        for _ in 0..9 {
            let _ = budget.fail(&mut Withdrawal::default(), 0, Kind::Server);
        }
        budget.deposit(11);
        assert_eq!(budget.tokens(0), 1.1);
    }

    #[test]
    fn awss_retry_after_a_time_out_is_twice_as_dear_and_a_success_brings_it_back() {
        let mut budget = budget(presets::AWS.spec());
        let mut held = Withdrawal::default();
        assert_eq!(budget.fail(&mut held, 0, Kind::Timeout), RETRY);
        assert_eq!(budget.fail(&mut held, 0, Kind::Server), RETRY);
        assert_eq!(budget.tokens(0), 485.0);
        budget.succeeded(&mut held);
        assert_eq!(budget.tokens(0), 490.0, "the last retry's 5");
        budget.deposit(3);
        assert_eq!(budget.tokens(0), 493.0);
    }

    #[test]
    fn a_retry_that_never_started_gives_its_token_back_once() {
        let mut budget = budget(small());
        let mut held = Withdrawal::default();
        assert_eq!(budget.fail(&mut held, 0, Kind::Server), RETRY);
        budget.returned(&mut held);
        budget.returned(&mut held);
        assert_eq!((budget.tokens(0), budget.returned), (2.0, 1));
    }

    #[test]
    fn a_retry_that_a_breaker_rejected_gives_its_token_back() {
        let mut budget = budget(small());
        let mut held = Withdrawal::default();
        assert_eq!(budget.fail(&mut held, 0, Kind::Server), RETRY);
        let stop = Step::Stop(Stop::NotRetryable);
        let rejected = Verdict { retry: false, ..verdict(Kind::CircuitBreaker) };
        assert_eq!(budget.failed(&mut held, Tick::ZERO, rejected, stop), stop);
        assert_eq!((budget.tokens(0), budget.returned), (2.0, 1));
    }

    #[test]
    fn the_reserve_comes_with_time_and_a_clock_that_goes_back_brings_none() {
        let mut budget = budget(BudgetSpec { reserve_per_second: Some(500_000), ..small() });
        let held = &mut Withdrawal::default();
        assert_eq!(budget.fail(held, 100, Kind::Server), RETRY);
        assert_eq!(budget.fail(held, 100, Kind::Server), RETRY);
        assert_eq!(budget.fail(held, 101, Kind::Server), Step::Stop(Stop::Budget), "half a token");
        assert_eq!(budget.fail(held, 50, Kind::Server), Step::Stop(Stop::Budget));
        assert_eq!(budget.fail(held, 102, Kind::Server), RETRY);
        assert_eq!(budget.tokens(365 * 86_400), 2.0, "full after a year, and no fuller");
    }

    #[test]
    fn no_number_that_crosses_breaks_it() {
        let mut budget = budget(small());
        for word in [f64::NAN, -1.0, f64::INFINITY, 1e300] {
            budget.returned(&mut Withdrawal::from_word(word));
            budget.succeeded(&mut Withdrawal::from_word(word));
        }
        budget.deposit(u64::MAX);
        assert_eq!(budget.failed(&mut Withdrawal::default(), Tick::MAX, verdict(Kind::Server), RETRY), RETRY);
        assert_eq!(budget.tokens(u64::MAX), 1.0);
    }
}
