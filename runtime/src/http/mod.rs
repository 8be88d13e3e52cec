//! Requests that run once: a [tower](https://docs.rs/tower) layer for servers, extractors for axum, and a client.
//!
//! ```
//! # #[cfg(feature = "axum")] {
//! use axum::{Json, Router, routing::post};
//! use once_again::http::{ConflictStrategy, IdempotencyKey, IdempotencyLayer, days};
//! use once_again::storage::MemoryStore;
//! use std::time::Duration;
//!
//! async fn create_order(IdempotencyKey(key): IdempotencyKey, Json(order): Json<String>) -> Json<String> {
//!     Json(format!("{order}, ordered as {key}")) // runs once per key; later requests get the recorded answer
//! }
//!
//! let app: Router = Router::new().route("/api/orders", post(create_order)).layer(
//!     IdempotencyLayer::new()
//!         .with_key_header("Idempotency-Key")
//!         .with_storage(MemoryStore::default())
//!         .with_ttl(days(1))
//!         .with_conflict_strategy(ConflictStrategy::WaitForFirst { timeout: Duration::from_secs(30) }),
//! );
//! # let _ = app; }
//! ```
//!
//! A repeated request gets the first answer byte for byte, with `X-Idempotency-Replay: true`; the same key with another body
//! gets 422, and one whose first request is still running waits for its answer, or gets 409. Mount the layer inside of
//! authentication and of whatever decompresses request bodies, outside of everything that has an effect.
//!
//! - The handler runs in a task of its own: a client that goes away does not stop it, and its answer is kept.
//! - An answer is captured while it is passed on, up to [`with_max_body_bytes`](IdempotencyLayer::with_max_body_bytes); its
//!   last bytes leave when it is recorded. Larger ones, `text/event-stream` and upgraded connections pass unchanged and
//!   undelayed, and are recorded without their body. Trailers are passed on and not recorded.
//! - A handler that panics, or a service that fails, leaves the key free to be run again; the panic or error goes on outwards.
//! - The request's body is read only where it counts, up to
//!   [`with_max_request_bytes`](IdempotencyLayer::with_max_request_bytes), and given to the handler whole.
//! - A request without a key gets a derived one for 30 s, for double clicks; it takes the caller's address for that, so serve
//!   the router with `into_make_service_with_connect_info::<SocketAddr>()`, or name the address by
//!   [`with_remote`](IdempotencyLayer::with_remote). Where nothing tells callers apart, such a request just runs.
//!
//! What is guarded, refused, kept and replayed is decided in core, the same for Express, ASGI and this layer; errors are its
//! RFC 9457 problems, with the titles of draft-ietf-httpapi-idempotency-key-header.

mod answer;
mod body;
mod capture;
mod claim;
#[cfg(feature = "reqwest")]
pub mod client;
mod config;
mod detached;
mod encoding;
#[cfg(feature = "axum")]
mod extract;
mod guard;
mod guarded;
mod headers;
mod layer;
mod service;

pub use crate::idempotency::{IdempotencyKey, Signal};
pub use answer::AnswerBody;
pub use body::RequestBody;
pub use claim::Claim;
pub use config::{ConflictStrategy, IdempotencyConfig, days};
#[cfg(feature = "axum")]
pub use extract::{KeyRejection, NoClaim};
pub use layer::IdempotencyLayer;
pub use once_again_core::http::{MissingKey, On5xx, Profile};
pub use service::{IdempotencyFuture, IdempotencyService};
