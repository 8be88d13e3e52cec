//! What those hear who watch a breaker.

use super::State;
use std::sync::Arc;

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
    /// A breaker that only watches would have opened. Said once per crossing of its rules.
    #[non_exhaustive]
    WouldOpen {
        /// The breaker's name ("default").
        name: Arc<str>,
    },
}
