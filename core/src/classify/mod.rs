//! What kind of failure it was: one table for what Node, browsers, Python and Rust report, and for HTTP statuses.
//!
//! A host hands over [`Signals`], plain facts it read from the error it caught; it never decides. Order: the error's own
//! `kind` · cancellation · stable code · HTTP status · class names, most derived first · errno · "no answer came" ·
//! Unknown. Whether a kind is retried is the policy's decision ([`crate::retry::RetryPolicy::judge`]).

pub mod answer;
mod codes;
mod date;
mod http;
mod kind;
mod names;
mod read;
pub mod retry_after;
mod signals;

pub use http::HttpSignals;
pub use kind::Kind;
pub(crate) use names::bare;
pub use signals::{Host, Signals, classify};
