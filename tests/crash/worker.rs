//! The same in Rust as `worker.mjs`, which says what it is told and what it tells.

use deadpool_postgres::{Manager, Pool};
use once_again::Code;
use once_again::action::{
    ConflictBehavior, ExecutionContext, IdempotencyConfig, IdempotencyKeyStrategy, IdempotentExecutor,
};
use once_again::storage::{PostgresStore, RedisStore, SqliteStore, Store, StoreOp};
use rusqlite::{Connection, TransactionBehavior};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::{BufRead, Write, stdin, stdout};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};
use tokio_postgres::NoTls;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    client: String,
    place: String,
    ledger: String,
    mode: String,
    lease: u64,
    conflict: Conflict,
    store_timeout: u64,
    pause: f64,
    seed: u64,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Conflict {
    Reject,
    Wait(u64),
}

/// The store, and what a joint transaction is opened on.
enum Opened {
    Sqlite(SqliteStore),
    Redis(RedisStore),
    Postgres(PostgresStore, Pool),
}

struct Worker {
    told: Told,
    opened: Opened,
    /// Numbers from 0 to 1, the same for the same seed (Park and Miller).
    state: Mutex<u64>,
}

/// One write: the lines of two threads do not mix.
fn tell(at: &str, mut fields: Value) {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    fields["at"] = json!(at);
    fields["when"] = json!(since.as_secs_f64() * 1_000.0);
    let mut out = stdout().lock();
    // Whoever nobody listens to any more is about to be killed.
    let _ = out.write_all(format!("{fields}\n").as_bytes()).and_then(|()| out.flush());
}

impl Worker {
    async fn open(told: Told) -> Result<Self, Failure> {
        let opened = match told.client.as_str() {
            "rusqlite" => Opened::Sqlite(SqliteStore::open(&told.place)?),
            "redis-rs" => {
                let client = redis::Client::open(&*told.place)?;
                Opened::Redis(RedisStore::new(client.get_connection_manager().await?))
            }
            "deadpool" => {
                let pool = Pool::builder(Manager::new(told.place.parse()?, NoTls)).max_size(20).build()?;
                let store = PostgresStore::builder(pool.clone()).cleanup_interval(Duration::ZERO);
                Opened::Postgres(store.build()?, pool)
            }
            client => return Err(format!("{client} is no client of Rust").into()),
        };
        let state = Mutex::new(told.seed);
        Ok(Self { told, opened, state })
    }

    fn executor(&self) -> IdempotentExecutor {
        let store: Arc<dyn Store> = match &self.opened {
            Opened::Sqlite(store) => Arc::new(store.clone()),
            Opened::Redis(store) => Arc::new(store.clone()),
            Opened::Postgres(store, _) => Arc::new(store.clone()),
        };
        IdempotentExecutor::new(store)
    }

    fn config(&self) -> IdempotencyConfig {
        let Told { lease, conflict, store_timeout, mode, .. } = &self.told;
        IdempotencyConfig {
            key_strategy: IdempotencyKeyStrategy::Client,
            conflict_behavior: match conflict {
                Conflict::Reject => ConflictBehavior::Reject,
                Conflict::Wait(millis) => {
                    ConflictBehavior::WaitForCompletion { timeout: Duration::from_millis(*millis) }
                }
            },
            lease: Some(Duration::from_millis(*lease)),
            store_timeout: Some(Duration::from_millis(*store_timeout)),
            max_takeovers: Some(1_000),
            at_most_once: mode == "at_most_once",
            ..IdempotencyConfig::default()
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "they have 31 bits")]
    fn pause(&self) -> Duration {
        let mut state = self.state.lock().unwrap();
        *state = *state * 48_271 % 2_147_483_647;
        Duration::from_secs_f64(*state as f64 / 2_147_483_647.0 * self.told.pause / 1_000.0)
    }

    async fn sleep(&self) {
        tokio::time::sleep(self.pause()).await;
    }

    /// A line of the ledger: on the disk when this returns.
    fn write(&self, effect: &str, about: &Value) -> std::io::Result<()> {
        let line = json!({ "effect": effect, "key": about["key"], "epoch": about["epoch"] });
        let mut ledger = OpenOptions::new().append(true).create(true).open(&self.told.ledger)?;
        ledger.write_all(format!("{line}\n").as_bytes())?;
        ledger.sync_all()
    }

    /// What runs once for each key.
    async fn work(&self, key: String) -> Result<Value, Failure> {
        let context = ExecutionContext::current().ok_or("outside of an action")?;
        let (epoch, attempt) = (context.epoch(), context.attempt);
        tell("claimed", json!({ "key": key, "epoch": epoch, "attempt": attempt }));
        let about = json!({ "key": key, "epoch": epoch });
        let receipt = json!({ "key": key, "epoch": epoch, "attempt": attempt, "by": std::process::id() });
        let row = Row { key, epoch: epoch.try_into()?, attempt: attempt.into() };
        // What records the receipt in the effect's own transaction.
        let completion = || context.completion(&receipt).ok_or("the claim is lost");
        match &self.opened {
            _ if self.told.mode != "joint" => self.two_phase(&about).await?,
            Opened::Sqlite(store) => self.in_sqlite(store, &row, &about, completion)?,
            Opened::Postgres(store, pool) => self.in_postgres(store, pool, &row, &about, completion).await?,
            Opened::Redis(_) => return Err("Redis has no transaction of one's own".into()),
        }
        Ok(receipt)
    }

    /// The effect is elsewhere, so a crash may come between it and its record.
    async fn two_phase(&self, about: &Value) -> Result<(), Failure> {
        self.sleep().await;
        self.write("begun", about)?;
        tell("begun", about.clone());
        self.sleep().await;
        self.write("done", about)?;
        tell("done", about.clone());
        self.sleep().await;
        Ok(())
    }

    /// The effect is a row beside the record.
    fn in_sqlite(
        &self,
        store: &SqliteStore,
        Row { key, epoch, attempt }: &Row,
        about: &Value,
        completion: impl FnOnce() -> Result<StoreOp, &'static str>,
    ) -> Result<(), Failure> {
        let mut connection = Connection::open(&self.told.place)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("INSERT INTO effects VALUES (?, ?, ?)", (key, epoch, attempt))?;
        tell("begun", about.clone());
        thread::sleep(self.pause());
        store.complete_in(&transaction, &completion()?)?;
        tell("done", about.clone());
        thread::sleep(self.pause());
        Ok(transaction.commit()?)
    }

    async fn in_postgres(
        &self,
        store: &PostgresStore,
        pool: &Pool,
        Row { key, epoch, attempt }: &Row,
        about: &Value,
        completion: impl FnOnce() -> Result<StoreOp, &'static str>,
    ) -> Result<(), Failure> {
        let mut client = pool.get().await?;
        let transaction = client.transaction().await?;
        let insert = "INSERT INTO effects VALUES ($1, $2, $3)";
        transaction.execute(insert, &[key, epoch, attempt]).await?;
        tell("begun", about.clone());
        self.sleep().await;
        store.complete_in(&transaction, completion()?).await?;
        tell("done", about.clone());
        self.sleep().await;
        Ok(transaction.commit().await?)
    }

    async fn answer(self: Arc<Self>, call: u64, key: String) {
        tell("calling", json!({ "call": call, "key": key }));
        self.sleep().await;
        let work = |key| self.work(key);
        let charge =
            self.executor().function("charge", work).key(|key: &String| key.clone()).config(self.config());
        match charge.call(key.clone()).await {
            Ok(done) => {
                let (replay, confirmed) = (done.is_replay(), done.is_confirmed());
                let told = json!({ "call": call, "key": key, "output": done.output, "isReplay": replay, "confirmed": confirmed });
                tell("ended", told);
            }
            Err(error) => {
                let (name, status) = error.code().map(|code| (code.name(), Code::status(code))).unzip();
                let name = name.map_or_else(|| error.to_string(), Into::into);
                tell("failed", json!({ "call": call, "key": key, "code": name, "status": status }));
            }
        }
    }
}

struct Row {
    key: String,
    epoch: i64,
    attempt: i64,
}

#[derive(Deserialize)]
struct Line {
    call: u64,
    key: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let told = std::env::args().nth(1).ok_or("usage: crash_worker '{\"client\": …}'")?;
    let worker = Arc::new(Worker::open(serde_json::from_str(&told)?).await?);
    tell("ready", json!({}));
    let (given, mut heard) = tokio::sync::mpsc::unbounded_channel();
    thread::spawn(move || stdin().lock().lines().map_while(Result::ok).try_for_each(|line| given.send(line)));
    while let Some(line) = heard.recv().await {
        let Line { call, key } = serde_json::from_str(&line)?;
        tokio::spawn(worker.clone().answer(call, key));
    }
    Ok(())
}
