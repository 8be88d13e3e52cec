//! Core's statements over `rusqlite`: one operation is look-up, step and write.

use super::super::{StoreError, StoreOp, StoreReply, StoreUsage};
use once_again_core::error::ConfigError;
use once_again_core::store::sqlite::{self, SchemaError};
use once_again_core::store::{Cell, Command};
use once_again_core::time::Timestamp;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ToSql, TransactionBehavior, params_from_iter};

/// Sets up a connection that this library has opened.
pub(super) fn open(connection: &Connection) -> Result<(), StoreError> {
    sqlite::OPEN.iter().try_for_each(|pragma| {
        // One of them answers a row.
        connection.execute_batch(pragma).map_err(StoreError::unavailable)
    })
}

/// Makes the schema, or brings it up to date.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    connection.execute_batch(sqlite::VERSION_TABLE).map_err(StoreError::unavailable)?;
    atomically(connection, |connection| {
        let found = connection.query_row(sqlite::VERSION, (), |row| row.get(0));
        let missing = sqlite::migrate(found.map_err(StoreError::unavailable)?);
        run(connection, &missing.map_err(|SchemaError { found }| later(found))?)
    })
}

fn later(found: i64) -> StoreError {
    let given = format!("a file whose records have schema {found}");
    ConfigError::new("database", given, "a file that no later version has written").into()
}

/// Does `work` in one transaction: that of [`sqlite::BEGIN`].
pub(super) fn atomically<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = transaction.map_err(StoreError::unavailable)?;
    let done = work(&transaction)?;
    transaction.commit().map_err(StoreError::unavailable)?;
    Ok(done)
}

/// Looks the row up, lets core decide, and writes what it decided.
pub(super) fn apply(connection: &Connection, now: Timestamp, op: &StoreOp) -> Result<StoreReply, StoreError> {
    let row = row(connection, &sqlite::look_up(now, op))?;
    let (commands, reply) = sqlite::step(now, row.as_deref(), op).map_err(StoreError::unavailable)?;
    run(connection, &commands)?;
    Ok(reply)
}

pub(super) fn usage(connection: &Connection, now: Timestamp) -> Result<StoreUsage, StoreError> {
    let now = i64::try_from(now.get()).unwrap_or(i64::MAX);
    let counted = connection
        .query_row(sqlite::USAGE, [now], |row| Ok(StoreUsage { records: row.get(0)?, bytes: row.get(1)? }));
    counted.map_err(StoreError::unavailable)
}

fn row(connection: &Connection, command: &Command) -> Result<Option<Vec<Cell>>, StoreError> {
    let read = || {
        let mut statement = connection.prepare_cached(&command.text)?;
        let columns = statement.column_count();
        let mut rows = statement.query(params_from_iter(command.args.iter().map(Argument)))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        (0..columns).map(|column| Ok(cell(row.get(column)?))).collect::<rusqlite::Result<_>>().map(Some)
    };
    read().map_err(StoreError::unavailable)
}

fn run(connection: &Connection, commands: &[Command]) -> Result<(), StoreError> {
    commands.iter().try_for_each(|Command { text, args }| {
        let run = || connection.prepare_cached(text)?.execute(params_from_iter(args.iter().map(Argument)));
        run().map(drop).map_err(StoreError::unavailable)
    })
}

struct Argument<'a>(&'a Cell);

impl ToSql for Argument<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Cell::Null => ValueRef::Null,
            Cell::Int(number) => ValueRef::Integer(*number),
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
            Cell::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// No column of ours is REAL; core names the column of a row that it did not write.
fn cell(value: Value) -> Cell {
    match value {
        Value::Null | Value::Real(_) => Cell::Null,
        Value::Integer(number) => Cell::Int(number),
        Value::Text(text) => Cell::Text(text),
        Value::Blob(bytes) => Cell::Bytes(bytes),
    }
}
