//! The driver of the SQLite dialect, over rusqlite: what every language's driver does, in its shortest form.

use once_again_core::idempotency::record::RecordError;
use once_again_core::store::{Cell, Command, sqlite};
use once_again_core::store::{StoreOp, StoreReply};
use once_again_core::time::Timestamp;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, Params, ToSql, params_from_iter};

pub(crate) struct Sqlite(pub(crate) Connection);

impl Sqlite {
    pub(crate) fn in_memory() -> Self {
        Self::open(Connection::open_in_memory().unwrap())
    }

    pub(crate) fn open(connection: Connection) -> Self {
        connection.execute_batch(sqlite::VERSION_TABLE).unwrap();
        let found = connection.query_row(sqlite::VERSION, [], |row| row.get(0)).unwrap();
        for command in sqlite::migrate(found).unwrap() {
            connection.execute(&command.text, bind(&command)).unwrap();
        }
        Self(connection)
    }

    pub(crate) fn apply(&mut self, now: Timestamp, op: &StoreOp) -> StoreReply {
        self.0.execute_batch(sqlite::BEGIN).unwrap();
        let reply = self.apply_inside(now, op);
        self.0.execute_batch("COMMIT").unwrap();
        reply
    }

    /// Inside a transaction that is open already: the joint mode.
    pub(crate) fn apply_inside(&mut self, now: Timestamp, op: &StoreOp) -> StoreReply {
        self.try_apply_inside(now, op).unwrap()
    }

    pub(crate) fn try_apply_inside(
        &mut self,
        now: Timestamp,
        op: &StoreOp,
    ) -> Result<StoreReply, RecordError> {
        let look_up = sqlite::look_up(now, op);
        let mut statement = self.0.prepare(&look_up.text).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query(bind(&look_up)).unwrap();
        let row: Option<Vec<Cell>> =
            rows.next().unwrap().map(|row| (0..columns).map(|i| cell(row.get_ref(i).unwrap())).collect());
        let (commands, reply) = sqlite::step(now, row.as_deref(), op)?;
        for command in commands {
            self.0.prepare(&command.text).unwrap().execute(bind(&command)).unwrap();
        }
        Ok(reply)
    }
}

fn bind(command: &Command) -> impl Params {
    params_from_iter(command.args.iter().map(Bound))
}

struct Bound<'a>(&'a Cell);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Cell::Null => ToSqlOutput::Owned(Value::Null),
            // As JavaScript binds it.
            #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
            Cell::Int(number) => ToSqlOutput::Owned(Value::Real(*number as f64)),
            Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Cell::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Int(number),
        ValueRef::Text(text) => Cell::Text(String::from_utf8(text.to_vec()).unwrap()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
        ValueRef::Real(number) => panic!("{number}: no column is REAL"),
    }
}
