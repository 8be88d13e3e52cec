//! Random histories of many owners: the promises of a store, checked on what it answers, and every store beside the
//! specification.
//!
//! `PROPTEST_CASES=100000 cargo test --release --test store_model` plays three hundred thousand histories.

mod history;
mod promises;
mod room;
mod sqlite;

use std::collections::BTreeMap;

use history::{History, Owners, histories};
use once_again_core::idempotency::record::{Record, RecordKey};
use once_again_core::store::memory::{MemoryConfig, MemoryStore, WhenFull};
use once_again_core::store::{OpKind, StoreOp, StoreReply, Target, Write, step, step_encoded};
use once_again_core::time::Timestamp;
use promises::Promises;
use proptest::prelude::*;
use room::Room;
use sqlite::Sqlite;

/// The specification and a map: what every store must be.
#[derive(Default)]
struct Plain(BTreeMap<RecordKey, Record>);

impl Plain {
    fn apply(&mut self, now: Timestamp, op: &StoreOp) -> StoreReply {
        let Target::Record(key) = op.target() else {
            return StoreReply::Swept { count: 0 };
        };
        let (write, reply) = step(now, self.0.get(key).cloned(), op);
        match write {
            Write::Keep => {}
            Write::Put(record) => drop(self.0.insert(*key, record)),
            Write::Delete => drop(self.0.remove(key)),
        }
        reply
    }
}

/// The same over encoded records, as a browser's database or a plain get/set/delete object keeps them.
#[derive(Default)]
struct Encoded(BTreeMap<RecordKey, Vec<u8>>);

impl Encoded {
    fn apply(&mut self, now: Timestamp, op: &StoreOp) -> StoreReply {
        let Target::Record(key) = op.target() else {
            return StoreReply::Swept { count: 0 };
        };
        let (write, reply) = step_encoded(now, self.0.get(key).map(Vec::as_slice), op).unwrap();
        match write {
            Write::Keep => {}
            Write::Put(record) => drop(self.0.insert(*key, record)),
            Write::Delete => drop(self.0.remove(key)),
        }
        reply
    }
}

/// Plays a history on whatever applies operations, and hands every operation with its reply to `see`.
fn play(
    history: &History,
    mut apply: impl FnMut(Timestamp, &StoreOp) -> StoreReply,
    mut see: impl FnMut(Timestamp, &StoreOp, &StoreReply),
) {
    let mut owners = Owners::default();
    for (now, one_move) in history.moves() {
        let Some(op) = owners.resolve(one_move) else { continue };
        let reply = apply(now, &op);
        owners.learn(&op, &reply);
        see(now, &op, &reply);
    }
}

fn unbounded() -> MemoryStore {
    MemoryStore::new(MemoryConfig {
        max_records: None,
        max_bytes: None,
        when_full: WhenFull::Refuse,
        seed: 7,
    })
}

proptest! {
    #[test]
    fn a_store_keeps_its_promises(history in histories()) {
        let (mut store, mut promises) = (Plain::default(), Promises::default());
        play(&history, |now, op| store.apply(now, op), |now, op, reply| promises.check(now, op, reply));
    }

    #[test]
    fn the_memory_store_is_the_specification(history in histories()) {
        let (mut plain, mut encoded, mut memory) = (Plain::default(), Encoded::default(), unbounded());
        play(&history, |now, op| memory.apply(now, op), |now, op, reply| {
            if op.kind() != OpKind::Sweep {
                assert_eq!(reply, &plain.apply(now, op), "{op:?}");
                assert_eq!(reply, &encoded.apply(now, op), "{op:?}");
            }
        });
    }

    #[test]
    fn a_bounded_memory_store_drops_nothing_it_may_not_drop(history in histories(), room in Room::any()) {
        let (mut memory, mut room) = (MemoryStore::new(room.config()), room);
        let config = room.config();
        play(&history, |now, op| {
            let reply = memory.apply(now, op);
            let stats = memory.stats();
            assert!(config.max_records.is_none_or(|max| stats.records <= max), "{stats:?}");
            reply
        }, |now, op, reply| {
            if op.kind() != OpKind::Sweep {
                assert_eq!(reply, &room.apply(now, op), "{op:?}");
            }
        });
    }
}

proptest! {
    // Each history is some fifty transactions.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 2, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_is_the_memory_store(history in histories()) {
        let (mut sqlite, mut memory) = (Sqlite::in_memory(), unbounded());
        play(&history, |now, op| sqlite.apply(now, op), |now, op, reply| {
            assert_eq!(reply, &memory.apply(now, op), "{op:?}");
        });
    }
}
