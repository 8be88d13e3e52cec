//! Core's dialect of `SQLite`, exported: statements and parameters out, rows in. The driver runs them in one transaction.

use crate::cell;
use napi::bindgen_prelude::{Either4, Null, Uint8Array};
use napi_derive::napi;
use once_again_core::store::{Cell, Command, StoreOp, sqlite};
use once_again_js::mailbox::timestamp;
use once_again_js::store;

/// A statement and its positional parameters.
#[napi(object)]
pub struct SqliteCommand {
    /// The SQL.
    pub sql: String,
    /// One value for each `?`.
    pub args: Vec<Either4<Null, f64, String, Uint8Array>>,
}

/// What to run, and what to answer once it has run.
#[napi(object)]
pub struct SqliteStep {
    /// In this order, in the transaction of the look-up.
    pub commands: Vec<SqliteCommand>,
    /// The reply as JSON; its bytes are left as payload. `{"invalid":…}` when the operation cannot be read,
    /// `{"unreadable":…}` when the row cannot.
    pub reply: String,
}

/// The statements around operations.
#[napi(object)]
pub struct SqliteDialect {
    /// For a file that the store opens itself.
    pub open: Vec<String>,
    /// Opens the transaction around one operation.
    pub begin: String,
    /// Makes room for the schema's version.
    pub version_table: String,
    /// Answers the schema's version, or NULL.
    pub version: String,
    /// Counts live records and their bytes; one parameter, now in microseconds.
    pub usage: String,
}

/// How to open a file, begin a transaction and find the schema's version.
#[napi]
#[must_use]
pub fn sqlite_dialect() -> SqliteDialect {
    SqliteDialect {
        open: sqlite::OPEN.iter().copied().map(Into::into).collect(),
        begin: sqlite::BEGIN.into(),
        version_table: sqlite::VERSION_TABLE.into(),
        version: sqlite::VERSION.into(),
        usage: sqlite::USAGE.into(),
    }
}

/// The statements that bring a file whose schema has version `found` (null: none) up to date; null when a later version
/// of this library wrote it.
#[napi]
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "versions are small whole numbers, and `as` saturates")]
pub fn sqlite_migrate(found: Option<f64>) -> Option<Vec<SqliteCommand>> {
    let commands = sqlite::migrate(found.map(|version| version as i64)).ok()?;
    Some(commands.into_iter().map(SqliteCommand::from).collect())
}

/// What to read before an operation; null for what is no operation.
#[napi]
#[must_use]
pub fn sqlite_look_up(now: f64, op: String, bytes: Option<Uint8Array>) -> Option<SqliteCommand> {
    let op = StoreOp::from_wire(&op, bytes.map(|bytes| bytes.to_vec())).ok()?;
    Some(sqlite::look_up(timestamp(now), &op).into())
}

/// Decides an operation on the row that the look-up brought, its columns in order.
#[napi]
#[must_use]
pub fn sqlite_step(
    now: f64,
    row: Option<Vec<Either4<Null, f64, String, Uint8Array>>>,
    op: String,
    bytes: Option<Uint8Array>,
) -> SqliteStep {
    let refused = |reply: String| SqliteStep { commands: Vec::new(), reply };
    let op = match StoreOp::from_wire(&op, bytes.map(|bytes| bytes.to_vec())) {
        Ok(op) => op,
        Err(error) => return refused(store::invalid(&error.to_string())),
    };
    let row: Option<Vec<Cell>> = row.map(cell::cells);
    match sqlite::step(timestamp(now), row.as_deref(), &op) {
        Ok((commands, reply)) => SqliteStep {
            commands: commands.into_iter().map(SqliteCommand::from).collect(),
            reply: store::tell(&reply),
        },
        Err(error) => refused(store::unreadable(&error.to_string())),
    }
}

impl From<Command> for SqliteCommand {
    fn from(command: Command) -> Self {
        Self { sql: command.text.into_owned(), args: cell::values(command.args) }
    }
}
