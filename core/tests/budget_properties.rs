//! What holds for every retry budget: the bound it promises, and that deposits may be told late.

use once_again_core::budget::{Budget, BudgetConfig, BudgetSpec, DepositOn, WithdrawOn, Withdrawal, presets};
use once_again_core::classify::Kind;
use once_again_core::draw::Draw;
use once_again_core::jitter::JitterType;
use once_again_core::retry::{Failure, Once, RetryCall, RetryPolicy, RetrySpec, Step, Stop, Verdict};
use once_again_core::time::{Micros, Tick};
use proptest::prelude::*;
use std::collections::BTreeMap;

const SECOND: u64 = 1_000_000;
const YEAR: u64 = 365 * 86_400 * SECOND;

fn verdict(kind: Kind) -> Verdict {
    Verdict { kind, retry: true, free: false, once: Once::No }
}

fn budget(spec: BudgetSpec) -> Budget {
    Budget::new(BudgetConfig::try_from(spec).expect("a valid budget"))
}

/// A call that waits for its next attempt.
type Waiting = (RetryCall, Withdrawal);

/// Everybody who calls a dependency, on one clock.
struct World {
    policy: RetryPolicy,
    budget: Budget,
    /// In order of time.
    waiting: BTreeMap<(Tick, u64), Waiting>,
    requests: u64,
    made: u64,
}

impl World {
    fn new(policy: RetrySpec, budget: Budget) -> Self {
        let policy = RetryPolicy::try_from(policy).expect("a valid policy");
        Self { policy, budget, waiting: BTreeMap::new(), requests: 0, made: 0 }
    }

    /// One attempt, which fails.
    fn attempt(&mut self, now: Tick, (mut call, mut held): Waiting) {
        self.requests += 1;
        let failure =
            Failure { verdict: verdict(Kind::Server), retry_after: None, custom_delay: None, slot: 0 };
        let draw = Draw(u32::try_from(self.requests.wrapping_mul(2_654_435_761) >> 7 & 0xFFFF_FFFF).unwrap());
        let step = self.policy.failed(&mut call, now, &failure, draw);
        if let Step::Retry { delay } = self.budget.failed(&mut held, now, failure.verdict, step) {
            self.made += 1;
            self.waiting.insert((now.plus(delay), self.made), (call, held));
        }
    }

    /// The dependency is down for `seconds` from `start` on, under `rate` calls a second.
    fn outage(&mut self, start: Tick, seconds: u64, rate: u64) {
        for n in 0..seconds * rate {
            let now = start.plus(Micros::new(n * SECOND / rate));
            self.until(now);
            self.budget.deposit(1);
            self.attempt(now, (self.policy.begin(now), Withdrawal::default()));
        }
        self.until(start.plus(Micros::from_secs(seconds)));
    }

    fn until(&mut self, now: Tick) {
        while let Some(((due, _), _)) = self.waiting.first_key_value() {
            if *due > now {
                break;
            }
            let ((due, _), waiting) = self.waiting.pop_first().expect("a first one");
            self.attempt(due, waiting);
        }
    }
}

fn eager(attempts: u32) -> RetrySpec {
    RetrySpec {
        max_attempts: Some(attempts),
        base: Some(Micros::from_millis(10)),
        max_delay: Some(Micros::from_millis(200)),
        jitter: Some(JitterType::Full),
        ..RetrySpec::default()
    }
}

#[test]
fn a_minute_of_a_thousand_failing_calls_a_second_is_a_fifth_more_requests_and_not_five_times_as_many() {
    let mut world = World::new(eager(5), budget(BudgetSpec::default()));
    world.outage(Tick::ZERO, 60, 1_000);
    // (1 + 0.2) · 60 000 calls + 10 · 60 s + 100 saved up is 72 700. All of it is used: a few still sleep, and the
    // last part of a token comes after the last failure.
    let waiting = u64::try_from(world.waiting.len()).unwrap();
    assert_eq!(world.requests + waiting, 72_699);

    let mut unbounded =
        World::new(eager(5), budget(BudgetSpec { ratio: Some(1_000 * SECOND), ..BudgetSpec::default() }));
    unbounded.outage(Tick::ZERO, 60, 1_000);
    assert!(
        unbounded.requests > 290_000,
        "{}: what the dependency sees without a budget",
        unbounded.requests
    );
}

#[test]
fn a_year_later_the_bucket_is_full_at_the_first_failure() {
    let mut world = World::new(eager(2), budget(BudgetSpec { ratio: Some(0), ..BudgetSpec::default() }));
    world.outage(Tick::ZERO, 60, 1_000);
    let later = Tick::new(YEAR);
    let before = world.requests;
    for _ in 0..101 {
        world.attempt(later, (world.policy.begin(later), Withdrawal::default()));
    }
    world.until(Tick::new(YEAR + SECOND));
    assert_eq!(world.requests - before, 101 + 100, "101 calls, and 100 retries at once");
}

prop_compose! {
    fn specs()(
        capacity in 1..1_000_u32, ratio in 0..3_000_000_u64, reserve in 0..50_000_000_u64,
        on_success in any::<bool>(), on_failure in any::<bool>(), refund in any::<bool>(),
        cost in 1..3_000_000_u64, timeout in 0..3_000_000_u64, gate in 0..900_000_u64,
    ) -> BudgetSpec {
        BudgetSpec {
            name: None,
            capacity: Some(capacity),
            ratio: Some(ratio),
            reserve_per_second: Some(reserve),
            deposit_on: Some(if on_success { DepositOn::Success } else { DepositOn::Attempt }),
            withdraw_on: Some(if on_failure { WithdrawOn::Failure } else { WithdrawOn::Retry }),
            cost: Some(cost.min(u64::from(capacity) * SECOND)),
            cost_per_kind: Some([(Kind::Timeout, timeout.min(u64::from(capacity) * SECOND))].into()),
            gate: Some(gate),
            refund_on_success: Some(refund),
        }
    }
}

/// Something that happens to a budget.
#[derive(Clone, Copy, Debug)]
enum Event {
    Deposit(u64),
    Failed { after: u64, kind: Kind, retry: bool },
    Returned,
    Succeeded,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let kinds = prop_oneof![Just(Kind::Server), Just(Kind::Timeout), Just(Kind::CircuitBreaker)];
    let event = prop_oneof![
        3 => (0..40_u64).prop_map(Event::Deposit),
        4 => (prop_oneof![0..3_000_000_u64, Just(YEAR)], kinds, prop::bool::weighted(0.9))
            .prop_map(|(after, kind, retry)| Event::Failed { after, kind, retry }),
        1 => Just(Event::Returned),
        1 => Just(Event::Succeeded),
    ];
    prop::collection::vec(event, 1..120)
}

/// Plays events; `batch` is how many deposits are kept back before they are told.
fn play(budget: &mut Budget, events: &[Event], batch: u64) -> Vec<(Step, u64)> {
    let (mut now, mut kept, mut held) = (Tick::ZERO, 0, Withdrawal::default());
    let mut answers = Vec::new();
    for event in events {
        match *event {
            Event::Deposit(calls) => {
                kept += calls;
                while kept >= batch.max(1) {
                    budget.deposit(batch.max(1));
                    kept -= batch.max(1);
                }
            }
            Event::Failed { after, kind, retry } => {
                budget.deposit(core::mem::take(&mut kept));
                now = now.plus(Micros::new(after));
                let step =
                    if retry { Step::Retry { delay: Micros::ZERO } } else { Step::Stop(Stop::Exhausted) };
                let answer = budget.failed(&mut held, now, verdict(kind), step);
                answers.push((answer, budget.counters(now).tokens.to_bits()));
            }
            Event::Returned => budget.returned(&mut held),
            Event::Succeeded => budget.succeeded(&mut held),
        }
    }
    answers
}

proptest! {
    #[test]
    fn deposits_told_late_leave_the_bucket_as_full_as_deposits_told_at_once(
        spec in specs(), events in events(), batch in 1..1_000_u64,
    ) {
        let told_at_once = play(&mut budget(spec.clone()), &events, 1);
        let told_late = play(&mut budget(spec), &events, batch);
        prop_assert_eq!(told_at_once, told_late);
    }

    #[test]
    fn tokens_stay_between_nothing_and_the_capacity(spec in specs(), events in events()) {
        let capacity = f64::from(spec.capacity.unwrap());
        for (_, tokens) in play(&mut budget(spec), &events, 1) {
            prop_assert!((0.0..=capacity).contains(&f64::from_bits(tokens)));
        }
    }

    #[test]
    fn requests_stay_within_the_bound_under_any_load(
        capacity in 1..200_u32, ratio in 0..1_500_000_u64, reserve in 0..30_u64, rate in 1..400_u64, seconds in 1..20_u64,
        attempts in 1..9_u32, start in 0..YEAR,
    ) {
        let rules = BudgetSpec {
            capacity: Some(capacity),
            ratio: Some(ratio),
            reserve_per_second: Some(reserve * SECOND),
            ..presets::DEFAULT.spec()
        };
        let mut world = World::new(eager(attempts), budget(rules));
        world.outage(Tick::new(start), seconds, rate);
        let calls = seconds * rate;
        let most = calls * (SECOND + ratio) / SECOND + reserve * seconds + u64::from(capacity);
        prop_assert!(world.requests <= most, "{} requests, at most {most}", world.requests);
    }
}
