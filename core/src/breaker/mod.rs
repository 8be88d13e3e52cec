//! The circuit breaker: who may call, what a result changes, and when the next probe may go.
//!
//! A host keeps one [`Breaker`] per dependency, asks [`Breaker::admit`] before a call and tells [`Breaker::settle`]
//! after it. Everything else is read from the answer: nothing here sleeps, looks at a clock or calls back.
//!
//! `machine` holds the states and their transitions, `window` what a closed breaker remembers, `half_open` the probes;
//! `spec` is the configuration as a user writes it, `presets` are those with a name, and `config` is one that is known to
//! be valid.

mod config;
mod counters;
mod half_open;
mod machine;
mod manual;
mod metrics;
mod permit;
pub mod presets;
mod read;
mod recall;
mod registry;
pub mod shared;
mod snapshot;
mod spec;
mod window;
mod write;

pub use config::BreakerConfig;
pub use counters::Counters;
pub use machine::Breaker;
pub use metrics::{Scraped, Transitions, prometheus};
pub use permit::{
    Admission, Change, Decision, Mode, Outcome, Permit, PermitKind, Settlement, State, Verdict,
};
pub use registry::RegistryConfig;
pub use snapshot::Snapshot;
pub use spec::{
    Abandoned, BreakerSpec, FallbackStrategy, HalfOpenSpec, HealthCheck, OpenWaitSpec, Pass, WindowSpec,
};
