//! What a store does: operations and replies as data, and the one specification every store must match.
//!
//! - [`StoreOp`] in, [`StoreReply`] out; both have a JSON form with at most one byte payload beside it.
//! - [`step`](fn@step) is the executable specification over one record. Looking a record up, stepping and writing is a whole
//!   store: [`memory`] and [`sqlite`] do it here, a browser's database and a plain get/set/delete object do it with
//!   [`step_encoded`]. Any other store must be indistinguishable from it.
//! - A *dialect* turns an operation into a [`Command`] for a server, and what comes back into a reply: [`postgres`],
//!   [`redis`], [`sqlite`]. Whoever has a connection only carries them.
//!
//! Time is the *store's* wall clock. Where a store is shared, its own clock decides, so clients' skew does not matter.

mod answer;
mod command;
mod dialect;
pub mod distributed;
pub mod memory;
mod op;
pub mod postgres;
mod read;
pub mod redis;
mod reply;
mod row;
pub mod sqlite;
mod step;
mod usage;
mod wire;

pub use command::{Cell, Command};
pub use dialect::Dialect;
pub use op::{Begin, Mode, OnOrphan, OpKind, Resolution, StoreOp, Target};
pub use reply::{Mismatch, StoreReply};
pub use row::COLUMNS;
pub use step::{Write, step, step_encoded};
pub use usage::Usage;
pub use wire::WireError;
pub(crate) use wire::refuse_payload;

/// What a store on a server does with an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// It sends this, and its dialect reads what comes back.
    Send(Command),
    /// It need not ask.
    Answer(StoreReply),
}
