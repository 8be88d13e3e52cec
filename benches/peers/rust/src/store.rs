//! A store of records that expire: reading one of many, and the memory one takes.

use crate::measure::{figures, row};
use moka::sync::Cache as Moka;
use once_again_core::fingerprint::{Alg, Fingerprint};
use once_again_core::idempotency::record::{Body, Outcome, Owner, Record, RecordKey, State};
use once_again_core::store::memory::{MemoryConfig, MemoryStore};
use once_again_core::store::{Begin, OnOrphan, StoreOp, StoreReply};
use once_again_core::time::{Micros, Timestamp};
use quick_cache::sync::Cache as Quick;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

const RECORDS: u32 = 100_000;
const RECORD: usize = 329;
const DAY: Micros = Micros::from_secs(86_400);
const NOW: Timestamp = Timestamp::new(1_700_000_000_000_000);

pub fn rows() -> Vec<Value> {
    vec![get(), bytes()]
}

fn get() -> Value {
    let keys: Vec<RecordKey> = (0..RECORDS).map(key).collect();
    let (mut store, moka, quick) = (ours(), moka(), quick());
    let (mut next, mut second, mut third) = (picks(), picks(), picks());
    let ours = || {
        let op = StoreOp::Get { key: keys[next()] };
        assert!(matches!(black_box(store.apply(NOW, &op)), StoreReply::Found { .. }));
    };
    let moka = || assert!(black_box(moka.get(&keys[second()].0)).is_some());
    let quick = || assert!(black_box(quick.get(&keys[third()].0)).is_some());
    row(
        "rust-store-get",
        "store of 100 k records that expire: get one",
        0.2,
        vec![("ours", Box::new(ours)), ("moka", Box::new(moka)), ("quick_cache (no TTL)", Box::new(quick))],
    )
}

fn bytes() -> Value {
    figures(
        "rust-store-bytes",
        "bytes of memory per record of 329 bytes",
        "B",
        0.7,
        vec![("ours", held(ours)), ("moka", held(moka)), ("quick_cache (no TTL)", held(quick))],
    )
}

/// What a full store holds of the heap, per record.
fn held<S>(fill: fn() -> S) -> f64 {
    let mut store = None;
    let info = allocation_counter::measure(|| store = Some(fill()));
    drop(store);
    let bytes = u32::try_from(info.bytes_current).expect("it fits this machine");
    f64::from(bytes) / f64::from(RECORDS)
}

fn ours() -> MemoryStore {
    let config = MemoryConfig { max_records: Some(RECORDS), ..MemoryConfig::default() };
    let mut store = MemoryStore::new(config);
    let outcome = outcome();
    for number in 0..RECORDS {
        let (key, owner) = (key(number), Owner([7; 16]));
        let begin = Begin {
            key,
            owner,
            fingerprint: Fingerprint::new(Alg::Jcs, [3; 32]),
            caller: None,
            lease: Some(Micros::from_secs(60)),
            retention: DAY,
            on_orphan: OnOrphan::Reexecute,
            max_takeovers: 5,
            derived: false,
        };
        let StoreReply::Acquired { epoch, .. } = store.apply(NOW, &StoreOp::Begin(begin)) else {
            unreachable!("nobody else claims it")
        };
        let complete = StoreOp::Complete { key, owner, epoch, retention: DAY, outcome: outcome.clone() };
        assert_eq!(store.apply(NOW, &complete), StoreReply::Completed);
    }
    store
}

fn moka() -> Moka<[u8; 32], Arc<[u8]>> {
    let cache =
        Moka::builder().max_capacity(RECORDS.into()).time_to_live(Duration::from_secs(86_400)).build();
    for number in 0..RECORDS {
        cache.insert(key(number).0, vec![7; RECORD].into());
    }
    cache.run_pending_tasks();
    cache
}

fn quick() -> Quick<[u8; 32], Arc<[u8]>> {
    let cache = Quick::new(RECORDS as usize * 2);
    for number in 0..RECORDS {
        cache.insert(key(number).0, vec![7; RECORD].into());
    }
    cache
}

fn key(number: u32) -> RecordKey {
    RecordKey(Sha256::digest(number.to_be_bytes()).into())
}

/// As large as makes the encoded record [`RECORD`] bytes long.
fn outcome() -> Vec<u8> {
    let outcome = |size| Outcome::function(Body::Kept(vec![7; size])).encode();
    let record = |outcome| Record {
        fingerprint: Fingerprint::new(Alg::Jcs, [3; 32]),
        caller: None,
        state: State::Completed,
        owner: Owner([7; 16]),
        epoch: NOW.get(),
        lease_until: None,
        attempts: 1,
        takeovers: 0,
        checkpoint: None,
        outcome: Some(outcome),
        created: NOW,
        updated: NOW,
        expires_at: NOW.plus(DAY),
        derived: false,
    };
    let size = (0..RECORD).find(|size| record(outcome(*size)).encode().len() == RECORD);
    outcome(size.expect("a record is smaller without a body"))
}

/// Numbers of records in no order that a cache of the processor could guess.
fn picks() -> impl FnMut() -> usize {
    let mut random = fastrand::Rng::with_seed(1);
    move || random.usize(..RECORDS as usize)
}
