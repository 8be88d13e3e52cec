//! What a shared breaker makes of a reply, or of its absence.

use super::link::{Connection, Errand, INTERVAL, Link};
use super::record::Record;
use super::request::{RESERVED, Request, Settled};
use crate::breaker::machine::Breaker;
use crate::breaker::permit::{Change, Decision, State};
use crate::draw::Draw;
use crate::time::{Micros, Tick};

/// What a reply has brought about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// After a claim that somebody waits for: may the call be made?
    pub decision: Option<Decision>,
    /// The state change of this breaker.
    pub change: Option<Change>,
    /// Said once when the store begins or ceases to answer.
    pub connection: Option<Connection>,
}

impl Link {
    /// The store has answered `request`. An answer that is none is as good as silence.
    pub fn hear(
        &mut self,
        breaker: &mut Breaker,
        request: Request,
        answer: &str,
        now: Tick,
        draw: Draw,
    ) -> Heard {
        let Some(record) = Record::read(answer) else { return self.lost(breaker, request, now) };
        self.look(breaker);
        // Unless an operator has intervened since, who wants to hear what the others think.
        let published =
            matches!(request, Request::Publish { .. }) && self.publishing && record.result == Some(1);
        self.answered(request);
        let connection = self.turn(Connection::Attached);
        let before = breaker.state();
        if published {
            self.known = self.known.max(record.epoch);
        } else if !breaker.is_manual() {
            self.take_in(breaker, &record, now, draw);
        }
        let decision = match request {
            Request::Claim { reserve, .. } => self.grant(breaker, &record, reserve, now),
            _ => None,
        };
        Heard { decision, change: change(before, breaker.state()), connection }
    }

    /// The store did not answer `request` in time, or refused it: this process goes on alone.
    pub fn lost(&mut self, breaker: &mut Breaker, request: Request, now: Tick) -> Heard {
        self.look(breaker);
        self.news |= matches!(request, Request::Publish { .. }) && self.publishing;
        self.answered(request);
        let connection = self.turn(Connection::Detached);
        if connection.is_some() {
            self.asked = Some(now);
        }
        let before = breaker.state();
        let decision = match request {
            Request::Claim { reserve: false, .. } => {
                let admission = breaker.admit(now);
                if admission.change.is_some() {
                    self.changed(breaker);
                }
                Some(admission.decision)
            }
            // Told once more when the store is back: one that has heard of it already does nothing.
            Request::Settle { epoch, what, .. } if epoch == self.known && what != Settled::Hold => {
                self.queue.push_back(request);
                None
            }
            _ => None,
        };
        Heard { decision, change: change(before, breaker.state()), connection }
    }

    /// An answer to a request that was [`lost`](Self::lost) has come after all. A probe that it grants is given back.
    pub fn late(&mut self, request: Request, answer: &str) {
        if let (Request::Claim { .. }, Some(record)) = (request, Record::read(answer)) {
            self.give_back(&record);
        }
    }

    /// Brings breaker and record together.
    fn take_in(&mut self, breaker: &mut Breaker, record: &Record, now: Tick, draw: Draw) {
        if record.epoch < self.known {
            // The store has lost what it knew. A trial begins anew with the next claim; that it is open must be said.
            self.news |= breaker.state() == State::Open;
            return;
        }
        let newer = record.epoch > self.known;
        self.known = record.epoch;
        self.news &= !newer;
        if !newer && (self.news || self.publishing) {
            return;
        }
        // The same epoch with another state is a trial that was begun alone, while the store was away.
        let agree = record.state == breaker.state() && (!newer || record.state == State::Closed);
        if !agree {
            breaker.take_over(record, now);
            self.settled_down(breaker);
        }
        self.keep_up(breaker, record, now, draw);
    }

    /// Breaker and record are in the same state: what has changed within it?
    fn keep_up(&mut self, breaker: &mut Breaker, record: &Record, now: Tick, draw: Draw) {
        if record.state == State::Open && self.due <= now {
            breaker.due_in(record.left, now);
            self.due = breaker.open_until;
        }
        if record.state == State::HalfOpen {
            if has_room(breaker, record) {
                self.full_until = Tick::ZERO;
            }
            if breaker.judge_all(record.successes, record.failures, now, draw).is_some() {
                self.changed(breaker);
            }
        }
    }

    /// A claim was answered: the probe it was granted, or what the breaker says without one.
    fn grant(
        &mut self,
        breaker: &mut Breaker,
        record: &Record,
        reserve: bool,
        now: Tick,
    ) -> Option<Decision> {
        let granted =
            record.result.filter(|_| record.epoch == self.known && breaker.state() == State::HalfOpen);
        if granted.is_none() {
            self.give_back(record);
            if breaker.state() == State::HalfOpen && !has_room(breaker, record) {
                self.full_until = now.plus(INTERVAL);
            }
        }
        if reserve {
            // Half of its lease: the reply took some time, and taking it up will too.
            self.spare = granted.map(|probe| (probe, now.plus(Micros::new(RESERVED.get() / 2))));
            return None;
        }
        Some(match granted {
            Some(probe) => self.fly(breaker, probe, now),
            None => breaker.answer(now),
        })
    }

    fn give_back(&mut self, record: &Record) {
        if let Some(probe) = record.result {
            self.return_probe(record.epoch, probe);
        }
    }

    /// One request less is under way.
    fn answered(&mut self, request: Request) {
        match request {
            Request::Refresh => self.refreshing = false,
            Request::Claim { reserve: true, .. } => self.reservation = Errand::None,
            Request::Claim { .. } => self.claims = self.claims.saturating_sub(1),
            Request::Publish { .. } => self.publishing = false,
            Request::Settle { .. } => {}
        }
    }

    fn turn(&mut self, to: Connection) -> Option<Connection> {
        let from = core::mem::replace(&mut self.connection, to);
        (from != to).then_some(to)
    }
}

/// Whether the record would grant one more probe.
fn has_room(breaker: &Breaker, record: &Record) -> bool {
    let trial = breaker.trial();
    let taken = record.successes.saturating_add(record.failures).saturating_add(record.in_flight);
    record.state == State::HalfOpen && record.in_flight < trial.max_concurrent && taken < trial.calls
}

fn change(from: State, to: State) -> Option<Change> {
    (from != to).then_some(Change { from, to })
}
