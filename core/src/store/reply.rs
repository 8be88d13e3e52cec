//! What a store answers.

use crate::idempotency::record::Record;
use crate::time::{Micros, Timestamp};
use serde::Serialize;

/// What differs from the request that made the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Mismatch {
    /// Somebody else's key.
    Caller,
    /// Another request under the same key.
    Fingerprint,
}

/// The answer to one [`StoreOp`](super::StoreOp).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reply", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum StoreReply {
    /// The claim is yours.
    Acquired {
        /// Grows with every claim on this key, also across expiry: a fencing token.
        epoch: u64,
        /// Runs under this record, this one included.
        attempts: u32,
        /// When the claim lapses on the store's clock; `None`: never.
        #[serde(skip_serializing_if = "Option::is_none")]
        lease_until: Option<Timestamp>,
        /// What an earlier run left.
        #[serde(skip)]
        checkpoint: Option<Vec<u8>>,
    },
    /// It has been done; here is the encoded outcome.
    Replay {
        /// The encoded outcome.
        #[serde(skip)]
        outcome: Vec<u8>,
        /// When the first claim was made.
        created: Timestamp,
    },
    /// Somebody else is at it.
    Busy {
        /// When that claim lapses unless renewed; `None`: never.
        #[serde(skip_serializing_if = "Option::is_none")]
        lease_until: Option<Timestamp>,
    },
    /// The key belongs to another request or another caller.
    Mismatch {
        /// What differs.
        what: Mismatch,
    },
    /// Whether the effect happened is not known; it will not be run again.
    OutcomeUnknown,
    /// No room for a new record, and none may be dropped.
    Full {
        /// Until the next record expires.
        retry_after: Micros,
    },
    /// The outcome is kept: this one, or the one the same claim kept before.
    Completed,
    /// The lease runs until then on the store's clock.
    Renewed {
        /// The new end of the lease.
        lease_until: Timestamp,
    },
    /// The checkpoint is kept.
    Checkpointed,
    /// The record is as the release asked.
    Released,
    /// The lease is over.
    Abandoned,
    /// The claim is no longer yours.
    Lost {
        /// What somebody else's run ended in, encoded, if it has ended.
        #[serde(skip)]
        outcome: Option<Vec<u8>>,
        /// When the first claim was made; there when the outcome is.
        #[serde(skip_serializing_if = "Option::is_none")]
        created: Option<Timestamp>,
    },
    /// The operator's word stands.
    Resolved,
    /// There is no such record, or none to resolve.
    NotFound,
    /// The record as it is. In JSON its fields are for reading; the payload is the whole record, encoded.
    Found {
        /// The record.
        record: Box<Record>,
    },
    /// Expired records were deleted.
    Swept {
        /// How many.
        count: u32,
    },
}
