//! The breaker against an independent model, over random configurations and random sequences of events: concurrent
//! permits, late and repeated results, clocks that jump and go back, operators, restarts.
//!
//! `PROPTEST_CASES=250000 cargo test --release --test breaker_model` plays a million sequences.

mod model;

use model::{Model, Reply};
use once_again_core::breaker::{
    Abandoned, Admission, Breaker, BreakerConfig, BreakerSpec, Change, Decision, HalfOpenSpec, Mode,
    OpenWaitSpec, Outcome, Pass, Permit, Settlement, Snapshot, WindowSpec,
};
use once_again_core::draw::Draw;
use once_again_core::json;
use once_again_core::time::{Micros, Tick};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

const SECOND: u64 = 1_000_000;

#[derive(Clone, Copy, Debug)]
enum Jump {
    By(i64),
    /// To the machine's own deadline, give or take a microsecond: where `>=` and `>` differ.
    Deadline(i64),
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Admit,
    /// Settles the n-th latest permit, be it settled already or not.
    Settle {
        latest: usize,
        outcome: Outcome,
        took: u64,
        draw: u32,
    },
    Health(bool),
    Isolate,
    Release,
    SetMode(Mode),
    Reset,
    /// Another process goes on from a snapshot, on a clock of its own.
    Restart {
        clock: u64,
    },
}

fn millionths() -> impl Strategy<Value = u32> {
    prop_oneof![Just(1), Just(250_000), Just(333_333), Just(500_000), Just(1_000_000)]
}

fn seconds(most: u64) -> impl Strategy<Value = Micros> {
    prop_oneof![(1..=most).prop_map(Micros::from_secs), (1_000..=most * SECOND).prop_map(Micros::new)]
}

fn specs() -> impl Strategy<Value = BreakerSpec> {
    let window = prop_oneof![
        3 => seconds(30).prop_map(WindowSpec::Time),
        2 => (1..=12_u32).prop_map(WindowSpec::Count),
        1 => Just(WindowSpec::None),
    ];
    let rules = (
        option::of(millionths()),
        option::of(1..=6_u32),
        0..=3_u32,
        option::of(1..=4_u32),
        option::of(1..=4_u32),
        option::of(seconds(2)),
        millionths(),
        option::of(1..=5_u32),
    );
    let factor = prop_oneof![Just(1_000_000), Just(1_500_000), Just(2_000_000), Just(3_000_000)];
    let wait = (0..=5 * SECOND, factor, 1..=20_u64, prop_oneof![Just(0), Just(100_000), Just(1_000_000)]);
    let half_open = (1..=5_u32, option::of(1..=5_u32), any::<bool>(), 0..=2, millionths(), any::<bool>());
    let limits = (option::of(seconds(10)), option::of(seconds(20)), any::<bool>());
    (window, rules, wait, half_open, limits).prop_map(|(window, rules, wait, half_open, limits)| {
        let (calls, concurrent, limited, pass, share, early) = half_open;
        let mut spec = BreakerSpec {
            window,
            failure_rate: rules.0,
            minimum_calls: rules.1,
            minimum_failures: rules.2,
            failures_in_window: rules.3,
            consecutive_failures: rules.4,
            slow_call_duration: rules.5,
            slow_call_rate: rules.6,
            slow_minimum_calls: rules.7,
            open_wait: OpenWaitSpec {
                base: Micros::new(wait.0),
                factor: wait.1,
                max: Some(Micros::new(wait.0 * wait.2)),
                jitter: wait.3,
            },
            half_open: HalfOpenSpec {
                calls,
                max_concurrent: concurrent.map(|most| most.min(calls)),
                pass: match pass {
                    0 => None,
                    1 => Some(Pass::FailureRateBelow(share)),
                    _ => Some(Pass::Successes(calls.div_ceil(2))),
                },
                early,
            },
            probe_lease: limits.0,
            half_open_max_wait: limits.1.filter(|_| limited),
            abandoned: if limits.2 { Abandoned::Failure } else { Abandoned::Ignored },
            ..BreakerSpec::threshold()
        };
        match window {
            WindowSpec::Time(_) => {}
            WindowSpec::Count(size) => {
                spec.minimum_calls = spec.minimum_calls.map(|n| n.min(size));
                spec.minimum_failures = spec.minimum_failures.min(size);
                spec.failures_in_window = spec.failures_in_window.map(|n| n.min(size));
                spec.slow_minimum_calls = spec.slow_minimum_calls.map(|n| n.min(size));
            }
            WindowSpec::None => {
                spec.failure_rate = None;
                spec.failures_in_window = None;
                spec.slow_call_duration = None;
            }
        }
        if BreakerConfig::try_from(spec.clone()).is_err() {
            spec.consecutive_failures = Some(2);
        }
        spec
    })
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Success),
        6 => Just(Outcome::Failure),
        1 => Just(Outcome::Ignored),
        1 => Just(Outcome::Abandoned),
    ]
}

fn steps() -> impl Strategy<Value = Vec<(Jump, Event)>> {
    let second = i64::try_from(SECOND).unwrap();
    let jump = prop_oneof![
        4 => Just(Jump::By(0)),
        6 => (0..second).prop_map(Jump::By),
        2 => (0..20 * second).prop_map(Jump::By),
        1 => (0..3_600 * second).prop_map(Jump::By),
        1 => (-3 * second..0).prop_map(Jump::By),
        3 => (-1..=1_i64).prop_map(Jump::Deadline),
    ];
    let settle = (prop_oneof![4 => 0..4_usize, 1 => 0..40_usize], outcomes(), 0..3 * SECOND, any::<u32>())
        .prop_map(|(latest, outcome, took, draw)| Event::Settle { latest, outcome, took, draw });
    let mode = prop_oneof![2 => Just(Mode::Normal), 1 => Just(Mode::Disabled), 1 => Just(Mode::MetricsOnly)];
    let event = prop_oneof![
        40 => Just(Event::Admit),
        50 => settle,
        1 => any::<bool>().prop_map(Event::Health),
        1 => Just(Event::Isolate),
        2 => Just(Event::Release),
        2 => mode.prop_map(Event::SetMode),
        1 => Just(Event::Reset),
        1 => (0..100 * SECOND).prop_map(|clock| Event::Restart { clock }),
    ];
    vec((jump, event), 1..120)
}

fn cases() -> ProptestConfig {
    let chosen = ProptestConfig::default();
    ProptestConfig { cases: chosen.cases * 4, failure_persistence: None, ..chosen }
}

/// The machine and the model side by side.
struct Pair {
    config: BreakerConfig,
    machine: Breaker,
    model: Model,
    permits: Vec<Permit>,
    now: u64,
}

impl Pair {
    fn new(spec: &BreakerSpec) -> Self {
        let config = BreakerConfig::try_from(spec.clone()).unwrap();
        let machine = Breaker::new(&config);
        Self { config, machine, model: Model::new(spec), permits: Vec::new(), now: 1_000 * SECOND }
    }

    fn jump(&mut self, jump: Jump) {
        self.now = match (jump, self.machine.deadline()) {
            (Jump::By(span), _) => self.now.saturating_add_signed(span),
            (Jump::Deadline(off), Some(deadline)) => deadline.get().saturating_add_signed(off),
            (Jump::Deadline(_), None) => self.now,
        };
    }

    /// Plays one event on both and answers what each said.
    fn play(&mut self, event: Event) -> (Reply, Reply) {
        let from = self.machine.state();
        let (now, tick) = (i128::from(self.now), Tick::new(self.now));
        let (reply, change, expected) = match event {
            Event::Admit => {
                let Admission { decision, change } = self.machine.admit(tick);
                let reply = match decision {
                    Decision::Permit(permit) => Reply::Admitted(permit),
                    Decision::Rejected { state, retry_after } => {
                        Reply::Rejected { state, retry_after: i128::from(retry_after.get()) }
                    }
                };
                let expected = self.model.admit(now);
                if let Reply::Admitted(permit) = expected {
                    self.permits.push(permit);
                }
                (reply, change, expected)
            }
            Event::Settle { latest, outcome, took, draw } => {
                let Some(permit) = self.permits.iter().rev().nth(latest).copied() else {
                    return (Reply::Done, Reply::Done);
                };
                let Settlement { verdict, change, would_open } =
                    self.machine.settle(permit, outcome, Micros::new(took), tick, Draw(draw));
                let expected = self.model.settle(permit, outcome, i128::from(took), now, draw);
                (Reply::Settled { verdict, would_open }, change, expected)
            }
            Event::Health(ok) => {
                self.machine.health(ok, tick);
                self.model.health(ok, now);
                (Reply::Done, None, Reply::Done)
            }
            Event::Isolate => {
                self.model.isolate();
                (Reply::Done, self.machine.isolate(), Reply::Done)
            }
            Event::Release => {
                self.model.release();
                (Reply::Done, self.machine.release(), Reply::Done)
            }
            Event::SetMode(mode) => {
                self.model.set_mode(mode);
                (Reply::Done, self.machine.set_mode(mode), Reply::Done)
            }
            Event::Reset => {
                self.model.reset();
                (Reply::Done, self.machine.reset(), Reply::Done)
            }
            Event::Restart { clock } => {
                let text = json::to_string(&self.machine.snapshot(tick));
                let snapshot: Snapshot = json::from_str(&text).unwrap();
                self.machine = Breaker::restore(&self.config, &snapshot, Tick::new(clock)).unwrap();
                self.model.restart(now, i128::from(clock));
                self.now = clock;
                return (Reply::Done, Reply::Done);
            }
        };
        let to = self.machine.state();
        assert_eq!(change, (from != to).then_some(Change { from, to }), "the change of state is announced");
        (reply, expected)
    }

    fn agree(&self) -> Result<(), TestCaseError> {
        let counters = self.machine.counters(Tick::new(self.now));
        prop_assert_eq!(self.machine.state(), self.model.state);
        prop_assert_eq!(self.machine.epoch(), self.model.epoch);
        prop_assert_eq!(
            self.machine.deadline().map(|deadline| i128::from(deadline.get())),
            self.model.deadline()
        );
        prop_assert_eq!(
            (counters.calls, counters.failures, counters.slow_calls),
            self.model.window(i128::from(self.now))
        );
        prop_assert_eq!(counters.consecutive_failures, self.model.streak());
        prop_assert_eq!(counters.probes, self.model.running());
        prop_assert_eq!((counters.rejected, counters.stale), (self.model.rejected, self.model.stale));
        Ok(())
    }
}

/// The same to both, who must answer the same.
fn both(
    asking: &mut Breaker,
    skipping: &mut Breaker,
    tell: impl Fn(&mut Breaker) -> Option<Change>,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(tell(asking), tell(skipping));
    Ok(())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_machine_agrees_with_a_slow_and_obvious_model_after_every_event(spec in specs(), steps in steps()) {
        let mut pair = Pair::new(&spec);
        for (jump, event) in steps {
            pair.jump(jump);
            let (reply, expected) = pair.play(event);
            prop_assert_eq!(reply, expected);
            pair.agree()?;
        }
    }

    #[test]
    fn what_a_host_may_skip_cannot_be_told_from_asking(spec in specs(), steps in steps()) {
        let config = BreakerConfig::try_from(spec).unwrap();
        let (mut asking, mut skipping) = (Breaker::new(&config), Breaker::new(&config));
        let mut permits = Vec::new();
        let mut now = 1_000 * SECOND;
        for (jump, event) in steps {
            if let Jump::By(span) = jump {
                now = now.saturating_add_signed(span);
            }
            let tick = Tick::new(now);
            match event {
                Event::Admit => {
                    let asked = asking.admit(tick);
                    let known = skipping.closed_epoch();
                    if known == 0 {
                        prop_assert_eq!(asked, skipping.admit(tick));
                    } else {
                        let decision = Decision::Permit(Permit::call(known));
                        prop_assert_eq!(asked, Admission { decision, change: None });
                    }
                    if let Decision::Permit(permit) = asked.decision {
                        permits.push(permit);
                    }
                }
                Event::Settle { latest, outcome, took, draw } => {
                    let Some(permit) = permits.iter().rev().nth(latest).copied() else { continue };
                    let told = asking.settle(permit, outcome, Micros::new(took), tick, Draw(draw));
                    let skip = outcome == Outcome::Success
                        && skipping.quiet()
                        && permit.epoch == skipping.closed_epoch();
                    if !skip {
                        let answer = skipping.settle(permit, outcome, Micros::new(took), tick, Draw(draw));
                        prop_assert_eq!(told, answer);
                    }
                }
                Event::Health(ok) => {
                    asking.health(ok, tick);
                    skipping.health(ok, tick);
                }
                Event::Isolate => both(&mut asking, &mut skipping, Breaker::isolate)?,
                Event::Release => both(&mut asking, &mut skipping, Breaker::release)?,
                Event::SetMode(mode) => both(&mut asking, &mut skipping, |one| one.set_mode(mode))?,
                Event::Reset => both(&mut asking, &mut skipping, Breaker::reset)?,
                Event::Restart { .. } => {}
            }
            prop_assert_eq!(format!("{asking:?}"), format!("{skipping:?}"));
        }
    }
}
