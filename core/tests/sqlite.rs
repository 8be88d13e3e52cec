//! The SQLite dialect on real files: schema, joint transactions, several connections, rows that nobody of us wrote.

#![expect(clippy::disallowed_macros, reason = "cargo says when compiling where test files go")]

#[path = "store_model/sqlite.rs"]
mod driver;

use std::fs;
use std::path::PathBuf;

use driver::Sqlite;
use once_again_core::fingerprint::{Alg, Fingerprint};
use once_again_core::idempotency::record::{Owner, RecordError, RecordKey};
use once_again_core::store::sqlite::{self, SchemaError};
use once_again_core::store::{Begin, Cell, Mode, OnOrphan, StoreOp, StoreReply};
use once_again_core::time::{Micros, Timestamp};
use rusqlite::Connection;

const NOW: Timestamp = Timestamp::new(1_795_000_000_000_000);
const KEY: RecordKey = RecordKey([0xa1; 32]);
const RETENTION: Micros = Micros::from_secs(86_400);

fn begin(owner: u8) -> StoreOp {
    StoreOp::Begin(Begin {
        key: KEY,
        owner: Owner([owner; 16]),
        fingerprint: Fingerprint::new(Alg::Jcs, [0xf1; 32]),
        caller: None,
        lease: Some(Micros::from_secs(60)),
        retention: RETENTION,
        on_orphan: OnOrphan::Reexecute,
        max_takeovers: 5,
        derived: false,
    })
}

fn complete(owner: u8, epoch: u64) -> StoreOp {
    let outcome = b"charged".to_vec();
    StoreOp::Complete { key: KEY, owner: Owner([owner; 16]), epoch, outcome, retention: RETENTION }
}

fn file(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.db"));
    for old in ["db", "db-wal", "db-shm"] {
        let _ = fs::remove_file(path.with_extension(old));
    }
    path
}

fn connect(path: &PathBuf) -> Connection {
    let connection = Connection::open(path).unwrap();
    for pragma in sqlite::OPEN {
        connection.execute_batch(pragma).unwrap();
    }
    connection
}

#[test]
fn the_schema_is_made_once() {
    let path = file("schema");
    let version =
        |store: &Sqlite| store.0.query_row(sqlite::VERSION, [], |row| row.get::<_, Option<i64>>(0)).unwrap();
    let first = Sqlite::open(connect(&path));
    assert_eq!(version(&first), Some(1));
    drop(first);
    let again = Sqlite::open(connect(&path));
    assert_eq!(version(&again), Some(1));
    assert_eq!(sqlite::migrate(Some(1)), Ok(Vec::new()));
}

#[test]
fn a_file_of_a_later_version_is_refused_by_name() {
    for found in [2, 99, -1] {
        assert_eq!(sqlite::migrate(Some(found)), Err(SchemaError { found }));
    }
    let message = "the records have schema 2, this version of once-again knows schemas up to 1";
    assert_eq!(SchemaError { found: 2 }.to_string(), message);
}

#[test]
fn numbers_bound_as_real_are_stored_as_integers() {
    let mut store = Sqlite::in_memory();
    store.apply(NOW, &begin(1));
    let types = "SELECT typeof(epoch), typeof(lease_until), typeof(takeovers), typeof(expires_at), epoch FROM once_again_records";
    let row = store
        .0
        .query_row(types, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)));
    let integer = || "integer".to_owned();
    assert_eq!(row, Ok((integer(), integer(), integer(), integer(), 1_795_000_000_000_000_i64)));
}

#[test]
fn a_joint_completion_lives_and_dies_with_the_users_transaction() {
    let mut store = Sqlite::in_memory();
    store.0.execute_batch("CREATE TABLE ledger (amount INTEGER NOT NULL)").unwrap();
    let StoreReply::Acquired { epoch, .. } = store.apply(NOW, &begin(1)) else { panic!("not acquired") };

    store.0.execute_batch("BEGIN IMMEDIATE; INSERT INTO ledger VALUES (100)").unwrap();
    assert_eq!(store.apply_inside(NOW, &complete(1, epoch)), StoreReply::Completed);
    store.0.execute_batch("ROLLBACK").unwrap();
    assert!(
        matches!(store.apply(NOW, &begin(2)), StoreReply::Busy { .. }),
        "rolled back, so still in progress"
    );

    store.0.execute_batch("BEGIN IMMEDIATE; INSERT INTO ledger VALUES (100)").unwrap();
    assert_eq!(store.apply_inside(NOW, &complete(1, epoch)), StoreReply::Completed);
    store.0.execute_batch("COMMIT").unwrap();
    let replay = StoreReply::Replay { outcome: b"charged".to_vec(), created: NOW };
    assert_eq!(store.apply(NOW, &begin(2)), replay);
    assert_eq!(store.0.query_row("SELECT count(*) FROM ledger", [], |row| row.get(0)), Ok(1));
}

#[test]
fn a_joint_completion_of_a_lost_claim_says_so_before_the_commit() {
    let mut store = Sqlite::in_memory();
    let StoreReply::Acquired { epoch, .. } = store.apply(NOW, &begin(1)) else { panic!("not acquired") };
    let later = NOW.plus(Micros::from_secs(60));
    assert!(matches!(store.apply(later, &begin(2)), StoreReply::Acquired { attempts: 2, .. }));
    store.0.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(
        store.apply_inside(later, &complete(1, epoch)),
        StoreReply::Lost { outcome: None, created: None }
    );
    store.0.execute_batch("ROLLBACK").unwrap();
}

#[test]
fn a_connection_that_dies_before_its_commit_leaves_nothing() {
    let path = file("dies");
    let mut first = Sqlite::open(connect(&path));
    first.0.execute_batch(sqlite::BEGIN).unwrap();
    assert!(matches!(first.apply_inside(NOW, &begin(1)), StoreReply::Acquired { .. }));
    drop(first);
    let mut second = Sqlite::open(connect(&path));
    assert_eq!(second.apply(NOW, &StoreOp::Get { key: KEY }), StoreReply::NotFound);
}

#[test]
fn of_many_connections_with_one_key_one_acquires() {
    let path = file("race");
    drop(Sqlite::open(connect(&path)));
    let race = |owner: u8| {
        let path = path.clone();
        move || Sqlite(connect(&path)).apply(NOW, &begin(owner))
    };
    #[expect(clippy::disallowed_methods, reason = "connections of several threads are what is tested")]
    let replies: Vec<_> = (1..=16_u8).map(|owner| std::thread::spawn(race(owner))).collect();
    let replies: Vec<_> = replies.into_iter().map(|thread| thread.join().unwrap()).collect();
    let acquired = replies.iter().filter(|reply| matches!(reply, StoreReply::Acquired { .. })).count();
    let busy = replies.iter().filter(|reply| matches!(reply, StoreReply::Busy { .. })).count();
    assert_eq!((acquired, busy), (1, 15), "{replies:?}");
}

#[test]
fn a_row_that_is_no_record_is_an_error_that_names_the_column() {
    let wrong = [
        ("fingerprint", "fingerprint = 'md5:00'"),
        ("caller", "caller = x'00'"),
        ("owner", "owner = x'0102'"),
        ("epoch", "epoch = -1"),
        ("lease_until", "lease_until = 9007199254740992"),
        ("attempts", "attempts = 4294967296"),
        ("created", "created = -1"),
    ];
    for (column, change) in wrong {
        let mut store = Sqlite::in_memory();
        store.apply(NOW, &begin(1));
        store.0.execute(&format!("UPDATE once_again_records SET {change}"), []).unwrap();
        assert_eq!(store.try_apply_inside(NOW, &begin(2)), Err(RecordError::Column(column)));
    }
}

#[test]
fn a_row_of_another_shape_is_an_error() {
    let get = StoreOp::Get { key: KEY };
    assert_eq!(sqlite::step(NOW, Some(&[]), &get), Err(RecordError::Column("fingerprint")));
    let mut cells =
        vec![Cell::Text(format!("jcs:{}", "00".repeat(32))), Cell::Null, Cell::Text("completed".into())];
    assert_eq!(sqlite::step(NOW, Some(&cells), &get), Err(RecordError::Column("owner")));
    cells.push(Cell::Text("a string of sixteen".into()));
    assert_eq!(sqlite::step(NOW, Some(&cells), &get), Err(RecordError::Column("owner")));
    let sweep = StoreOp::Sweep { limit: 10 };
    assert_eq!(sqlite::step(NOW, None, &sweep), Err(RecordError::Column("count")));
    assert_eq!(sqlite::step(NOW, Some(&[Cell::Int(-1)]), &sweep), Err(RecordError::Column("count")));
}

#[test]
fn what_is_only_read_writes_nothing() {
    let mut store = Sqlite::in_memory();
    store.apply(NOW, &begin(1));
    let changes =
        |store: &Sqlite| store.0.query_row("SELECT total_changes()", [], |row| row.get::<_, i64>(0)).unwrap();
    let before = changes(&store);
    let release = StoreOp::Release { key: KEY, owner: Owner([9; 16]), epoch: 1, mode: Mode::Forget };
    for op in [begin(2), release, StoreOp::Get { key: KEY }, StoreOp::Sweep { limit: 10 }] {
        store.apply(NOW, &op);
    }
    assert_eq!(changes(&store), before);
}
