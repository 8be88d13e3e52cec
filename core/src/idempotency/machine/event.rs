//! What a run is told, and what it answers.

use crate::error::Code;
use crate::idempotency::record::Outcome;
use crate::store::{Mode, StoreOp, StoreReply};
use crate::time::{Micros, Timestamp};
use serde::{Serialize, Serializer};

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The run begins.
    Start,
    /// The store answered.
    Reply {
        /// Of the [`Action::Apply`] it answers.
        ticket: u32,
        /// The answer.
        reply: StoreReply,
    },
    /// The store could not be reached, or its answer could not be read.
    StoreFailed {
        /// Of the [`Action::Apply`] that failed.
        ticket: u32,
    },
    /// The deadline is here.
    Due,
    /// The handler is done.
    Finished {
        /// What becomes of the record.
        ending: Ending,
    },
    /// The handler leaves a checkpoint for whoever runs next should it not finish.
    Checkpoint {
        /// The checkpoint.
        data: Vec<u8>,
    },
    /// The handler is about to open a transaction that a heartbeat would break: renew once for its whole length.
    Pause,
    /// That transaction is over.
    Resume,
    /// The caller gave up, or the process shuts down.
    Abandon,
}

/// What becomes of the record when the handler is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It keeps this outcome.
    Keep(Outcome),
    /// It keeps none.
    Release(Mode),
    /// The handler completed it inside its own transaction (see [`Run::completion`](super::Run::completion)).
    CompletedJointly,
}

/// What the driver does next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Action {
    /// Sends an operation to the store.
    Apply {
        /// Names the answer.
        ticket: u32,
        /// The operation.
        op: StoreOp,
    },
    /// Runs the handler.
    Execute {
        /// A fencing token: grows with every claim on this key.
        epoch: u64,
        /// Which run of this record it is, from 1.
        attempts: u32,
        /// What an earlier run left.
        #[serde(skip)]
        checkpoint: Option<Vec<u8>>,
    },
    /// Runs the handler without a record; counted. Its answer need not wait for anything.
    Unprotected {
        /// Why.
        reason: Reason,
    },
    /// Answers with what is kept; the handler does not run.
    Replay(Replay),
    /// Answers with an error; the handler does not run.
    Refuse(Refusal),
    /// Another run is at work: wait so long, then [`Event::Due`].
    Wait {
        /// How long.
        micros: Micros,
    },
    /// Fires the handler's signal: soon its effect could no longer be told from a successor's.
    AbortHandler,
    /// Lets the handler's answer go, marked as unconfirmed; the run goes on trying.
    Answer,
    /// The record is settled; the run is over.
    Settled(Settled),
    /// Nothing, until the next event.
    Nothing,
}

/// Why a handler runs without a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// The store cannot be reached, and the configuration fails open.
    StoreUnavailable,
    /// The store is full, and the request asked for nothing: its key was derived.
    StoreFull,
}

impl Reason {
    /// As a log line says it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StoreUnavailable => "store unavailable",
            Self::StoreFull => "store full",
        }
    }
}

/// A kept outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// The outcome.
    pub outcome: Outcome,
    /// When the first claim was made.
    pub created: Timestamp,
}

/// An error that takes the handler's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// Which one.
    #[serde(serialize_with = "by_name")]
    pub code: Code,
    /// When to come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Micros>,
    /// One sentence for whoever reads the answer; without keys, bodies or secrets.
    pub detail: &'static str,
}

impl Refusal {
    /// Whether it meets an operation that had been begun before, and so counts as a duplicate.
    #[must_use]
    pub const fn is_duplicate(&self) -> bool {
        matches!(
            self.code,
            Code::IdempotencyInProgress | Code::IdempotencyOutcomeUnknown | Code::IdempotencyNotReplayable
        )
    }
}

/// How the record was left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "how", rename_all = "camelCase")]
pub enum Settled {
    /// The outcome is kept.
    Completed,
    /// As the release asked.
    Released,
    /// The lease is given up; what the run did is for the next claim to decide.
    Abandoned,
    /// The claim was somebody else's by then; the caller gets their outcome if there is one, else a conflict.
    Lost {
        /// Their outcome.
        #[serde(skip_serializing_if = "Option::is_none")]
        replay: Option<Replay>,
    },
    /// The store did not answer until the lease ended: the handler's answer goes out, marked, and the record stays as it is.
    Uncertain,
    /// There was no record to settle.
    Unrecorded,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn by_name<S: Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.name())
}
