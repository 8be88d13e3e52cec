//! Actions and functions that run once: a repetition gets what the first call returned.
//!
//! ```
//! use once_again::action::{IdempotentAction, IdempotentExecutor, IdempotencyInput};
//! use once_again::storage::MemoryStore;
//! use serde::Serialize;
//!
//! #[derive(Clone, Serialize)]
//! struct Order { id: String, cents: u64 }
//!
//! /// Two orders of one id are one call. `#[derive(IdempotencyKey)]` (feature `derive`) writes this.
//! impl IdempotencyInput for Order {
//!     fn idempotency_key(&self) -> Option<String> { Some(self.id.clone()) }
//! }
//!
//! struct Charge;
//!
//! impl IdempotentAction for Charge {
//!     type Input = Order;
//!     type Output = String;
//!     type Error = std::io::Error;
//!
//!     fn id(&self) -> &'static str { "charge" }
//!
//!     async fn execute(&self, order: &Order) -> Result<String, std::io::Error> {
//!         Ok(format!("charged {}", order.cents))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let executor = IdempotentExecutor::new(MemoryStore::default());
//! let order = Order { id: "A-1".into(), cents: 500 };
//! let first = executor.execute(&Charge, order.clone()).await?;
//! let again = executor.execute(&Charge, order).await?;
//! assert!(!first.is_replay() && again.is_replay());
//! assert_eq!(first.output, again.output);
//! # Ok(()) }
//! ```
//!
//! The same call in Node or Python, over the same store and under the same name, is the same record: whoever comes first runs,
//! the others get its result.
//!
//! | a call | gets |
//! |---|---|
//! | that is new | runs, and its result is kept for [`deduplication_window`](IdempotencyConfig::deduplication_window) |
//! | that was made before | that one's result; [`is_replay`](Executed::is_replay) |
//! | while another run of it is at work, here or elsewhere | waits up to 30 s for its result ([`ConflictBehavior`]) |
//! | whose owner died | runs again, once its lease of 20 s is over |
//! | that failed before | runs again, unless [`keep_errors`](IdempotencyConfig::keep_errors) |
//! | when the store cannot be reached | [`IdempotencyError::Refused`], or runs unrecorded with [`fail_open`](IdempotencyConfig::fail_open) |
//!
//! Dropping a call drops its work; what that had done by then is for the next call to find out, which runs it at once.
//! Everything here runs on tokio, in a runtime with timers: in one that was built without `enable_time()` or `enable_all()`, a
//! call is refused with [`IdempotencyError::Config`] before it claims anything.

mod call;
mod config;
mod context;
mod error;
mod executor;
mod function;
mod input;
mod text;

pub(crate) use call::{Call, Work};
pub use config::{ConflictBehavior, IdempotencyConfig, IdempotencyKeyStrategy, ResultCachingConfig};
pub use context::ExecutionContext;
pub use error::{IdempotencyError, ReplayedError};
pub(crate) use executor::Settings;
pub use executor::{Executed, IdempotentAction, IdempotentExecutor};
pub use function::IdempotentFunction;
pub use input::{IdempotencyInput, KeyPart, Returned};
pub use once_again_core::idempotency::action::Level;
// For what `#[derive(IdempotencyKey)]` writes.
#[doc(hidden)]
pub use serde::Serialize;

pub use crate::idempotency::Signal;
