//! Circuit breakers: a [`Breaker`] is asked before a call and told how it ended, and stops calling what keeps failing.
//!
//! The states, windows and verdicts are core's and the same in every language; here are the handle that threads share, the
//! permit that cannot be forgotten, and the registry.

mod admission;
mod builder;
mod error;
mod event;
mod handle;
mod isolation;
mod permit;
#[cfg(feature = "redis")]
mod redis;
mod registry;
mod shared;

pub use builder::BreakerBuilder;
pub(crate) use error::source_of;
pub use error::{CallError, CircuitOpenError, is_circuit_breaker_error};
pub use event::BreakerEvent;
pub use handle::Breaker;
pub use isolation::Isolation;
pub use once_again_core::breaker::{
    Abandoned, BreakerConfig, BreakerSpec, Change, Counters, FallbackStrategy, HalfOpenSpec, HealthCheck,
    Mode, OpenWaitSpec, Outcome, Pass, Snapshot, State, Verdict, WindowSpec, presets,
};
pub use once_again_core::time::Micros;
pub use permit::Permit;
#[cfg(feature = "redis")]
pub use redis::RedisScripts;
pub use registry::BreakerRegistry;
pub use shared::{ScriptError, ScriptReply, ScriptStore};

/// What a breaker that was given nothing does, in every language: opens at 5 failures within 60 s, for 30 s, and closes after
/// 3 good probes. Change what you like and give it to [`build_from`](BreakerBuilder::build_from):
///
/// ```
/// use once_again::Breaker;
/// use once_again::breaker::{BreakerSpec, default_circuit_breaker_config};
///
/// let spec = BreakerSpec { consecutive_failures: Some(3), ..default_circuit_breaker_config() };
/// let breaker = Breaker::builder().build_from(&spec.try_into()?)?;
/// # Ok::<(), once_again::ConfigError>(())
/// ```
#[must_use]
pub fn default_circuit_breaker_config() -> BreakerSpec {
    BreakerSpec::threshold()
}
