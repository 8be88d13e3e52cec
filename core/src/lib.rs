//! The pure decision core of **once-again**: retries, circuit breakers and idempotency without a clock, without
//! randomness and without I/O. All three are arguments, so every language that asks gets the same answer.

#![forbid(unsafe_code)]

pub mod backoff;
pub mod breaker;
pub mod budget;
pub mod classify;
pub mod dead_letter;
pub mod draw;
pub mod error;
pub mod fingerprint;
pub mod hex;
pub mod http;
pub mod idempotency;
pub mod jitter;
pub mod json;
pub mod outbox;
pub mod retry;
pub mod slots;
pub mod spec;
pub mod store;
pub mod time;

/// The version of this crate; every binding reports it, so a mixed installation can be told apart.
#[expect(
    clippy::disallowed_macros,
    reason = "Cargo's own constant, read when compiling and never when running"
)]
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
