//! What can be asked of a store.

use crate::fingerprint::Fingerprint;
use crate::hex;
use crate::idempotency::record::{Owner, RecordKey};
use crate::time::Micros;
use serde::Serialize;

/// What becomes of a claim whose owner fell silent until its lease ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum OnOrphan {
    /// The next caller runs it again: at least once.
    #[default]
    Reexecute,
    /// The outcome counts as unknown and nobody runs it again: at most once.
    Fail,
}

impl OnOrphan {
    /// Its word in scripts and statements, the one it has in configurations too.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Reexecute => "reexecute",
            Self::Fail => "fail",
        }
    }
}

/// How a run that kept no outcome leaves its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// As if the request had never come.
    Forget,
    /// The next caller runs again, from the checkpoint.
    Retryable,
    /// Whether the effect happened is not known; only [`StoreOp::Resolve`] moves it.
    Unknown,
}

impl Mode {
    /// Its word in scripts and statements; of one that leaves a record, the record's state.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Forget => "forget",
            Self::Retryable => "retryable",
            Self::Unknown => "unknown",
        }
    }
}

/// An operator's word on a record whose outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Resolution {
    /// It happened, with this encoded outcome.
    Complete(#[serde(skip)] Vec<u8>),
    /// It did not happen; the key is free again.
    Forget,
}

/// A claim on a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Begin {
    /// The record's key.
    pub key: RecordKey,
    /// New for each claimant; the same one repeats a claim whose reply was lost.
    pub owner: Owner,
    /// Of this request.
    pub fingerprint: Fingerprint,
    /// Digest of the caller's credentials, where the key does not already hold the caller.
    #[serde(serialize_with = "hex::optional", skip_serializing_if = "Option::is_none")]
    pub caller: Option<[u8; 32]>,
    /// How long the claim excludes others without a renewal; `None`: until the record expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<Micros>,
    /// How long the record lives, counted from now and again from completion.
    pub retention: Micros,
    /// What becomes of a silent owner's claim.
    pub on_orphan: OnOrphan,
    /// How many times in a record's life a silent owner may be replaced before the outcome counts as unknown.
    pub max_takeovers: u32,
    /// The key was derived from the request.
    #[serde(skip_serializing_if = "is_false")]
    pub derived: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// One atomic operation. Everything with an owner and an epoch is compare-and-set on both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "key, owner, epoch, lease and retention are what they are in `Begin`")]
pub enum StoreOp {
    /// Claims the key, or tells why not.
    Begin(Begin),
    /// Extends the lease to `lease` from now; one that runs longer already stays.
    Renew { key: RecordKey, owner: Owner, epoch: u64, lease: Micros },
    /// Keeps `data` for whoever runs next should this run not end.
    Checkpoint {
        key: RecordKey,
        owner: Owner,
        epoch: u64,
        #[serde(skip)]
        data: Vec<u8>,
    },
    /// Keeps the encoded outcome.
    Complete {
        key: RecordKey,
        owner: Owner,
        epoch: u64,
        #[serde(skip)]
        outcome: Vec<u8>,
        retention: Micros,
    },
    /// Ends the run without an outcome.
    Release { key: RecordKey, owner: Owner, epoch: u64, mode: Mode },
    /// Ends the lease at once: the run was cut off, and what it did is not known.
    Abandon { key: RecordKey, owner: Owner, epoch: u64 },
    /// Settles a record whose outcome is unknown.
    Resolve { key: RecordKey, how: Resolution, retention: Micros },
    /// Only looks.
    Get { key: RecordKey },
    /// Deletes at most `limit` expired records.
    Sweep { limit: u32 },
}

/// What an operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// The record under this key.
    Record(&'a RecordKey),
    /// Expired records, whichever they are.
    Expired {
        /// How many at most.
        limit: u32,
    },
}

/// The name of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the variants of `StoreOp`")]
pub enum OpKind {
    Begin,
    Renew,
    Checkpoint,
    Complete,
    Release,
    Abandon,
    Resolve,
    Get,
    Sweep,
}

impl StoreOp {
    /// How many orphan takeovers a record sees in its life unless told otherwise.
    pub const MAX_TAKEOVERS: u32 = 5;

    /// The same, but what it keeps lives for `longest` at most.
    #[must_use]
    pub fn living_at_most(mut self, longest: Micros) -> Self {
        if let Self::Begin(Begin { retention, .. })
        | Self::Complete { retention, .. }
        | Self::Resolve { retention, .. } = &mut self
        {
            *retention = longest.min(*retention);
        }
        self
    }

    /// Its name.
    #[must_use]
    pub const fn kind(&self) -> OpKind {
        match self {
            Self::Begin(_) => OpKind::Begin,
            Self::Renew { .. } => OpKind::Renew,
            Self::Checkpoint { .. } => OpKind::Checkpoint,
            Self::Complete { .. } => OpKind::Complete,
            Self::Release { .. } => OpKind::Release,
            Self::Abandon { .. } => OpKind::Abandon,
            Self::Resolve { .. } => OpKind::Resolve,
            Self::Get { .. } => OpKind::Get,
            Self::Sweep { .. } => OpKind::Sweep,
        }
    }

    /// What it is about.
    #[must_use]
    pub const fn target(&self) -> Target<'_> {
        match self {
            Self::Begin(Begin { key, .. })
            | Self::Renew { key, .. }
            | Self::Checkpoint { key, .. }
            | Self::Complete { key, .. }
            | Self::Release { key, .. }
            | Self::Abandon { key, .. }
            | Self::Resolve { key, .. }
            | Self::Get { key } => Target::Record(key),
            Self::Sweep { limit } => Target::Expired { limit: *limit },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operation_keeps_never_lives_longer_than_told() {
        let key = RecordKey([1; 32]);
        let resolve = |retention| StoreOp::Resolve { key, how: Resolution::Forget, retention };
        assert_eq!(resolve(Micros::new(9)).living_at_most(Micros::new(5)), resolve(Micros::new(5)));
        assert_eq!(resolve(Micros::new(5)).living_at_most(Micros::new(9)), resolve(Micros::new(5)));
        let (owner, lease) = (Owner([2; 16]), Micros::new(9));
        let renew = StoreOp::Renew { key, owner, epoch: 1, lease };
        assert_eq!(renew.clone().living_at_most(Micros::new(5)), renew, "a lease is not a retention");
    }
}
