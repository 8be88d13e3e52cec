//! What a store promises its callers, checked on its answers alone. Nothing here knows how a store decides.

use std::collections::BTreeMap;

use once_again_core::idempotency::record::{Owner, RecordKey};
use once_again_core::store::{Mode, Resolution, StoreOp, StoreReply};
use once_again_core::time::Timestamp;

#[derive(Default)]
pub(crate) struct Promises(BTreeMap<RecordKey, Seen>);

/// What callers have been told about one key.
#[derive(Default)]
struct Seen {
    last_epoch: u64,
    holder: Option<Holder>,
    kept: Option<Kept>,
}

/// Whoever was granted the claim last and has not given it up.
struct Holder {
    owner: Owner,
    epoch: u64,
    /// Until then nobody else may be granted it.
    exclusive_until: Timestamp,
}

/// What a run has left to be replayed.
struct Kept {
    outcome: Vec<u8>,
    by: Option<(Owner, u64)>,
    until: Timestamp,
}

impl Promises {
    pub(crate) fn check(&mut self, now: Timestamp, op: &StoreOp, reply: &StoreReply) {
        match op {
            StoreOp::Begin(begin) => {
                let seen = self.0.entry(begin.key).or_default();
                let expires = now.plus(begin.retention);
                seen.began(now, begin.owner, expires, reply);
            }
            StoreOp::Renew { key, owner, epoch, .. }
            | StoreOp::Checkpoint { key, owner, epoch, .. }
            | StoreOp::Complete { key, owner, epoch, .. }
            | StoreOp::Release { key, owner, epoch, .. }
            | StoreOp::Abandon { key, owner, epoch } => {
                self.0.entry(*key).or_default().acted(now, *owner, *epoch, op, reply);
            }
            StoreOp::Resolve { key, how, retention } => {
                let seen = self.0.entry(*key).or_default();
                if *reply == StoreReply::Resolved {
                    assert!(seen.kept(now).is_none(), "an outcome was resolved that was known");
                    seen.holder = None;
                    if let Resolution::Complete(outcome) = how {
                        seen.kept =
                            Some(Kept { outcome: outcome.clone(), by: None, until: now.plus(*retention) });
                    }
                }
            }
            StoreOp::Get { key } => {
                if let (StoreReply::Found { record }, Some(kept)) =
                    (reply, self.0.entry(*key).or_default().kept(now))
                {
                    assert_eq!(record.outcome.as_ref(), Some(&kept.outcome));
                }
            }
            StoreOp::Sweep { .. } => {}
        }
    }
}

impl Seen {
    fn kept(&self, now: Timestamp) -> Option<&Kept> {
        self.kept.as_ref().filter(|kept| now < kept.until)
    }

    fn holds(&self, owner: Owner, epoch: u64) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.owner == owner && holder.epoch == epoch)
    }

    fn began(&mut self, now: Timestamp, by: Owner, expires: Timestamp, reply: &StoreReply) {
        match reply {
            StoreReply::Acquired { epoch, lease_until, .. } => {
                assert!(self.kept(now).is_none(), "a completed record was run again");
                let exclusive_until = lease_until.unwrap_or(expires);
                if self.holds(by, *epoch) {
                    let holder = self.holder.as_mut().unwrap();
                    assert!(lease_until.is_none_or(|until| until >= holder.exclusive_until));
                    holder.exclusive_until = lease_until.unwrap_or(holder.exclusive_until);
                    return;
                }
                assert!(*epoch > self.last_epoch, "epoch {epoch} after {}", self.last_epoch);
                if let Some(holder) = &self.holder {
                    assert!(now >= holder.exclusive_until, "two live owners: {:?} and {by:?}", holder.owner);
                }
                self.last_epoch = *epoch;
                self.holder = Some(Holder { owner: by, epoch: *epoch, exclusive_until });
                self.kept = None;
            }
            StoreReply::Replay { outcome, .. } => {
                let kept =
                    self.kept(now).expect("an answer was replayed that nobody gave, or that had expired");
                assert_eq!(outcome, &kept.outcome, "a completed outcome changed");
            }
            StoreReply::Busy { .. } => {
                let holder = self.holder.as_ref().expect("busy, but nobody holds it");
                assert!(now < holder.exclusive_until, "busy after the end of the claim");
                assert_ne!(holder.owner, by, "busy for its own owner");
            }
            StoreReply::Mismatch { .. } | StoreReply::OutcomeUnknown => {}
            other => panic!("{other:?} to a begin"),
        }
    }

    fn acted(&mut self, now: Timestamp, owner: Owner, epoch: u64, op: &StoreOp, reply: &StoreReply) {
        let holds = self.holds(owner, epoch);
        match reply {
            StoreReply::Lost { outcome, .. } => {
                if let Some(outcome) = outcome {
                    let kept = self.kept(now).expect("somebody's outcome, but nobody gave one");
                    assert_eq!(outcome, &kept.outcome);
                    assert_ne!(kept.by, Some((owner, epoch)), "who completed has lost nothing");
                }
                return;
            }
            StoreReply::Completed if !holds => {
                let kept = self.kept(now).expect("completed, but nothing is kept");
                assert_eq!(kept.by, Some((owner, epoch)), "completed, but by somebody else");
                return;
            }
            _ => assert!(holds, "{reply:?} for an owner without a claim"),
        }
        match (op, reply) {
            (StoreOp::Complete { outcome, retention, .. }, StoreReply::Completed) => {
                self.kept = Some(Kept {
                    outcome: outcome.clone(),
                    by: Some((owner, epoch)),
                    until: now.plus(*retention),
                });
                self.holder = None;
            }
            (StoreOp::Renew { .. }, StoreReply::Renewed { lease_until }) => {
                let holder = self.holder.as_mut().unwrap();
                holder.exclusive_until = *lease_until;
            }
            (StoreOp::Release { mode, .. }, StoreReply::Released) => {
                self.holder = None;
                assert!(*mode != Mode::Forget || self.kept(now).is_none());
            }
            (StoreOp::Abandon { .. }, StoreReply::Abandoned) => {
                self.holder.as_mut().unwrap().exclusive_until = now;
            }
            (StoreOp::Checkpoint { .. }, StoreReply::Checkpointed) => {}
            (op, reply) => panic!("{reply:?} to {op:?}"),
        }
    }
}
