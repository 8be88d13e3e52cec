//! Several processes share one breaker through one store.

mod rules;
mod store;
mod world;

use once_again_core::breaker::shared::Connection;
use once_again_core::breaker::{Outcome, State};
use proptest::collection::vec;
use proptest::prelude::*;
use world::{SECOND, World, config};

#[derive(Clone, Copy, Debug)]
enum Event {
    Admit {
        at: usize,
        waits: bool,
    },
    Settle {
        at: usize,
        probe: bool,
        outcome: Outcome,
    },
    Deliver(usize),
    /// Messages take less than their time-outs, so all arrive before much time passes.
    Pass(u64),
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    None(Event),
    Drop(usize),
    Delay(usize),
    Away(bool),
    /// The store has forgotten everything.
    Forget,
    Restart(usize),
    Health(usize),
    Isolate(usize),
    Release(usize),
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Failure),
        4 => Just(Outcome::Success),
        1 => Just(Outcome::Ignored),
        1 => Just(Outcome::Abandoned),
    ]
}

fn events(processes: usize) -> impl Strategy<Value = Event> {
    let at = 0..processes;
    let span = prop_oneof![0..SECOND / 5, Just(SECOND), Just(10 * SECOND), 0..70 * SECOND];
    prop_oneof![
        6 => (at.clone(), prop::bool::weighted(0.7)).prop_map(|(at, waits)| Event::Admit { at, waits }),
        5 => (at.clone(), any::<bool>(), outcomes())
            .prop_map(|(at, probe, outcome)| Event::Settle { at, probe, outcome }),
        8 => at.prop_map(Event::Deliver),
        2 => span.prop_map(Event::Pass),
    ]
}

fn faults(processes: usize) -> impl Strategy<Value = Fault> {
    let at = 0..processes;
    prop_oneof![
        20 => events(processes).prop_map(Fault::None),
        1 => at.clone().prop_map(Fault::Drop),
        1 => at.clone().prop_map(Fault::Delay),
        1 => any::<bool>().prop_map(Fault::Away),
        1 => Just(Fault::Forget),
        1 => at.clone().prop_map(Fault::Restart),
        1 => at.clone().prop_map(Fault::Health),
        1 => at.clone().prop_map(Fault::Isolate),
        1 => at.prop_map(Fault::Release),
    ]
}

fn play(world: &mut World, event: Event) {
    match event {
        Event::Admit { at, waits } => {
            world.admit(at, waits);
        }
        Event::Settle { at, probe, outcome } => world.settle(at, probe, outcome),
        Event::Deliver(at) => {
            world.deliver(at);
        }
        Event::Pass(micros) => {
            world.drain();
            world.pass(micros);
        }
    }
}

/// The dependency works again: calls come, probes succeed, and after a while every breaker must be closed.
fn recovers(world: &mut World) -> bool {
    for _ in 0..100 {
        for at in 0..world.processes.len() {
            world.admit(at, true);
            world.drain();
            for _ in 0..8 {
                world.settle(at, true, Outcome::Success);
                world.settle(at, false, Outcome::Success);
            }
            world.drain();
        }
        world.pass(3 * SECOND);
    }
    world.states().iter().all(|state| *state == State::Closed)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn over_all_processes_no_more_probes_fly_than_one_breaker_allows(
        (calls, at_once) in (1..=4_u32).prop_flat_map(|calls| (Just(calls), 1..=calls)),
        events in vec(events(3), 1..300),
    ) {
        let mut world = World::new(config(calls, at_once), 3);
        for event in events {
            play(&mut world, event);
            let (leased, ended) = world.probes();
            prop_assert!(world.flying() <= u64::from(at_once), "{} fly", world.flying());
            prop_assert!(leased <= u64::from(at_once));
            prop_assert!(leased + ended <= u64::from(calls), "{leased} fly, {ended} ended");
            prop_assert!(world.flying() <= leased, "a probe that the store does not know of");
        }
        prop_assert!(recovers(&mut world), "{:?}", world.states());
    }

    #[test]
    fn whatever_is_lost_delayed_or_forgotten_every_breaker_recovers(
        events in vec(faults(3), 1..200),
    ) {
        let mut world = World::new(config(3, 2), 3);
        for event in events {
            match event {
                Fault::None(event) => play(&mut world, event),
                Fault::Drop(at) => world.drop_message(at),
                Fault::Delay(at) => world.delay_message(at),
                Fault::Away(away) => world.away = away,
                // Epochs are never behind the clock, so it must have moved on since.
                Fault::Forget => { world.drain(); world.pass(1_000); world.forget(); }
                Fault::Restart(at) => world.restart(at),
                Fault::Health(at) => world.health(at),
                Fault::Isolate(at) => world.isolate(at),
                Fault::Release(at) => world.release(at),
            }
            // What was lost is alone: its own limit holds.
            for at in 0..3 {
                prop_assert!(world.flying_alone(at) <= 2);
            }
        }
        world.away = false;
        for at in 0..3 {
            for _ in 0..200 { world.release(at); }
        }
        prop_assert!(recovers(&mut world), "{:?} {:?}", world.states(), world.connections());
        prop_assert_eq!(world.connections(), vec![Connection::Attached; 3]);
    }
}
