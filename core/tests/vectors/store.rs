//! Operations on a memory store, and what it answers; SQLite, which has no bounds, answers the same.

#[path = "../store_model/sqlite.rs"]
mod sqlite;

use once_again_core::hex;
use once_again_core::json;
use once_again_core::spec::Unit;
use once_again_core::store::StoreOp;
use once_again_core::store::memory::{MemorySpec, MemoryStore};
use once_again_core::time::Timestamp;
use serde_json::{Value, json};

use self::sqlite::Sqlite;
use super::bytes;

pub(crate) fn run(given: &Value) -> Value {
    let config = json::parse(given["config"].to_string()).unwrap();
    let config = MemorySpec::read(&config, Unit::Micros, "").unwrap().config(0);
    let mut store = MemoryStore::new(config);
    let mut sqlite = given.get("config").is_none().then(Sqlite::in_memory);
    let replies = given["events"].as_array().unwrap().iter().map(|event| {
        let op = StoreOp::from_wire(&event["op"].to_string(), bytes(&event["payload"])).unwrap();
        let now = Timestamp::new(event["at"].as_u64().unwrap());
        let reply = store.apply(now, &op);
        if let Some(sqlite) = &mut sqlite {
            assert_eq!(sqlite.apply(now, &op), reply, "SQLite answers as memory does: {op:?}");
        }
        let (text, payload) = reply.to_wire();
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        answer["payload"] = json!(payload.map(|payload| hex::encode(&payload)));
        answer
    });
    json!({ "replies": replies.collect::<Vec<_>>() })
}
