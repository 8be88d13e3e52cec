//! Memory stores of one thread, behind handles, and core's step for stores that keep encoded records themselves.

use crate::answer;
use crate::mailbox::{millis, timestamp};
use crate::payload;
use crate::slab::Slab;
use once_again_core::error::ConfigError;
use once_again_core::idempotency::record::Record;
use once_again_core::json;
use once_again_core::spec::Unit;
use once_again_core::store::memory::{MemorySpec, MemoryStore};
use once_again_core::store::{self, StoreOp, StoreReply, Write};
use once_again_core::time::Timestamp;
use serde::Serialize;
use std::cell::RefCell;

thread_local! {
    static STORES: RefCell<Slab<MemoryStore>> = const { RefCell::new(Slab::new()) };
}

/// What the driver should know about a new store. Times are milliseconds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    handle: f64,
    cleanup_interval: f64,
}

/// Makes a memory store from a configuration; `seed` is any random number.
#[must_use]
pub fn open(config: &str, seed: f64) -> String {
    answer::text(try_open(config, seed))
}

fn try_open(config: &str, seed: f64) -> Result<Opened, ConfigError> {
    let spec = MemorySpec::read(&answer::config(config)?, Unit::Millis, "")?;
    let store = MemoryStore::new(spec.config(seed.to_bits()));
    Ok(Opened {
        handle: STORES.with_borrow_mut(|stores| stores.insert(store)),
        cleanup_interval: millis(spec.cleanup_interval.unwrap_or(MemorySpec::CLEANUP_INTERVAL)),
    })
}

/// Frees a store; a handle that is not valid any more is left alone.
pub fn close(handle: f64) {
    STORES.with_borrow_mut(|stores| stores.remove(handle));
}

/// Applies one operation; answers the reply, its bytes left as payload. `{"gone":true}` when the store was closed, and
/// `{"invalid":…}` for what is no operation.
#[must_use]
pub fn apply(handle: f64, now: f64, op: &str, bytes: Option<Vec<u8>>) -> String {
    let op = match StoreOp::from_wire(op, bytes) {
        Ok(op) => op,
        Err(error) => return invalid(&error.to_string()),
    };
    ask(handle, now, &op).map_or_else(|| "{\"gone\":true}".into(), |reply| tell(&reply))
}

/// What a store answers to an operation; none when it was closed.
pub(crate) fn ask(handle: f64, now: f64, op: &StoreOp) -> Option<StoreReply> {
    STORES.with_borrow_mut(|stores| Some(stores.get_mut(handle)?.apply(timestamp(now), op)))
}

/// What a store holds, as JSON; `null` when it was closed.
#[must_use]
pub fn stats(handle: f64) -> String {
    STORES.with_borrow_mut(|stores| json::to_string(&stores.get_mut(handle).map(|store| store.stats())))
}

/// What is to be written, and what to answer once it has been.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stepped<'a> {
    write: &'static str,
    /// When the record to put expires.
    expires_at: Timestamp,
    /// For how many whole seconds it must be kept.
    ttl: u64,
    reply: &'a StoreReply,
}

/// Decides one operation on an encoded record. The bytes to take afterwards: the record when it is to be put, then the
/// reply's. `{"invalid":…}` for what is no operation, `{"unreadable":…}` for what is no record.
#[must_use]
pub fn step(now: f64, record: Option<&[u8]>, op: &str, bytes: Option<Vec<u8>>) -> String {
    let now = timestamp(now);
    let op = match StoreOp::from_wire(op, bytes) {
        Ok(op) => op,
        Err(error) => return invalid(&error.to_string()),
    };
    let found = match record.map(Record::decode).transpose() {
        Ok(found) => found,
        Err(error) => return unreadable(&error.to_string()),
    };
    let (write, reply) = store::step(now, found, &op);
    let payload = reply.to_wire().1;
    let (name, record) = match write {
        Write::Keep => ("keep", None),
        Write::Delete => ("delete", None),
        Write::Put(record) => ("put", Some(record)),
    };
    let expires_at = record.as_ref().map_or(now, |record| record.expires_at);
    let ttl = record.as_ref().map_or(0, |record| record.kept_for(now));
    let text = json::to_string(&Stepped { write: name, expires_at, ttl, reply: &reply });
    payload::leave(record.map(|record| record.encode()).into_iter().chain(payload));
    text
}

/// A reply as text; its bytes are left as payload.
#[must_use]
pub fn tell(reply: &StoreReply) -> String {
    let (text, payload) = reply.to_wire();
    payload::leave(payload);
    text
}

/// What was handed over is no operation.
#[must_use]
pub fn invalid(why: &str) -> String {
    #[derive(Serialize)]
    struct Invalid<'a> {
        invalid: &'a str,
    }
    json::to_string(&Invalid { invalid: why })
}

/// What the store holds is no record that this version reads. That is not the caller's mistake.
#[must_use]
pub fn unreadable(why: &str) -> String {
    #[derive(Serialize)]
    struct Unreadable<'a> {
        unreadable: &'a str,
    }
    json::to_string(&Unreadable { unreadable: why })
}
