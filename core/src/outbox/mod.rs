//! The outbox of a client that may be offline: writes that wait for the network, each under its own idempotency key.
//!
//! The host keeps the writes (a browser in IndexedDB) and sends them. Core says whether there is room for another
//! ([`OutboxConfig::admit`]), which ones are sent next ([`OutboxConfig::plan`]), and what becomes of one that was sent
//! ([`OutboxConfig::settle`]). Nothing is remembered here: what a decision needs is an argument, because the process that
//! took a write is seldom the one that sends it.
//!
//! ```text
//!                       ┌── Later: no final answer ──┐
//!                       ▼                            │
//! admit ─▶ waiting ─ plan: Send ─▶ on its way ─ settle ─▶ Settled: somebody has the answer
//!             │                                      └──▶ Dead: refused, failed, exhausted
//!             └─── plan: expired ──────────────────────▶ Dead: expired
//! ```

mod config;
mod plan;
mod settle;

pub use config::{Full, OutboxConfig};
pub use plan::{Plan, Waiting};
pub use settle::{Counts, Death, Fate, Sending};
