//! The dialects of servers, each played beside the memory store on a real server: the same histories, the same replies.
//!
//! The servers come from `tests/servers`, which needs Node.js. Their clock is overridden, so nothing here waits.

#[path = "../core/tests/store_model/history.rs"]
mod history;
#[path = "stores/postgres.rs"]
mod postgres_server;
#[path = "stores/redis.rs"]
mod redis_server;
#[path = "stores/samples.rs"]
mod samples;
#[path = "stores/servers.rs"]
mod servers;

use std::cell::RefCell;

use history::{History, Owners, histories};
use once_again_core::store::memory::{MemoryConfig, MemoryStore, WhenFull};
use once_again_core::store::{OpKind, StoreOp, StoreReply};
use once_again_core::time::{Micros, Timestamp};
use proptest::prelude::*;

fn unbounded() -> MemoryStore {
    MemoryStore::new(MemoryConfig {
        max_records: None,
        max_bytes: None,
        when_full: WhenFull::Refuse,
        seed: 7,
    })
}

/// Plays a history on a store and on the memory store, in our days, so that times have all their digits. What was swept is
/// each store's own affair.
fn compare(history: &History, mut apply: impl FnMut(Timestamp, &StoreOp) -> StoreReply) {
    let (mut memory, mut owners) = (unbounded(), Owners::default());
    for (since, one_move) in history.moves() {
        let Some(op) = owners.resolve(one_move) else { continue };
        let now = Timestamp::new(1_795_000_000_000_123).plus(Micros::new(since.get()));
        let (reply, expected) = (apply(now, &op), memory.apply(now, &op));
        if op.kind() != OpKind::Sweep {
            assert_eq!(reply, expected, "{op:?} at {now:?}");
        }
        owners.learn(&op, &reply);
    }
}

/// A property over this many histories, each of some fifty round trips.
fn property(cases: u32, test: impl FnMut(&History)) {
    let test = RefCell::new(test);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(history in histories())| (test.borrow_mut())(&history));
}
