//! What requests and actions have in common: the run under a record, the signal of whoever does the work, and keys.

mod key;
mod run;
mod signal;
mod stats;

pub use key::IdempotencyKey;
pub(crate) use run::{Beginning, Handle, Host, Run};
pub use signal::Signal;
pub(crate) use stats::Counters;
pub use stats::IdempotencyStats;
