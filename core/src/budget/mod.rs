//! Retry budgets: what keeps many calls' retries from becoming a storm.
//!
//! A policy limits the retries of one call; when a dependency is down, every call retries, and three attempts each are
//! three times the load on something that is already failing. A [`Budget`] is shared by all calls to one dependency. It
//! is a token bucket: calls deposit, retries withdraw, and without tokens there is no retry: the call ends with the
//! failure it has ([`Stop::Budget`](crate::retry::Stop::Budget)).
//!
//! A [`BudgetSpec`] is what a user wrote, a [`BudgetConfig`] what it means, checked once. The rules are data, so that the
//! budgets of other libraries are presets: [`presets::GRPC`], [`presets::AWS`], [`presets::FINAGLE`].
//!
//! With the default rules a dependency sees at most (1 + `ratio`) · calls + `reserve_per_second` · seconds + `capacity`
//! requests, however many attempts the policies allow.

mod config;
mod machine;
pub mod presets;
mod read;
mod spec;

pub use config::BudgetConfig;
pub use machine::{Budget, Counters, Withdrawal};
pub use spec::{BudgetSpec, DepositOn, WithdrawOn};
