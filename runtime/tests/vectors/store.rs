//! Operations on a memory store; a store in SQLite, which has no bounds, answers the same.

use crate::notation::bytes;
use once_again::storage::{MemoryStore, StoreOp, StoreReply, WhenFull};
use once_again::testing::VirtualClock;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

pub(crate) fn run(given: &Value) -> Value {
    let clock = VirtualClock::new();
    let memory = memory(given.get("config"), &clock);
    let replies = given["events"].as_array().unwrap().iter().map(|event| {
        let now = SystemTime::UNIX_EPOCH + Duration::from_micros(event["at"].as_u64().unwrap());
        let _same_clock = clock.clone().at(now);
        let op = StoreOp::from_wire(&event["op"].to_string(), bytes(&event["payload"])).unwrap();
        (op.clone(), memory.apply_now(op).unwrap(), now)
    });
    let replies: Vec<_> = replies.collect();
    #[cfg(feature = "sqlite")]
    if given.get("config").is_none() {
        sqlite_answers_the_same(&replies);
    }
    json!({ "replies": replies.iter().map(|(_, reply, _)| written(reply)).collect::<Vec<_>>() })
}

fn written(reply: &StoreReply) -> Value {
    let (text, payload) = reply.to_wire();
    let mut answer: Value = serde_json::from_str(&text).unwrap();
    let digits =
        |payload: Vec<u8>| payload.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    answer["payload"] = json!(payload.map(digits));
    answer
}

/// The store, written with the builder.
fn memory(config: Option<&Value>, clock: &VirtualClock) -> MemoryStore {
    let mut builder = MemoryStore::builder().clock(clock.clone());
    for (name, value) in config.and_then(Value::as_object).into_iter().flatten() {
        builder = match (name.as_str(), value.as_u64(), value.as_str()) {
            ("max_records", Some(records), _) => builder.max_records(records.try_into().unwrap()),
            ("max_bytes", Some(bytes), _) => builder.max_bytes(bytes),
            ("when_full", _, Some("refuse")) => builder.when_full(WhenFull::Refuse),
            ("when_full", _, Some("evictCompleted")) => builder.when_full(WhenFull::EvictCompleted),
            _ => panic!("{name}: {value}"),
        };
    }
    builder.build().unwrap()
}

#[cfg(feature = "sqlite")]
fn sqlite_answers_the_same(played: &[(StoreOp, StoreReply, SystemTime)]) {
    use once_again::storage::{SqliteStore, Store};
    let clock = VirtualClock::new();
    let builder = SqliteStore::builder().clock(clock.clone()).cleanup_interval(Duration::ZERO);
    let sqlite = builder.open(":memory:").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (op, expected, now) in played {
        let _same_clock = clock.clone().at(*now);
        assert_eq!(&runtime.block_on(sqlite.apply(op.clone())).unwrap(), expected, "{op:?}");
    }
}
