//! One rule each, on two or three processes.

use once_again_core::breaker::shared::{Connection, Link};
use once_again_core::breaker::{BreakerConfig, Change, Outcome, State};

use crate::world::{SECOND, World, config};

const OPENED: Change = Change { from: State::Closed, to: State::Open };

/// Two processes whose first refresh has been answered.
fn attached() -> World {
    let mut world = World::new(config(3, 2), 2);
    for at in 0..2 {
        call(&mut world, at, Outcome::Success);
    }
    world.drain();
    assert_eq!(world.connections(), [Connection::Attached; 2]);
    world
}

fn call(world: &mut World, at: usize, outcome: Outcome) {
    assert!(world.admit(at, true), "a closed breaker admits at once");
    world.settle(at, false, outcome);
}

/// The first process has seen two failures; nobody else knows.
fn trip(world: &mut World) {
    call(world, 0, Outcome::Failure);
    call(world, 0, Outcome::Failure);
    assert_eq!(world.states()[0], State::Open);
}

/// Both know that it is open, and the wait is over.
fn due() -> World {
    let mut world = attached();
    trip(&mut world);
    world.drain();
    world.pass(SECOND);
    world.admit(1, true);
    world.drain();
    assert_eq!(world.states(), [State::Open; 2]);
    world.pass(10 * SECOND);
    world
}

#[test]
fn a_breaker_without_a_name_cannot_be_shared() {
    let error = Link::new(&BreakerConfig::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "name: got nothing, expected a name, by which the processes that share a breaker find it"
    );
}

#[test]
fn all_open_at_their_first_call_a_second_after_the_first_trip() {
    let mut world = attached();
    trip(&mut world);
    world.drain();
    assert_eq!(world.states()[1], State::Closed);
    world.pass(SECOND);
    assert!(world.admit(1, true), "this call asks in the background, and does not wait");
    world.drain();
    assert_eq!(world.states(), [State::Open; 2]);
    assert_eq!(world.processes[1].changes, [OPENED]);
    assert!(!world.admit(1, true));
}

#[test]
fn an_open_breaker_is_due_by_the_stores_clock_in_every_process() {
    let mut world = attached();
    trip(&mut world);
    world.drain();
    world.pass(4 * SECOND);
    world.admit(1, true);
    world.drain();
    let due = |at: usize| world.processes[at].breaker.deadline().unwrap().get();
    // Their clocks differ by 77 s.
    assert_eq!(due(1) - due(0), 77 * SECOND);
}

#[test]
fn a_closed_breaker_asks_no_more_than_once_a_second() {
    let mut world = attached();
    for _ in 0..100 {
        call(&mut world, 0, Outcome::Success);
    }
    assert!(!world.deliver(0), "nothing was sent");
    world.pass(SECOND);
    for _ in 0..100 {
        call(&mut world, 0, Outcome::Success);
    }
    assert!(world.deliver(0) && world.deliver(0), "one request, there and back");
    assert!(!world.deliver(0));
}

#[test]
fn a_trip_that_comes_too_late_changes_nothing() {
    let mut world = attached();
    trip(&mut world);
    world.drain();
    let epoch = world.store.epoch;
    world.pass(SECOND / 2);
    call(&mut world, 1, Outcome::Failure);
    call(&mut world, 1, Outcome::Failure);
    assert_eq!(world.states(), [State::Open; 2]);
    world.drain();
    assert_eq!(world.store.epoch, epoch);
    let due = |at: usize| world.processes[at].breaker.deadline().unwrap().get();
    assert_eq!(due(1) - due(0), 77 * SECOND, "the later trip goes by the first one's wait");
    assert_eq!(world.processes[1].changes, [OPENED]);
}

#[test]
fn probes_of_two_processes_decide_together() {
    let mut world = due();
    world.admit(0, true);
    world.admit(1, true);
    world.drain();
    assert_eq!(world.states(), [State::HalfOpen; 2]);
    assert_eq!(world.flying(), 2);
    world.admit(0, true);
    world.drain();
    assert_eq!(world.flying(), 2, "no more than two at once");
    world.settle(0, true, Outcome::Success);
    world.settle(1, true, Outcome::Success);
    world.drain();
    assert_eq!(world.states(), [State::HalfOpen; 2]);
    world.admit(1, true);
    world.drain();
    world.settle(1, true, Outcome::Success);
    world.drain();
    assert_eq!(world.states()[1], State::Closed, "the third success over all processes");
    world.pass(SECOND);
    world.admit(0, true);
    world.drain();
    assert_eq!(world.states(), [State::Closed; 2]);
}

#[test]
fn one_failed_probe_opens_all_again_for_longer() {
    let mut world = due();
    world.admit(0, true);
    world.drain();
    world.settle(0, true, Outcome::Failure);
    world.drain();
    assert_eq!(world.states()[0], State::Open);
    world.pass(SECOND);
    world.admit(1, true);
    world.drain();
    let now = world.now + 77 * SECOND;
    let left = world.processes[1].breaker.deadline().unwrap().get() - now;
    assert_eq!(left, 19 * SECOND, "twenty seconds from the failure, one of them gone");
}

#[test]
fn a_caller_who_cannot_wait_gets_the_probe_asked_for_by_the_one_before() {
    let mut world = due();
    assert!(!world.admit(0, false));
    world.drain();
    assert_eq!(world.states()[0], State::HalfOpen);
    assert!(world.admit(0, false));
    world.drain();
    assert_eq!(world.flying(), 1);
    // Held by now: five seconds after its reservation it still flies.
    world.pass(6 * SECOND);
    world.settle(0, true, Outcome::Success);
    world.drain();
    assert_eq!(world.probes(), (0, 1));
}

#[test]
fn a_reserved_probe_that_nobody_makes_goes_to_others_and_fails_nobody() {
    let mut world = due();
    world.admit(0, false);
    world.drain();
    world.pass(6 * SECOND);
    assert!(!world.admit(0, false), "half of its lease was over");
    world.drain();
    assert_eq!(world.probes(), (1, 0));
}

#[test]
fn the_probes_of_a_process_that_died_end_with_their_lease() {
    let mut world = due();
    world.admit(0, true);
    world.admit(0, true);
    world.drain();
    world.restart(0);
    world.pass(30 * SECOND);
    world.admit(1, true);
    world.drain();
    assert_eq!(world.probes(), (2, 0), "both places are taken");
    world.pass(31 * SECOND);
    world.admit(1, true);
    world.drain();
    assert_eq!(world.states()[1], State::Open, "abandoned probes count as failures");
}

#[test]
fn a_good_health_check_of_one_process_begins_the_trial_of_all() {
    let mut world = attached();
    trip(&mut world);
    world.drain();
    world.pass(SECOND);
    world.health(0);
    world.admit(0, true);
    world.drain();
    assert_eq!(world.states()[0], State::HalfOpen);
    assert_eq!(world.flying(), 1);
}

#[test]
fn without_its_store_a_breaker_goes_on_alone_and_says_so_once() {
    let mut world = attached();
    world.away = true;
    trip(&mut world);
    world.drain();
    assert_eq!(world.connections()[0], Connection::Detached);
    for _ in 0..30 {
        world.admit(0, true);
        world.drain();
        world.pass(SECOND);
    }
    assert_eq!(world.processes[0].connections, [Connection::Attached, Connection::Detached]);
    assert_eq!(world.states()[0], State::HalfOpen);
    assert_eq!(world.flying_alone(0), 2, "its own limit holds");
    for _ in 0..2 {
        world.settle(0, true, Outcome::Success);
    }
    assert!(world.admit(0, true), "without waiting");
    world.settle(0, true, Outcome::Success);
    assert_eq!(world.states()[0], State::Closed);
}

#[test]
fn what_was_found_out_alone_is_told_when_the_store_is_back() {
    let mut world = attached();
    world.away = true;
    trip(&mut world);
    world.drain();
    world.away = false;
    world.pass(SECOND);
    for at in [0, 1] {
        world.admit(at, true);
        world.drain();
    }
    assert_eq!(world.states(), [State::Open; 2]);
    let left = world.processes[0].breaker.deadline().unwrap().get() - world.now;
    assert_eq!(left, 9 * SECOND, "publishing it does not make it longer");
    assert_eq!(
        world.processes[0].connections,
        [Connection::Attached, Connection::Detached, Connection::Attached]
    );
}

#[test]
fn what_was_found_out_alone_gives_way_to_what_others_have_found_out_since() {
    let mut world = attached();
    world.away = true;
    call(&mut world, 1, Outcome::Failure);
    call(&mut world, 1, Outcome::Failure);
    world.drain();
    world.away = false;
    trip(&mut world);
    world.deliver_all(0);
    world.pass(10 * SECOND);
    for _ in 0..3 {
        world.admit(0, true);
        world.deliver_all(0);
        world.settle(0, true, Outcome::Success);
        world.deliver_all(0);
    }
    assert_eq!(world.states(), [State::Closed, State::Open]);
    let epoch = world.store.epoch;
    for _ in 0..2 {
        world.admit(1, true);
        world.drain();
    }
    assert_eq!(world.states(), [State::Closed; 2]);
    assert_eq!(world.store.epoch, epoch);
}

#[test]
fn an_absent_store_is_tried_once_a_second() {
    let mut world = attached();
    world.away = true;
    world.pass(SECOND);
    for at in [0, 0, 0] {
        call(&mut world, at, Outcome::Success);
        world.drain();
    }
    world.pass(SECOND - 1);
    call(&mut world, 0, Outcome::Success);
    assert!(!world.deliver(0), "nothing was sent");
    world.pass(1);
    call(&mut world, 0, Outcome::Success);
    assert!(world.deliver(0));
}

#[test]
fn a_claim_that_is_not_answered_in_time_is_decided_here() {
    let mut world = due();
    world.admit(0, true);
    world.drop_message(0);
    assert_eq!(world.connections()[0], Connection::Detached);
    assert_eq!((world.states()[0], world.flying_alone(0)), (State::HalfOpen, 1));
}

#[test]
fn a_probe_granted_too_late_is_given_back() {
    let mut world = due();
    world.admit(0, true);
    world.deliver(0);
    assert_eq!(world.probes(), (1, 0));
    world.delay_message(0);
    world.pass(SECOND);
    world.admit(0, true);
    world.drain();
    assert_eq!(world.probes(), (0, 0));
}

#[test]
fn a_store_that_lost_its_record_is_told_that_it_is_open() {
    let mut world = attached();
    trip(&mut world);
    world.drain();
    let before = world.store.epoch;
    world.forget();
    world.pass(SECOND);
    for at in [0, 1] {
        world.admit(at, true);
        world.drain();
    }
    assert_eq!(world.states(), [State::Open; 2]);
    assert!(world.store.epoch > before, "an epoch nobody has seen");
}

#[test]
fn an_operators_hand_stays_local_and_gives_way_to_the_record() {
    let mut world = attached();
    world.isolate(0);
    world.pass(SECOND);
    for at in [0, 1] {
        world.admit(at, true);
        world.drain();
    }
    assert_eq!(world.states(), [State::ForcedOpen, State::Closed]);
    for _ in 0..2 {
        call(&mut world, 1, Outcome::Failure);
    }
    world.drain();
    world.release(0);
    assert!(world.admit(0, true));
    world.drain();
    assert_eq!(world.states(), [State::Open; 2]);
}
