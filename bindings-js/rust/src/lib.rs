//! What the Node and the browser binding have in common, which is everything but the attributes that export it.
//!
//! Long-lived machines sit in a [slab](slab) of their thread. Structured things cross as one JSON text each way, small hot
//! things through the [`mailbox`]. Nothing is decided here.

#![forbid(unsafe_code)]

pub mod action;
mod answer;
pub mod breaker;
pub mod budget;
pub mod client;
pub mod dead_letter;
pub mod dialect;
pub mod errors;
pub mod fingerprint;
pub mod http;
pub mod keys;
mod lines;
pub mod mailbox;
pub mod outbox;
pub mod payload;
pub mod retry;
pub mod run;
pub mod shared;
mod slab;
pub mod sources;
pub mod store;
