//! The PostgreSQL dialect on a real PostgreSQL: beside the memory store, and what only PostgreSQL has. The driver is what
//! every language's driver does, in its shortest form.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use once_again_core::idempotency::record::RecordKey;
use once_again_core::spec::Value as Spec;
use once_again_core::store::postgres::Postgres;
use once_again_core::store::{Cell, Command, StoreOp, StoreReply};
use once_again_core::time::{MAX_MICROS, Micros, Timestamp};
use postgres::types::{ToSql, Type};
use postgres::{Client, NoTls, Row};

use crate::samples::{begin, begin_key, complete, epoch_of};
use crate::servers::server;
use crate::{compare, property};

/// One store in a table of its own.
struct PostgresStore {
    dialect: Postgres,
    table: String,
    client: Client,
}

static TABLES: AtomicU32 = AtomicU32::new(0);

impl PostgresStore {
    fn open(url: &str, partition: &str) -> Self {
        let table = format!("Test{}", TABLES.fetch_add(1, Ordering::Relaxed));
        let mut store = Self::at(url, &table, partition);
        store.install();
        store
    }

    fn at(url: &str, table: &str, partition: &str) -> Self {
        let text = |text: &str| Spec::Text(text.into());
        let spec = Spec::Map(vec![("table".into(), text(table)), ("partition".into(), text(partition))]);
        let client = Client::connect(url, NoTls).unwrap();
        Self { dialect: Postgres::read(&spec, "").unwrap(), table: table.into(), client }
    }

    fn install(&mut self) {
        self.client.batch_execute(&self.dialect.install().text).unwrap();
    }

    fn apply(&mut self, now: Option<Timestamp>, op: &StoreOp) -> StoreReply {
        let command = self.dialect.command(now, op);
        let row = self.run(&command).unwrap();
        Postgres::reply(row.as_deref()).unwrap()
    }

    fn run(&mut self, command: &Command) -> Result<Option<Vec<Cell>>, postgres::Error> {
        let args: Vec<_> = command.args.iter().map(bind).collect();
        let args: Vec<_> = args.iter().map(AsRef::as_ref).collect();
        Ok(self.client.query_opt(&*command.text, &args)?.map(|row| cells(&row)))
    }

    /// Applies an operation on a connection of its own, for as long as that takes.
    fn elsewhere(&self, url: &str, op: StoreOp) -> thread::JoinHandle<Result<StoreReply, String>> {
        self.elsewhere_under(url, "READ COMMITTED", None, op)
    }

    fn elsewhere_under(
        &self,
        url: &str,
        isolation: &str,
        now: Option<Timestamp>,
        op: StoreOp,
    ) -> thread::JoinHandle<Result<StoreReply, String>> {
        let mut other = Self::at(url, &self.table, "none");
        let isolated = format!("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL {isolation}");
        other.client.batch_execute(&isolated).unwrap();
        thread::spawn(move || {
            let command = other.dialect.command(now, &op);
            let row =
                other.run(&command).map_err(|error| error.as_db_error().unwrap().code().code().to_owned())?;
            Ok(Postgres::reply(row.as_deref()).unwrap())
        })
    }

    fn number(&mut self, sql: &str) -> i64 {
        self.client.query_one(&sql.replace("{table}", &self.table), &[]).unwrap().get(0)
    }
}

fn bind(cell: &Cell) -> Box<dyn ToSql + Sync> {
    match cell {
        // NULL of whatever type the placeholder has.
        Cell::Null => Box::new(Nothing),
        Cell::Int(number) => Box::new(*number),
        Cell::Text(text) => Box::new(text.clone()),
        Cell::Bytes(bytes) => Box::new(bytes.clone()),
    }
}

#[derive(Debug)]
struct Nothing;

impl ToSql for Nothing {
    fn to_sql(
        &self,
        _: &Type,
        _: &mut postgres::types::private::BytesMut,
    ) -> Result<postgres::types::IsNull, Box<dyn std::error::Error + Sync + Send>> {
        Ok(postgres::types::IsNull::Yes)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    postgres::types::to_sql_checked!();
}

fn cells(row: &Row) -> Vec<Cell> {
    let cell = |index: usize| match *row.columns()[index].type_() {
        Type::INT8 => row.get::<_, Option<i64>>(index).map_or(Cell::Null, Cell::Int),
        Type::TEXT => row.get::<_, Option<String>>(index).map_or(Cell::Null, Cell::Text),
        Type::BYTEA => row.get::<_, Option<Vec<u8>>>(index).map_or(Cell::Null, Cell::Bytes),
        ref other => panic!("{other}: not a type of the dialect"),
    };
    (0..row.len()).map(cell).collect()
}

#[test]
fn postgres_is_the_memory_store() {
    let Some(server) = server("postgres") else { return };
    let mut postgres = PostgresStore::open(&server, "none");
    property(128, |history| {
        postgres.client.batch_execute(&format!("TRUNCATE \"{}\"", postgres.table)).unwrap();
        compare(history, |now, op| postgres.apply(Some(now), op));
    });
}

#[test]
fn postgres_in_monthly_partitions_is_the_memory_store() {
    let Some(server) = server("postgres") else { return };
    let mut postgres = PostgresStore::open(&server, "monthly");
    property(64, |history| {
        postgres.client.batch_execute(&format!("TRUNCATE \"{}\"", postgres.table)).unwrap();
        compare(history, |now, op| postgres.apply(Some(now), op));
    });
}

#[test]
fn times_and_epochs_in_postgres_stop_at_what_javascript_can_hold() {
    let Some(server) = server("postgres") else { return };
    let mut postgres = PostgresStore::open(&server, "none");
    let last = Some(Timestamp::MAX);
    let expected =
        StoreReply::Acquired { epoch: MAX_MICROS, attempts: 1, lease_until: last, checkpoint: None };
    assert_eq!(postgres.apply(last, &begin(1)), expected);
}

#[test]
fn postgres_counts_on_its_own_clock() {
    let Some(server) = server("postgres") else { return };
    let mut postgres = PostgresStore::open(&server, "none");
    let epoch = epoch_of(&postgres.apply(None, &begin(1)));
    let now = postgres.number("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8");
    let now = u64::try_from(now).unwrap();
    assert!((now - 60_000_000..=now).contains(&epoch), "{epoch}, {now}");
}

#[test]
fn a_schema_is_made_once_by_however_many_at_a_time() {
    let Some(server) = server("postgres") else { return };
    let table = format!("Together{}", TABLES.fetch_add(1, Ordering::Relaxed));
    let mut first = PostgresStore::at(&server, &table, "none");
    let health = first.dialect.health();
    let row = first.run(&health).unwrap();
    let missing = first.dialect.diagnose(row.as_deref()).unwrap_err().to_string();
    assert_eq!(
        missing,
        format!("table: got {table}, expected a table with schema 1, as ensure_schema makes it")
    );

    let installs: Vec<_> = (0..4)
        .map(|_| PostgresStore::at(&server, &table, "none"))
        .map(|mut store| thread::spawn(move || store.install()))
        .collect();
    for install in installs {
        install.join().unwrap();
    }
    let row = first.run(&health).unwrap();
    assert_eq!(first.dialect.diagnose(row.as_deref()), Ok(()));
    assert_eq!(first.number("SELECT count(*) FROM \"{table}_schema\""), 1);
    first.apply(None, &begin(1));
    first.install();
    assert!(
        matches!(first.apply(None, &begin(2)), StoreReply::Busy { .. }),
        "records outlive a second install"
    );
}

#[test]
fn of_many_connections_with_one_key_one_acquires() {
    let Some(server) = server("postgres") else { return };
    for partition in ["none", "monthly"] {
        let postgres = PostgresStore::open(&server, partition);
        let claims: Vec<_> = (1..=32).map(|owner| postgres.elsewhere(&server, begin(owner))).collect();
        let replies: Vec<_> = claims.into_iter().map(|claim| claim.join().unwrap().unwrap()).collect();
        let acquired = replies.iter().filter(|reply| matches!(reply, StoreReply::Acquired { .. })).count();
        let busy = replies.iter().filter(|reply| matches!(reply, StoreReply::Busy { .. })).count();
        assert_eq!((acquired, busy), (1, 31), "{replies:?}");
    }
}

#[test]
fn under_a_stricter_isolation_one_acquires_and_some_may_fail() {
    let Some(server) = server("postgres") else { return };
    for isolation in ["REPEATABLE READ", "SERIALIZABLE"] {
        let postgres = PostgresStore::open(&server, "none");
        let claim = |owner| postgres.elsewhere_under(&server, isolation, None, begin(owner));
        let claims: Vec<_> = (1..=16).map(claim).collect();
        let replies: Vec<_> = claims.into_iter().map(|claim| claim.join().unwrap()).collect();
        let acquired =
            replies.iter().filter(|reply| matches!(reply, Ok(StoreReply::Acquired { .. }))).count();
        let others = replies.iter().filter(|reply| match reply {
            Ok(reply) => matches!(reply, StoreReply::Busy { .. }),
            // serialization_failure
            Err(code) => code == "40001",
        });
        assert_eq!((acquired, others.count()), (1, 15), "{replies:?}");
    }
}

#[test]
fn monthly_partitions_refuse_a_claim_under_a_stricter_isolation() {
    let Some(server) = server("postgres") else { return };
    let postgres = PostgresStore::open(&server, "monthly");
    let refused = postgres.elsewhere_under(&server, "REPEATABLE READ", None, begin(1)).join().unwrap();
    assert_eq!(refused, Err("25000".into()), "invalid_transaction_state");
}

/// A claim on an expired record may lie in another month's partition than the record did.
#[test]
fn who_waits_for_an_expired_record_finds_the_new_one_in_whichever_month() {
    let Some(server) = server("postgres") else { return };
    for partition in ["none", "monthly"] {
        let mut postgres = PostgresStore::open(&server, partition);
        let began = postgres.number("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8");
        let began = Timestamp::new(u64::try_from(began).unwrap());
        let next_month = Some(began.plus(Micros::from_secs(40 * 86_400)));
        let expired = epoch_of(&postgres.apply(Some(began), &begin(1)));

        postgres.client.batch_execute("BEGIN").unwrap();
        let epoch = epoch_of(&postgres.apply(next_month, &begin(2)));
        let late = [begin(3), complete(1, expired)]
            .map(|op| postgres.elsewhere_under(&server, "READ COMMITTED", next_month, op));
        let waiting =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%{table}%'";
        while postgres.number(waiting) < 2 {
            thread::yield_now();
        }
        postgres.client.batch_execute("COMMIT").unwrap();

        let [other, owner] = late.map(|reply| reply.join().unwrap());
        assert!(matches!(other, Ok(StoreReply::Busy { .. })), "{partition}: {other:?}");
        assert_eq!(owner, Ok(StoreReply::Lost { outcome: None, created: None }), "{partition}");
        assert_eq!(postgres.apply(next_month, &complete(2, epoch)), StoreReply::Completed, "{partition}");
    }
}

#[test]
fn of_many_connections_one_takes_an_orphan_over() {
    let Some(server) = server("postgres") else { return };
    let mut postgres = PostgresStore::open(&server, "none");
    let epoch = epoch_of(&postgres.apply(None, &begin(1)));
    let StoreOp::Complete { key, owner, .. } = complete(1, epoch) else { unreachable!() };
    assert_eq!(postgres.apply(None, &StoreOp::Abandon { key, owner, epoch }), StoreReply::Abandoned);
    let claims: Vec<_> = (2..=33).map(|owner| postgres.elsewhere(&server, begin(owner))).collect();
    let replies: Vec<_> = claims.into_iter().map(|claim| claim.join().unwrap().unwrap()).collect();
    let acquired: Vec<_> =
        replies.iter().filter(|reply| matches!(reply, StoreReply::Acquired { .. })).map(epoch_of).collect();
    assert_eq!(acquired, [epoch + 1]);
}

#[test]
fn a_joint_completion_lives_and_dies_with_the_users_transaction() {
    let Some(server) = server("postgres") else { return };
    let mut postgres = PostgresStore::open(&server, "none");
    let epoch = epoch_of(&postgres.apply(None, &begin(1)));
    postgres.client.batch_execute("BEGIN").unwrap();
    assert_eq!(postgres.apply(None, &complete(1, epoch)), StoreReply::Completed);
    let meanwhile = postgres.elsewhere(&server, begin(2)).join().unwrap();
    assert!(
        matches!(meanwhile, Ok(StoreReply::Busy { .. })),
        "a duplicate does not wait for it: {meanwhile:?}"
    );
    postgres.client.batch_execute("ROLLBACK").unwrap();
    assert!(matches!(postgres.apply(None, &begin(2)), StoreReply::Busy { .. }), "rolled back");

    postgres.client.batch_execute("BEGIN").unwrap();
    postgres.apply(None, &complete(1, epoch));
    postgres.client.batch_execute("COMMIT").unwrap();
    assert!(matches!(postgres.apply(None, &begin(2)), StoreReply::Replay { .. }));
}

#[test]
fn who_meets_a_locked_record_gives_up_before_the_drivers_own_limit() {
    let Some(server) = server("postgres") else { return };
    let mut postgres = PostgresStore::open(&server, "none");
    let epoch = epoch_of(&postgres.apply(None, &begin(1)));
    postgres.client.batch_execute("BEGIN").unwrap();
    postgres.apply(None, &complete(1, epoch));
    let StoreOp::Complete { key, owner, .. } = complete(1, epoch) else { unreachable!() };
    let renew = StoreOp::Renew { key, owner, epoch, lease: Micros::from_secs(60) };
    // 55P03 is lock_not_available: the renewal is unconfirmed, which is not the same as lost.
    assert_eq!(postgres.elsewhere(&server, renew).join().unwrap(), Err("55P03".into()));
    postgres.client.batch_execute("COMMIT").unwrap();
}

#[test]
fn a_sweep_takes_expired_records_only_and_skips_what_somebody_is_at() {
    let Some(server) = server("postgres") else { return };
    let mut postgres = PostgresStore::open(&server, "none");
    let at = |seconds: u64| Some(Timestamp::new(1_795_000_000_000_000).plus(Micros::from_secs(seconds)));
    let keys = [1_u8, 2, 3, 4].map(|byte| RecordKey([byte; 32]));
    for (key, begun) in keys.into_iter().zip([0, 1, 2, 500_000]) {
        postgres.apply(at(begun), &begin_key(key, 1));
    }
    let sweep = |limit| StoreOp::Sweep { limit };
    let later = at(90_000);
    assert_eq!(postgres.apply(later, &sweep(1)), StoreReply::Swept { count: 1 });
    assert_eq!(postgres.apply(later, &StoreOp::Get { key: keys[0] }), StoreReply::NotFound);

    let mut holder = PostgresStore::at(&server, &postgres.table, "none");
    holder.client.batch_execute("BEGIN").unwrap();
    holder.number("SELECT epoch FROM \"{table}\" WHERE key = decode(repeat('02', 32), 'hex') FOR UPDATE");
    assert_eq!(postgres.apply(later, &sweep(10)), StoreReply::Swept { count: 1 });
    holder.client.batch_execute("COMMIT").unwrap();
    assert_eq!(postgres.apply(later, &sweep(10)), StoreReply::Swept { count: 1 });
    assert_eq!(postgres.number("SELECT count(*) FROM \"{table}\""), 1);
}

#[test]
fn a_month_of_expired_records_goes_as_one_partition_but_the_last_two_months_stay() {
    let Some(server) = server("postgres") else { return };
    let mut postgres = PostgresStore::open(&server, "monthly");
    let partitions = |postgres: &mut PostgresStore| {
        let names = "SELECT string_agg(substr(relname, length($1) + 1), ' ' ORDER BY relname) FROM pg_inherits
                     JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = ('\"' || $1 || '\"')::regclass";
        postgres.client.query_one(names, &[&postgres.table]).unwrap().get::<_, String>(0)
    };
    // 2031-01-15, 2031-02-14, 2031-03-16, 2031-05-15, all noon in UTC.
    let [january, february, march, may] = [1_926_244_800, 1_928_836_800, 1_931_428_800, 1_936_612_800]
        .map(|seconds| Some(Timestamp::new(seconds * 1_000_000)));
    let sweep = StoreOp::Sweep { limit: 10 };
    postgres.apply(january, &sweep);
    assert!(
        partitions(&mut postgres).ends_with("_p203101 _p203102 _p203103"),
        "{}",
        partitions(&mut postgres)
    );
    postgres.apply(january, &begin_key(RecordKey([1; 32]), 1));
    postgres.apply(march, &begin_key(RecordKey([3; 32]), 1));
    assert_eq!(postgres.number("SELECT count(*) FROM \"{table}_p203101\""), 1);
    assert_eq!(postgres.number("SELECT count(*) FROM \"{table}_p203103\""), 1);

    // A claim on an expired key moves with it into the month of the new claim.
    postgres.apply(february, &begin_key(RecordKey([1; 32]), 2));
    assert_eq!(postgres.number("SELECT count(*) FROM \"{table}_p203101\""), 0);
    assert_eq!(postgres.number("SELECT count(*) FROM \"{table}_p203102\""), 1);

    postgres.apply(may, &sweep);
    let left = partitions(&mut postgres);
    assert!(!left.contains("_p203101") && !left.contains("_p203103"), "{left}");
    assert!(left.ends_with("_p203105 _p203106 _p203107"), "{left}");
}
