//! Many runs of one key against one store, over a network that delays, loses and reorders: at no instant do two handlers
//! run, every run ends, and everybody hears of one outcome.

use std::collections::BTreeMap;

use once_again_core::draw::Draw;
use once_again_core::fingerprint::{Alg, Fingerprint};
use once_again_core::idempotency::machine::{
    Action, Conflict, Ending, Event, Lease, Run, RunConfig, RunSpec, Settled,
};
use once_again_core::idempotency::record::{Body, Outcome, Owner, RecordKey, State};
use once_again_core::store::memory::{MemoryConfig, MemoryStore, WhenFull};
use once_again_core::store::{Mode, OnOrphan, StoreOp, StoreReply};
use once_again_core::time::{Micros, Tick, Timestamp};
use proptest::prelude::*;

const KEY: RecordKey = RecordKey([7; 32]);
/// The wall clock when the simulation's own clock shows zero.
const EPOCH: Timestamp = Timestamp::new(1_795_000_000_000_000);
const MILLI: u64 = 1_000;
const SECOND: u64 = 1_000_000;

/// How bad the world is, in percent.
#[derive(Clone, Copy, Debug)]
struct Faults {
    /// Requests that never arrive and replies that never return.
    lost: u64,
    /// Messages that take up to ten seconds.
    slow: u64,
    /// Processes that die while their handler runs.
    crashes: u64,
    /// Callers that give up.
    given_up: u64,
}

enum What {
    Start(usize),
    AtStore { process: usize, ticket: u32, op: StoreOp, replies: bool },
    AtProcess { process: usize, ticket: u32, reply: Option<StoreReply> },
    Timer(usize),
    HandlerDone { process: usize, aborted: bool },
    Crash(usize),
    GiveUp(usize),
}

struct Process {
    run: Run,
    alive: bool,
    executing: bool,
    end: Option<Action>,
    /// Deadlines served at one instant.
    dues: (u64, u32),
}

struct World {
    now: u64,
    agenda: BTreeMap<(u64, u64), What>,
    entries: u64,
    seed: u64,
    faults: Faults,
    store: MemoryStore,
    processes: Vec<Process>,
    executions: u32,
}

impl World {
    fn new(seed: u64, faults: Faults, configs: &[RunConfig]) -> Self {
        let bounds =
            MemoryConfig { max_records: None, max_bytes: None, when_full: WhenFull::Refuse, seed: 0 };
        let process = |(number, config): (usize, &RunConfig)| Process {
            run: Run::new(
                config,
                KEY,
                Fingerprint::new(Alg::Jcs, [1; 32]),
                None,
                Owner([u8::try_from(number).unwrap(); 16]),
                false,
                Tick::ZERO,
            ),
            alive: true,
            executing: false,
            end: None,
            dues: (0, 0),
        };
        let mut world = Self {
            now: 0,
            agenda: BTreeMap::new(),
            entries: 0,
            seed,
            faults,
            store: MemoryStore::new(bounds),
            processes: configs.iter().enumerate().map(process).collect(),
            executions: 0,
        };
        for process in 0..configs.len() {
            let start = world.below(30 * SECOND);
            world.after(start, What::Start(process));
            if world.percent(world.faults.given_up) {
                let pause = world.below(10 * SECOND);
                world.after(start + pause, What::GiveUp(process));
            }
        }
        world
    }

    fn play(&mut self) {
        let mut events = 0;
        while let Some(((at, _), what)) = self.agenda.pop_first() {
            self.now = at;
            events += 1;
            assert!(events < 200_000, "the simulation does not end");
            self.step(what);
        }
    }

    fn step(&mut self, what: What) {
        match what {
            What::Start(process) => self.tell(process, Event::Start),
            What::AtStore { process, ticket, op, replies } => {
                let reply = self.store.apply(EPOCH.plus(Micros::new(self.now)), &op);
                if replies {
                    let delay = self.delay();
                    self.after(delay, What::AtProcess { process, ticket, reply: Some(reply) });
                }
            }
            What::AtProcess { process, ticket, reply } => self.tell(
                process,
                match reply {
                    Some(reply) => Event::Reply { ticket, reply },
                    None => Event::StoreFailed { ticket },
                },
            ),
            What::Timer(process) => {
                let now = Tick::new(self.now);
                if self.processes[process].run.deadline().is_some_and(|at| at <= now) {
                    self.count_due(process);
                    self.tell(process, Event::Due);
                }
            }
            What::HandlerDone { process, aborted } => {
                if self.processes[process].alive && self.processes[process].executing {
                    self.processes[process].executing = false;
                    let ending = self.ending(process, aborted);
                    self.tell(process, Event::Finished { ending });
                }
            }
            What::Crash(process) => {
                self.processes[process].alive = false;
                self.processes[process].executing = false;
            }
            What::GiveUp(process) => {
                self.processes[process].executing = false;
                self.tell(process, Event::Abandon);
            }
        }
    }

    fn tell(&mut self, process: usize, event: Event) {
        if !self.processes[process].alive {
            return;
        }
        let draw = Draw(u32::try_from(self.below(1 << 32)).unwrap());
        let action = self.processes[process].run.handle(Tick::new(self.now), event, draw);
        self.act(process, action);
        if let Some(deadline) = self.processes[process].run.deadline() {
            let pause = deadline.get().saturating_sub(self.now);
            self.after(pause, What::Timer(process));
        }
    }

    fn act(&mut self, process: usize, action: Action) {
        match action {
            Action::Apply { ticket, op } => self.send(process, ticket, op),
            Action::Execute { .. } => {
                let others = self.processes.iter().filter(|process| process.executing).count();
                assert_eq!(others, 0, "two handlers run at once, at {}", self.now);
                self.processes[process].executing = true;
                self.executions += 1;
                let length = self.below(40 * SECOND);
                self.after(length, What::HandlerDone { process, aborted: false });
                if self.percent(self.faults.crashes) {
                    let when = self.below(length + 1);
                    self.after(when, What::Crash(process));
                }
            }
            // A handler that is told so stops within half a second.
            Action::AbortHandler => {
                let pause = self.below(500 * MILLI);
                self.after(pause, What::HandlerDone { process, aborted: true });
            }
            Action::Wait { .. } | Action::Answer | Action::Nothing => {}
            Action::Unprotected { .. } => panic!("nobody fails open here"),
            end @ (Action::Replay(_) | Action::Refuse(_) | Action::Settled(_)) => {
                assert!(!self.processes[process].executing, "over, but its handler runs");
                assert!(self.processes[process].end.replace(end).is_none(), "over twice");
            }
        }
    }

    fn send(&mut self, process: usize, ticket: u32, op: StoreOp) {
        let delay = self.delay();
        match self.below(100) {
            lost if lost < self.faults.lost => {
                // Lost on its way there: nothing is ever heard of it, or the connection breaks.
                if lost % 2 == 0 {
                    self.after(delay, What::AtProcess { process, ticket, reply: None });
                }
            }
            lost if lost < 2 * self.faults.lost => {
                self.after(delay, What::AtStore { process, ticket, op, replies: false });
            }
            _ => self.after(delay, What::AtStore { process, ticket, op, replies: true }),
        }
    }

    fn ending(&mut self, process: usize, aborted: bool) -> Ending {
        let body = Body::Kept(vec![u8::try_from(process).unwrap()]);
        match self.below(10) {
            0 => Ending::Release(Mode::Forget),
            1 => Ending::Release(Mode::Retryable),
            _ if aborted => Ending::Release(Mode::Retryable),
            _ => Ending::Keep(Outcome::function(body)),
        }
    }

    fn count_due(&mut self, process: usize) {
        let (at, times) = &mut self.processes[process].dues;
        *times = if *at == self.now { *times + 1 } else { 1 };
        *at = self.now;
        assert!(*times < 20, "livelock: the deadline is served and stays");
    }

    fn after(&mut self, pause: u64, what: What) {
        self.entries += 1;
        self.agenda.insert((self.now + pause, self.entries), what);
    }

    fn delay(&mut self) -> u64 {
        if self.percent(self.faults.slow) { self.below(10 * SECOND) } else { self.below(20 * MILLI) }
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// The generator of Steele, Lea and Flood.
    fn below(&mut self, bound: u64) -> u64 {
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn stored(&mut self) -> Option<(State, Option<Vec<u8>>)> {
        match self.store.apply(EPOCH.plus(Micros::new(self.now)), &StoreOp::Get { key: KEY }) {
            StoreReply::Found { record } => Some((record.state, record.outcome)),
            _ => None,
        }
    }
}

fn configs() -> impl Strategy<Value = Vec<RunConfig>> {
    let one = (1..60_u64, any::<bool>(), prop::bool::weighted(0.2), 1..60_u64);
    prop::collection::vec(one, 1..6).prop_map(|all| {
        let config = |(lease, waits, fails, max_run): (u64, bool, bool, u64)| {
            let spec = RunSpec {
                lease: Some(Lease::For(Micros::from_secs(lease))),
                conflict: waits.then_some(Conflict::Wait { timeout: Micros::from_secs(30) }),
                on_orphan: fails.then_some(OnOrphan::Fail),
                max_run: Some(Micros::from_secs(max_run)),
                ..RunSpec::default()
            };
            // A quarter of a lease of two seconds is what a handler takes to stop.
            RunConfig::try_from(RunSpec { lease: Some(Lease::For(Micros::from_secs(lease.max(2)))), ..spec })
        };
        all.into_iter().map(|one| config(one).unwrap()).collect()
    })
}

fn checked(seed: u64, faults: Faults, configs: &[RunConfig]) -> World {
    let mut world = World::new(seed, faults, configs);
    world.play();
    let mut outcomes = Vec::new();
    for process in &world.processes {
        assert!(process.end.is_some() || !process.alive, "a run never ends");
        if let Some(Action::Replay(replay) | Action::Settled(Settled::Lost { replay: Some(replay) })) =
            &process.end
        {
            outcomes.push(replay.outcome.clone());
        }
    }
    outcomes.dedup();
    assert!(outcomes.len() <= 1, "callers heard of different outcomes: {outcomes:?}");
    world
}

/// Anything a driver could hand in, whether it makes sense or not.
fn events() -> impl Strategy<Value = (u64, Event, u32)> {
    let instants = (0..100_u64).prop_map(|at| Timestamp::new(at * SECOND));
    let replies = prop_oneof![
        3 => (0..4_u64, 1..3_u32).prop_map(|(epoch, attempts)| StoreReply::Acquired {
            epoch, attempts, lease_until: None, checkpoint: Some(vec![1]),
        }),
        1 => (prop::collection::vec(any::<u8>(), 0..9), instants.clone())
            .prop_map(|(outcome, created)| StoreReply::Replay { outcome, created }),
        2 => Just(StoreReply::Busy { lease_until: None }),
        1 => instants.prop_map(|lease_until| StoreReply::Renewed { lease_until }),
        1 => Just(StoreReply::Completed),
        1 => Just(StoreReply::Released),
        1 => Just(StoreReply::Abandoned),
        1 => Just(StoreReply::Lost { outcome: Some(vec![2]), created: None }),
        1 => Just(StoreReply::Full { retry_after: Micros::MAX }),
        1 => Just(StoreReply::NotFound),
    ];
    let event = prop_oneof![
        2 => Just(Event::Start),
        8 => (0..12_u32, replies).prop_map(|(ticket, reply)| Event::Reply { ticket, reply }),
        3 => (0..12_u32).prop_map(|ticket| Event::StoreFailed { ticket }),
        6 => Just(Event::Due),
        1 => Just(Event::Finished { ending: Ending::CompletedJointly }),
        2 => Just(Event::Finished { ending: Ending::Keep(Outcome::function(Body::Omitted)) }),
        1 => Just(Event::Finished { ending: Ending::Release(Mode::Forget) }),
        1 => Just(Event::Checkpoint { data: vec![3] }),
        1 => Just(Event::Pause),
        1 => Just(Event::Resume),
        1 => Just(Event::Abandon),
    ];
    (prop_oneof![4 => 0..3 * SECOND, 1 => 0..100 * SECOND], event, any::<u32>())
}

proptest! {
    #[test]
    fn any_event_at_any_moment_is_answered_and_no_deadline_stays(
        configs in configs(),
        fail_open: bool,
        events in prop::collection::vec(events(), 0..60),
    ) {
        let spec = RunSpec { fail_open: Some(fail_open), lease: configs[0].lease().map(Lease::For), ..RunSpec::default() };
        let config = RunConfig::try_from(spec).unwrap();
        let fingerprint = Fingerprint::new(Alg::Raw, [1; 32]);
        let mut run = Run::new(&config, KEY, fingerprint, None, Owner([1; 16]), fail_open, Tick::ZERO);
        let mut now = Tick::ZERO;
        for (pause, event, draw) in events {
            now = now.plus(Micros::new(pause));
            run.handle(now, event, Draw(draw));
            let mut served = 0;
            while run.deadline().is_some_and(|at| at <= now) {
                run.handle(now, Event::Due, Draw(draw));
                served += 1;
                prop_assert!(served < 20, "the deadline is served and stays");
            }
        }
    }

    #[test]
    fn whatever_is_lost_or_dies_no_two_handlers_run_at_once(
        seed: u64,
        configs in configs(),
        faults in (0..30_u64, 0..30_u64, 0..50_u64, 0..30_u64).prop_map(|(lost, slow, crashes, given_up)| {
            Faults { lost, slow, crashes, given_up }
        }),
    ) {
        checked(seed, faults, &configs);
    }

    #[test]
    fn where_nothing_is_lost_no_claim_is_left_behind(seed: u64, configs in configs(), slow in 0..50_u64, given_up in 0..30_u64) {
        let mut world = checked(seed, Faults { lost: 0, slow, crashes: 0, given_up }, &configs);
        let unsettled = world.processes.iter().any(|process| {
            matches!(process.end, Some(Action::Settled(Settled::Uncertain | Settled::Abandoned)))
        });
        if !unsettled {
            let left = world.stored();
            assert!(left.as_ref().is_none_or(|(state, _)| *state != State::InProgress), "{left:?}");
        }
    }

    #[test]
    fn on_a_good_day_one_kept_run_is_enough(seed: u64, configs in configs()) {
        let mut world = checked(seed, Faults { lost: 0, slow: 0, crashes: 0, given_up: 0 }, &configs);
        let kept = world.processes.iter().filter(|process| process.end == Some(Action::Settled(Settled::Completed))).count();
        assert!(kept <= 1, "kept twice");
        let state = world.stored().map(|(state, _)| state);
        assert_eq!(kept == 1, state == Some(State::Completed));
        assert!(world.executions >= 1);
    }
}
