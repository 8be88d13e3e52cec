//! The executable specification: one record, one operation, what is written and what is answered.
//!
//! Checks come in this order: is there a live record, is it the same caller, the same request, and only then its state.
//!
//! | record | operation | answer |
//! |---|---|---|
//! | none, or expired | begin | `Acquired`, a new record |
//! | none, or expired | renew, checkpoint, complete, release, abandon | `Lost` |
//! | in progress, leased | begin by the same owner | `Acquired` with the same epoch, and the lease counts anew: its reply was lost |
//! | in progress, leased | begin by another | `Busy` |
//! | in progress, lease over | begin | `Acquired` with the next epoch; or unknown from now on, as the begin has it |
//! | retryable | begin | `Acquired` with the next epoch |
//! | completed | begin | `Replay` |
//! | unknown | begin | `OutcomeUnknown` |
//! | in progress, own | renew, checkpoint, complete, release, abandon | done, lease over or not |
//! | completed, own | the same five | `Completed`; the stored outcome stands |
//! | any, not own | the same five | `Lost`, with the outcome if there is one |
//! | unknown | resolve | `Resolved` |
//!
//! *Own* is owner and epoch, both: a late owner can never overwrite what its successor did.

use super::op::{Begin, Mode, OnOrphan, Resolution, StoreOp};
use super::reply::{Mismatch, StoreReply};
use crate::idempotency::record::{Owner, Record, RecordError, State};
use crate::time::{MAX_MICROS, Timestamp};

/// What becomes of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write<T = Record> {
    /// Nothing is written.
    Keep,
    /// The record is now this.
    Put(T),
    /// There is no record any more.
    Delete,
}

/// Answers `op` at `now`, where `record` is what the store holds under its key, expired or not.
///
/// A sweep sees only this one record; a store that holds more adds them up.
#[must_use]
pub fn step(now: Timestamp, record: Option<Record>, op: &StoreOp) -> (Write, StoreReply) {
    let previous_epoch = record.as_ref().map_or(0, |record| record.epoch);
    let expired = record.as_ref().is_some_and(|record| record.is_expired(now));
    let live = record.filter(|_| !expired);
    match op {
        StoreOp::Begin(begin) => match live {
            None => first_claim(now, previous_epoch, begin),
            Some(record) => claim(now, record, begin),
        },
        StoreOp::Renew { owner, epoch, lease, .. } => own(live, owner, *epoch, |record| {
            // Never shorter than it was: replies of renewals may be lost or come late.
            let lease_until = now.plus(*lease).max(record.lease_until.unwrap_or(now));
            let expires_at = record.expires_at.max(lease_until);
            let renewed = Record { lease_until: Some(lease_until), expires_at, updated: now, ..record };
            (Write::Put(renewed), StoreReply::Renewed { lease_until })
        }),
        StoreOp::Checkpoint { owner, epoch, data, .. } => own(live, owner, *epoch, |record| {
            let kept = Record { checkpoint: Some(data.clone()), updated: now, ..record };
            (Write::Put(kept), StoreReply::Checkpointed)
        }),
        StoreOp::Complete { owner, epoch, outcome, retention, .. } => own(live, owner, *epoch, |record| {
            let expires_at = now.plus(*retention);
            (Write::Put(completed(record, now, outcome, expires_at)), StoreReply::Completed)
        }),
        StoreOp::Release { owner, epoch, mode, .. } => own(live, owner, *epoch, |record| {
            let write = match mode {
                Mode::Forget => Write::Delete,
                Mode::Retryable => Write::Put(ended(record, now, State::Retryable)),
                Mode::Unknown => Write::Put(ended(record, now, State::Unknown)),
            };
            (write, StoreReply::Released)
        }),
        StoreOp::Abandon { owner, epoch, .. } => own(live, owner, *epoch, |record| {
            let orphan = Record { lease_until: Some(now), updated: now, ..record };
            (Write::Put(orphan), StoreReply::Abandoned)
        }),
        StoreOp::Resolve { how, retention, .. } => match live {
            None => (Write::Keep, StoreReply::NotFound),
            Some(record) if record.state != State::Unknown => (Write::Keep, lost_to(record)),
            Some(record) => match how {
                Resolution::Forget => (Write::Delete, StoreReply::Resolved),
                Resolution::Complete(outcome) => {
                    // The claim ends here: its late owner must hear that its own outcome was not kept.
                    let epoch = next_epoch(record.epoch);
                    let resolved = Record { epoch, ..completed(record, now, outcome, now.plus(*retention)) };
                    (Write::Put(resolved), StoreReply::Resolved)
                }
            },
        },
        StoreOp::Get { .. } => {
            let found = live.map(|record| StoreReply::Found { record: Box::new(record) });
            (Write::Keep, found.unwrap_or(StoreReply::NotFound))
        }
        StoreOp::Sweep { limit } if expired && *limit > 0 => (Write::Delete, StoreReply::Swept { count: 1 }),
        StoreOp::Sweep { .. } => (Write::Keep, StoreReply::Swept { count: 0 }),
    }
}

/// [`step`] over encoded records, for stores that keep one value per key.
pub fn step_encoded(
    now: Timestamp,
    record: Option<&[u8]>,
    op: &StoreOp,
) -> Result<(Write<Vec<u8>>, StoreReply), RecordError> {
    let (write, reply) = step(now, record.map(Record::decode).transpose()?, op);
    let write = match write {
        Write::Keep => Write::Keep,
        Write::Put(record) => Write::Put(record.encode()),
        Write::Delete => Write::Delete,
    };
    Ok((write, reply))
}

/// Nothing lives under the key. The wall clock lifts the epoch above that of a record that was deleted long ago.
fn first_claim(now: Timestamp, previous_epoch: u64, begin: &Begin) -> (Write, StoreReply) {
    acquired(
        now,
        begin,
        Record {
            fingerprint: begin.fingerprint,
            caller: begin.caller,
            state: State::InProgress,
            owner: begin.owner,
            epoch: next_epoch(previous_epoch).max(now.get()),
            lease_until: None,
            attempts: 1,
            takeovers: 0,
            checkpoint: None,
            outcome: None,
            created: now,
            updated: now,
            expires_at: now,
            derived: begin.derived,
        },
    )
}

fn claim(now: Timestamp, record: Record, begin: &Begin) -> (Write, StoreReply) {
    if let (Some(mine), Some(theirs)) = (begin.caller, record.caller)
        && mine != theirs
    {
        return (Write::Keep, StoreReply::Mismatch { what: Mismatch::Caller });
    }
    if begin.fingerprint != record.fingerprint {
        return (Write::Keep, StoreReply::Mismatch { what: Mismatch::Fingerprint });
    }
    match record.state {
        State::Completed => {
            let outcome = record.outcome.unwrap_or_default();
            (Write::Keep, StoreReply::Replay { outcome, created: record.created })
        }
        State::Unknown => (Write::Keep, StoreReply::OutcomeUnknown),
        State::Retryable => acquired(now, begin, next_claim(record, now, begin)),
        State::InProgress if record.is_leased(now) && record.owner == begin.owner => {
            again(now, record, begin)
        }
        State::InProgress if record.is_leased(now) => {
            (Write::Keep, StoreReply::Busy { lease_until: record.lease_until })
        }
        State::InProgress if begin.on_orphan == OnOrphan::Fail || record.takeovers >= begin.max_takeovers => {
            (Write::Put(ended(record, now, State::Unknown)), StoreReply::OutcomeUnknown)
        }
        State::InProgress => {
            let takeovers = record.takeovers.saturating_add(1);
            acquired(now, begin, Record { takeovers, ..next_claim(record, now, begin) })
        }
    }
}

/// The owner never heard that the claim is its own. Its lease counts from this begin, since that is what it will believe.
fn again(now: Timestamp, record: Record, begin: &Begin) -> (Write, StoreReply) {
    let lease_until = record.lease_until.map(|until| until.max(now.plus(begin.lease.unwrap_or_default())));
    let expires_at = record.expires_at.max(lease_until.unwrap_or(now));
    told(Record { lease_until, expires_at, updated: now, ..record })
}

fn next_claim(record: Record, now: Timestamp, begin: &Begin) -> Record {
    Record {
        // Whoever runs under a record that knew no caller is its caller from now on.
        caller: begin.caller.or(record.caller),
        state: State::InProgress,
        owner: begin.owner,
        epoch: next_epoch(record.epoch),
        attempts: record.attempts.saturating_add(1),
        updated: now,
        ..record
    }
}

/// Lease and retention run from now; a record never expires while it is leased.
fn acquired(now: Timestamp, begin: &Begin, record: Record) -> (Write, StoreReply) {
    let lease_until = begin.lease.map(|lease| now.plus(lease));
    let expires_at = now.plus(begin.retention).max(lease_until.unwrap_or(now));
    told(Record { lease_until, expires_at, ..record })
}

fn told(record: Record) -> (Write, StoreReply) {
    let reply = StoreReply::Acquired {
        epoch: record.epoch,
        attempts: record.attempts,
        lease_until: record.lease_until,
        checkpoint: record.checkpoint.clone(),
    };
    (Write::Put(record), reply)
}

/// Compare-and-set on owner and epoch.
fn own(
    live: Option<Record>,
    owner: &Owner,
    epoch: u64,
    change: impl FnOnce(Record) -> (Write, StoreReply),
) -> (Write, StoreReply) {
    let reply = match live {
        Some(record) if record.owner == *owner && record.epoch == epoch => match record.state {
            State::InProgress => return change(record),
            State::Completed => StoreReply::Completed,
            State::Retryable | State::Unknown => lost_to(record),
        },
        Some(record) => lost_to(record),
        None => StoreReply::Lost { outcome: None, created: None },
    };
    (Write::Keep, reply)
}

fn lost_to(record: Record) -> StoreReply {
    let created = record.outcome.is_some().then_some(record.created);
    StoreReply::Lost { outcome: record.outcome, created }
}

/// No longer leased.
fn ended(record: Record, now: Timestamp, state: State) -> Record {
    Record { state, lease_until: None, updated: now, ..record }
}

fn completed(record: Record, now: Timestamp, outcome: &[u8], expires_at: Timestamp) -> Record {
    Record {
        outcome: Some(outcome.to_vec()),
        // Nobody runs from it again.
        checkpoint: None,
        expires_at,
        ..ended(record, now, State::Completed)
    }
}

fn next_epoch(previous: u64) -> u64 {
    previous.saturating_add(1).min(MAX_MICROS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::{Alg, Fingerprint};
    use crate::idempotency::record::RecordKey;
    use crate::time::Micros;

    const KEY: RecordKey = RecordKey([1; 32]);
    const OWNER: Owner = Owner([2; 16]);

    fn begun(now: Timestamp) -> Record {
        let begin = Begin {
            key: KEY,
            owner: OWNER,
            fingerprint: Fingerprint::new(Alg::Jcs, [3; 32]),
            caller: None,
            lease: Some(Micros::new(60)),
            retention: Micros::new(1_000),
            on_orphan: OnOrphan::Reexecute,
            max_takeovers: 5,
            derived: false,
        };
        match step(now, None, &StoreOp::Begin(begin)) {
            (Write::Put(record), StoreReply::Acquired { .. }) => record,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_completed_record_keeps_no_checkpoint_and_no_lease() {
        let now = Timestamp::new(100);
        let record = Record { checkpoint: Some(vec![1]), ..begun(now) };
        let retention = Micros::new(500);
        let complete = StoreOp::Complete { key: KEY, owner: OWNER, epoch: 100, outcome: vec![9], retention };
        let (write, _) = step(Timestamp::new(120), Some(record.clone()), &complete);
        let expected = Record {
            state: State::Completed,
            lease_until: None,
            checkpoint: None,
            outcome: Some(vec![9]),
            updated: Timestamp::new(120),
            expires_at: Timestamp::new(620),
            ..record
        };
        assert_eq!(write, Write::Put(expected));
    }

    #[test]
    fn times_and_epochs_stop_at_what_javascript_can_hold() {
        let record = begun(Timestamp::MAX);
        assert_eq!((record.epoch, record.expires_at), (MAX_MICROS, Timestamp::MAX));
        assert_eq!(next_epoch(MAX_MICROS), MAX_MICROS);
    }

    #[test]
    fn a_sweep_of_one_record_deletes_it_once_it_has_expired() {
        let record = begun(Timestamp::new(100));
        let sweep = |at, limit| step(Timestamp::new(at), Some(record.clone()), &StoreOp::Sweep { limit });
        assert_eq!(sweep(1_099, 1), (Write::Keep, StoreReply::Swept { count: 0 }));
        assert_eq!(sweep(1_100, 0), (Write::Keep, StoreReply::Swept { count: 0 }));
        assert_eq!(sweep(1_100, 1), (Write::Delete, StoreReply::Swept { count: 1 }));
    }

    #[test]
    fn bytes_that_are_no_record_stop_the_operation() {
        let get = StoreOp::Get { key: KEY };
        assert_eq!(step_encoded(Timestamp::ZERO, Some(&[9]), &get), Err(RecordError::Version(9)));
    }
}
