//! The claim: asking, asking once more, waiting for somebody else's run, and doing without.

use super::held::Held;
use super::settle::Intent;
use super::{Action, COME_BACK, Phase, Reason, Refusal, Replay, Run, Sent, Settled, pause};
use crate::draw::Draw;
use crate::error::Code;
use crate::idempotency::machine::{Conflict, Ending};
use crate::idempotency::record::{Body, Outcome};
use crate::store::{Mismatch, Mode, StoreOp, StoreReply};
use crate::time::{Micros, Tick, Timestamp};

/// A begin is under way.
#[derive(Clone, Debug)]
pub(super) struct Claiming {
    /// It has been asked a second time.
    repeated: bool,
    /// Polls answered `Busy`, and the end of the wait.
    waited: Option<Waited>,
    /// The handler has run already, unprotected: this is what is left to do.
    left_to_do: Option<Intent>,
}

#[derive(Clone, Copy, Debug)]
struct Waited {
    polls: u32,
    until: Tick,
}

/// Somebody else's run is waited for.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    poll_at: Tick,
    waited: Waited,
}

impl Waiting {
    pub(super) const fn poll_at(&self) -> Tick {
        self.poll_at
    }
}

/// The handler runs without a record.
#[derive(Clone, Debug)]
pub(super) struct Unprotected {
    reason: Reason,
    /// A claim that arrived late, to be completed in the end: its epoch, and when it was asked for.
    late: Option<(u64, Tick)>,
}

impl Run {
    pub(super) fn start(&mut self, now: Tick) -> Action {
        if !matches!(self.phase, Phase::Fresh) {
            return Action::Nothing;
        }
        self.ask(now, None, None)
    }

    /// A begin of an earlier poll was granted after all.
    pub(super) fn claimed_while_waiting(&mut self, now: Tick, sent: &Sent, reply: StoreReply) -> Action {
        let StoreReply::Acquired { epoch, attempts, checkpoint, .. } = reply else { return Action::Nothing };
        self.phase = Phase::Held(Held::new(&self.config, epoch, sent.at, now));
        Action::Execute { epoch, attempts, checkpoint }
    }

    pub(super) fn poll(&mut self, now: Tick) -> Action {
        let Phase::Waiting(Waiting { waited, .. }) = self.phase else { return Action::Nothing };
        self.ask(now, Some(waited), None)
    }

    fn ask(&mut self, now: Tick, waited: Option<Waited>, left_to_do: Option<Intent>) -> Action {
        self.phase = Phase::Claiming(Claiming { repeated: false, waited, left_to_do });
        self.send(now, StoreOp::Begin(self.begin.clone()))
    }

    pub(super) fn claimed(&mut self, now: Tick, sent: &Sent, reply: StoreReply, draw: Draw) -> Action {
        let Phase::Claiming(claiming) = &self.phase else { return Action::Nothing };
        let waited = claiming.waited;
        if let Some(intent) = claiming.left_to_do.clone() {
            return match reply {
                StoreReply::Acquired { epoch, .. } => {
                    self.settle(now, epoch, self.lease_from(sent.at), intent)
                }
                _ => self.over(None, Action::Settled(Settled::Unrecorded)),
            };
        }
        match reply {
            StoreReply::Acquired { epoch, attempts, checkpoint, .. } => {
                self.phase = Phase::Held(Held::new(&self.config, epoch, sent.at, now));
                Action::Execute { epoch, attempts, checkpoint }
            }
            StoreReply::Replay { outcome, created } => self.replay(&outcome, created),
            StoreReply::Busy { .. } => self.busy(now, waited, draw),
            StoreReply::Mismatch { what: Mismatch::Fingerprint } => self.refuse(
                Code::IdempotencyKeyReused,
                None,
                "This key was used with another request.",
            ),
            StoreReply::Mismatch { what: Mismatch::Caller } => self.refuse(
                Code::IdempotencyKeyReused,
                None,
                "This key was used by another caller. Where one caller's credentials change, as refreshed tokens and signed \
                 requests do, the server must be told who calls: set `principal`.",
            ),
            StoreReply::OutcomeUnknown => self.refuse(
                Code::IdempotencyOutcomeUnknown,
                None,
                "An earlier request with this key was cut off, and whether it took effect is not known.",
            ),
            StoreReply::Full { .. } if self.begin.derived => self.unprotected(Reason::StoreFull),
            StoreReply::Full { retry_after } => self.refuse(
                Code::StoreFull,
                Some(retry_after),
                "There is no room for another idempotency record.",
            ),
            // No answer to a begin at all.
            _ => self.claim_failed(now),
        }
    }

    /// A timed-out claim may have been granted: the same owner asks once more before the store counts as unreachable.
    pub(super) fn claim_failed(&mut self, now: Tick) -> Action {
        let Phase::Claiming(claiming) = &mut self.phase else { return Action::Nothing };
        if claiming.left_to_do.is_some() {
            return self.over(None, Action::Settled(Settled::Unrecorded));
        }
        if !claiming.repeated {
            claiming.repeated = true;
            return self.send(now, StoreOp::Begin(self.begin.clone()));
        }
        // Somebody was seen at work: to run beside them is what nobody asked for.
        let alone = claiming.waited.is_none();
        if self.config.fail_open && alone {
            return self.unprotected(Reason::StoreUnavailable);
        }
        self.refuse(
            Code::StoreUnavailable,
            Some(COME_BACK),
            "The idempotency store cannot be reached; nothing was run.",
        )
    }

    fn busy(&mut self, now: Tick, waited: Option<Waited>, draw: Draw) -> Action {
        let waited = match (waited, self.config.conflict) {
            (Some(waited), _) => Some(waited),
            (None, Conflict::Wait { timeout }) => Some(Waited { polls: 0, until: now.plus(timeout) }),
            (None, Conflict::Reject) => None,
        };
        let Some(Waited { polls, until }) = waited.filter(|waited| now < waited.until) else {
            return self.refuse(
                Code::IdempotencyInProgress,
                Some(COME_BACK),
                "The first request with this key is still being processed.",
            );
        };
        let micros = pause(polls, draw).min(until.since(now));
        let waited = Waited { polls: polls.saturating_add(1), until };
        self.phase = Phase::Waiting(Waiting { poll_at: now.plus(micros), waited });
        Action::Wait { micros }
    }

    fn replay(&mut self, outcome: &[u8], created: Timestamp) -> Action {
        match Outcome::decode(outcome) {
            Ok(outcome) if outcome.body != Body::Omitted => {
                self.over(None, Action::Replay(Replay { outcome, created }))
            }
            // Omitted, or kept by a version of the library that came later.
            _ => self.refuse(
                Code::IdempotencyNotReplayable,
                None,
                "The request with this key was processed, but its answer was not kept.",
            ),
        }
    }

    fn unprotected(&mut self, reason: Reason) -> Action {
        self.phase = Phase::Unprotected(Unprotected { reason, late: None });
        Action::Unprotected { reason }
    }

    /// A claim that was granted when nobody counted on it any more.
    pub(super) fn late_claim(&mut self, now: Tick, sent: &Sent, reply: &StoreReply) -> Action {
        let StoreReply::Acquired { epoch, attempts, .. } = *reply else { return Action::Nothing };
        let held = match &mut self.phase {
            Phase::Unprotected(unprotected) => {
                unprotected.late = Some((epoch, sent.at));
                return Action::Nothing;
            }
            Phase::Held(held) => Some(held.epoch()),
            Phase::Settling(settling) => Some(settling.epoch()),
            Phase::Over { epoch } => *epoch,
            Phase::Fresh | Phase::Claiming(_) | Phase::Waiting(_) => return Action::Nothing,
        };
        if held == Some(epoch) {
            return Action::Nothing;
        }
        // Nobody will run under it, so nobody must wait for it. A first run leaves no trace; a later one leaves what
        // earlier runs did to be run again.
        let mode = if attempts == 1 { Mode::Forget } else { Mode::Retryable };
        let (key, owner) = (self.begin.key, self.begin.owner);
        self.send(now, StoreOp::Release { key, owner, epoch, mode })
    }

    /// The handler ran without a record. Where the store could not be reached, one claim and one completion follow, so
    /// that a retry of the caller finds the answer.
    pub(super) fn finished_unprotected(&mut self, now: Tick, ending: Ending) -> Action {
        let Phase::Unprotected(Unprotected { reason, late }) = self.phase else { return Action::Nothing };
        let Some(intent) = Intent::of(ending).filter(|_| reason == Reason::StoreUnavailable) else {
            return self.over(None, Action::Settled(Settled::Unrecorded));
        };
        match late {
            Some((epoch, asked_at)) => self.settle(now, epoch, self.lease_from(asked_at), intent),
            None => self.ask(now, None, Some(intent)),
        }
    }

    /// The caller gave up before the run held anything.
    pub(super) fn give_up_unheld(&mut self, now: Tick) -> Action {
        if let Phase::Unprotected(Unprotected { late: Some((epoch, asked_at)), .. }) = self.phase {
            return self.settle(now, epoch, self.lease_from(asked_at), Intent::Abandon);
        }
        self.over(None, Action::Settled(Settled::Abandoned))
    }

    fn lease_from(&self, asked_at: Tick) -> Option<Tick> {
        self.config.lease.map(|lease| asked_at.plus(lease))
    }

    pub(super) fn over(&mut self, epoch: Option<u64>, last: Action) -> Action {
        self.phase = Phase::Over { epoch };
        last
    }

    fn refuse(&mut self, code: Code, retry_after: Option<Micros>, detail: &'static str) -> Action {
        self.over(None, Action::Refuse(Refusal { code, retry_after, detail }))
    }
}
