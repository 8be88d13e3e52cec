//! What those hear who watch a breaker.

use super::State;
use std::sync::Arc;
use std::time::Duration;

/// Something a breaker's [listener](super::BreakerBuilder::on_event) hears of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BreakerEvent {
    /// Its state changed.
    #[non_exhaustive]
    StateChange {
        /// The breaker's name ("default").
        name: Arc<str>,
        /// The state before.
        from: State,
        /// The state after.
        to: State,
        /// The epoch that began. Changes made by two threads at once may be heard in either order; this one tells.
        epoch: u64,
    },
    /// A call was not let through. `tracing` hears nothing of it: the change that led to it was said.
    #[non_exhaustive]
    Rejected {
        /// The breaker's name ("default").
        name: Arc<str>,
        /// Where it stands: open, half-open with every probe taken, or held open by hand.
        state: State,
        /// How long until an open breaker lets a probe through; zero where no time is known.
        retry_after: Duration,
    },
    /// A result came after the breaker had moved on since its call was let through, and counted nowhere.
    #[non_exhaustive]
    Stale {
        /// The breaker's name ("default").
        name: Arc<str>,
    },
    /// A breaker that only watches would have opened. Said once per crossing of its rules.
    #[non_exhaustive]
    WouldOpen {
        /// The breaker's name ("default").
        name: Arc<str>,
    },
    /// The store of a shared breaker answers: state and probes are shared from now on.
    #[non_exhaustive]
    Attached {
        /// The breaker's name.
        name: Arc<str>,
    },
    /// The store of a shared breaker has ceased to answer: it goes on alone. Said once, until it is attached again.
    #[non_exhaustive]
    Detached {
        /// The breaker's name.
        name: Arc<str>,
        /// Why there was no answer, as the store says it. `tracing` does not hear it: messages may hold secrets.
        error: Arc<str>,
    },
}
