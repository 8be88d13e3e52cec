//! What an action can learn about its run.

use crate::idempotency::{Handle, Signal};
use crate::storage::{RecordKey, StoreOp};
use once_again_core::idempotency::action::{ActionConfig, Level};
use once_again_core::idempotency::key;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

tokio::task_local! {
    static CURRENT: ExecutionContext;
}

/// The circumstances of a call: what its caller says, and inside of the action what is known of its run.
///
/// An action asks for it by [`current`](Self::current). Nothing of it is recorded.
#[derive(Clone, Default)]
pub struct ExecutionContext {
    /// What the call is part of.
    pub level: Level,
    /// 1 for the first run of this call; more when an earlier owner died or failed.
    pub attempt: u32,
    /// Ties together what belongs to one request.
    pub trace_id: Option<String>,
    /// On whose behalf.
    pub principal: Option<String>,
    /// When the signal fires, at the latest.
    pub deadline: Option<Instant>,
    /// Fires when the work must stop: its claim cannot be kept, or its time is up.
    pub cancel: Signal,
    pub(super) run: Option<Recorded>,
    pub(super) late: bool,
}

/// The run under a record.
#[derive(Clone)]
pub(super) struct Recorded {
    pub(super) handle: Handle,
    pub(super) config: Arc<ActionConfig>,
    pub(super) key: RecordKey,
    pub(super) epoch: u64,
    pub(super) checkpoint: Option<Arc<[u8]>>,
}

impl ExecutionContext {
    /// A context of which nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With what ties together what belongs to one request.
    #[must_use]
    pub fn with_trace_id(mut self, trace_id: impl Into<String>) -> Self {
        self.trace_id = Some(trace_id.into());
        self
    }

    /// With the one on whose behalf the call is made.
    #[must_use]
    pub fn with_principal(mut self, principal: impl Into<String>) -> Self {
        self.principal = Some(principal.into());
        self
    }

    /// With an instant at which the signal fires at the latest.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The context of the action or hook that asks; `None` outside of one, and in tasks that it spawns.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Grows with every claim on this call's key: a fencing token for whatever is written elsewhere. 0 without a record.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.run.as_ref().map_or(0, |run| run.epoch)
    }

    /// What an earlier run saved before it was cut off.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&[u8]> {
        self.run.as_ref()?.checkpoint.as_deref()
    }

    /// Leaves `data` for whoever runs next, should this run not end. Without a record it is lost.
    pub fn save_checkpoint(&self, data: impl Into<Vec<u8>>) {
        if let Some(run) = &self.run {
            run.handle.checkpoint(data.into());
        }
    }

    /// The key that a step of this work sends onwards, to somebody else's API: the same each time the step runs again, 64
    /// hexadecimal digits. `ordinal` tells apart several calls of one step. `None` without a record.
    #[must_use]
    pub fn child_key(&self, step: &str, ordinal: u32) -> Option<String> {
        self.run.as_ref().map(|run| key::child_key(&run.key, step, ordinal))
    }

    /// Joint mode: the operation that records `output` inside your own transaction, so that the effect and its record are
    /// committed together. Apply it there, and roll back unless it answers `Completed`; return the same output afterwards. `None`
    /// when the claim is held no longer: roll back.
    #[must_use]
    pub fn completion<T: Serialize + ?Sized>(&self, output: &T) -> Option<StoreOp> {
        let run = self.run.as_ref()?;
        run.handle.completion(&run.config.returned(super::text::of(output)))
    }

    /// Whether another run of the call finished before this one did: its result is what is recorded.
    #[must_use]
    pub const fn is_late(&self) -> bool {
        self.late
    }

    /// Of two results, the one that stands if another run finished first, else the current one.
    pub(super) fn usual<T>(previous: T, current: T) -> T {
        if Self::current().is_some_and(|context| context.late) { previous } else { current }
    }

    /// Runs `work` in this context.
    pub(super) async fn around<T>(&self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self.clone(), work).await
    }
}

impl fmt::Debug for ExecutionContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecutionContext")
            .field("level", &self.level)
            .field("attempt", &self.attempt)
            .field("trace_id", &self.trace_id)
            .field("deadline", &self.deadline)
            .field("cancel", &self.cancel)
            .field("epoch", &self.epoch())
            .finish_non_exhaustive()
    }
}
