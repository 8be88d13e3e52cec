//! The claim is ours and the handler runs: heartbeats, and what is known of the lease.

use super::settle::Intent;
use super::{Action, Ending, Phase, Run, RunConfig, Sent, Settled, pause};
use crate::draw::Draw;
use crate::store::{OpKind, StoreOp, StoreReply};
use crate::time::{Micros, Tick};

/// The record is held.
#[derive(Clone, Debug)]
pub(super) struct Held {
    epoch: u64,
    started: Tick,
    /// End of the last confirmed lease; `None`: there is none to run out, since the claim is endless, completed or lost.
    lease_end: Option<Tick>,
    /// The next heartbeat; `None` while one is under way, and when none is due ever again.
    renew_at: Option<Tick>,
    /// Renewals in a row without an answer.
    failures: u32,
    /// The handler was told to stop.
    aborted: bool,
    /// A transaction is open that a heartbeat would break.
    paused: bool,
}

impl Held {
    pub(super) fn new(config: &RunConfig, epoch: u64, asked_at: Tick, now: Tick) -> Self {
        Self {
            epoch,
            started: now,
            lease_end: config.lease.map(|lease| asked_at.plus(lease)),
            renew_at: config.lease.map(|_| asked_at.plus(config.renew_every).max(now)),
            failures: 0,
            aborted: false,
            paused: false,
        }
    }

    pub(super) const fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) fn deadline(&self, config: &RunConfig) -> Option<Tick> {
        self.renew_at.into_iter().chain(self.abort_at(config)).min()
    }

    fn abort_at(&self, config: &RunConfig) -> Option<Tick> {
        self.lease_end.filter(|_| !self.aborted).map(|end| end.minus(config.abort_margin()))
    }

    /// The next heartbeat at `at`, if there is to be one.
    fn schedule(&mut self, config: &RunConfig, at: Tick) {
        let wanted = self.lease_end.is_some() && !self.paused;
        self.renew_at = (wanted && at < self.started.plus(config.max_run)).then_some(at);
    }
}

impl Run {
    /// Tells the handler to stop, or renews.
    pub(super) fn heartbeat(&mut self, now: Tick) -> Action {
        let Phase::Held(held) = &mut self.phase else { return Action::Nothing };
        if held.abort_at(&self.config).is_some_and(|at| now >= at) {
            held.aborted = true;
            return Action::AbortHandler;
        }
        match held.renew_at {
            Some(at) if now >= at => {
                held.renew_at = None;
                let epoch = held.epoch;
                self.config.lease.map_or(Action::Nothing, |lease| self.renew(now, epoch, lease))
            }
            _ => Action::Nothing,
        }
    }

    fn renew(&mut self, now: Tick, epoch: u64, lease: Micros) -> Action {
        let (key, owner) = (self.begin.key, self.begin.owner);
        self.send(now, StoreOp::Renew { key, owner, epoch, lease })
    }

    pub(super) fn renewed(&mut self, now: Tick, sent: &Sent, reply: &StoreReply, draw: Draw) -> Action {
        let another = self.awaits(OpKind::Renew);
        let Phase::Held(held) = &mut self.phase else { return Action::Nothing };
        match reply {
            StoreReply::Renewed { .. } => {
                held.lease_end = held.lease_end.map(|end| end.max(sent.at.plus(sent.lease)));
                held.failures = 0;
                if !another {
                    held.schedule(&self.config, sent.at.plus(self.config.renew_every).max(now));
                }
                Action::Nothing
            }
            // Completed under our own claim: inside a transaction of the handler that has just been committed.
            StoreReply::Completed => {
                (held.lease_end, held.renew_at) = (None, None);
                Action::Nothing
            }
            StoreReply::Lost { .. } => self.lost(),
            _ if sent.awaited => self.renewal_failed(now, draw),
            _ => Action::Nothing,
        }
    }

    fn lost(&mut self) -> Action {
        let Phase::Held(held) = &mut self.phase else { return Action::Nothing };
        (held.lease_end, held.renew_at) = (None, None);
        if core::mem::replace(&mut held.aborted, true) { Action::Nothing } else { Action::AbortHandler }
    }

    /// Not confirmed is not lost: try again soon, while the confirmed lease lasts and beyond.
    pub(super) fn renewal_failed(&mut self, now: Tick, draw: Draw) -> Action {
        let another = self.awaits(OpKind::Renew);
        let Phase::Held(held) = &mut self.phase else { return Action::Nothing };
        // A pause that could not be confirmed is none: its caller hears of the failure from the store itself.
        held.paused = false;
        let soon = pause(held.failures, draw);
        held.failures = held.failures.saturating_add(1);
        if !another {
            held.schedule(&self.config, now.plus(soon));
        }
        Action::Nothing
    }

    pub(super) fn checkpoint(&mut self, now: Tick, data: Vec<u8>) -> Action {
        let Phase::Held(held) = &self.phase else { return Action::Nothing };
        let op =
            StoreOp::Checkpoint { key: self.begin.key, owner: self.begin.owner, epoch: held.epoch, data };
        self.send(now, op)
    }

    pub(super) fn checkpointed(&mut self, reply: &StoreReply) -> Action {
        if matches!(reply, StoreReply::Lost { .. }) { self.lost() } else { Action::Nothing }
    }

    /// Without a lease there is no heartbeat to pause.
    pub(super) fn pause(&mut self, now: Tick) -> Action {
        let Phase::Held(held) = &mut self.phase else { return Action::Nothing };
        if held.lease_end.is_none() {
            return Action::Nothing;
        }
        (held.paused, held.renew_at) = (true, None);
        let epoch = held.epoch;
        self.renew(now, epoch, self.config.max_tx)
    }

    pub(super) fn resume(&mut self, now: Tick) -> Action {
        let Phase::Held(held) = &mut self.phase else { return Action::Nothing };
        if core::mem::replace(&mut held.paused, false) {
            held.schedule(&self.config, now);
        }
        Action::Nothing
    }

    pub(super) fn give_up_held(&mut self, now: Tick) -> Action {
        let Phase::Held(held) = &self.phase else { return Action::Nothing };
        let (epoch, lease_end) = (held.epoch, held.lease_end);
        self.settle(now, epoch, lease_end, Intent::Abandon)
    }

    pub(super) fn finished(&mut self, now: Tick, ending: Ending) -> Action {
        match (&self.phase, ending) {
            (Phase::Held(held), Ending::CompletedJointly) => {
                self.over(Some(held.epoch), Action::Settled(Settled::Completed))
            }
            (Phase::Held(held), ending) => {
                let (epoch, lease_end) = (held.epoch, held.lease_end);
                Intent::of(ending)
                    .map_or(Action::Nothing, |intent| self.settle(now, epoch, lease_end, intent))
            }
            (Phase::Unprotected(_), ending) => self.finished_unprotected(now, ending),
            _ => Action::Nothing,
        }
    }
}
