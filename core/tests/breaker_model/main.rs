//! The breaker against an independent model, over random configurations and random sequences of events: concurrent
//! permits, late and repeated results, clocks that jump and go back, operators, restarts.
//!
//! `PROPTEST_CASES=n` scales the quick tests; `make ready` plays a million sequences of each.

mod model;
mod stories;

use std::cell::Cell;

use model::{Model, Reply};
use once_again_core::breaker::{
    Admission, Breaker, BreakerConfig, BreakerSpec, Change, Decision, Outcome, Permit, Settlement, Snapshot,
    State, Verdict,
};
use once_again_core::draw::Draw;
use once_again_core::json;
use once_again_core::time::{Micros, Tick};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use stories::{Event, Jump, SECOND, specs, steps};

const MILLION: u32 = 1_000_000;

/// How many sequences a quick test plays.
fn quick() -> u32 {
    ProptestConfig::default().cases * 4
}

/// Plays so many random sequences.
fn play(sequences: u32, test: impl Fn(BreakerSpec, Vec<(Jump, Event)>) -> Result<(), TestCaseError>) {
    let config = ProptestConfig { cases: sequences, failure_persistence: None, ..ProptestConfig::default() };
    let played = TestRunner::new(config).run(&(specs(), steps()), |(spec, steps)| test(spec, steps));
    played.unwrap_or_else(|failure| panic!("{failure}"));
}

/// The machine and the model side by side.
struct Pair {
    config: BreakerConfig,
    machine: Breaker,
    model: Model,
    permits: Vec<Permit>,
    /// Which of them have been settled.
    settled: Vec<bool>,
    now: u64,
}

impl Pair {
    fn new(spec: &BreakerSpec) -> Self {
        let config = BreakerConfig::try_from(spec.clone()).unwrap();
        let machine = Breaker::new(&config);
        Self {
            config,
            machine,
            model: Model::new(spec),
            permits: Vec::new(),
            settled: Vec::new(),
            now: 1_000 * SECOND,
        }
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
                    self.settled.push(false);
                }
                (reply, change, expected)
            }
            Event::Settle { latest, outcome, took, draw } => {
                let Some(place) = self.permits.len().checked_sub(latest + 1) else {
                    return (Reply::Done, Reply::Done);
                };
                let permit = self.permits[place];
                self.settled[place] = true;
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

/// What was met on the way, so that a test can tell that it looked where it hurts.
#[derive(Debug, Default)]
struct Met {
    sequences: Cell<u64>,
    /// Results that came while another call was still out, so that one overtook the other or was overtaken.
    overlapping: Cell<u64>,
    overlapping_probes: Cell<u64>,
    stale: Cell<u64>,
    duplicate: Cell<u64>,
    openings: Cell<u64>,
    closings: Cell<u64>,
    would_open: Cell<u64>,
}

impl Met {
    fn note(&self, pair: &Pair, before: State, reply: Reply) {
        let more = |count: &Cell<u64>, met: bool| count.set(count.get() + u64::from(met));
        let now = pair.machine.state();
        more(&self.openings, before != State::Open && now == State::Open);
        more(&self.closings, before == State::HalfOpen && now == State::Closed);
        if let Reply::Settled { verdict, would_open } = reply {
            let others = pair.settled.iter().any(|settled| !settled);
            more(&self.overlapping, others);
            more(&self.overlapping_probes, others && before == State::HalfOpen);
            more(&self.stale, verdict == Verdict::Stale);
            more(&self.duplicate, verdict == Verdict::Duplicate);
            more(&self.would_open, would_open);
        }
    }

    /// At least `sequences`, and each event at least once in a hundred of them.
    fn enough(&self, sequences: u32) {
        assert!(self.sequences.get() >= sequences.into(), "{self:?}");
        let events = [
            &self.overlapping,
            &self.overlapping_probes,
            &self.stale,
            &self.duplicate,
            &self.openings,
            &self.closings,
            &self.would_open,
        ];
        assert!(events.iter().all(|met| met.get() >= u64::from(sequences) / 100), "{self:?}");
    }
}

/// So many sequences on the machine and on the model, which agree after every event.
fn agree(sequences: u32) {
    let met = Met::default();
    play(sequences, |spec, steps| {
        let mut pair = Pair::new(&spec);
        for (jump, event) in steps {
            pair.jump(jump);
            let before = pair.machine.state();
            let (reply, expected) = pair.play(event);
            prop_assert_eq!(reply, expected);
            pair.agree()?;
            met.note(&pair, before, reply);
        }
        met.sequences.set(met.sequences.get() + 1);
        Ok(())
    });
    met.enough(sequences);
}

/// A host that asks and tells at every step beside one that skips what it may: nobody can tell them apart.
fn skip(spec: BreakerSpec, steps: Vec<(Jump, Event)>) -> Result<(), TestCaseError> {
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
        prop_assert_eq!((asking.state(), asking.deadline()), (skipping.state(), skipping.deadline()));
        prop_assert_eq!(asking.counters(tick), skipping.counters(tick));
    }
    prop_assert_eq!(format!("{asking:?}"), format!("{skipping:?}"));
    Ok(())
}

#[test]
fn the_machine_agrees_with_a_slow_and_obvious_model_after_every_event() {
    agree(quick());
}

#[test]
#[ignore = "slow: a million random sequences; run by make ready"]
fn the_machine_agrees_with_the_model_over_a_million_sequences() {
    agree(MILLION);
}

#[test]
fn what_a_host_may_skip_cannot_be_told_from_asking() {
    play(quick(), skip);
}

#[test]
#[ignore = "slow: a million random sequences; run by make ready"]
fn a_million_sequences_cannot_tell_skipping_from_asking() {
    play(MILLION, skip);
}
