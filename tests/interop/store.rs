//! A store of Rust's for tests in other languages: `cargo run --example interop_store -- sqlite|redis|postgres PLACE`, where
//! servers' addresses come from `REDIS_URL` and `DATABASE_URL`, and the place is a file's.
//!
//! Reads operations, one JSON text a line with an `id` and its bytes as `payload` in hexadecimal, and answers replies of the
//! same form, many at once. A line `{"id": …, "charge": order}` calls a function that runs once; the answer says what it
//! returned and whether it ran.

use once_again::action::{IdempotencyConfig, IdempotencyInput, IdempotencyKeyStrategy, IdempotentExecutor};
use once_again::storage::{PostgresStore, RedisStore, SqliteStore, Store, StoreOp};
use once_again_core::hex;
use serde::Serialize;
use serde_json::{Value, json};
use std::io::{BufRead, stdin};
use std::sync::Arc;
use tokio::task::JoinSet;

fn opened(kind: &str, place: &str) -> Result<Arc<dyn Store>, Box<dyn std::error::Error>> {
    Ok(match kind {
        "sqlite" => Arc::new(SqliteStore::open(place)?),
        "redis" => Arc::new(RedisStore::from_env()?),
        "postgres" => Arc::new(PostgresStore::from_env()?),
        _ => return Err(format!("sqlite, redis or postgres, not {kind}").into()),
    })
}

type Answer = Result<Value, Box<dyn std::error::Error + Send + Sync>>;

async fn answer(store: Arc<dyn Store>, request: Value) -> Answer {
    match request.get("charge") {
        Some(order) => charged(store, request["id"].clone(), Order(order.clone())).await,
        None => applied(&*store, request).await,
    }
}

async fn charged(store: Arc<dyn Store>, id: Value, order: Order) -> Answer {
    let executor = IdempotentExecutor::new(store);
    let work = |Order(order)| async move {
        Ok::<_, String>(json!({"by": "rust", "amount": order["amount"], "note": "für \u{2603}\0"}))
    };
    let key = |Order(order): &Order| order["id"].as_str().unwrap_or_default().to_owned();
    let config =
        IdempotencyConfig { key_strategy: IdempotencyKeyStrategy::Client, ..IdempotencyConfig::default() };
    let charge = executor.function("charge", work).key(key).config(config);
    let done = charge.call(order).await?;
    Ok(json!({"id": id, "isReplay": done.is_replay(), "output": done.output}))
}

/// Whatever the other languages call with.
#[derive(Clone, Serialize)]
struct Order(Value);

impl IdempotencyInput for Order {}

async fn applied(store: &dyn Store, mut request: Value) -> Answer {
    let fields = request.as_object_mut().ok_or("not an object")?;
    let (id, payload) = (fields.remove("id"), fields.remove("payload"));
    let payload = payload.as_ref().and_then(Value::as_str).map(bytes).transpose()?;
    let op = StoreOp::from_wire(&request.to_string(), payload)?;
    let (text, payload) = store.apply(op).await?.to_wire();
    let mut reply: Value = serde_json::from_str(&text)?;
    reply["id"] = json!(id);
    if let Some(payload) = payload {
        reply["payload"] = json!(hex::encode(&payload));
    }
    Ok(reply)
}

fn bytes(digits: &str) -> Result<Vec<u8>, std::num::ParseIntError> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16)).collect()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [kind, place] = &std::env::args().skip(1).collect::<Vec<_>>()[..] else {
        return Err("usage: interop_store sqlite|redis|postgres PLACE".into());
    };
    let store = opened(kind, place)?;
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        stdin().lock().lines().map_while(Result::ok).try_for_each(|line| told.send(line))
    });
    let mut answers = JoinSet::new();
    while let Some(line) = heard.recv().await {
        let (store, request) = (store.clone(), serde_json::from_str(&line)?);
        answers
            .spawn(async move { println!("{}", answer(store, request).await.expect("the store answers")) });
    }
    answers.join_all().await;
    Ok(())
}
