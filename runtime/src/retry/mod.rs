//! Retries: a [`RetryPolicy`] says how often and how long apart, a [`Retry`] runs an operation under it.
//!
//! The policy is core's and means the same in every language; here are only the loop, the sleeps and the time limits.

mod attempt;
mod blocking;
mod builder;
mod call;
mod classify;
mod error;
mod manager;
mod policy;
mod rules;
mod run;

pub use attempt::{Attempt, Failure, TimedOut};
pub use blocking::Blocking;
pub use builder::{KindRule, RetryPolicyBuilder};
#[cfg(feature = "tower")]
pub(crate) use classify::of_any;
pub use classify::{Facts, chain};
pub use error::RetryError;
pub use manager::{RetryManager, RetryManagerPool};
pub use once_again_core::backoff::Strategy;
pub use once_again_core::classify::Kind;
pub use once_again_core::jitter::JitterType;
pub use once_again_core::retry::{KindSpec, RetrySpec, Stop};
pub use policy::RetryPolicy;
pub use rules::{Retrying, Succeeded};
pub use run::Retry;
