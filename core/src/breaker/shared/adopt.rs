//! How a breaker takes over what others have found out.

use super::record::Record;
use crate::breaker::config::Trial;
use crate::breaker::half_open::decided;
use crate::breaker::machine::Breaker;
use crate::breaker::permit::{Admission, Change, Decision, Mode, State};
use crate::draw::Draw;
use crate::time::{Micros, Tick};

impl Breaker {
    /// Whether an operator has taken it out of the hands of its rules.
    pub(super) fn is_manual(&self) -> bool {
        self.mode != Mode::Normal || self.state == State::ForcedOpen
    }

    /// The numbers its trials go by.
    pub(super) const fn trial(&self) -> &Trial {
        &self.rules.trial
    }

    /// Enters the record's state in a new epoch of its own, whatever it was in before.
    pub(super) fn take_over(&mut self, record: &Record, now: Tick) {
        let now = self.advance(now);
        match record.state {
            State::Open => {
                self.open_until = now.plus(record.left.min(self.rules.wait.max));
                self.set_wait(record.wait);
                self.opened = self.opened.saturating_add(1);
                self.enter(State::Open);
            }
            State::HalfOpen => {
                self.set_wait(record.wait);
                self.half_open(now.minus(record.age));
            }
            _ => {
                self.start_over();
            }
        }
    }

    /// An open breaker hears from the store when its wait is over.
    pub(super) fn due_in(&mut self, left: Micros, now: Tick) {
        self.open_until = self.advance(now).plus(left.min(self.rules.wait.max));
    }

    /// Whether the next admission is a probe's, after everything that time alone brings about.
    pub(super) fn wants_probe(&mut self, now: Tick) -> (bool, Option<Change>) {
        let now = self.advance(now);
        match self.state {
            State::Open => (now >= self.open_until, None),
            State::HalfOpen => {
                let change = self.overdue(now, self.draw);
                (self.state == State::HalfOpen, change)
            }
            _ => (false, None),
        }
    }

    /// Admits a probe that was granted elsewhere.
    pub(super) fn admit_granted(&mut self, now: Tick) -> Admission {
        let now = self.advance(now);
        self.permit_probe(now, None)
    }

    /// Answers from the state alone: nothing is due, nothing is granted.
    pub(super) fn answer(&mut self, now: Tick) -> Decision {
        let now = self.advance(now);
        let admission = match self.state {
            State::Closed | State::Disabled | State::MetricsOnly => self.permit(None),
            State::Open => self.reject(self.open_until.since(now), None),
            State::HalfOpen | State::ForcedOpen => self.reject(Micros::ZERO, None),
        };
        admission.decision
    }

    /// Closes or opens again when the probes of all processes have decided.
    pub(super) fn judge_all(
        &mut self,
        successes: u32,
        failures: u32,
        now: Tick,
        draw: Draw,
    ) -> Option<Change> {
        let now = self.advance(now);
        let passed = decided(&self.rules.trial, successes, failures)?;
        Some(if passed { self.start_over() } else { self.open(now, draw) })
    }
}
