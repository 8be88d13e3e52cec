//! The pure decision core of **once-again**: retries, circuit breakers and idempotency without a clock, without
//! randomness and without I/O. All three are arguments, so every language that asks gets the same answer.

#![forbid(unsafe_code)]

pub mod draw;
pub mod error;
pub mod json;
pub mod spec;
pub mod time;
