//! The Redis dialect on a real Redis: beside the memory store, and what only Redis has. The driver is what every language's
//! driver does, in its shortest form.

use std::sync::atomic::{AtomicU32, Ordering};

use once_again_core::spec::Value as Spec;
use once_again_core::store::redis::Redis;
use once_again_core::store::{Cell, Command, Request, StoreOp, StoreReply};
use once_again_core::time::{MAX_MICROS, Micros, Timestamp};
use redis::{Client, Connection, Script, Value};

use crate::samples::{KEY, begin, complete, epoch_of};
use crate::servers::server;
use crate::{compare, property};

/// One store in a corner of the server of its own.
struct RedisStore {
    dialect: Redis,
    prefix: String,
    connection: Connection,
}

static CORNERS: AtomicU32 = AtomicU32::new(0);

impl RedisStore {
    fn open(url: &str) -> Self {
        let corner = CORNERS.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("test{corner}:");
        let spec = Spec::Map(vec![("prefix".into(), Spec::Text(prefix.clone()))]);
        let connection = Client::open(url).unwrap().get_connection().unwrap();
        Self { dialect: Redis::read(&spec, "").unwrap(), prefix, connection }
    }

    fn apply(&mut self, now: Option<Timestamp>, op: &StoreOp) -> StoreReply {
        match self.dialect.request(now, op) {
            Request::Answer(reply) => reply,
            Request::Send(command) => Redis::reply(&self.run(&command)).unwrap(),
        }
    }

    fn run(&mut self, command: &Command) -> Vec<Cell> {
        let script = Script::new(&command.text);
        let mut call = script.prepare_invoke();
        let (key, args) = command.args.split_first().unwrap();
        call.key(bytes(key));
        for arg in args {
            call.arg(bytes(arg));
        }
        let answer: Vec<Value> = call.invoke(&mut self.connection).unwrap();
        answer.into_iter().map(cell).collect()
    }
}

fn bytes(cell: &Cell) -> Vec<u8> {
    match cell {
        Cell::Null => panic!("a script has no NULL"),
        Cell::Int(number) => number.to_string().into_bytes(),
        Cell::Text(text) => text.clone().into_bytes(),
        Cell::Bytes(bytes) => bytes.clone(),
    }
}

fn cell(value: Value) -> Cell {
    match value {
        Value::Int(number) => Cell::Int(number),
        Value::BulkString(bytes) => Cell::Bytes(bytes),
        other => panic!("{other:?}: not in an answer"),
    }
}

#[test]
fn redis_is_the_memory_store() {
    let Some(server) = server("redis") else { return };
    property(128, |history| {
        let mut redis = RedisStore::open(&server);
        compare(history, |now, op| redis.apply(Some(now), op));
    });
}

#[test]
fn times_and_epochs_in_redis_stop_at_what_javascript_can_hold() {
    let Some(server) = server("redis") else { return };
    let mut redis = RedisStore::open(&server);
    let last = Some(Timestamp::MAX);
    let reply = redis.apply(last, &begin(1));
    let expected =
        StoreReply::Acquired { epoch: MAX_MICROS, attempts: 1, lease_until: last, checkpoint: None };
    assert_eq!(reply, expected);
}

#[test]
fn redis_keeps_a_record_for_its_retention_and_not_for_its_lease() {
    let Some(server) = server("redis") else { return };
    let mut redis = RedisStore::open(&server);
    let key = format!("{}{KEY}", redis.prefix);
    let epoch = epoch_of(&redis.apply(None, &begin(1)));
    let mut left = || redis::cmd("PTTL").arg(&key).query::<u64>(&mut redis.connection).unwrap();
    // A lease of a minute, a retention of a day; the test itself may take a while.
    assert!((86_000_000..=86_400_000).contains(&left()), "{}", left());
    let (seconds, micros): (u64, u64) = redis::cmd("TIME").query(&mut redis.connection).unwrap();
    let now = seconds * 1_000_000 + micros;
    assert!((now - 60_000_000..=now).contains(&epoch), "the epoch is the server's own time: {epoch}, {now}");

    let StoreOp::Complete { key: of, owner, outcome, .. } = complete(1, epoch) else { unreachable!() };
    let retention = Micros::from_secs(10);
    let shorter = StoreOp::Complete { key: of, owner, epoch, outcome, retention };
    assert_eq!(redis.apply(None, &shorter), StoreReply::Completed);
    let left: u64 = redis::cmd("PTTL").arg(&key).query(&mut redis.connection).unwrap();
    assert!((1..=10_000).contains(&left), "{left}");
}

#[test]
fn whoever_listens_on_the_key_hears_of_its_completion() {
    let Some(server) = server("redis") else { return };
    let mut redis = RedisStore::open(&server);
    let mut listener = Client::open(server).unwrap().get_connection().unwrap();
    let mut channel = listener.as_pubsub();
    channel.subscribe(format!("{}{KEY}", redis.prefix)).unwrap();
    let epoch = epoch_of(&redis.apply(None, &begin(1)));
    redis.apply(None, &complete(1, epoch));
    assert_eq!(channel.get_message().unwrap().get_payload::<String>().unwrap(), "completed");
}

#[test]
fn a_user_who_may_not_publish_completes_all_the_same() {
    let Some(server) = server("redis") else { return };
    let mut redis = RedisStore::open(&server);
    let rules = ["SETUSER", "silent", "on", "nopass", "~*", "+@all", "-publish", "resetchannels"];
    redis::cmd("ACL").arg(&rules).exec(&mut redis.connection).unwrap();
    redis::cmd("AUTH").arg("silent").arg("any").exec(&mut redis.connection).unwrap();
    let epoch = epoch_of(&redis.apply(None, &begin(1)));
    assert_eq!(redis.apply(None, &complete(1, epoch)), StoreReply::Completed);
}

#[test]
fn a_server_that_may_lose_records_is_warned_of() {
    let Some(server) = server("redis") else { return };
    let mut redis = RedisStore::open(&server);
    let mut warnings = |policy: &str, appendonly: &str| {
        for (setting, value) in [("maxmemory-policy", policy), ("appendonly", appendonly)] {
            redis::cmd("CONFIG").arg("SET").arg(setting).arg(value).exec(&mut redis.connection).unwrap();
        }
        let health = redis.dialect.health();
        Redis::warnings(&redis.run(&health))
    };
    assert_eq!(warnings("noeviction", "yes"), Vec::<String>::new());
    let both = warnings("allkeys-lru", "no");
    assert!(both[0].contains("maxmemory-policy is allkeys-lru, set it to noeviction"), "{both:?}");
    assert!(both[1].contains("appendonly is no, set it to yes"), "{both:?}");
    assert_eq!(warnings("noeviction", "no").len(), 1);
}
