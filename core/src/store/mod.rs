//! What a store does: operations and replies as data, and the one specification every store must match.
//!
//! - [`StoreOp`] in, [`StoreReply`] out; both have a JSON form with at most one byte payload beside it.
//! - [`step`](fn@step) is the executable specification over one record. Looking a record up, stepping and writing is a whole
//!   store: [`memory`] and [`sqlite`] do it here, a browser's database and a plain get/set/delete object do it with
//!   [`step_encoded`]. Any other store must be indistinguishable from it.
//!
//! Time is the *store's* wall clock. Where a store is shared, its own clock decides, so clients' skew does not matter.

pub mod memory;
mod op;
mod reply;
pub mod sqlite;
mod step;
mod wire;

pub use op::{Begin, Mode, OnOrphan, OpKind, Resolution, StoreOp, Target};
pub use reply::{Mismatch, StoreReply};
pub use step::{Write, step, step_encoded};
pub use wire::WireError;
pub(crate) use wire::refuse_payload;
