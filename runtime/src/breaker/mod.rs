//! Circuit breakers: a [`Breaker`] is asked before a call and told how it ended, and stops calling what keeps failing.
//!
//! The states, windows and verdicts are core's and the same in every language; here are the handle that threads share, the
//! permit that cannot be forgotten, and the registry.

mod builder;
mod error;
mod event;
mod handle;
mod isolation;
mod permit;
mod registry;

pub use builder::BreakerBuilder;
pub use error::{CallError, CircuitOpenError};
pub use event::BreakerEvent;
pub use handle::Breaker;
pub use isolation::Isolation;
pub use once_again_core::breaker::{
    BreakerConfig, BreakerSpec, Change, Counters, Mode, Outcome, Snapshot, State, Verdict,
};
pub use permit::Permit;
pub use registry::BreakerRegistry;
