//! What a handler finds of its key and its claim among the request's extensions.

use super::headers;
use crate::idempotency::{IdempotencyKey, Signal};
use crate::storage::StoreOp;
use http::Response;
use once_again_core::http::{Answer, Seen};
use std::fmt;
use std::sync::Arc;

/// The claim under which a request runs: an extension of every request that runs under a record, and an extractor of axum
/// (feature `axum`).
#[derive(Clone)]
pub struct Claim {
    pub(super) key: IdempotencyKey,
    pub(super) attempt: u32,
    pub(super) epoch: u64,
    pub(super) signal: Signal,
    pub(super) completion: Arc<Completion>,
}

/// The operation that completes a run with an answer.
pub(super) type Completion = dyn Fn(&Answer, &[u8]) -> Option<StoreOp> + Send + Sync;

impl Claim {
    /// The key of the request.
    #[must_use]
    pub const fn key(&self) -> &IdempotencyKey {
        &self.key
    }

    /// 1 for the first run of this key; more when an earlier owner died or failed.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Grows with every claim of this key: a fence for systems that can check one.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Fires when the claim cannot be kept and the handler must stop, or its time is up.
    #[must_use]
    pub fn signal(&self) -> Signal {
        self.signal.clone()
    }

    /// Joint mode: the operation that records `answer` inside your own transaction, so that the effect and its record are committed
    /// together. Apply it there, and roll back unless it answers `Completed`; send the same answer afterwards. `None` when the
    /// claim is held no longer: roll back.
    #[must_use]
    pub fn completion<B: AsRef<[u8]>>(&self, answer: &Response<B>) -> Option<StoreOp> {
        let head = Answer {
            status: answer.status().as_u16(),
            headers: headers::lines(answer.headers()),
            body: Seen::Kept,
        };
        (self.completion)(&head, answer.body().as_ref())
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("attempt", &self.attempt)
            .field("epoch", &self.epoch)
            .field("signal", &self.signal)
            .finish_non_exhaustive()
    }
}
