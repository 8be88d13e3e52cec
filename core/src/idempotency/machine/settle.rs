//! The handler is done: its outcome is kept, or the record released, however often the store must be asked.
//!
//! The effect has happened, so giving up early would only make it happen twice. The operation is repeated until the
//! confirmed lease ends, once at least; then the run is uncertain and the record left to the orphan rule.

use super::{Action, Ending, Phase, Replay, Run, RunConfig, Sent, Settled, pause};
use crate::draw::Draw;
use crate::idempotency::record::Outcome;
use crate::store::{Mode, OpKind, StoreOp, StoreReply};
use crate::time::{Micros, Tick};

/// What is to become of the record.
#[derive(Clone, Debug)]
pub(super) enum Intent {
    Complete(Vec<u8>),
    Release(Mode),
    Abandon,
}

impl Intent {
    /// `None` when there is nothing left to do.
    pub(super) fn of(ending: Ending) -> Option<Self> {
        match ending {
            Ending::Keep(outcome) => Some(Self::Complete(outcome.encode())),
            Ending::Release(mode) => Some(Self::Release(mode)),
            Ending::CompletedJointly => None,
        }
    }

    const fn kind(&self) -> OpKind {
        match self {
            Self::Complete(_) => OpKind::Complete,
            Self::Release(_) => OpKind::Release,
            Self::Abandon => OpKind::Abandon,
        }
    }
}

/// The store is told how the run ended.
#[derive(Clone, Debug)]
pub(super) struct Settling {
    epoch: u64,
    intent: Intent,
    since: Tick,
    /// No new try at or after this.
    until: Tick,
    /// The next try; `None` while one is under way.
    retry_at: Option<Tick>,
    /// Tries without an answer. After the first, the store may have done what was asked without our knowing.
    failures: u32,
    /// Nobody waits for the answer (any more).
    answered: bool,
}

impl Settling {
    pub(super) const fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) fn deadline(&self, config: &RunConfig) -> Option<Tick> {
        self.retry_at.into_iter().chain(self.answer_at(config)).min()
    }

    /// Not a heartbeat, and not another claim that is being handed back.
    fn is_about(&self, sent: &Sent) -> bool {
        sent.kind == self.intent.kind() && sent.epoch == self.epoch
    }

    fn answer_at(&self, config: &RunConfig) -> Option<Tick> {
        (!self.answered).then(|| self.since.plus(config.complete_timeout))
    }
}

/// How long an unleased record's operation is repeated: there is no lease to end it.
const UNLEASED: Micros = Micros::from_secs(60);

impl Run {
    /// `lease_end` is that of the last confirmed lease.
    pub(super) fn settle(
        &mut self,
        now: Tick,
        epoch: u64,
        lease_end: Option<Tick>,
        intent: Intent,
    ) -> Action {
        let until = match self.config.lease {
            Some(_) => lease_end.unwrap_or(now),
            None => now.plus(UNLEASED),
        };
        let answered = matches!(intent, Intent::Abandon);
        self.phase = Phase::Settling(Settling {
            epoch,
            intent,
            since: now,
            until,
            retry_at: None,
            failures: 0,
            answered,
        });
        self.try_to_settle(now)
    }

    fn try_to_settle(&mut self, now: Tick) -> Action {
        let Phase::Settling(settling) = &mut self.phase else { return Action::Nothing };
        settling.retry_at = None;
        let (key, owner, epoch) = (self.begin.key, self.begin.owner, settling.epoch);
        let op = match &settling.intent {
            Intent::Complete(outcome) => {
                let outcome = outcome.clone();
                self.complete_op(epoch, outcome)
            }
            Intent::Release(mode) => StoreOp::Release { key, owner, epoch, mode: *mode },
            Intent::Abandon => StoreOp::Abandon { key, owner, epoch },
        };
        self.send(now, op)
    }

    pub(super) fn settle_due(&mut self, now: Tick) -> Action {
        let Phase::Settling(settling) = &mut self.phase else { return Action::Nothing };
        if settling.answer_at(&self.config).is_some_and(|at| now >= at) {
            settling.answered = true;
            return Action::Answer;
        }
        match settling.retry_at {
            Some(at) if now >= at => self.try_to_settle(now),
            _ => Action::Nothing,
        }
    }

    pub(super) fn settling_replied(
        &mut self,
        now: Tick,
        sent: &Sent,
        reply: StoreReply,
        draw: Draw,
    ) -> Action {
        let Phase::Settling(settling) = &mut self.phase else { return Action::Nothing };
        if let (OpKind::Renew, StoreReply::Renewed { .. }) = (sent.kind, &reply) {
            // A heartbeat that was under way when the handler finished: there is more time.
            settling.until = settling.until.max(sent.at.plus(sent.lease));
            return Action::Nothing;
        }
        if !settling.is_about(sent) {
            return Action::Nothing;
        }
        let settled = match reply {
            StoreReply::Completed => Settled::Completed,
            StoreReply::Released => Settled::Released,
            StoreReply::Abandoned => Settled::Abandoned,
            StoreReply::Lost { outcome: None, .. } if settling.failures > 0 => match settling.intent {
                // Most likely an earlier try did it and its reply was lost: the claim is gone because we let it go.
                Intent::Release(_) => Settled::Released,
                Intent::Abandon => Settled::Abandoned,
                Intent::Complete(_) => Settled::Lost { replay: None },
            },
            StoreReply::Lost { outcome, created } => {
                let outcome = outcome.and_then(|outcome| Outcome::decode(&outcome).ok());
                Settled::Lost {
                    replay: outcome.zip(created).map(|(outcome, created)| Replay { outcome, created }),
                }
            }
            _ if sent.awaited => return self.settling_failed(now, sent, draw),
            _ => return Action::Nothing,
        };
        let epoch = Some(settling.epoch);
        self.over(epoch, Action::Settled(settled))
    }

    pub(super) fn settling_failed(&mut self, now: Tick, sent: &Sent, draw: Draw) -> Action {
        let Phase::Settling(settling) = &mut self.phase else { return Action::Nothing };
        if !settling.is_about(sent) {
            return Action::Nothing;
        }
        let retry_at = now.plus(pause(settling.failures, draw));
        settling.failures = settling.failures.saturating_add(1);
        if retry_at >= settling.until {
            let epoch = Some(settling.epoch);
            return self.over(epoch, Action::Settled(Settled::Uncertain));
        }
        settling.retry_at = Some(retry_at);
        Action::Nothing
    }
}
