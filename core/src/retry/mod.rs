//! Retries: what a policy is, and what it decides after each failure.
//!
//! A [`RetrySpec`] is what a user wrote, a [`RetryPolicy`] what it means, checked once; a [`RetryCall`] is one call's
//! state, six numbers. The driver runs the first attempt without asking anybody. After a failure it lets
//! [`RetryPolicy::judge`] say what the failure was (an answer that may be cached), hands it to [`RetryPolicy::failed`],
//! and either sleeps and calls again or raises what [`Stop`] says.

mod choice;
mod fields;
mod judge;
mod machine;
mod policy;
pub mod presets;
mod read;
mod sources;
mod spec;
mod write;

pub use crate::classify::Kind;
pub use judge::{Once, Verdict};
pub use machine::{Failure, RetryCall, Step, Stop, TimeLeft};
pub use policy::RetryPolicy;
pub use sources::{from_environment, from_levels, level_names, unit_of_levels};
pub(crate) use spec::range;
pub use spec::{KindSpec, RetrySpec, Spelling};
