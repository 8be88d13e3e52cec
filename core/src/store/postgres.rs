//! The PostgreSQL dialect: one row for each record, and the rules in a plpgsql function, so that each operation is one
//! statement and one round trip. PostgreSQL 12 or later.
//!
//! Columns are `int8`, `bytea` and `text` only, placeholders are cast (`$1::int8`), and every statement answers at most
//! one row: a driver binds numbers, text and bytes, and hands the row's values to [`Postgres::reply`]. Numbers may come
//! back as numbers or as text.
//!
//! [`Postgres::install`] makes table, indexes and functions, or brings them up to date; it is one statement that can be
//! repeated, also by several processes at once. Functions carry the number of the schema that made them, so a process of
//! an earlier version goes on while a later one has brought its own.
//!
//! Joint mode is the same statement inside the user's own transaction, which should be READ COMMITTED: under a stricter
//! level a renewal in between is a serialization failure.

use super::command::{Cell, Command};
use super::op::{Begin, Resolution, StoreOp};
use super::reply::StoreReply;
use super::{answer, row};
use crate::error::ConfigError;
use crate::idempotency::record::{Owner, RecordError, RecordKey};
use crate::spec::{Names, Reader, Unit, Value};
use crate::time::Timestamp;

/// Whether records lie in one table or in one for each month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PartitionStrategy {
    /// One table.
    #[default]
    None,
    /// One partition for each month of first claims, which a sweep drops whole once nothing in it lives.
    Monthly,
}

impl PartitionStrategy {
    /// Its word in configurations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Monthly => "monthly",
        }
    }
}

/// A store's place in a PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postgres {
    begin: String,
    begin_many: String,
    own: String,
    resolve: String,
    get: String,
    sweep: String,
    health: String,
    usage: String,
    install: String,
    table: String,
}

/// The statements that lead from each schema to the next, the first from nothing to 1.
const MIGRATIONS: &[&[&str]] = &[&[
    include_str!("postgres/table.sql"),
    include_str!("postgres/clock.sql"),
    include_str!("postgres/begin.sql"),
    include_str!("postgres/own.sql"),
    include_str!("postgres/resolve.sql"),
    "{partitions_made}",
    include_str!("postgres/sweep.sql"),
]];
const INSTALL: &str = include_str!("postgres/install.sql");
const ISOLATION: &str = include_str!("postgres/isolation.sql");
const PARTITIONS: &str = include_str!("postgres/partitions.sql");
const USAGE: &str = include_str!("postgres/usage.sql");
const GET: &str = include_str!("postgres/get.sql");
const BEGIN: &str = "SELECT * FROM {begin}($1::int8, $2::bytea, $3::bytea, $4::text, $5::bytea, $6::int8, $7::int8, \
                     $8::text, $9::int8, $10::int8)";
const BEGIN_MANY: &str = "SELECT answer.* FROM (VALUES {claims}) AS claim (place, now, wanted, claimant, content, who, lease, \
                          retention, on_orphan, most_takeovers, from_request) CROSS JOIN LATERAL {begin}(now, wanted, claimant, \
                          content, who, lease, retention, on_orphan, most_takeovers, from_request) AS answer ORDER BY place";
/// The columns of `claims`.
const CLAIM: [&str; 11] =
    ["int8", "int8", "bytea", "bytea", "text", "bytea", "int8", "int8", "text", "int8", "int8"];
const OWN: &str =
    "SELECT * FROM {own}($1::text, $2::int8, $3::bytea, $4::bytea, $5::int8, $6::int8, $7::text, $8::bytea)";
const RESOLVE: &str = "SELECT * FROM {resolve}($1::int8, $2::bytea, $3::text, $4::int8, $5::bytea)";
const SWEEP: &str = "SELECT * FROM {sweep}($1::int8, $2::int8)";
const HEALTH: &str = "SELECT 'schema', (to_regproc({begin_text}) IS NOT NULL)::int4::int8";

impl Default for Postgres {
    /// A table `idempotency_keys`, in one piece, wherever the user's search path leads.
    fn default() -> Self {
        Self::new(None, Self::TABLE, PartitionStrategy::None)
    }
}

impl Postgres {
    /// The table's name unless told otherwise (nebula-idempotency).
    pub const TABLE: &str = "idempotency_keys";

    /// The table's name.
    pub const TABLE_NAMES: Names = Names(&[("table", None), ("table_name", None)]);
    /// The name of the schema the table is in.
    pub const SCHEMA_NAMES: Names = Names(&[("schema", None)]);
    /// `none` or `monthly`.
    pub const PARTITION_NAMES: Names = Names(&[("partition", None), ("partition_strategy", None)]);
    /// All fields.
    pub const NAMES: &[Names] = &[Self::TABLE_NAMES, Self::SCHEMA_NAMES, Self::PARTITION_NAMES];

    /// Reads an object that holds these fields and no others.
    pub fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let reader = Reader::new(value, Unit::Millis, Self::NAMES, path)?;
        let name = |field: &str| match reader.text(field)? {
            Some(name) if !is_name(name) => {
                Err(reader.refuse(field, "1 to 40 letters, digits and underscores, the first no digit"))
            }
            name => Ok(name),
        };
        let strategies = [PartitionStrategy::None, PartitionStrategy::Monthly];
        let partition = reader.one_of("partition", &strategies.map(PartitionStrategy::name))?;
        let partition = partition.map_or_else(PartitionStrategy::default, |i| strategies[i]);
        Ok(Self::new(name("schema")?, name("table")?.unwrap_or(Self::TABLE), partition))
    }

    fn new(schema: Option<&str>, table: &str, partition: PartitionStrategy) -> Self {
        let names = Placeholders { schema, table, monthly: partition == PartitionStrategy::Monthly };
        let migrations = (1..).zip(MIGRATIONS).map(|(version, statements)| {
            let statements = statements.concat();
            format!("IF installed < {version} THEN {statements} INSERT INTO {{versions}} VALUES ({version}); END IF;")
        });
        let install = INSTALL.replace("{migrations}", &migrations.collect::<String>());
        Self {
            begin: names.fill(BEGIN),
            begin_many: names.fill(BEGIN_MANY),
            own: names.fill(OWN),
            resolve: names.fill(RESOLVE),
            get: names.fill(GET),
            sweep: names.fill(SWEEP),
            health: names.fill(HEALTH),
            usage: names.fill(USAGE),
            install: names.fill(&install),
            table: table.into(),
        }
    }

    /// What to run for `op`. `now` overrides the server's clock, for tests.
    #[must_use]
    pub fn command(&self, now: Option<Timestamp>, op: &StoreOp) -> Command {
        let now = optional(now.map(Timestamp::get));
        match op {
            StoreOp::Begin(begin) => Command::new(self.begin.clone(), claim(now, begin)),
            StoreOp::Renew { key, owner, epoch, lease } => {
                self.own(now, key, owner, *epoch, Under { span: Some(lease.get()), ..Under::new("renew") })
            }
            StoreOp::Checkpoint { key, owner, epoch, data } => {
                self.own(now, key, owner, *epoch, Under { bytes: Some(data), ..Under::new("checkpoint") })
            }
            StoreOp::Complete { key, owner, epoch, outcome, retention } => {
                let (span, bytes) = (Some(retention.get()), Some(&outcome[..]));
                self.own(now, key, owner, *epoch, Under { span, bytes, ..Under::new("complete") })
            }
            StoreOp::Release { key, owner, epoch, mode } => self.own(
                now,
                key,
                owner,
                *epoch,
                Under { becomes: Some(mode.name()), ..Under::new("release") },
            ),
            StoreOp::Abandon { key, owner, epoch } => {
                self.own(now, key, owner, *epoch, Under::new("abandon"))
            }
            StoreOp::Resolve { key, how, retention } => {
                let (how, outcome) = match how {
                    Resolution::Forget => ("forget", Cell::Null),
                    Resolution::Complete(outcome) => ("complete", Cell::bytes(outcome)),
                };
                let retention = Cell::number(retention.get());
                Command::new(
                    self.resolve.clone(),
                    vec![now, row::key(key), Cell::text(how), retention, outcome],
                )
            }
            StoreOp::Get { key } => Command::new(self.get.clone(), vec![now, row::key(key)]),
            StoreOp::Sweep { limit } => Command::new(self.sweep.clone(), vec![now, Cell::number(*limit)]),
        }
    }

    /// The most claims of one statement: PostgreSQL numbers its parameters with sixteen bits.
    pub const MANY: usize = 1_000;

    /// Many claims at once: each command answers one row for each of its claims, in the order of `begins`. Either all
    /// claims of a command are answered or none is made. They are made in the order of their keys, so that two such
    /// commands never wait for each other.
    #[must_use]
    pub fn begin_many(&self, now: Option<Timestamp>, begins: &[Begin]) -> Vec<Command> {
        let now = optional(now.map(Timestamp::get));
        let command = |begins: &[Begin]| {
            let mut in_order: Vec<_> = (0_u64..).zip(begins).collect();
            in_order.sort_by_key(|(_, begin)| begin.key);
            let (mut rows, mut args) = (Vec::new(), Vec::new());
            for (place, begin) in in_order {
                let casts = CLAIM.iter().zip(args.len() + 1..).map(|(kind, n)| format!("${n}::{kind}"));
                rows.push(format!("({})", casts.collect::<Vec<_>>().join(", ")));
                args.push(Cell::number(place));
                args.extend(claim(now.clone(), begin));
            }
            Command::new(self.begin_many.replace("{claims}", &rows.join(", ")), args)
        };
        begins.chunks(Self::MANY).map(command).collect()
    }

    /// Reads the row that came back; `None` when there was none.
    pub fn reply(row: Option<&[Cell]>) -> Result<StoreReply, RecordError> {
        row.map_or(Ok(StoreReply::NotFound), answer::read)
    }

    /// Makes the schema, or brings it up to date. One statement without parameters; harmless to repeat.
    #[must_use]
    pub fn install(&self) -> Command {
        Command::new(self.install.clone(), Vec::new())
    }

    /// Asks for the schema; [`diagnose`](Self::diagnose) reads the answer.
    #[must_use]
    pub fn health(&self) -> Command {
        Command::new(self.health.clone(), Vec::new())
    }

    /// Counts what is alive; the bytes are those of table and indexes.
    #[must_use]
    pub fn usage(&self, now: Option<Timestamp>) -> Command {
        Command::new(self.usage.clone(), vec![optional(now.map(Timestamp::get))])
    }

    /// Whether the schema is there.
    pub fn diagnose(&self, row: Option<&[Cell]>) -> Result<(), ConfigError> {
        match row {
            Some([_, there]) if there.as_number() == Some(1) => Ok(()),
            _ => Err(ConfigError::new(
                "table",
                &self.table,
                format!("a table with schema {}, as ensure_schema makes it", MIGRATIONS.len()),
            )),
        }
    }

    fn own(&self, now: Cell, key: &RecordKey, owner: &Owner, epoch: u64, under: Under<'_>) -> Command {
        let Under { doing, span, becomes, bytes } = under;
        let args = vec![
            Cell::text(doing),
            now,
            row::key(key),
            Cell::bytes(&owner.0),
            Cell::number(epoch),
            optional(span),
            becomes.map_or(Cell::Null, Cell::text),
            bytes.map_or(Cell::Null, Cell::bytes),
        ];
        Command::new(self.own.clone(), args)
    }
}

/// What an owner does, and with what.
#[derive(Clone, Copy)]
struct Under<'a> {
    doing: &'a str,
    span: Option<u64>,
    becomes: Option<&'a str>,
    bytes: Option<&'a [u8]>,
}

impl<'a> Under<'a> {
    const fn new(doing: &'a str) -> Self {
        Self { doing, span: None, becomes: None, bytes: None }
    }
}

fn claim(now: Cell, begin: &Begin) -> Vec<Cell> {
    vec![
        now,
        row::key(&begin.key),
        Cell::bytes(&begin.owner.0),
        Cell::text(begin.fingerprint.to_string()),
        begin.caller.map_or(Cell::Null, |caller| Cell::bytes(&caller)),
        optional(begin.lease.map(crate::time::Micros::get)),
        Cell::number(begin.retention.get()),
        Cell::text(begin.on_orphan.name()),
        Cell::number(begin.max_takeovers),
        Cell::number(begin.derived),
    ]
}

fn optional(number: Option<u64>) -> Cell {
    number.map_or(Cell::Null, Cell::number)
}

/// Such a name needs no escape, neither in quotes nor in a string, and leaves room for what functions add to it.
fn is_name(name: &str) -> bool {
    let word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    word && (1..=40).contains(&name.len()) && !name.as_bytes()[0].is_ascii_digit()
}

/// What stands for `{records}` and the like in the SQL files.
struct Placeholders<'a> {
    schema: Option<&'a str>,
    table: &'a str,
    monthly: bool,
}

impl Placeholders<'_> {
    fn fill(&self, sql: &str) -> String {
        let Self { table, monthly, .. } = *self;
        let at = |suffix: &str| self.quoted(&format!("{table}{suffix}"));
        let when = |text: &'static str| if monthly { text.to_owned() } else { String::new() };
        // The first ones bring placeholders of their own.
        let values = [
            ("partitions_made", when(PARTITIONS)),
            ("isolation_checked", when(ISOLATION)),
            ("partitions_too", when("PERFORM {partitions}(given_now);")),
            ("partitioned_by", when("PARTITION BY RANGE (created)")),
            ("primary_key", if monthly { "key, created" } else { "key" }.into()),
            ("schema", self.schema.map_or_else(String::new, |schema| format!("\"{schema}\"."))),
            ("records", at("")),
            ("records_text", format!("'{}'", at(""))),
            ("versions", at("_schema")),
            ("expiry_index", format!("\"{table}_expiry\"")),
            ("lease_index", format!("\"{table}_leases\"")),
            ("default_partition", at("_default")),
            ("partition_prefix", format!("'{table}_p'")),
            ("clock", at("_clock_1")),
            ("begin", at("_begin_1")),
            ("begin_text", format!("'{}'", at("_begin_1"))),
            ("own", at("_own_1")),
            ("resolve", at("_resolve_1")),
            ("sweep", at("_sweep_1")),
            ("partitions", at("_partitions_1")),
        ];
        let mut sql = sql.to_owned();
        for (name, value) in values {
            sql = sql.replace(&format!("{{{name}}}"), &value);
        }
        sql
    }

    fn quoted(&self, name: &str) -> String {
        let schema = self.schema.map_or_else(String::new, |schema| format!("\"{schema}\"."));
        format!("{schema}\"{name}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(field: &str, value: &str) -> Result<Postgres, ConfigError> {
        Postgres::read(&Value::Map(vec![(field.into(), Value::Text(value.into()))]), "")
    }

    #[test]
    fn no_placeholder_is_left_in_any_statement() {
        for partition in [PartitionStrategy::None, PartitionStrategy::Monthly] {
            let dialect = Postgres::new(Some("app"), "keys", partition);
            let Postgres { begin, begin_many, own, resolve, get, sweep, health, usage, install, .. } =
                dialect;
            let begin_many = begin_many.replace("{claims}", "");
            for sql in [begin, begin_many, own, resolve, get, sweep, health, usage, install] {
                assert!(!sql.contains(['{', '}']) || sql.contains("[0-9]{6}"), "{sql}");
                assert_eq!(sql.matches(['{', '}']).count(), 2 * sql.matches("{6}").count(), "{sql}");
            }
        }
    }

    #[test]
    fn a_name_that_would_need_an_escape_is_refused() {
        for name in ["", "1st", "a\"b", "a b", "a.b", "a'b", "é", &"x".repeat(41)] {
            let error = read("table", name).unwrap_err().to_string();
            assert!(
                error.ends_with("expected 1 to 40 letters, digits and underscores, the first no digit"),
                "{error}"
            );
        }
        assert!(read("schema", "a-b").is_err());
        assert!(read("table_name", &"x".repeat(40)).is_ok());
        assert!(read("partition", "weekly").is_err());
    }

    #[test]
    fn names_are_quoted_so_that_capitals_and_words_of_sql_stay_themselves() {
        let dialect = read("table", "Order").unwrap();
        assert!(dialect.get.contains("FROM \"Order\"\n"), "{}", dialect.get);
        assert!(dialect.begin.starts_with("SELECT * FROM \"Order_begin_1\"("));
        let value = Value::Map(vec![
            ("schema".into(), Value::Text("App".into())),
            ("table".into(), Value::Text("user".into())),
        ]);
        assert!(Postgres::read(&value, "").unwrap().get.contains("FROM \"App\".\"user\"\n"));
    }
}
