//! **once-again**: retries, circuit breakers and idempotency that agree with each other, and with the same policies and
//! records in Node, Python and the browser.
//!
//! ```
//! use once_again::{Breaker, Retry, RetryPolicy};
//!
//! # async fn fetch(url: &str) -> std::io::Result<String> { Ok(url.to_owned()) }
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let breaker = Breaker::default();
//! let body = Retry::new(RetryPolicy::http())
//!     .breaker(&breaker)
//!     .run(|attempt| async move {
//!         println!("attempt {}", attempt.number());
//!         fetch("https://example.com").await
//!     })
//!     .await?;
//! # let _ = body; Ok(()) }
//! ```
//!
//! Every decision (how long to wait, which failures to retry, when a breaker opens, who runs and who is answered from a
//! record) is made by `once-again-core`, which has no clock, no randomness and no I/O, and is held to one set of vectors in
//! four languages. This crate adds the doing: it awaits, sleeps and cancels, on [tokio](https://docs.rs/tokio).
//!
//! - [`retry`]: policies, presets, time limits, `Retry-After`, hooks; also for code that blocks
//! - [`breaker`]: a handle for any number of tasks, permits that settle themselves when dropped
//! - [`budget`]: what keeps many calls' retries from becoming a storm
//! - [`action`]: actions and functions that run once; [`request`]: whatever has a key
//! - [`storage`]: where the records of what runs once live
//! - `http` (feature `http`): `IdempotencyLayer` for tower and axum; with feature `reqwest`, a client that tries again
//! - [`testing`]: a virtual clock, so that no test waits
//! - `tower` (feature `tower`): both as layers
//! - events for `tracing` (feature `tracing`), in the fields of the retry policy standards
//! - `breaker::RedisScripts` (feature `redis`): breakers that many processes share

#![forbid(unsafe_code)]

pub mod action;
pub mod breaker;
pub mod budget;
mod clock;
mod config;
mod entropy;
mod events;
#[cfg(feature = "http")]
pub mod http;
mod idempotency;
pub mod request;
pub mod retry;
pub mod storage;
pub mod testing;
mod time;
#[cfg(feature = "tower")]
pub mod tower;

pub use breaker::{
    Breaker, CallError, CircuitOpenError, default_circuit_breaker_config, is_circuit_breaker_error,
};
pub use budget::Budget;
pub use clock::{Clock, Sleep, TokioClock};
pub use entropy::{Entropy, ThreadRng};
pub use idempotency::{IdempotencyKey, IdempotencyStats};
pub use once_again_core::error::{Code, ConfigError};
#[cfg(feature = "derive")]
pub use once_again_derive::{IdempotencyKey, idempotent};
pub use retry::{
    Attempt, Facts, Failure, Kind, Retry, RetryError, RetryManager, RetryManagerPool, RetryPolicy, chain,
};
#[doc(inline)]
pub use storage as stores;

/// The examples of the package's own page, of the repository's and of the guide run as they stand.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../../README.md")]
#[cfg_attr(all(feature = "axum", feature = "reqwest"), doc = include_str!("../../docs/rust.md"))]
#[cfg_attr(feature = "derive", doc = include_str!("../../docs/idempotent.md"))]
struct Examples;

/// So do those of the guide to stores.
#[cfg(all(doctest, feature = "postgres", feature = "redis", feature = "sqlite"))]
#[doc = include_str!("../../docs/stores.md")]
struct StoresExamples;

/// What most programs use: `use once_again::prelude::*;`
pub mod prelude {
    pub use crate::action::{
        ConflictBehavior, ExecutionContext, IdempotencyConfig, IdempotencyError, IdempotencyInput,
        IdempotencyKeyStrategy, IdempotentAction, IdempotentExecutor, ResultCachingConfig,
    };
    #[cfg(feature = "derive")]
    pub use crate::idempotent;
    pub use crate::request::RequestIdempotencyManager;
    pub use crate::{
        Attempt, Breaker, Budget, CallError, Facts, Failure, IdempotencyKey, Kind, Retry, RetryError,
        RetryPolicy,
    };
}

/// The version of this crate and of the core in it.
pub const VERSION: &str = once_again_core::VERSION;
