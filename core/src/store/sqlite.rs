//! The SQLite dialect: one row per record, and the same [`step`] between reading the row and writing it.
//!
//! A driver opens the file with [`OPEN`], brings the schema up to date with [`migrate`], and does every operation in four
//! moves inside one transaction: [`BEGIN`], the command of [`look_up`], the commands of [`step`](fn@step) with the row that
//! came back, `COMMIT`. In joint mode the transaction is the user's own: look-up and step run inside it, and a reply
//! other than `Completed` rolls it back. `BEGIN IMMEDIATE`, because a transaction that read first and would write later
//! fails at once when another one wrote in between.
//!
//! Parameters are positional, so one list binds in every driver. Integers are cast, because JavaScript's numbers bind as
//! REAL. Needs SQLite 3.37 or later (STRICT tables).

use super::command::{Cell, Command};
use super::memory::SWEPT_PER_BEGIN;
use super::op::{OpKind, StoreOp, Target};
use super::reply::StoreReply;
use super::row;
use super::step::{Write, step as decide};
use crate::idempotency::record::RecordError;
use crate::time::Timestamp;
use core::fmt;

/// For a file the library opens itself, before anything else; a connection the user brings is left as it is.
pub const OPEN: &[&str] =
    &["PRAGMA busy_timeout = 2000", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"];
/// Opens the transaction around one operation.
pub const BEGIN: &str = "BEGIN IMMEDIATE";

/// Makes room for the schema's version; harmless to repeat.
pub const VERSION_TABLE: &str = include_str!("sqlite/version_table.sql");
/// Answers the schema's version, or NULL.
pub const VERSION: &str = include_str!("sqlite/version.sql");
const VERSION_SET: &str = include_str!("sqlite/version_set.sql");
/// The statements that lead from each version of the schema to the next, the first from nothing to 1.
pub const MIGRATIONS: &[&[&str]] =
    &[&[include_str!("sqlite/records_1.sql"), include_str!("sqlite/records_1_expiry.sql")]];

/// Reads one record; one parameter, the key.
pub const SELECT: &str = include_str!("sqlite/select.sql");
/// Writes one record; parameters: the key, then [`COLUMNS`](super::COLUMNS).
pub const PUT: &str = include_str!("sqlite/put.sql");
/// Deletes one record; one parameter, the key.
pub const DELETE: &str = include_str!("sqlite/delete.sql");
/// Counts expired records; parameters: now, limit.
pub const EXPIRED: &str = include_str!("sqlite/expired.sql");
/// Deletes expired records; parameters: now, limit.
pub const SWEEP: &str = include_str!("sqlite/sweep.sql");

/// Counts live records and their bytes, about; one parameter, now.
pub const USAGE: &str = include_str!("sqlite/usage.sql");

/// The file was written by a version of the library that came later than this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemaError {
    /// The version found.
    pub found: i64,
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the records have schema {}, this version of once-again knows schemas up to {}",
            self.found,
            MIGRATIONS.len()
        )
    }
}

impl core::error::Error for SchemaError {}

/// What to run, in one transaction, given what [`VERSION`] answered; nothing when the schema is this version's own.
pub fn migrate(found: Option<i64>) -> Result<Vec<Command>, SchemaError> {
    let found = found.unwrap_or(0);
    let done = usize::try_from(found).ok().filter(|done| *done <= MIGRATIONS.len());
    let missing = &MIGRATIONS[done.ok_or(SchemaError { found })?..];
    let statements = missing.iter().copied().flatten().map(|text| Command::new(*text, Vec::new()));
    let mut commands: Vec<_> = statements.collect();
    if !commands.is_empty() {
        commands.push(Command::new(VERSION_SET, vec![Cell::number(MIGRATIONS.len() as u64)]));
    }
    Ok(commands)
}

/// What to read before `op`: one row, or none.
#[must_use]
pub fn look_up(now: Timestamp, op: &StoreOp) -> Command {
    match op.target() {
        Target::Expired { limit } => Command::new(EXPIRED, up_to(now, limit)),
        Target::Record(key) => Command::new(SELECT, vec![row::key(key)]),
    }
}

/// Decides `op` on the row that [`look_up`] brought: what to run, in this order, and what to answer once it has run.
pub fn step(
    now: Timestamp,
    row: Option<&[Cell]>,
    op: &StoreOp,
) -> Result<(Vec<Command>, StoreReply), RecordError> {
    let key = match op.target() {
        Target::Expired { limit } => return sweep(now, row, limit),
        Target::Record(key) => key,
    };
    let record = row.map(row::read).transpose()?;
    let (write, reply) = decide(now, record, op);
    let mut commands = Vec::new();
    match write {
        Write::Keep => {}
        Write::Put(record) => commands.push(Command::new(PUT, row::cells(key, record))),
        Write::Delete => commands.push(Command::new(DELETE, vec![row::key(key)])),
    }
    if op.kind() == OpKind::Begin && !commands.is_empty() {
        commands.push(Command::new(SWEEP, up_to(now, SWEPT_PER_BEGIN)));
    }
    Ok((commands, reply))
}

fn sweep(
    now: Timestamp,
    row: Option<&[Cell]>,
    limit: u32,
) -> Result<(Vec<Command>, StoreReply), RecordError> {
    let Some([Cell::Int(count)]) = row else { return Err(RecordError::Column("count")) };
    let count = u32::try_from(*count).map_err(|_| RecordError::Column("count"))?;
    let command = (count > 0).then(|| Command::new(SWEEP, up_to(now, limit)));
    Ok((command.into_iter().collect(), StoreReply::Swept { count }))
}

fn up_to(now: Timestamp, limit: u32) -> Vec<Cell> {
    vec![Cell::number(now.get()), Cell::number(limit)]
}
