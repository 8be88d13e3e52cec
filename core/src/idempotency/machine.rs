//! One run under a key, from claim to kept outcome. The driver does what an [`Action`] says and tells what came of it.
//!
//! ```text
//!            busy, if it waits            refused, replayed ───────────────┐
//!         ┌──────────────────┐           │                                 ▼
//! Start → Claiming ⇄ Waiting ┴→ Claiming ┴→ Held → Finished → Settling → Over
//!              └ store unreachable and fail_open, or full and derived → Unprotected ┘
//! ```
//!
//! What the driver does:
//! - [`Action::Apply`]: send the operation to the store, and hand in its answer ([`Event::Reply`]) or its failure
//!   ([`Event::StoreFailed`]) under the same ticket. Several may be under way, and a late answer is welcome even after
//!   the end: a claim that arrives when nobody wants it any more is handed back.
//! - At [`Run::deadline`], hand in [`Event::Due`]. After each event the deadline may be another.
//! - [`Action::Execute`]: run the handler, then hand in [`Event::Finished`]; on [`Action::AbortHandler`], fire its signal.
//!   The handler's answer leaves with [`Action::Settled`], or with [`Action::Answer`] when the store takes too long.
//! - [`Action::Replay`], [`Action::Refuse`]: answer so; the run is over.
//!
//! The run counts on its lease only as far as it is *confirmed*: from the moment before the request was sent. A renewal
//! without an answer confirms nothing, but it loses nothing either; only the store's word does.

mod claim;
mod config;
mod event;
mod held;
mod read;
mod settle;
mod wire;

pub use config::{Conflict, Lease, RunConfig, RunSpec};
pub use event::{Action, Ending, Event, Reason, Refusal, Replay, Settled};

use super::record::{Outcome, Owner, RecordKey};
use crate::draw::Draw;
use crate::fingerprint::Fingerprint;
use crate::store::{Begin, OpKind, StoreOp, StoreReply};
use crate::time::{Micros, Tick};
use claim::{Claiming, Unprotected, Waiting};
use held::Held;
use settle::Settling;

/// One run under a key.
#[derive(Clone, Debug)]
pub struct Run {
    config: RunConfig,
    /// The claim, the same at every repetition: the owner is how the store knows it.
    begin: Begin,
    seen: Tick,
    tickets: u32,
    sent: Vec<Sent>,
    phase: Phase,
    /// The work has ended with an outcome to keep.
    keeps: bool,
}

#[derive(Clone, Debug)]
enum Phase {
    Fresh,
    Claiming(Claiming),
    Waiting(Waiting),
    Held(Held),
    Unprotected(Unprotected),
    Settling(Settling),
    Over {
        /// What the run held, if it held anything.
        epoch: Option<u64>,
    },
}

/// An operation without an answer.
#[derive(Clone, Copy, Debug)]
struct Sent {
    ticket: u32,
    kind: OpKind,
    /// The claim it is about; zero for a begin.
    epoch: u64,
    at: Tick,
    /// The lease it asks for, if it renews.
    lease: Micros,
    /// Its time is not up.
    awaited: bool,
}

/// More operations than this are never under way in a run that is driven well; older ones are forgotten.
const MAX_SENT: usize = 16;
/// A refused caller comes back after this: the first run is more likely done than its lease over.
const COME_BACK: Micros = Micros::from_secs(1);

impl Run {
    /// A run that has not begun. `owner` is 16 bytes from a secure generator, new for each run.
    #[must_use]
    pub fn new(
        config: &RunConfig,
        key: RecordKey,
        fingerprint: Fingerprint,
        caller: Option<[u8; 32]>,
        owner: Owner,
        derived: bool,
        now: Tick,
    ) -> Self {
        let retention = if derived { config.derived_window } else { config.retention };
        let begin = Begin {
            key,
            owner,
            fingerprint,
            caller,
            lease: config.lease,
            retention,
            on_orphan: config.on_orphan,
            max_takeovers: config.max_takeovers,
            derived,
        };
        Self {
            config: *config,
            begin,
            seen: now,
            tickets: 0,
            sent: Vec::new(),
            phase: Phase::Fresh,
            keeps: false,
        }
    }

    /// One event in, one action out. An event that does not fit the moment is ignored.
    pub fn handle(&mut self, now: Tick, event: Event, draw: Draw) -> Action {
        let now = now.max(self.seen);
        self.seen = now;
        match event {
            Event::Start => self.start(now),
            Event::Reply { ticket, reply } => match self.answered(ticket) {
                Some(sent) => self.replied(now, sent, reply, draw),
                None => Action::Nothing,
            },
            Event::StoreFailed { ticket } => match self.answered(ticket) {
                Some(sent) if sent.awaited => self.failed(now, &sent, draw),
                _ => Action::Nothing,
            },
            Event::Due => self.due(now, draw),
            Event::Finished { ending } => {
                self.keeps = matches!(ending, Ending::Keep(_));
                self.finished(now, ending)
            }
            Event::Checkpoint { data } => self.checkpoint(now, data),
            Event::Pause => self.pause(now),
            Event::Resume => self.resume(now),
            Event::Abandon => self.abandon(now),
        }
    }

    /// When to hand in [`Event::Due`], unless another event comes first.
    #[must_use]
    pub fn deadline(&self) -> Option<Tick> {
        let own = match &self.phase {
            Phase::Waiting(waiting) => Some(waiting.poll_at()),
            Phase::Held(held) => held.deadline(&self.config),
            Phase::Settling(settling) => settling.deadline(&self.config),
            Phase::Fresh | Phase::Claiming(_) | Phase::Unprotected(_) => None,
            Phase::Over { .. } => return None,
        };
        let limits = self.sent.iter().filter(|sent| sent.awaited).map(|sent| self.limit(sent));
        limits.chain(own).min()
    }

    /// The operation that keeps `outcome`, for a handler that completes inside its own transaction; `None` unless the run
    /// holds the record. It must answer `Completed`, or the transaction must be rolled back.
    #[must_use]
    pub fn completion(&self, outcome: &Outcome) -> Option<StoreOp> {
        let Phase::Held(held) = &self.phase else { return None };
        Some(self.complete_op(held.epoch(), outcome.encode()))
    }

    /// Why the outcome may not be found again, when `said`, which lets the handler's answer go, comes without the
    /// confirmation that it is kept: the effect has happened, so somebody should hear of that. `None`: nothing is lost.
    #[must_use]
    pub const fn lost_completion(&self, said: &Action) -> Option<&'static str> {
        if !self.keeps {
            return None;
        }
        match said {
            Action::Answer => Some("not confirmed in time"),
            Action::Settled(Settled::Uncertain) => Some("not confirmed"),
            Action::Settled(Settled::Lost { .. }) => Some("claim lost"),
            _ => None,
        }
    }

    fn due(&mut self, now: Tick, draw: Draw) -> Action {
        let limit = self.config.store_timeout;
        let late = self.sent.iter_mut().find(|sent| sent.awaited && now >= sent.at.plus(limit));
        if let Some(sent) = late {
            // It may still arrive, and is then welcome.
            sent.awaited = false;
            let sent = *sent;
            return self.failed(now, &sent, draw);
        }
        match &self.phase {
            Phase::Waiting(waiting) if now >= waiting.poll_at() => self.poll(now),
            Phase::Held(_) => self.heartbeat(now),
            Phase::Settling(_) => self.settle_due(now),
            _ => Action::Nothing,
        }
    }

    fn replied(&mut self, now: Tick, sent: Sent, reply: StoreReply, draw: Draw) -> Action {
        match (&self.phase, sent.kind) {
            (Phase::Claiming(_), OpKind::Begin) => self.claimed(now, &sent, reply, draw),
            (Phase::Waiting(_), OpKind::Begin) => self.claimed_while_waiting(now, &sent, reply),
            (_, OpKind::Begin) => self.late_claim(now, &sent, &reply),
            (Phase::Held(_), OpKind::Renew) => self.renewed(now, &sent, &reply, draw),
            (Phase::Held(_), OpKind::Checkpoint) => self.checkpointed(&reply),
            (Phase::Settling(_), _) => self.settling_replied(now, &sent, reply, draw),
            _ => Action::Nothing,
        }
    }

    /// An awaited operation failed, or its time is up.
    fn failed(&mut self, now: Tick, sent: &Sent, draw: Draw) -> Action {
        match (&self.phase, sent.kind) {
            (Phase::Claiming(_), OpKind::Begin) => self.claim_failed(now),
            (Phase::Held(_), OpKind::Renew) => self.renewal_failed(now, draw),
            (Phase::Settling(_), _) => self.settling_failed(now, sent, draw),
            _ => Action::Nothing,
        }
    }

    fn abandon(&mut self, now: Tick) -> Action {
        match &self.phase {
            Phase::Held(_) => self.give_up_held(now),
            Phase::Settling(_) | Phase::Over { .. } => Action::Nothing,
            Phase::Fresh | Phase::Claiming(_) | Phase::Waiting(_) | Phase::Unprotected(_) => {
                self.give_up_unheld(now)
            }
        }
    }

    fn send(&mut self, now: Tick, op: StoreOp) -> Action {
        self.tickets = self.tickets.wrapping_add(1);
        let (epoch, lease) = match &op {
            StoreOp::Renew { epoch, lease, .. } => (*epoch, *lease),
            StoreOp::Checkpoint { epoch, .. }
            | StoreOp::Complete { epoch, .. }
            | StoreOp::Release { epoch, .. }
            | StoreOp::Abandon { epoch, .. } => (*epoch, Micros::ZERO),
            StoreOp::Begin(_) | StoreOp::Resolve { .. } | StoreOp::Get { .. } | StoreOp::Sweep { .. } => {
                (0, Micros::ZERO)
            }
        };
        if self.sent.len() == MAX_SENT {
            self.sent.remove(0);
        }
        self.sent.push(Sent { ticket: self.tickets, kind: op.kind(), epoch, at: now, lease, awaited: true });
        Action::Apply { ticket: self.tickets, op }
    }

    fn answered(&mut self, ticket: u32) -> Option<Sent> {
        let place = self.sent.iter().position(|sent| sent.ticket == ticket)?;
        Some(self.sent.remove(place))
    }

    fn awaits(&self, kind: OpKind) -> bool {
        self.sent.iter().any(|sent| sent.awaited && sent.kind == kind)
    }

    fn limit(&self, sent: &Sent) -> Tick {
        sent.at.plus(self.config.store_timeout)
    }

    fn complete_op(&self, epoch: u64, outcome: Vec<u8>) -> StoreOp {
        let Begin { key, owner, retention, .. } = self.begin;
        StoreOp::Complete { key, owner, epoch, outcome, retention }
    }
}

/// Between two polls of a waiter, or two tries of a failing operation: 50–100 ms, and twice that each time up to
/// 0.5–1 s.
fn pause(round: u32, draw: Draw) -> Micros {
    let longest = (100_000_u64 << round.min(4)).min(1_000_000);
    Micros::new(draw.uniform(longest / 2, longest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Alg;
    use crate::idempotency::record::Body;
    use crate::store::Mode;

    #[test]
    fn only_a_run_that_holds_its_record_can_complete_it_jointly() {
        let (key, owner) = (RecordKey([1; 32]), Owner([2; 16]));
        let fingerprint = Fingerprint::new(Alg::Jcs, [3; 32]);
        let mut run = Run::new(&RunConfig::default(), key, fingerprint, None, owner, false, Tick::ZERO);
        let outcome = Outcome::function(Body::Kept(b"null".to_vec()));
        assert_eq!(run.completion(&outcome), None);
        run.handle(Tick::ZERO, Event::Start, Draw(0));
        assert_eq!(run.completion(&outcome), None);
        let reply = StoreReply::Acquired { epoch: 7, attempts: 1, lease_until: None, checkpoint: None };
        run.handle(Tick::ZERO, Event::Reply { ticket: 1, reply }, Draw(0));
        let retention = Micros::from_secs(86_400);
        let op = StoreOp::Complete { key, owner, epoch: 7, outcome: outcome.encode(), retention };
        assert_eq!(run.completion(&outcome), Some(op));
        run.handle(Tick::ZERO, Event::Finished { ending: Ending::CompletedJointly }, Draw(0));
        assert_eq!(run.completion(&outcome), None);
    }

    #[test]
    fn an_answer_that_leaves_without_its_confirmation_loses_a_completion_only_if_there_was_one() {
        let (key, owner) = (RecordKey([1; 32]), Owner([2; 16]));
        let fingerprint = Fingerprint::new(Alg::Jcs, [3; 32]);
        let fresh = Run::new(&RunConfig::default(), key, fingerprint, None, owner, false, Tick::ZERO);
        let outcome = Outcome::function(Body::Kept(b"null".to_vec()));
        let cases = [
            (Action::Answer, Some("not confirmed in time")),
            (Action::Settled(Settled::Uncertain), Some("not confirmed")),
            (Action::Settled(Settled::Lost { replay: None }), Some("claim lost")),
            (Action::Settled(Settled::Completed), None),
            (Action::Settled(Settled::Unrecorded), None),
            (Action::AbortHandler, None),
        ];
        for (said, reason) in cases {
            let mut run = fresh.clone();
            assert_eq!(run.lost_completion(&said), None);
            run.handle(Tick::ZERO, Event::Finished { ending: Ending::Release(Mode::Forget) }, Draw(0));
            assert_eq!(run.lost_completion(&said), None);
            run.handle(Tick::ZERO, Event::Finished { ending: Ending::Keep(outcome.clone()) }, Draw(0));
            assert_eq!(run.lost_completion(&said), reason);
        }
    }
}
