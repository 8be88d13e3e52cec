//! Retries and breakers as [tower](https://docs.rs/tower) layers.
//!
//! ```
//! use once_again::tower::{BreakerLayer, RetryLayer};
//! use once_again::{Breaker, RetryPolicy};
//! use tower::{Service, ServiceBuilder, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let breaker = Breaker::default();
//! let mut service = ServiceBuilder::new()
//!     .layer(RetryLayer::new(RetryPolicy::http()).with(|retry| retry.breaker(&breaker)))
//!     .service_fn(async |order: u32| Ok::<_, std::io::Error>(order + 1));
//! assert_eq!(service.ready().await?.call(7).await?, 8);
//! # Ok(()) }
//! ```
//!
//! Neither takes a permit or a token in `poll_ready`: a service that is made ready and never called holds nothing.

mod breaker;
mod retry;

pub use breaker::{BreakerFuture, BreakerLayer, BreakerService};
pub use retry::{Answer, RetryFuture, RetryLayer, RetryService};
