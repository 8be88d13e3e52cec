//! A breaker whose state lives in Redis, so that many processes open, probe and close together.
//!
//! Each process keeps its own [`Breaker`](super::Breaker), which goes on deciding by itself whatever becomes of Redis. A
//! [`Link`] beside it says what to send and takes over what comes back. Shared are the state, its epoch, when an open
//! breaker is due (on Redis's clock), the back-off, and the probes' places: over all processes no more fly at once, and
//! in all, than one breaker allows. The window and what operators do stay local.
//!
//! A closed breaker never waits for the network: it asks at most once a second, in the background. Only a probe waits,
//! and only briefly; when Redis is away or slow, every process goes on alone and says so once.
//!
//! The scripts are the record's only writers. Each has one key, so they run on a cluster too, and takes the time from
//! Redis. They count; what the counts mean is decided here, as for a breaker of one process.

mod adopt;
mod hear;
mod link;
mod record;
mod request;

pub use hear::Heard;
pub use link::{Asked, Connection, Link};
pub use request::{Command, Request, Settled};
