//! Several processes over one store: each with a breaker, a clock of its own, and messages on their way.

use std::collections::VecDeque;

use once_again_core::breaker::shared::{Asked, Connection, Heard, Link, Request, Settled};
use once_again_core::breaker::{
    Breaker, BreakerConfig, BreakerSpec, Change, Decision, HalfOpenSpec, OpenWaitSpec, Outcome, Permit,
    PermitKind, State,
};
use once_again_core::draw::Draw;
use once_again_core::time::{Micros, Tick};

use crate::store::Store;

pub(crate) const SECOND: u64 = 1_000_000;
/// A probe's, with the defaults.
const LEASE: u64 = 60 * SECOND;
/// What the store's clock shows when the world begins.
const STORE_EPOCH: u64 = 1_795_000_000_000_000;

/// A probe somebody is making, by the epoch of the record that granted it and the end of its lease.
#[derive(Clone, Copy, Debug)]
struct Flight {
    permit: Permit,
    trial: u64,
    due: u64,
}

#[derive(Debug)]
enum Message {
    ToStore(Request),
    /// The answer, with the record's epoch and the store's time when it was given.
    ToProcess(Request, String, u64),
}

#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) breaker: Breaker,
    pub(crate) link: Link,
    /// Its clock's reading when the world began.
    origin: u64,
    messages: VecDeque<Message>,
    calls: Vec<Permit>,
    flights: Vec<Flight>,
    /// Of the last reservation that was granted: its trial and the end of its lease.
    reserved: (u64, u64),
    pub(crate) changes: Vec<Change>,
    pub(crate) connections: Vec<Connection>,
}

pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) store: Store,
    pub(crate) away: bool,
    pub(crate) processes: Vec<Process>,
    config: BreakerConfig,
    epochs: u64,
}

/// Opens at the second failure in a row for 10 s and more, give or take a little; `calls` probes, so many at once.
pub(crate) fn config(calls: u32, at_once: u32) -> BreakerConfig {
    let spec = BreakerSpec {
        name: Some("ledger".into()),
        failures_in_window: None,
        consecutive_failures: Some(2),
        open_wait: OpenWaitSpec {
            base: Micros::from_secs(10),
            factor: 2_000_000,
            max: Some(Micros::from_secs(40)),
            jitter: 100_000,
        },
        half_open: HalfOpenSpec { calls, max_concurrent: Some(at_once), pass: None, early: true },
        ..BreakerSpec::threshold()
    };
    BreakerConfig::try_from(spec).expect("a valid configuration")
}

impl World {
    pub(crate) fn new(config: BreakerConfig, processes: usize) -> Self {
        let process = |place: usize| Process {
            breaker: Breaker::new(&config),
            link: Link::new(&config).expect("it has a name"),
            origin: place as u64 * 77 * SECOND,
            messages: VecDeque::new(),
            calls: Vec::new(),
            flights: Vec::new(),
            reserved: (0, 0),
            changes: Vec::new(),
            connections: Vec::new(),
        };
        let processes = (0..processes).map(process).collect();
        Self { now: 0, store: Store::default(), away: false, processes, config, epochs: 0 }
    }

    pub(crate) fn states(&self) -> Vec<State> {
        self.processes.iter().map(|process| process.breaker.state()).collect()
    }

    pub(crate) fn connections(&self) -> Vec<Connection> {
        self.processes.iter().map(|process| process.link.connection()).collect()
    }

    fn tick(&self, at: usize) -> Tick {
        Tick::new(self.processes[at].origin + self.now)
    }

    /// A caller who waits for the store, or one who does not. Answers whether a permit was given at once.
    pub(crate) fn admit(&mut self, at: usize, waits: bool) -> bool {
        let now = self.tick(at);
        let process = &mut self.processes[at];
        let decision = if waits {
            match process.link.admit(&mut process.breaker, now) {
                Asked::Answer(admission) => {
                    process.changes.extend(admission.change);
                    Some(admission.decision)
                }
                Asked::Claim(request, change) => {
                    process.changes.extend(change);
                    self.poll(at);
                    self.processes[at].messages.push_back(Message::ToStore(request));
                    None
                }
            }
        } else {
            let admission = process.link.admit_now(&mut process.breaker, now);
            process.changes.extend(admission.change);
            Some(admission.decision)
        };
        self.poll(at);
        decision.is_some_and(|decision| self.permitted(at, decision, None))
    }

    /// Settles the oldest call, or the oldest probe.
    pub(crate) fn settle(&mut self, at: usize, probe: bool, outcome: Outcome) {
        let now = self.tick(at);
        let process = &mut self.processes[at];
        let permit = if probe {
            if process.flights.is_empty() {
                return;
            }
            process.flights.remove(0).permit
        } else {
            if process.calls.is_empty() {
                return;
            }
            process.calls.remove(0)
        };
        let settlement =
            process.link.settle(&mut process.breaker, permit, outcome, Micros::ZERO, now, Draw(1 << 31));
        process.changes.extend(settlement.change);
        self.poll(at);
    }

    /// The next message of this process goes one step: to the store, or back. Answers whether there was one.
    pub(crate) fn deliver(&mut self, at: usize) -> bool {
        let now = self.tick(at);
        let clock = STORE_EPOCH + self.now;
        let Some(message) = self.processes[at].messages.pop_front() else { return false };
        match message {
            Message::ToStore(request) => {
                if self.away {
                    self.lose(at, request);
                } else {
                    let process = &mut self.processes[at];
                    let command = process.link.command_at(&process.breaker, request, clock);
                    let answer = self.store.run(request, &command.args, clock);
                    assert!(self.store.epoch >= self.epochs, "an older epoch overwrote a newer one");
                    self.epochs = self.store.epoch;
                    if matches!(request, Request::Settle { what: Settled::Hold, .. })
                        && answer.starts_with('1')
                    {
                        let held = process.flights.iter_mut().find(|flight| flight.due == process.reserved.1);
                        if let Some(flight) = held {
                            flight.due = clock + LEASE;
                        }
                    }
                    process.messages.push_front(Message::ToProcess(request, answer, clock));
                }
            }
            Message::ToProcess(request, answer, asked) => {
                let process = &mut self.processes[at];
                let heard = process.link.hear(&mut process.breaker, request, &answer, now, Draw(1 << 31));
                let trial: u64 = answer.split(' ').nth(1).and_then(|epoch| epoch.parse().ok()).unwrap();
                if matches!(request, Request::Claim { reserve: true, .. }) {
                    process.reserved = (trial, asked + 5 * SECOND);
                }
                let due = asked + LEASE;
                self.heard(at, heard, Some((trial, due)));
            }
        }
        self.poll(at);
        true
    }

    /// The next message of this process is lost, on its way there or back; the process hears nothing.
    pub(crate) fn drop_message(&mut self, at: usize) {
        let Some(message) = self.processes[at].messages.pop_front() else { return };
        let (Message::ToStore(request) | Message::ToProcess(request, ..)) = message;
        self.lose(at, request);
        self.poll(at);
    }

    /// The next message of this process comes back only after the process gave it up.
    pub(crate) fn delay_message(&mut self, at: usize) {
        let Some(message) = self.processes[at].messages.pop_front() else { return };
        match message {
            Message::ToProcess(request, answer, _) => {
                self.lose(at, request);
                self.processes[at].link.late(request, &answer);
                self.poll(at);
            }
            other @ Message::ToStore(_) => self.processes[at].messages.push_front(other),
        }
    }

    fn lose(&mut self, at: usize, request: Request) {
        let now = self.tick(at);
        let process = &mut self.processes[at];
        let heard = process.link.lost(&mut process.breaker, request, now);
        self.heard(at, heard, None);
    }

    /// All messages arrive.
    pub(crate) fn drain(&mut self) {
        for at in 0..self.processes.len() {
            self.deliver_all(at);
        }
    }

    /// All messages of one process arrive.
    pub(crate) fn deliver_all(&mut self, at: usize) {
        while self.deliver(at) {}
    }

    pub(crate) fn pass(&mut self, micros: u64) {
        self.now += micros;
        let clock = STORE_EPOCH + self.now;
        for process in &mut self.processes {
            process.flights.retain(|flight| flight.due > clock);
        }
    }

    /// Another breaker of the same configuration takes the place of one whose process died.
    pub(crate) fn restart(&mut self, at: usize) {
        let mut fresh = Self::new(self.config.clone(), at + 1);
        let process = &mut self.processes[at];
        *process = fresh.processes.remove(at);
    }

    fn heard(&mut self, at: usize, heard: Heard, granted: Option<(u64, u64)>) {
        let process = &mut self.processes[at];
        process.changes.extend(heard.change);
        process.connections.extend(heard.connection);
        if let Some(decision) = heard.decision {
            self.permitted(at, decision, granted);
        }
    }

    fn permitted(&mut self, at: usize, decision: Decision, granted: Option<(u64, u64)>) -> bool {
        let process = &mut self.processes[at];
        let Decision::Permit(permit) = decision else { return false };
        if permit.kind == PermitKind::Probe {
            let alone = (0, STORE_EPOCH + self.now + LEASE);
            let spare =
                if process.link.connection() == Connection::Attached { process.reserved } else { alone };
            let (trial, due) = granted.unwrap_or(spare);
            process.flights.push(Flight { permit, trial, due });
        } else {
            process.calls.push(permit);
        }
        true
    }

    /// Sends what the process has to send.
    fn poll(&mut self, at: usize) {
        let now = self.tick(at);
        let process = &mut self.processes[at];
        loop {
            let awake = process.link.wake(&process.breaker) <= now;
            let request = process.link.poll(&process.breaker, now);
            assert!(awake || request.is_none(), "a request nobody was told to fetch: {request:?}");
            match request {
                Some(request) => process.messages.push_back(Message::ToStore(request)),
                None => break,
            }
        }
    }

    /// The probes in flight by the store, and those that ended with a result, of the trial that is going on.
    pub(crate) fn probes(&self) -> (u64, u64) {
        (self.store.leases.len() as u64, self.store.successes + self.store.failures)
    }

    /// The store loses its record.
    pub(crate) fn forget(&mut self) {
        self.store = Store::default();
        self.epochs = 0;
    }

    pub(crate) fn health(&mut self, at: usize) {
        let now = self.tick(at);
        self.processes[at].breaker.health(true, now);
    }

    pub(crate) fn isolate(&mut self, at: usize) {
        let change = self.processes[at].breaker.isolate();
        self.processes[at].changes.extend(change);
    }

    pub(crate) fn release(&mut self, at: usize) {
        let change = self.processes[at].breaker.release();
        self.processes[at].changes.extend(change);
    }

    /// Probes of one process's own trial in flight.
    pub(crate) fn flying_alone(&self, at: usize) -> u64 {
        let process = &self.processes[at];
        let own = process.flights.iter().filter(|flight| flight.permit.epoch == process.breaker.epoch());
        own.count() as u64
    }

    /// Over all processes: probes of the store's trial in flight.
    pub(crate) fn flying(&self) -> u64 {
        let flights = self.processes.iter().flat_map(|process| &process.flights);
        flights.filter(|flight| flight.trial == self.store.epoch).count() as u64
    }
}
