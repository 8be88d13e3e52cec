//! Records in the memory of one process: bounded, expiring to the microsecond without a timer, and never dropping a live
//! record in silence.
//!
//! Look-up, [`step`](super::step), write; what is added here is room. A new record is refused with `Full` when there is
//! none, after expired records, completed records of derived keys, and (if asked) the oldest completed ones have gone.
//! What has begun is always let finish: an answer that a run in progress brings may pass `max_bytes`, and no new
//! record begins until it is made up for.
//!
//! Each record lies encoded behind its key in one allocation, found through a table of slot numbers; what only changes and
//! expiry need lies apart, so a look-up touches little memory. 329 bytes of record cost about 440, all told. The table is
//! hashed by the key's own first bytes. Keys are SHA-256 digests, but whoever chooses them can grind 2^17 digests for each
//! collision, so the hash is seeded by the host.

mod config;
mod expiry;
mod queue;

pub use config::{MemoryConfig, MemorySpec, WhenFull};

use super::op::{OpKind, StoreOp, Target};
use super::reply::StoreReply;
use super::step::{Write, step};
use crate::idempotency::record::{Record, RecordKey, State};
use crate::time::{Micros, Timestamp};
use expiry::Expiry;
use hashbrown::HashTable;
use queue::Queue;
use serde::Serialize;

/// What a record is counted as beside its encoded bytes; about what it really costs, and the same on every platform.
pub const OVERHEAD: u64 = 112;
/// How many expired records each claim takes away, so that a store in use needs no sweep.
pub const SWEPT_PER_BEGIN: u32 = 2;

/// No slot.
const NONE: u32 = u32::MAX;
/// Length of a key, which stands before its record.
const KEY: usize = 32;

/// A bounded store in memory.
#[derive(Debug)]
pub struct MemoryStore {
    config: MemoryConfig,
    /// Key and encoded record of each slot; empty where the slot is vacant.
    records: Vec<Box<[u8]>>,
    /// What else there is to each of them.
    slots: Vec<Slot>,
    /// Head of the chain of vacant slots.
    vacant: u32,
    index: HashTable<u32>,
    expiry: Expiry,
    /// Completed records in the order of completion: those of derived keys, and all others.
    completed_derived: Queue,
    completed: Queue,
    in_progress: u32,
    bytes: u64,
    evicted: u64,
    expired: u64,
    refused: u64,
}

/// A record's place in table, heap and queue; or a vacancy, which uses `next` alone.
#[derive(Debug)]
struct Slot {
    /// Of the key, so that the table can grow without a look at any record.
    hash: u64,
    expires_at: Timestamp,
    /// Place in the expiry heap.
    place: u32,
    /// Neighbours in the queue of completed records.
    previous: u32,
    next: u32,
    state: State,
    derived: bool,
}

/// What a store holds, and what it had to do to hold it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemoryStats {
    /// Records, the expired ones that are not yet taken away included.
    pub records: u32,
    /// Of these: claims whose run has not ended.
    pub in_progress: u32,
    /// Of these: with an outcome to replay.
    pub completed: u32,
    /// Bytes, counted as `max_bytes` counts them.
    pub bytes: u64,
    /// Completed records dropped to make room.
    pub evicted: u64,
    /// Expired records taken away.
    pub expired: u64,
    /// New records refused for lack of room.
    pub refused: u64,
    /// At 80 % of a bound or above.
    pub nearly_full: bool,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub const fn new(config: MemoryConfig) -> Self {
        Self {
            config,
            records: Vec::new(),
            slots: Vec::new(),
            vacant: NONE,
            index: HashTable::new(),
            expiry: Expiry::new(),
            completed_derived: Queue::new(),
            completed: Queue::new(),
            in_progress: 0,
            bytes: 0,
            evicted: 0,
            expired: 0,
            refused: 0,
        }
    }

    /// Does `op` at `now`.
    pub fn apply(&mut self, now: Timestamp, op: &StoreOp) -> StoreReply {
        match op.target() {
            Target::Expired { limit } => StoreReply::Swept { count: self.sweep(now, limit) },
            Target::Record(key) => self.apply_to(now, key, op),
        }
    }

    /// What it holds now.
    #[must_use]
    pub fn stats(&self) -> MemoryStats {
        let records = self.expiry.len();
        let beyond = |held: u64, bound: Option<u64>| bound.is_some_and(|bound| held >= bound - bound / 5);
        MemoryStats {
            records,
            in_progress: self.in_progress,
            completed: self.completed.len() + self.completed_derived.len(),
            bytes: self.bytes,
            evicted: self.evicted,
            expired: self.expired,
            refused: self.refused,
            nearly_full: beyond(records.into(), self.config.max_records.map(u64::from))
                || beyond(self.bytes, self.config.max_bytes),
        }
    }

    fn apply_to(&mut self, now: Timestamp, key: &RecordKey, op: &StoreOp) -> StoreReply {
        let mut slot = self.find(key);
        let record = slot.and_then(|slot| Record::decode(&self.records[slot as usize][KEY..]).ok());
        let (write, reply) = step(now, record, op);
        let claims = op.kind() == OpKind::Begin && write != Write::Keep;
        if claims && let Some(expired) = slot.filter(|slot| self.is_expired(now, *slot)) {
            // It has told its epoch; the claim is a new record, for which there must be room.
            self.remove(expired);
            self.expired += 1;
            slot = None;
        }
        match (write, slot) {
            (Write::Put(record), None) => {
                if let Err(retry_after) = self.insert(now, *key, &record) {
                    self.refused += 1;
                    return StoreReply::Full { retry_after };
                }
            }
            (Write::Put(record), Some(slot)) => self.replace(now, slot, &record),
            (Write::Delete, Some(slot)) => self.remove(slot),
            (Write::Keep, _) | (Write::Delete, None) => {}
        }
        if claims {
            self.sweep(now, SWEPT_PER_BEGIN);
        }
        reply
    }

    fn sweep(&mut self, now: Timestamp, limit: u32) -> u32 {
        let mut count = 0;
        while count < limit && self.drop_expired(now) {
            count += 1;
        }
        count
    }

    /// Takes away the record that expired first, if one has.
    fn drop_expired(&mut self, now: Timestamp) -> bool {
        let Some(slot) = self.expiry.first().filter(|slot| self.is_expired(now, *slot)) else { return false };
        self.remove(slot);
        self.expired += 1;
        true
    }

    fn is_expired(&self, now: Timestamp, slot: u32) -> bool {
        now >= self.slots[slot as usize].expires_at
    }

    /// Drops one record that may go, but never `except`.
    fn make_room(&mut self, now: Timestamp, except: u32) -> bool {
        if self.drop_expired(now) {
            return true;
        }
        let others = |queue: &Queue| queue.first().filter(|slot| *slot != except);
        let oldest = others(&self.completed_derived).or_else(|| match self.config.when_full {
            WhenFull::Refuse => None,
            WhenFull::EvictCompleted => others(&self.completed),
        });
        let Some(slot) = oldest else { return false };
        self.remove(slot);
        self.evicted += 1;
        true
    }

    /// Adds a record, or says how long until the next one expires.
    fn insert(&mut self, now: Timestamp, key: RecordKey, record: &Record) -> Result<(), Micros> {
        let encoded = record.encode_behind(&key.0).into_boxed_slice();
        while !self.fits(1, size(&encoded)) {
            if !self.make_room(now, NONE) {
                let next = self.expiry.first().map(|slot| self.slots[slot as usize].expires_at);
                return Err(next.map_or(Micros::MAX, |next| next.since(now)));
            }
        }
        self.bytes += size(&encoded);
        let hash = hash(&key, self.config.seed);
        let slot = self.occupy(
            encoded,
            Slot {
                hash,
                expires_at: record.expires_at,
                place: NONE,
                previous: NONE,
                next: NONE,
                state: record.state,
                derived: record.derived,
            },
        );
        self.expiry.add(slot, &mut self.slots);
        self.enter(slot);
        let slots = &self.slots;
        self.index.insert_unique(hash, slot, |&slot| slots[slot as usize].hash);
        Ok(())
    }

    fn replace(&mut self, now: Timestamp, slot: u32, record: &Record) {
        self.leave(slot);
        let stored = &mut self.records[slot as usize];
        self.bytes -= size(stored);
        *stored = record.encode_behind(&stored[..KEY]).into_boxed_slice();
        self.bytes += size(stored);
        let held = &mut self.slots[slot as usize];
        held.expires_at = record.expires_at;
        held.state = record.state;
        self.expiry.moved(slot, &mut self.slots);
        self.enter(slot);
        while !self.fits(0, 0) && self.make_room(now, slot) {}
    }

    fn remove(&mut self, slot: u32) {
        self.leave(slot);
        self.expiry.remove(slot, &mut self.slots);
        let held = &mut self.slots[slot as usize];
        if let Ok(entry) = self.index.find_entry(held.hash, |&candidate| candidate == slot) {
            entry.remove();
        }
        held.next = self.vacant;
        self.vacant = slot;
        let record = core::mem::take(&mut self.records[slot as usize]);
        self.bytes -= size(&record);
        if self.expiry.len() == 0 {
            // Nothing is left: give back what a busier time had taken.
            self.records = Vec::new();
            self.slots = Vec::new();
            self.vacant = NONE;
            self.index = HashTable::new();
            self.expiry = Expiry::new();
        }
    }

    fn find(&self, key: &RecordKey) -> Option<u32> {
        let here = |slot: &u32| self.records[*slot as usize].starts_with(&key.0);
        self.index.find(hash(key, self.config.seed), here).copied()
    }

    fn fits(&self, more_records: u32, more_bytes: u64) -> bool {
        self.config.max_records.is_none_or(|max| self.expiry.len() + more_records <= max)
            && self.config.max_bytes.is_none_or(|max| self.bytes + more_bytes <= max)
    }

    fn occupy(&mut self, record: Box<[u8]>, filled: Slot) -> u32 {
        if self.vacant != NONE {
            let slot = self.vacant;
            self.vacant = self.slots[slot as usize].next;
            self.slots[slot as usize] = filled;
            self.records[slot as usize] = record;
            return slot;
        }
        if self.slots.len() == self.slots.capacity() {
            // An eighth at a time: doubling would leave half of the slots unused on average.
            let more = (self.slots.len() / 8).max(16);
            self.slots.reserve_exact(more);
            self.records.reserve_exact(more);
        }
        self.slots.push(filled);
        self.records.push(record);
        u32::try_from(self.slots.len() - 1).unwrap_or(NONE)
    }

    /// Counts the record in by its state.
    fn enter(&mut self, slot: u32) {
        match self.slots[slot as usize] {
            Slot { state: State::Completed, derived: true, .. } => {
                self.completed_derived.push(slot, &mut self.slots);
            }
            Slot { state: State::Completed, .. } => self.completed.push(slot, &mut self.slots),
            Slot { state: State::InProgress, .. } => self.in_progress += 1,
            _ => {}
        }
    }

    /// Counts it out again.
    fn leave(&mut self, slot: u32) {
        match self.slots[slot as usize] {
            Slot { state: State::Completed, derived: true, .. } => {
                self.completed_derived.remove(slot, &mut self.slots);
            }
            Slot { state: State::Completed, .. } => self.completed.remove(slot, &mut self.slots),
            Slot { state: State::InProgress, .. } => self.in_progress -= 1,
            _ => {}
        }
    }
}

fn size(stored: &[u8]) -> u64 {
    (stored.len() - KEY) as u64 + OVERHEAD
}

/// The key is a digest already; the seed is spread over all bits by an odd factor (2^64 / golden ratio).
fn hash(key: &RecordKey, seed: u64) -> u64 {
    let head = key.0.first_chunk().map_or(0, |head| u64::from_le_bytes(*head));
    let spread = u128::from(head ^ seed) * 0x9E37_79B9_7F4A_7C15;
    #[expect(clippy::cast_possible_truncation, reason = "the two halves are folded together")]
    let folded = (spread >> 64) as u64 ^ spread as u64;
    folded
}

/// A slot for the tests of the heap and the queues.
#[cfg(test)]
fn slot_expiring(at: u64) -> Slot {
    Slot {
        hash: 0,
        expires_at: Timestamp::new(at),
        place: NONE,
        previous: NONE,
        next: NONE,
        state: State::InProgress,
        derived: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::{Alg, Fingerprint};
    use crate::idempotency::record::Owner;
    use crate::store::{Begin, Mode, OnOrphan};

    const NOW: Timestamp = Timestamp::new(1_000_000);
    const OWNER: Owner = Owner([1; 16]);

    fn key(number: u32) -> RecordKey {
        let mut key = [0; 32];
        key[28..].copy_from_slice(&number.to_be_bytes());
        RecordKey(key)
    }

    fn begin(key: RecordKey, retention: u64) -> StoreOp {
        StoreOp::Begin(Begin {
            key,
            owner: OWNER,
            fingerprint: Fingerprint::new(Alg::Jcs, [9; 32]),
            caller: None,
            lease: Some(Micros::new(60)),
            retention: Micros::new(retention),
            on_orphan: OnOrphan::Reexecute,
            max_takeovers: 5,
            derived: false,
        })
    }

    fn complete(key: RecordKey, epoch: u64) -> StoreOp {
        let outcome = vec![7; 10];
        StoreOp::Complete { key, owner: OWNER, epoch, outcome, retention: Micros::new(1_000) }
    }

    fn bounded(max_records: u32) -> MemoryStore {
        MemoryStore::new(MemoryConfig { max_records: Some(max_records), ..MemoryConfig::default() })
    }

    #[test]
    fn stats_tell_what_is_held_and_what_it_took() {
        let mut store = bounded(5);
        for number in 0..4 {
            store.apply(NOW, &begin(key(number), 1_000));
        }
        assert_eq!(store.apply(NOW, &complete(key(0), 1_000_000)), StoreReply::Completed);
        // A record in progress is 89 bytes, one completed with ten bytes 96; each counts 112 more.
        let held = MemoryStats {
            records: 4,
            in_progress: 3,
            completed: 1,
            bytes: 3 * (89 + 112) + 96 + 112,
            nearly_full: true,
            ..MemoryStats::default()
        };
        assert_eq!(store.stats(), held);
        store.apply(NOW, &begin(key(4), 1_000));
        store.apply(NOW, &begin(key(5), 1_000));
        assert_eq!((store.stats().records, store.stats().refused), (5, 1));
        let later = Timestamp::new(1_001_000);
        assert_eq!(store.apply(later, &StoreOp::Sweep { limit: 4 }), StoreReply::Swept { count: 4 });
        assert_eq!((store.stats().records, store.stats().expired, store.stats().nearly_full), (1, 4, false));
    }

    #[test]
    fn an_evicted_record_is_counted() {
        let config = MemoryConfig { when_full: WhenFull::EvictCompleted, ..MemoryConfig::default() };
        let mut store = MemoryStore::new(MemoryConfig { max_records: Some(1), ..config });
        store.apply(NOW, &begin(key(0), 1_000));
        store.apply(NOW, &complete(key(0), 1_000_000));
        store.apply(NOW, &begin(key(1), 1_000));
        assert_eq!((store.stats().records, store.stats().evicted), (1, 1));
    }

    #[test]
    fn keys_with_one_beginning_are_told_apart() {
        let mut store = bounded(1_000);
        for number in 0..1_000 {
            assert!(matches!(store.apply(NOW, &begin(key(number), 1_000)), StoreReply::Acquired { .. }));
        }
        for number in (0..1_000).step_by(2) {
            let release =
                StoreOp::Release { key: key(number), owner: OWNER, epoch: 1_000_000, mode: Mode::Forget };
            assert_eq!(store.apply(NOW, &release), StoreReply::Released);
        }
        for number in 0..1_000 {
            let found =
                matches!(store.apply(NOW, &StoreOp::Get { key: key(number) }), StoreReply::Found { .. });
            assert_eq!(found, number % 2 == 1, "{number}");
        }
    }

    #[test]
    fn slots_are_used_again() {
        let mut store = bounded(10);
        for number in 0..1_000 {
            let now = Timestamp::new(1_000_000 + u64::from(number) * 20);
            assert!(matches!(store.apply(now, &begin(key(number), 100)), StoreReply::Acquired { .. }));
        }
        assert!(store.slots.len() <= 10, "{} slots", store.slots.len());
    }

    #[test]
    fn an_empty_store_holds_no_memory() {
        let mut store = bounded(1_000);
        for number in 0..1_000 {
            store.apply(NOW, &begin(key(number), 1_000));
        }
        assert_eq!(
            store.apply(Timestamp::new(1_001_000), &StoreOp::Sweep { limit: u32::MAX }),
            StoreReply::Swept { count: 1_000 }
        );
        assert_eq!((store.slots.capacity(), store.index.capacity(), store.stats().bytes), (0, 0, 0));
        assert!(matches!(store.apply(NOW, &begin(key(1), 1_000)), StoreReply::Acquired { .. }));
    }

    #[test]
    fn a_slot_takes_32_bytes() {
        assert_eq!(size_of::<Slot>(), 32);
    }
}
