//! Functions that run once: which record a call is filed under, and what becomes of it when the function is done.
//!
//! The level that nebula-idempotency calls *action*. A driver reads an [`ActionConfig`] once; for each call it takes the
//! fingerprint of the arguments, asks [`ActionConfig::claim`], drives a [`Run`](super::machine::Run) with
//! [`ActionConfig::run_config`], and hands it [`ActionConfig::ending`] when the function is done.
//!
//! The arguments count as one value: the only argument itself, else the list of them. What a function answers is kept as
//! the JSON text of that value, so that every language can replay it; no text at all stands for JavaScript's `undefined`.

mod config;
mod spec;
mod told;

pub use config::{ActionConfig, Claim, Ended, Kept};
pub use spec::{ActionSpec, Caching, Level};
pub use told::Told;
