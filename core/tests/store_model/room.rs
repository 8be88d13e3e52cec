//! A bounded store in its plainest form: a map, a list of completions, and a search through both for what may go.

use std::collections::BTreeMap;

use once_again_core::idempotency::record::{Record, RecordKey, State};
use once_again_core::store::memory::{MemoryConfig, OVERHEAD, WhenFull};
use once_again_core::store::{OpKind, StoreOp, StoreReply, Target, Write, step};
use once_again_core::time::{Micros, Timestamp};
use proptest::prelude::*;

#[derive(Clone, Debug)]
pub(crate) struct Room {
    config: MemoryConfig,
    records: BTreeMap<RecordKey, Record>,
    /// Keys in the order of their last completion.
    completions: Vec<RecordKey>,
}

impl Room {
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        let bounds =
            (prop::option::of(1..5_u32), prop::option::of(200..1_500_u64), any::<bool>(), any::<u64>());
        bounds.prop_map(|(max_records, max_bytes, evict, seed)| Self {
            config: MemoryConfig {
                max_records,
                max_bytes,
                when_full: if evict { WhenFull::EvictCompleted } else { WhenFull::Refuse },
                seed,
            },
            records: BTreeMap::new(),
            completions: Vec::new(),
        })
    }

    pub(crate) const fn config(&self) -> MemoryConfig {
        self.config
    }

    pub(crate) fn apply(&mut self, now: Timestamp, op: &StoreOp) -> StoreReply {
        let Target::Record(key) = op.target() else { return StoreReply::Swept { count: 0 } };
        let (write, reply) = step(now, self.records.get(key).cloned(), op);
        let Write::Put(record) = write else {
            if write == Write::Delete {
                self.records.remove(key);
            }
            return reply;
        };
        if op.kind() == OpKind::Begin && self.records.get(key).is_some_and(|record| record.is_expired(now)) {
            self.records.remove(key);
        }
        let fresh = !self.records.contains_key(key);
        if fresh {
            // Whatever may go goes one by one; if even that is not enough, what went stays gone.
            while !self.fits(Some(&record)) {
                if !self.drop_one(now, *key) {
                    let next = self.records.values().map(|record| record.expires_at).min();
                    return StoreReply::Full {
                        retry_after: next.map_or(Micros::MAX, |next| next.since(now)),
                    };
                }
            }
        }
        if record.state == State::Completed {
            self.completions.retain(|other| other != key);
            self.completions.push(*key);
        }
        self.records.insert(*key, record);
        while !fresh && !self.fits(None) && self.drop_one(now, *key) {}
        reply
    }

    fn fits(&self, more: Option<&Record>) -> bool {
        let all = || self.records.values().chain(more);
        let bytes: u64 = all().map(|record| record.encode().len() as u64 + OVERHEAD).sum();
        self.config.max_records.is_none_or(|max| all().count() <= max as usize)
            && self.config.max_bytes.is_none_or(|max| bytes <= max)
    }

    fn drop_one(&mut self, now: Timestamp, except: RecordKey) -> bool {
        let expired = self.records.iter().filter(|(_, record)| record.is_expired(now));
        let first_expired = expired.min_by_key(|(_, record)| record.expires_at).map(|(key, _)| *key);
        let completed = |derived: bool| {
            self.completions.iter().copied().find(|key| {
                let record = self.records.get(key).filter(|record| record.state == State::Completed);
                *key != except && record.is_some_and(|record| record.derived == derived)
            })
        };
        let evict = self.config.when_full == WhenFull::EvictCompleted;
        let gone = first_expired.or_else(|| completed(true)).or_else(|| completed(false).filter(|_| evict));
        gone.is_some_and(|key| self.records.remove(&key).is_some())
    }
}
